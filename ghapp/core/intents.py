"""What may be done about an event: the values that `policy.decide` chooses among, each with its reason."""

from dataclasses import dataclass

from ghapp.core.events import Actor
from ghapp.core.run import Conclusion, Remark, Trigger


@dataclass(frozen=True)
class StartRun:
    """Begin a run of this kind: fix, plan, ask, review or revert.

    `model`, `engine` and `instruction` come from the label's rule or the command. `pull` is the pull request that it is
    about, when it is somebody's (fix, review) or our merged one (revert).
    """

    kind: str
    instruction: str
    trigger: Trigger
    reason: str
    model: str | None = None
    engine: str | None = None
    pull: int | None = None


@dataclass(frozen=True)
class SteerRun:
    """Let a word reach the agent of the open run. With `wakes`, a run that waits for others goes on with it."""

    comment: int
    remark: Remark
    wakes: bool
    reason: str


@dataclass(frozen=True)
class AskAgent:
    """Have the agent of a parked run answer a question about its pull request."""

    comment: int
    remark: Remark
    reason: str


@dataclass(frozen=True)
class TopUp:
    """Raise the open run's budget by so many micro-dollars, and go on if it was paused for that.

    `note` is kept with the run, and tells that this was done.
    """

    micros: int
    note: str
    reason: str


@dataclass(frozen=True)
class AllowPaths:
    """Let these paths through, which the paused run has shown, and go on. `note` as above."""

    paths: tuple[str, ...]
    note: str
    reason: str


@dataclass(frozen=True)
class UpdateRun:
    """Take the newest base into the branch of the open run."""

    reason: str


@dataclass(frozen=True)
class MergeRun:
    """Merge the pull request of the run, at the head that the person saw.

    `sha` is that head when the box named it; None when it is what the head was `at` that time (ISO 8601, UTC).
    """

    by: Actor
    at: str
    comment: int | None
    reason: str
    sha: str | None = None


@dataclass(frozen=True)
class DeployRun:
    """Deploy the run's commit to an environment of the config."""

    environment: str
    by: Actor
    reason: str


@dataclass(frozen=True)
class BuildRun:
    """Say where the run's builds are, and look again for those that are missing; or revoke all their pages."""

    revoke: bool
    reason: str


@dataclass(frozen=True)
class ResumeForReview:
    """Look at the reviews of the pull request again."""

    reason: str


@dataclass(frozen=True)
class TellStatus:
    """Say where the thread's newest run stands, its place in the queue included."""

    reason: str


@dataclass(frozen=True)
class CancelRun:
    """End the open run and say so."""

    conclusion: Conclusion
    reason: str


@dataclass(frozen=True)
class ResumeForCI:
    """Look at the checks of the head again."""

    reason: str


@dataclass(frozen=True)
class FollowPull:
    """Look at the pull request again: it was merged, closed or pushed to."""

    reason: str


@dataclass(frozen=True)
class LeaveRepositories:
    """The App may no longer see these repositories (all of the installation's when `ids` is None)."""

    ids: tuple[int, ...] | None
    reason: str


@dataclass(frozen=True)
class Answer:
    """Say something on the thread. With `once`, only the first time for that name on this thread."""

    text: str
    reason: str
    once: str = ""


@dataclass(frozen=True)
class Ignore:
    """Do nothing, for a reason."""

    reason: str


Intent = (
    StartRun
    | SteerRun
    | AskAgent
    | TopUp
    | AllowPaths
    | UpdateRun
    | MergeRun
    | DeployRun
    | BuildRun
    | TellStatus
    | CancelRun
    | ResumeForCI
    | ResumeForReview
    | FollowPull
    | LeaveRepositories
    | Answer
    | Ignore
)
