"""CI in a closed loop: wait until it has settled, say why it is red, and repair what is ours."""

from dataclasses import dataclass

from ghapp.core import checks as ci
from ghapp.core import messages
from ghapp.core.checks import Check
from ghapp.core.config import Config
from ghapp.core.ports import Checks, Clock, Pull, Pulls
from ghapp.core.run import Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering

NO_CI_SECONDS = 300.0

Reported = tuple[Check, ...]
"""What CI says of one commit."""


@dataclass(frozen=True)
class FollowCi:
    """Looks at the checks of a followed run's head. The caller holds the thread's inbox."""

    pulls: Pulls
    checks: Checks
    steering: Steering
    status: Status
    clock: Clock

    def look(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Read the checks of the head, and do what follows from them."""
        reported = self.checks.on(attempt.run.thread.repository, attempt.run.head_sha)
        verdict = ci.judge(reported)
        known = reported == attempt.run.ci
        match verdict.state:
            case ci.CiState.GREEN if not (known and attempt.run.state is State.AWAITING_REVIEW):
                self._green(attempt, pull, reported)
            case ci.CiState.RED if not known:
                self._red(attempt, pull, reported, verdict.failing)
            case ci.CiState.PENDING | ci.CiState.NONE if not known:
                wait_again(attempt, "CI is running")
                attempt.update(ci=reported, reason="CI is running" if reported else "nothing is reported on the head")
                self.status.tell(attempt.run)
            case ci.CiState.NONE if attempt.run.state is State.AWAITING_CI:
                self._say_no_ci(attempt)

    def _green(self, attempt: Attempt, pull: Pull, reported: Reported) -> None:
        """Out of draft once for each head; who puts it back to draft afterwards has a reason."""
        self._show_ci(attempt.run, pull, reported)
        attempt.update(ci=reported)
        if attempt.run.state is State.AWAITING_CI:
            attempt.tell("ci", "CI is green")
            if pull.draft and attempt.run.target is None:
                self.pulls.mark_ready(attempt.run.thread.repository, pull.number)
            attempt.enter(State.AWAITING_REVIEW, f"CI is green; #{pull.number} is ready for review")

    def _red(self, attempt: Attempt, pull: Pull, reported: Reported, failing: tuple[str, ...]) -> None:
        """What is shown goes first: once it is in the record, nobody looks at it again."""
        names = ", ".join(failing)
        self._show_ci(attempt.run, pull, reported)
        attempt.tell("ci", f"CI is red: {names}")
        wait_again(attempt, "CI is red")
        attempt.update(ci=reported, reason=f"CI is red: {names}. The pull request stays a draft.")
        self.status.tell(attempt.run)

    def _say_no_ci(self, attempt: Attempt) -> None:
        """Nothing is reported, and nothing may ever be: no success, so a person must know that it is their turn."""
        waited = self.clock.now() - attempt.run.history[-1].at
        if waited > NO_CI_SECONDS and attempt.run.reason != messages.no_ci():
            attempt.update(reason=messages.no_ci())
            self.status.tell(attempt.run)

    def _show_ci(self, run: Run, pull: Pull, reported: Reported) -> None:
        """In the pull request's body, as it is now."""
        body = messages.with_ci(pull.body, reported)
        if body != pull.body:
            self.pulls.edit_body(run.thread.repository, pull.number, body)


def wait_again(attempt: Attempt, reason: str) -> None:
    """Back to waiting for CI, from further on."""
    if attempt.run.state in (State.AWAITING_REVIEW, State.MERGING):
        attempt.enter(State.AWAITING_CI, reason)
