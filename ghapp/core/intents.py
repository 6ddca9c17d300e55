"""What may be done about an event: the values that `policy.decide` chooses among, each with its reason."""

from dataclasses import dataclass

from ghapp.core.run import Conclusion, Remark, Trigger


@dataclass(frozen=True)
class StartRun:
    """Begin a run of this kind. `model`, `engine` and `instruction` come from the label's rule or the command."""

    kind: str
    instruction: str
    trigger: Trigger
    reason: str
    model: str | None = None
    engine: str | None = None


@dataclass(frozen=True)
class SteerRun:
    """Let a word reach the agent of the open run. With `wakes`, a run that waits for others goes on with it."""

    comment: int
    remark: Remark
    wakes: bool
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
    | TopUp
    | AllowPaths
    | CancelRun
    | ResumeForCI
    | FollowPull
    | LeaveRepositories
    | Answer
    | Ignore
)
