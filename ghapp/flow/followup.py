"""After the pull request is open: its checks and its fate, always read from GitHub, never from the event."""

from collections.abc import Callable
from dataclasses import dataclass

from ghapp.core import checks as ci
from ghapp.core import messages
from ghapp.core.ports import Checks, Clock, Pull, Pulls, Store, Transcripts
from ghapp.core.run import Conclusion, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.status import Status


@dataclass(frozen=True)
class FollowUp:
    """Moves a parked run on. The caller holds the thread's inbox, so nobody else writes the record."""

    pulls: Pulls
    checks: Checks
    store: Store
    transcripts: Transcripts
    status: Status
    clock: Clock
    page: Callable[[str], str]

    def look(self, run: Run) -> None:
        """Read the pull request and its checks, and record what is new."""
        if run.pull is None or run.is_done:
            return
        attempt = Attempt(run, self.store, self.transcripts, self.status, self.clock)
        pull = self.pulls.read(run.thread.repository, run.pull)
        if pull.merged:
            attempt.enter(State.DEPLOYING, "the pull request was merged")
            attempt.end(Conclusion.MERGED, f"#{pull.number} is merged.")
        elif not pull.open:
            attempt.end(Conclusion.CLOSED, f"#{pull.number} was closed without a merge.")
        else:
            self._look_at_head(attempt, pull)

    def _look_at_head(self, attempt: Attempt, pull: Pull) -> None:
        if pull.head_sha != attempt.run.head_sha:
            attempt.update(head_sha=pull.head_sha, ci=())
            attempt.tell("note", f"the head of #{pull.number} is now {pull.head_sha[:9]}")
            self._wait_again(attempt, "the head moved")
        reported = self.checks.on(attempt.run.thread.repository, attempt.run.head_sha)
        verdict = ci.judge(reported)
        if reported == attempt.run.ci and verdict.state is not ci.CiState.GREEN:
            return
        attempt.update(ci=reported)
        match verdict.state:
            case ci.CiState.GREEN:
                self._green(attempt, pull)
            case ci.CiState.RED:
                self._red(attempt, verdict.failing)
            case _:
                self._wait_again(attempt, "CI is running")
                self.status.tell(attempt.run)

    def _green(self, attempt: Attempt, pull: Pull) -> None:
        if attempt.run.state is State.AWAITING_REVIEW and not pull.draft:
            return
        attempt.tell("ci", "CI is green")
        if pull.draft:
            self.pulls.mark_ready(attempt.run.thread.repository, pull.number)
        if attempt.run.state is State.AWAITING_CI:
            attempt.enter(State.AWAITING_REVIEW, f"CI is green; #{pull.number} is ready for review")
        self._show_ci(attempt.run)

    def _red(self, attempt: Attempt, failing: tuple[str, ...]) -> None:
        names = ", ".join(failing)
        attempt.tell("ci", f"CI is red: {names}")
        self._wait_again(attempt, "CI is red")
        attempt.update(reason=f"CI is red: {names}. The pull request stays a draft.")
        self._show_ci(attempt.run)
        self.status.tell(attempt.run)

    def _wait_again(self, attempt: Attempt, reason: str) -> None:
        if attempt.run.state is State.AWAITING_REVIEW:
            attempt.enter(State.AWAITING_CI, reason)

    def _show_ci(self, run: Run) -> None:
        if run.pull is not None:
            body = messages.pull_body(run, self.page(run.key))
            self.pulls.edit_body(run.thread.repository, run.pull, body)
