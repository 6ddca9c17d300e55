"""One attempt at a run, from the claim to the parked pull request. Read `attempt` first: it is the list of steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ghapp.core import ledger, messages
from ghapp.core.commands import Verb
from ghapp.core.errors import Superseded, TransientError, UserError
from ghapp.core.kinds import READING
from ghapp.core.ledger import Point
from ghapp.core.ports import GHOST, BudgetSpent, Clock, NoProgress, OutOfTime, Repositories, Store, Transcripts
from ghapp.core.rights import NEEDED
from ghapp.core.run import MAX_RECOVERIES, Conclusion, Pause, Run, State
from ghapp.flow.answering import Answering
from ghapp.flow.attempt import Attempt
from ghapp.flow.change import Ended, NothingNew, Workshop
from ghapp.flow.publish import MustAsk, Publish, WasMerged
from ghapp.flow.status import Status

RETRY_SECONDS = 30.0


@dataclass(frozen=True)
class Execute:
    """Takes a run through its active states."""

    repositories: Repositories
    workshop: Workshop
    answering: Answering
    publish: Publish
    store: Store
    transcripts: Transcripts
    status: Status
    clock: Clock

    def attempt(self, run_id: str, epoch: int, worker: str) -> None:
        """Do the run's next attempt. Raises Superseded when it is no longer this attempt's turn."""
        run = self.store.claim(run_id, epoch, worker)
        attempt = Attempt(run, self.store, self.transcripts, self.status, self.clock)
        attempt.enter(State.PREPARING, "a worker took it", pause=None, unfinished="")
        try:
            self._work(attempt)
        except TransientError as error:
            self._give_back(attempt, error)
        except MustAsk as question:
            attempt.enter(State.PAUSED, str(question), pause=Pause.PROTECTED)
        except BudgetSpent as spent:
            self._pause_or_end(attempt, spent)
        except WasMerged as news:  # whoever follows the pull request finds it merged
            self._keep(attempt)
            attempt.park(str(news))
        except (Ended, UserError) as ending:
            conclusion = ending.conclusion if isinstance(ending, Ended) else Conclusion.FAILED
            self._keep_and_end(attempt, conclusion, str(ending))
        except Superseded:
            if attempt.was_stopped():
                self._keep(attempt)
            raise

    def _work(self, attempt: Attempt) -> None:
        self._must_be_allowed(attempt.run)
        base = self._fetch(attempt)
        if attempt.run.kind in READING:
            self.answering.answer(attempt, base)
            return
        if points := ledger.only_questions(attempt.run.ledger):
            self._answer(attempt, base, points)
            return
        repository, grounds = attempt.run.thread.repository, self.workshop.grounds
        config = grounds.config(repository, base)
        try:
            if not self._is_made(attempt):
                self.workshop.make(attempt, grounds.prepare(attempt, repository, base))
        except NothingNew as word:
            self.publish.nothing_new(attempt, str(word))
        else:
            self.publish.pull_request(attempt, config)

    def _answer(self, attempt: Attempt, base: str, points: Sequence[Point]) -> None:
        """A question that cannot be answered neither pauses nor ends what it was asked about."""
        try:
            word = self.answering.question(attempt, base, points)
        except (BudgetSpent, UserError) as error:
            word = messages.no_answer(str(error))
            attempt.note(word)
            attempt.update(feedback="", report=attempt.run.report and replace(attempt.run.report, settled=()))
        self.publish.nothing_new(attempt, word)

    def _must_be_allowed(self, run: Run) -> None:
        """Whoever asked may have lost the role while the run waited; once it has begun, it goes on."""
        if any(step.state is State.CODING for step in run.history) or run.requester.id == GHOST.id:
            return
        needs = NEEDED[Verb(run.kind)]
        if self.repositories.permission(run.thread.repository, run.requester) < needs:
            raise Ended(Conclusion.CANCELLED, messages.role_is_gone(run.requester.login, run.kind, needs.name.lower()))

    def fail(self, run_id: str, epoch: int, reason: str) -> None:
        """End a run after a defect of our own; nothing when it is not this attempt's any more."""
        run = self.store.load(run_id)
        if run.epoch == epoch and not run.is_done:
            Attempt(run, self.store, self.transcripts, self.status, self.clock).end(Conclusion.FAILED, reason)

    def hand_back(self, run_id: str, epoch: int, reason: str) -> None:
        """Queue a run whose worker was asked to end; not counted as a loss. Nothing when it is not this attempt's."""
        run = self.store.load(run_id)
        if run.epoch == epoch and run.is_active:
            attempt = Attempt(run, self.store, self.transcripts, self.status, self.clock)
            attempt.hand_back(reason, not_before=self.clock.now(), recoveries=run.recoveries)

    def _fetch(self, attempt: Attempt) -> str:
        """Bring the mirror up to date; the base commit of the work."""
        run, git = attempt.run, self.workshop.git
        repository = run.thread.repository
        remote = self.repositories.remote(repository)
        branch = run.base_branch or self.repositories.default_branch(repository)
        newest = git.fetch(repository, remote, branch)
        if newest is None:
            raise UserError("This repository is empty. Push a first commit, then say `/honk retry`.")
        if run.reverts is not None:  # to tell how it was merged
            git.fetch(repository, remote, f"refs/pull/{run.reverts}/head")
        if run.head_sha:
            self._take_head(attempt, git.fetch(repository, remote, _head_ref(run)))
        base = self._base(attempt.run, newest)
        attempt.update(base_branch=branch, base_sha=base)
        attempt.tell("note", f"the mirror is at {newest[:9]} of {branch}, the work begins at {base[:9]}")
        return base

    def _take_head(self, attempt: Attempt, tip: str | None) -> None:
        """Somebody pushed: what was made before is not what they see, and an errand is to be done to that.

        The candidate there was pushed by a worker who could not write that down any more: publishing goes on with it.
        """
        run = attempt.run
        if tip and tip not in (run.head_sha, run.candidate):
            errand = replace(run.errand, done=False) if run.errand else None
            attempt.update(head_sha=tip, candidate="", allowed=(), by_code=False, errand=errand)

    def _base(self, run: Run, newest: str) -> str:
        """The commit that the work is compared with: what the errand takes in, or where the head left its base.

        Before there is a head, it stays the same once there is work on it.
        """
        git, repository = self.workshop.git, run.thread.repository
        errand = run.errand
        if errand is not None and errand.kind == "update":
            return errand.sha if errand.done else newest
        if run.head_sha and (met := git.fork_point(repository, run.head_sha, newest)):
            return met
        return run.base_sha if run.base_sha and git.has(repository, run.base_sha) else newest

    def _is_made(self, attempt: Attempt) -> bool:
        """An earlier attempt's commit passed the gate, and this machine has it or can make it again."""
        run, repository = attempt.run, attempt.run.thread.repository
        if not run.candidate or run.feedback:
            return False
        if self.workshop.git.has(repository, run.candidate):
            return True
        if self.workshop.candidate(attempt, repository) == run.candidate:
            return True
        attempt.update(candidate="", allowed=())  # what was let through was that commit
        return False

    def _give_back(self, attempt: Attempt, error: TransientError) -> None:
        """The world is away: another attempt later, a bounded number of times."""
        run = attempt.run
        if run.recoveries >= MAX_RECOVERIES:
            self._keep_and_end(attempt, Conclusion.FAILED, f"Tried {run.recoveries + 1} times. {error}")
            return
        wait = max(RETRY_SECONDS * 2**run.recoveries, error.retry_after or 0)
        attempt.hand_back(
            f"{error}; trying again in {wait:.0f} s",
            not_before=self.clock.now() + wait,
            recoveries=run.recoveries + 1,
        )

    def _pause_or_end(self, attempt: Attempt, spent: BudgetSpent) -> None:
        """Money can be added by a person's word, and the run goes on where it was; time and patience cannot."""
        if isinstance(spent, NoProgress):
            self._keep_and_end(attempt, Conclusion.REJECTED, str(spent))
            return
        if isinstance(spent, OutOfTime):
            self._keep_and_end(attempt, Conclusion.TIMED_OUT, str(spent))
            return
        self._keep(attempt)
        if not attempt.run.is_done:
            attempt.enter(State.PAUSED, str(spent), pause=Pause.BUDGET)

    def _keep_and_end(self, attempt: Attempt, conclusion: Conclusion, reason: str) -> None:
        self._keep(attempt)
        if not attempt.run.is_done:
            attempt.end(conclusion, reason)

    def _keep(self, attempt: Attempt) -> None:
        """What was done goes to its branch if GitHub lets us; why the run ends matters more than a failure here."""
        made = attempt.run.unfinished or attempt.run.candidate
        if made and attempt.run.pull is not None:
            attempt.note(messages.left_out(attempt.run.pull))
        elif made:
            try:
                self.publish.branch(attempt, made)
            except (TransientError, UserError) as error:
                attempt.note(f"What was done could not be pushed: {error}")
        if attempt.run.is_done:
            attempt.last_word()


def _head_ref(run: Run) -> str:
    """Somebody's pull request is fetched by its number: its branch may be in a fork."""
    is_ours = run.target is None and run.kind not in READING
    return run.branch if is_ours or run.pull is None else f"refs/pull/{run.pull}/head"
