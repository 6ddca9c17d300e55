"""After the pull request is open: its checks and its fate, always read from GitHub, never from the event."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ghapp.core import checks as ci
from ghapp.core import messages
from ghapp.core.checks import Check
from ghapp.core.ports import Checks, Clock, Pull, Pulls, Store, Transcripts
from ghapp.core.run import Conclusion, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.status import Status

Reported = tuple[Check, ...]
"""What CI says of one commit."""


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
        if run.pull is None or not run.is_followed:
            return
        attempt = Attempt(run, self.store, self.transcripts, self.status, self.clock)
        pull = self.pulls.read(run.thread.repository, run.pull)
        if pull.merged:
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
        self._look_at_checks(attempt, pull)

    def _look_at_checks(self, attempt: Attempt, pull: Pull) -> None:
        reported = self.checks.on(attempt.run.thread.repository, attempt.run.head_sha)
        verdict = ci.judge(reported)
        known = reported == attempt.run.ci
        match verdict.state:
            case ci.CiState.GREEN if not (known and attempt.run.state is State.AWAITING_REVIEW):
                self._green(attempt, pull, reported)
            case ci.CiState.RED if not known:
                self._red(attempt, reported, verdict.failing)
            case ci.CiState.PENDING | ci.CiState.NONE if not known:
                self._wait_again(attempt, "CI is running")
                attempt.update(ci=reported, reason="CI is running" if reported else "nothing is reported on the head")
                self.status.tell(attempt.run)

    def _green(self, attempt: Attempt, pull: Pull, reported: Reported) -> None:
        """Out of draft once for each head; who puts it back to draft afterwards has a reason."""
        self._show_ci(attempt.run, reported)
        attempt.update(ci=reported)
        if attempt.run.state is State.AWAITING_CI:
            attempt.tell("ci", "CI is green")
            if pull.draft:
                self.pulls.mark_ready(attempt.run.thread.repository, pull.number)
            attempt.enter(State.AWAITING_REVIEW, f"CI is green; #{pull.number} is ready for review")

    def _red(self, attempt: Attempt, reported: Reported, failing: tuple[str, ...]) -> None:
        """What is shown goes first: once it is in the record, nobody looks at it again."""
        names = ", ".join(failing)
        self._show_ci(attempt.run, reported)
        attempt.tell("ci", f"CI is red: {names}")
        self._wait_again(attempt, "CI is red")
        attempt.update(ci=reported, reason=f"CI is red: {names}. The pull request stays a draft.")
        self.status.tell(attempt.run)

    def _wait_again(self, attempt: Attempt, reason: str) -> None:
        if attempt.run.state is State.AWAITING_REVIEW:
            attempt.enter(State.AWAITING_CI, reason)

    def _show_ci(self, run: Run, reported: Reported) -> None:
        """In the pull request's body; one whose record was lost keeps the body that it has."""
        if run.pull is not None and run.report is not None:
            body = messages.pull_body(replace(run, ci=reported), self.page(run.key))
            self.pulls.edit_body(run.thread.repository, run.pull, body)
