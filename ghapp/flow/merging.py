"""Merging on somebody's word: one commit, the one that they saw, and only as the branch's rules allow."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ghapp.core import checks as ci
from ghapp.core import landing, messages
from ghapp.core.checks import Check
from ghapp.core.ci import Cause
from ghapp.core.commands import Verb
from ghapp.core.config import Config
from ghapp.core.errors import TransientError, UserError
from ghapp.core.events import Thread
from ghapp.core.intents import MergeRun
from ghapp.core.landing import Case, Enqueue, HandOver, MergeNow, Reason, Refuse, Update, Wait, Why
from ghapp.core.merging import Method, Standing, Wish
from ghapp.core.ports import Checks, Clock, Merges, Pull, Pulls, Repositories
from ghapp.core.rights import Permission, needed
from ghapp.core.run import Errand, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.ci import NO_CI_SECONDS
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering

log = logging.getLogger(__name__)

SOON, LATER = 15.0, 300.0
"""Seconds until the next look at what no event tells: GitHub's own reckoning, and rules that we do not read."""


@dataclass(frozen=True)
class _Told:
    """What came of a look. `over` drops the wish; `aloud` is said on the pull request although the wish goes on."""

    words: str
    over: bool = False
    aloud: bool = False


@dataclass(frozen=True)
class Merging:
    """Carries wishes to merge. The caller holds the thread's inbox."""

    repositories: Repositories
    pulls: Pulls
    checks: Checks
    merges: Merges
    steering: Steering
    status: Status
    clock: Clock

    def ask(self, attempt: Attempt, word: MergeRun, config: Config) -> str:
        """Take a wish and look at it at once; what the person is told. With a UserError the wish is gone again."""
        run = attempt.run
        assert run.pull is not None, "there is no wish without a pull request"
        pull = self.pulls.read(run.thread.repository, run.pull)
        if not pull.open:
            return messages.merged_already(run) if pull.merged else messages.not_open(pull.number)
        seen = word.sha or self.merges.head_at(run.thread.repository, pull, word.at) or _recorded(run, word.at)
        if seen is None:
            return messages.which_head(pull.number, pull.head_sha)
        if seen != pull.head_sha:
            return messages.not_that_head(pull.number, seen, pull.head_sha)
        self._keep(attempt, pull.number, Wish(seen, word.by, word.at, word.comment))
        try:
            told = self._carry(attempt, pull.number, config)
        except UserError as error:  # they hear that nothing came of their word, so nothing may come of it later
            self._drop(attempt, pull.number, messages.could_not(str(error)))
            raise
        if told.over:
            self._drop(attempt, pull.number, told.words)
        return told.words

    def look(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Carry the wish of a followed run on, or give it up and say why."""
        wish = attempt.run.wish
        if wish is None:
            return
        told = self._carry(attempt, pull.number, config)
        if told.over or told.aloud:
            self._say(attempt.run, pull.number, wish, told.words)
        if told.over:
            self._drop(attempt, pull.number, told.words)

    def withdraw(self, run: Run) -> None:
        """Take back at GitHub what was handed over for a run that ends."""
        if run.wish is None or run.pull is None or not run.wish.handed:
            return
        try:
            self.merges.take_back(run.thread.repository, run.pull)
        except UserError as error:
            self._say(run, run.pull, run.wish, messages.still_with_github(run.pull, str(error)))

    def _keep(self, attempt: Attempt, number: int, wish: Wish) -> None:
        """The newest word counts. What GitHub has in hand of the same commit may stay there."""
        before = attempt.run.wish
        if before is not None and before.sha == wish.sha:
            wish = replace(wish, handed=before.handed)
        else:
            self.withdraw(attempt.run)
        attempt.update(wish=wish)
        attempt.tell("note", f"{messages.asked_to_merge(wish)} (#{number})")
        self.status.tell(attempt.run)

    def _carry(self, attempt: Attempt, number: int, config: Config) -> _Told:
        """One look at a wish: who said it may still do so, and the pull request as it is now.

        How it stands is read first: what left the queue because it was merged shows as merged by then.
        """
        run, wish = attempt.run, attempt.run.wish
        assert wish is not None, "there is a wish"
        if refusal := self._why_not(run, number, wish, config):
            return _Told(refusal, over=True)
        standing = self.merges.standing(run.thread.repository, number)
        pull = self.pulls.read(run.thread.repository, number)
        if pull.merged:  # followed by whoever reads the pull request next
            return _Told(messages.merging(wish))
        return self._do(attempt, pull, wish, landing.decide(self._case(run, wish, pull, standing, config)))

    def _why_not(self, run: Run, number: int, wish: Wish, config: Config) -> str:
        needs = needed(Verb.MERGE, "", config)
        has = self.repositories.permission(run.thread.repository, wish.by)
        if has >= needs:
            return ""
        return messages.not_allowed_any_more(number, wish, needs.name.lower(), has.name.lower())

    def _case(self, run: Run, wish: Wish, pull: Pull, standing: Standing, config: Config) -> Case:
        """What is known of CI is of the head in the record, and only while GitHub says the same of it now."""
        found = ci.latest(self.checks.on(run.thread.repository, pull.head_sha))
        known = run.head_sha == pull.head_sha and found == tuple(one for one in run.ci if not one.expected)
        reviewers = {one for one in (*standing.approved_by, *standing.objected_by) if one.type != "Bot"}
        repository = run.thread.repository
        return Case(
            wish=wish,
            head_sha=pull.head_sha,
            open=pull.open,
            draft=pull.draft,
            standing=self._traced(run, pull, standing, found),
            checks=run.ci if known else found,
            failing=_because(run, Cause.OURS, Cause.INFRASTRUCTURE) if known else (),
            ready=known and self._is_ready(run),
            requester=run.requester,
            writers=frozenset(
                one.id for one in reviewers if self.repositories.permission(repository, one) >= Permission.WRITE
            ),
            method=config.merge.method,
            auto=config.merge.auto,
        )

    def _traced(self, run: Run, pull: Pull, standing: Standing, found: tuple[Check, ...]) -> Standing:
        """With what is required as it is by what is known of who reported."""
        rules = standing.rules
        required = self.checks.traced(run.thread.repository, pull.head_sha, found, rules.required)
        return replace(standing, rules=replace(rules, required=required))

    def _is_ready(self, run: Run) -> bool:
        """Whether CI is through with the head: good and settled, or so silent that there is none."""
        if ci.judge(run.ci).state is ci.CiState.NONE:
            return self.clock.now() - max(run.history[-1].at, run.quiet_since) > NO_CI_SECONDS
        excused = _because(run, Cause.ALREADY_RED)
        good = all(check.passed or (check.failed and check.name in excused) for check in run.ci)
        return good and run.state is not State.AWAITING_CI

    def _do(self, attempt: Attempt, pull: Pull, wish: Wish, step: landing.Step) -> _Told:
        match step:
            case MergeNow(method):
                return self._merge(attempt, pull.number, wish, method)
            case Enqueue():
                return self._enqueue(attempt, pull.number, wish)
            case HandOver(method, reason):
                return self._hand_over(attempt, pull.number, wish, method, reason)
            case Update():
                attempt.run = self.steering.send_back(attempt.run, "it is behind its base", errand=Errand("update"))
                return _Told(messages.updated_first(pull.number, wish), aloud=True)
            case Wait(reason):
                return self._wait(attempt, wish, reason)
            case Refuse(reason):
                return _Told(messages.not_merged(pull.number, wish, reason), over=True)

    def _merge(self, attempt: Attempt, number: int, wish: Wish, method: Method) -> _Told:
        """The state goes first, and whatever GitHub answers is held against the pull request as it is then."""
        repository = attempt.run.thread.repository
        if attempt.run.state is not State.MERGING:
            attempt.enter(State.MERGING, messages.asked_to_merge(wish))
        try:
            self.merges.merge(repository, number, wish.sha, method)
        except UserError as error:
            return self._refused(attempt, number, wish, error)
        except TransientError:  # the answer is lost, but was it done?
            if not self.pulls.read(repository, number).merged:
                raise
        shown = self.pulls.read(repository, number).merged
        attempt.update(look_at=self.clock.now())
        return _Told(messages.merged(number, wish, method) if shown else messages.merging(wish))

    def _refused(self, attempt: Attempt, number: int, wish: Wish, error: UserError) -> _Told:
        pull = self.pulls.read(attempt.run.thread.repository, number)
        if pull.merged:
            return _Told(messages.merging(wish))
        if pull.head_sha != wish.sha:
            moved = Reason(Why.MOVED, (wish.sha, pull.head_sha))
            return _Told(messages.not_merged(number, wish, moved), over=True)
        return _Told(messages.refused_by_github(number, wish, str(error)), over=True)

    def _enqueue(self, attempt: Attempt, number: int, wish: Wish) -> _Told:
        try:
            self.merges.enqueue(attempt.run.thread.repository, number, wish.sha)
        except UserError as error:
            return self._refused(attempt, number, wish, error)
        self._handed(attempt, wish, "queue")
        return _Told(messages.queued(number, wish))

    def _hand_over(self, attempt: Attempt, number: int, wish: Wish, method: Method, reason: Reason) -> _Told:
        """Where GitHub has no auto-merge for it (it is off, or there is nothing to wait for), we wait ourselves."""
        try:
            self.merges.when_green(attempt.run.thread.repository, number, wish.sha, method)
        except UserError as error:
            log.info("#%s is not for auto-merge: %s", number, error)
            return self._wait(attempt, wish, reason)
        self._handed(attempt, wish, "auto")
        return _Told(messages.left_to_auto_merge(number, wish, reason))

    def _handed(self, attempt: Attempt, wish: Wish, to: Literal["queue", "auto"]) -> None:
        held = replace(wish, handed=to)
        if attempt.run.state is State.MERGING:
            attempt.update(wish=held)
        else:
            attempt.enter(State.MERGING, messages.asked_to_merge(wish), wish=held)

    def _wait(self, attempt: Attempt, wish: Wish, reason: Reason) -> _Told:
        """What somebody else put into the queue is followed as if we had; its answer to us may have been lost."""
        if reason.why is Why.IN_QUEUE and not wish.handed:
            self._handed(attempt, wish, "queue")
        words = messages.waits(wish, reason)
        attempt.look_by(self.clock.now() + (SOON if reason.why is Why.UNKNOWN else LATER))
        if attempt.run.state is not State.AWAITING_CI and attempt.run.reason != words:  # there, the reason is CI's
            attempt.update(reason=words)
            self.status.tell(attempt.run)
        return _Told(words)

    def _drop(self, attempt: Attempt, number: int, words: str) -> None:
        """The wish is gone, here and at GitHub."""
        self.withdraw(attempt.run)
        if attempt.run.state is State.MERGING:
            attempt.enter(State.AWAITING_REVIEW, words, wish=None)
        else:
            attempt.update(wish=None)
            self.status.tell(attempt.run)
        attempt.tell("note", f"#{number} is not merged: {words}")

    def _say(self, run: Run, number: int, wish: Wish, words: str) -> None:
        """On the pull request, once for each wish and commit: before the record, so that it is said in any case."""
        hidden = messages.marker(f"{run.id}-{wish.sha[:9]}-{wish.comment or wish.at}", "merge")
        self.status.comment(Thread(run.thread.repository, number), f"{hidden}\n{words}", hidden)
        self.status.aloud(run, f"merge:{wish.sha}:{wish.comment or wish.at}", words)


def _recorded(run: Run, at: str) -> str | None:
    """The head by our own record: only a commit of ours that was published before `at`, and is the newest one."""
    if not run.published or run.head_sha != run.published[-1]:
        return None
    stood = max((step.at for step in run.history if step.state is State.AWAITING_CI), default=None)
    said = datetime.fromisoformat(at).timestamp()
    return run.head_sha if stood is not None and stood < said else None


def _because(run: Run, *causes: Cause) -> tuple[str, ...]:
    """The checks that are red on the head for one of these causes, as far as that has been found out."""
    known = {one.check for one in run.failures if one.sha == run.head_sha and one.cause in causes}
    return tuple(name for name in ci.judge(run.ci).failing if name in known)
