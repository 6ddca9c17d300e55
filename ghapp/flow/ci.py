"""CI in a closed loop: wait until it has settled, say why it is red, and mend what is ours."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ghapp.core import checks as ci
from ghapp.core import messages
from ghapp.core.checks import Check
from ghapp.core.ci import Cause, Failure, Next, mended_by, signature, what_next
from ghapp.core.config import Config
from ghapp.core.errors import UserError
from ghapp.core.events import Repository
from ghapp.core.merging import Rules
from ghapp.core.ports import Checks, Clock, Issues, Pull, Pulls
from ghapp.core.run import NEEDS_HELP, Errand, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.diagnosis import Diagnosis, Findings
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering

NO_CI_SECONDS = 300.0
LATE_SECONDS = 7_200.0
_SKEW_SECONDS = 1.0  # between the clocks of two machines: a look that comes too early would be the last for a while

Reported = tuple[Check, ...]
"""What CI says of one commit: the newest of each check, and those that a rule expects."""


@dataclass(frozen=True)
class FollowCi:
    """Looks at the checks of a followed run's head. The caller holds the thread's inbox.

    `rules` are those of a pull request's base branch, by repository and number.
    """

    pulls: Pulls
    checks: Checks
    issues: Issues
    rules: Callable[[Repository, int], Rules]
    diagnosis: Diagnosis
    steering: Steering
    status: Status
    clock: Clock

    def look(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Read the checks of the head, and do what follows from them once they have settled."""
        _begin_anew(attempt)
        reported = self._reported(attempt.run, pull)
        if reported != attempt.run.ci:
            self._take(attempt, pull, reported)
        if attempt.run.state is State.AWAITING_CI:
            self._act(attempt, pull, config)

    def _reported(self, run: Run, pull: Pull) -> Reported:
        """The rules are asked for once all has ended: a check that is yet to come is missing then, and not before."""
        found = ci.latest(self.checks.on(run.thread.repository, run.head_sha))
        if not all(check.settled for check in found) or (run.state is not State.AWAITING_CI and found == run.ci):
            return found
        required = self.rules(run.thread.repository, pull.number).required
        traced = self.checks.traced(run.thread.repository, run.head_sha, found, required)
        return (*found, *ci.expected(found, traced))

    def _take(self, attempt: Attempt, pull: Pull, reported: Reported) -> None:
        """Something changed: from now on it has to be quiet for a while, unless nothing is the matter."""
        if attempt.run.state is not State.AWAITING_CI and _is_fine(attempt.run, reported):
            self._show(attempt.run, pull, reported)
            attempt.update(ci=reported)
            self.status.tell(attempt.run)
            return
        words = messages.ci_running(reported)
        wait_again(attempt, words)
        attempt.update(ci=reported, quiet_since=self.clock.now(), reason=words)
        self.status.tell(attempt.run)

    def _act(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        run = attempt.run
        reported = [check for check in run.ci if not check.expected]
        quiet = self.clock.now() - run.quiet_since
        if not reported:
            self._say_no_ci(attempt)
        elif pending := _names(check for check in reported if not check.settled):
            if quiet >= LATE_SECONDS:
                self._say(attempt, messages.ci_late(pending))
        elif run.quiet_since and quiet >= config.ci.settle:
            self._settled(attempt, pull, config)
        elif run.quiet_since:
            attempt.look_by(run.quiet_since + config.ci.settle + _SKEW_SECONDS)

    def _settled(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Everything that is reported has ended, and nothing came after it."""
        run = attempt.run

        def follows(failures: Sequence[Failure]) -> Next:
            return what_next(failures, run.rounds, config.ci.rounds)

        found = self.diagnosis.of(run, pull, run.ci, lambda known: follows(known) is Next.SEND_BACK)
        self._show(run, pull, run.ci)
        self._keep(attempt, found)
        match follows(found.failures):
            case Next.WAIT:
                self._say(attempt, messages.ci_unsure(found.failures))
            case Next.SEND_BACK:
                self._send_back(attempt, found.failures, config)
            case Next.GIVE_UP:
                words = messages.ci_handed_back(found.failures, len(run.rounds), config.ci.rounds)
                self._hand_back(attempt, pull, words)
            case Next.ASK:
                self._hand_back(attempt, pull, messages.ci_asks(found.failures))
            case Next.GO_ON:
                self._go_on(attempt, pull, found.failures)

    def _keep(self, attempt: Attempt, found: Findings) -> None:
        """What runs again since now is not settled before something changes, or nothing has for too long."""
        run = attempt.run
        if (found.failures, found.reran) != (run.failures, run.reran):
            begun = set(found.reran) - set(run.reran)
            quiet_since = self.clock.now() + LATE_SECONDS if begun else run.quiet_since
            attempt.update(failures=found.failures, reran=found.reran, quiet_since=quiet_since)
            self.status.tell(attempt.run)

    def _go_on(self, attempt: Attempt, pull: Pull, failures: Sequence[Failure]) -> None:
        """Out of draft once for each head; who puts it back to draft afterwards has a reason."""
        if missing := _names(check for check in attempt.run.ci if check.expected):
            self._say(attempt, messages.ci_missing(missing))
            return
        ours = not attempt.run.is_guest
        if pull.draft and ours:
            self.pulls.mark_ready(attempt.run.thread.repository, pull.number)
        words = messages.ci_green(pull.number, failures, ready=ours)
        attempt.tell("ci", words)
        attempt.enter(State.AWAITING_REVIEW, words)

    def _send_back(self, attempt: Attempt, failures: Sequence[Failure], config: Config) -> None:
        """The next attempt mends it: by commands alone, where each failure has one that is known for it, or the agent.

        Commands that have not helped are not tried again on the same failures. The agent is told what failed in any
        case: it is asked when the commands change nothing.
        """
        run, name = attempt.run, signature(failures)
        commands = mended_by(failures, lambda check: _command(check, config))
        ours = {one.check for one in failures if one.cause is Cause.OURS}
        by_code = ours == set(commands) and _by_code(name) not in run.rounds
        words = messages.ci_sent_back(failures, len(run.rounds) + 1, config.ci.rounds, by_code=by_code)
        attempt.tell("ci", words)
        attempt.run = self.steering.send_back(
            run,
            words,
            feedback=messages.ci_feedback(run.head_sha, failures, commands),
            rounds=(*run.rounds, _by_code(name) if by_code else name),
            errand=Errand("autofix", commands=tuple(dict.fromkeys(commands.values()))) if by_code else None,
        )

    def _hand_back(self, attempt: Attempt, pull: Pull, words: str) -> None:
        """A person's turn: said once, after what shows it has been done."""
        run = attempt.run
        if run.reason == words:
            return
        if not run.is_guest and not pull.draft:
            self.pulls.mark_draft(run.thread.repository, pull.number)
        try:
            self.issues.add_label(run.thread, NEEDS_HELP)
        except UserError as error:  # the words matter more
            attempt.tell("note", f"the label {NEEDS_HELP} could not be put on: {error}")
        self._say(attempt, words)
        self.status.aloud(attempt.run, f"ci:{run.head_sha}", words)

    def _say_no_ci(self, attempt: Attempt) -> None:
        """Nothing is reported, and nothing may ever be: no success, so a person must know that it is their turn."""
        run = attempt.run
        waited = self.clock.now() - max(run.history[-1].at, run.quiet_since)
        if waited > NO_CI_SECONDS:
            missing = _names(run.ci)
            self._say(attempt, messages.ci_missing(missing) if missing else messages.no_ci())

    def _say(self, attempt: Attempt, words: str) -> None:
        """Where it stands, once."""
        if attempt.run.reason != words:
            attempt.tell("ci", words)
            attempt.update(reason=words)
            self.status.tell(attempt.run)

    def _show(self, run: Run, pull: Pull, reported: Reported) -> None:
        """In the pull request's body, as it is now."""
        body = messages.with_ci(pull.body, reported)
        if body != pull.body:
            self.pulls.edit_body(run.thread.repository, pull.number, body)


def wait_again(attempt: Attempt, reason: str) -> None:
    """Back to waiting for CI, from further on."""
    if attempt.run.state in (State.AWAITING_REVIEW, State.MERGING):
        attempt.enter(State.AWAITING_CI, reason)


def _begin_anew(attempt: Attempt) -> None:
    """A person's push, seen for the first time: what was tried before it counts no more."""
    run = attempt.run
    if run.rounds and not run.ci and not run.failures and run.head_sha not in run.published:
        attempt.update(rounds=(), reason=messages.ci_running(()))


def _is_fine(run: Run, reported: Reported) -> bool:
    """Whether nothing is red but what is red on the base too, and nothing is missing or goes on."""
    excused = {one.check for one in run.failures if one.cause is Cause.ALREADY_RED and one.sha == run.head_sha}
    return bool(reported) and all(check.passed or (check.failed and check.name in excused) for check in reported)


def _by_code(round_: str) -> str:
    """The name of a round of repair that code made, without the agent."""
    return f"by code: {round_}"


def _command(check: str, config: Config) -> str | None:
    return next((one.run for one in config.ci.autofix if one.fits(check)), None)


def _names(checks: Iterable[Check]) -> list[str]:
    return [check.name for check in checks]
