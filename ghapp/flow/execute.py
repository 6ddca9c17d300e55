"""One attempt at a run, from the claim to the parked pull request. Read `attempt` first: it is the list of steps."""

from dataclasses import dataclass

from ghapp.core.errors import Superseded, TransientError, UserError
from ghapp.core.ports import BudgetSpent, Clock, Repositories, Store, Transcripts
from ghapp.core.run import MAX_RECOVERIES, Conclusion, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.change import Ended, Ground, Workshop
from ghapp.flow.publish import Publish
from ghapp.flow.status import Status

RETRY_SECONDS = 30.0


@dataclass(frozen=True)
class Execute:
    """Takes a run through its active states."""

    repositories: Repositories
    workshop: Workshop
    publish: Publish
    store: Store
    transcripts: Transcripts
    status: Status
    clock: Clock

    def attempt(self, run_id: str, epoch: int, worker: str) -> None:
        """Do the run's next attempt. Raises Superseded when it is no longer this attempt's turn."""
        run = self.store.claim(run_id, epoch, worker)
        attempt = Attempt(run, self.store, self.transcripts, self.status, self.clock)
        attempt.enter(State.PREPARING, "a worker took it")
        try:
            if not self._is_made(attempt.run):
                self.workshop.make(attempt, self._prepare(attempt))
            self.publish.pull_request(attempt)
        except TransientError as error:
            self._give_back(attempt, error)
        except (BudgetSpent, Ended, UserError) as ending:
            self._keep_and_end(attempt, _conclusion(ending), str(ending))
        except Superseded:
            if attempt.was_stopped():
                self._keep(attempt)
            raise

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

    def _prepare(self, attempt: Attempt) -> Ground:
        repository = attempt.run.thread.repository
        remote = self.repositories.remote(repository)
        branch = attempt.run.base_branch or self.repositories.default_branch(repository)
        base = self.workshop.git.fetch(repository, remote, branch)
        if base is None:
            raise UserError("This repository is empty. Push a first commit, then say `/honk retry`.")
        attempt.update(base_branch=branch, base_sha=base, candidate="")
        attempt.tell("note", f"the mirror is at {base[:9]} of {branch}")
        return self.workshop.prepare(attempt, repository, base)

    def _is_made(self, run: Run) -> bool:
        """An earlier attempt's commit passed the gate, and this machine has it.

        One without a report is what was kept when the work broke off.
        """
        made = bool(run.candidate) and run.report is not None
        return made and self.workshop.git.has(run.thread.repository, run.candidate)

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

    def _keep_and_end(self, attempt: Attempt, conclusion: Conclusion, reason: str) -> None:
        self._keep(attempt)
        if not attempt.run.is_done:
            attempt.end(conclusion, reason)

    def _keep(self, attempt: Attempt) -> None:
        """What was done goes to its branch if GitHub lets us; why the run ends matters more than a failure here."""
        if attempt.run.candidate:
            try:
                self.publish.branch(attempt)
            except (TransientError, UserError) as error:
                attempt.note(f"What was done could not be pushed: {error}")
        if attempt.run.is_done:
            attempt.last_word()


def _conclusion(ending: Exception) -> Conclusion:
    match ending:
        case Ended():
            return ending.conclusion
        case BudgetSpent():
            return Conclusion.TIMED_OUT if "minutes" in str(ending) else Conclusion.OVER_BUDGET
        case _:
            return Conclusion.FAILED
