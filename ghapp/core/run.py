"""A run: one request on its way from an issue to a merged pull request. The record of it is the truth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from ghapp.core.budget import DEFAULT_BUDGET, NOTHING_USED, Budget, Usage
from ghapp.core.builds import Build
from ghapp.core.checks import Check as CiCheck
from ghapp.core.ci import Failure
from ghapp.core.events import Actor, Thread, branch_name
from ghapp.core.evidence import Evidence, Judgement, Report
from ghapp.core.gate import Finding
from ghapp.core.ledger import Point
from ghapp.core.merging import Wish

MAX_RECOVERIES = 5
NEEDS_HELP = "honk:needs-help"
"""The label on what only a person can bring further."""


class State(StrEnum):
    """Where a run stands. The run page and `/honk why` show these words."""

    QUEUED = "queued"
    PREPARING = "preparing"
    CODING = "coding"
    VERIFYING = "verifying"
    JUDGING = "judging"
    PUBLISHING = "publishing"
    AWAITING_CI = "awaiting_ci"
    AWAITING_REVIEW = "awaiting_review"
    MERGING = "merging"
    DEPLOYING = "deploying"
    PAUSED = "paused"
    DONE = "done"


class Conclusion(StrEnum):
    """How a run ended."""

    MERGED = "merged"
    DEPLOYED = "deployed"
    ANSWERED = "answered"
    PLANNED = "planned"
    NO_CHANGES = "no_changes"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    FAILED = "failed"
    CANCELLED = "cancelled"
    CLOSED = "closed"


ACTIVE = frozenset({State.PREPARING, State.CODING, State.VERIFYING, State.JUDGING, State.PUBLISHING})
"""States that hold a worker and a lease; every other state is only a record."""

FOLLOWED = frozenset({State.AWAITING_CI, State.AWAITING_REVIEW, State.MERGING})
"""States in which the pull request is followed: its head, checks, reviews and merge."""

_FORWARD = {
    (State.QUEUED, State.PREPARING): "a worker is free",
    (State.PREPARING, State.CODING): "the sandbox is ready",
    (State.CODING, State.VERIFYING): "the agent is done",
    (State.VERIFYING, State.JUDGING): "green, or out of repairs",
    (State.JUDGING, State.PUBLISHING): "nothing forbids it",
    (State.PUBLISHING, State.AWAITING_CI): "the pull request is open",
    (State.AWAITING_CI, State.AWAITING_REVIEW): "CI is green",
    (State.AWAITING_REVIEW, State.MERGING): "someone allowed said merge",
    (State.MERGING, State.DEPLOYING): "it is merged",
}
_BACK = {
    (State.VERIFYING, State.CODING): "a check or the gate says no",
    (State.JUDGING, State.CODING): "the judge vetoes",
    (State.AWAITING_CI, State.QUEUED): "CI failed, or a person steers",
    (State.AWAITING_REVIEW, State.QUEUED): "changes are asked for",
    (State.MERGING, State.QUEUED): "it is behind its base",
    (State.AWAITING_REVIEW, State.AWAITING_CI): "the head moved",
    (State.MERGING, State.AWAITING_CI): "the head moved",
    (State.MERGING, State.AWAITING_REVIEW): "GitHub refuses",
    (State.AWAITING_CI, State.MERGING): "someone allowed said merge",
}
_WAITING = {(state, State.PAUSED): "a person must decide" for state in (State.CODING, State.PUBLISHING)} | {
    (State.PAUSED, State.QUEUED): "they decided"
}
_BY_HAND = {
    (state, State.DEPLOYING): "a person merged it"
    for state in State
    if state not in (State.MERGING, State.DEPLOYING, State.DONE)
}
_RECOVERY = {(state, State.QUEUED): "the worker is lost" for state in ACTIVE}
_END = {(state, State.DONE): "it ends" for state in State if state is not State.DONE}

TRANSITIONS: Mapping[tuple[State, State], str] = _FORWARD | _BACK | _WAITING | _BY_HAND | _RECOVERY | _END
"""Every step a run can take, with its reason. The drawing in the README is made from this table."""


@dataclass(frozen=True)
class Trigger:
    """What started the run: a label, or a comment by its id. `at` is GitHub's time of it (ISO 8601, UTC)."""

    at: str
    label: str | None = None
    comment: int | None = None


@dataclass(frozen=True)
class Remark:
    """A comment by someone trusted, as it was when the run was asked for."""

    author: str
    body: str


@dataclass(frozen=True)
class Request:
    """What was asked for, as of the trigger. `instruction` is the text of the command or the label's instructions."""

    title: str
    body: str
    instruction: str = ""
    remarks: tuple[Remark, ...] = ()


class Pause(StrEnum):
    """What a paused run waits for."""

    BUDGET = "budget"
    PROTECTED = "protected"


@dataclass(frozen=True)
class Target:
    """A pull request that was there before the run: its branch, and the repository that holds it, maybe a fork.

    Somebody's own, or `ours`: opened by an earlier run that has ended.
    """

    branch: str
    full_name: str
    ours: bool = False


@dataclass(frozen=True)
class Errand:
    """What code does to the work before the agent is asked, and instead of it where that is enough.

    `update` takes the commit `sha` of the base in (its newest when that is empty), `revert` undoes what a pull request
    brought, which `sha` is on the base and had so many `commits` up to its `head`, `autofix` runs `commands`. What is
    `done` is in the work that was kept.
    """

    kind: Literal["update", "revert", "autofix"]
    sha: str = ""
    head: str = ""
    commits: int = 1
    commands: tuple[str, ...] = ()
    done: bool = False


_UNDERWAY = frozenset({"pending", "queued", "in_progress", "waiting", "requested"})
"""GitHub's words for a deployment, or a run of a workflow, that has not ended."""


@dataclass(frozen=True)
class Deployment:
    """A deployment that somebody asked for, and how it stands by GitHub's word.

    `id` is that of the deployment, or of the run of its `workflow`; `state` is GitHub's (pending, success, failure, …).
    """

    environment: str
    sha: str
    id: int
    workflow: str = ""
    state: str = "pending"
    url: str = ""

    @property
    def is_underway(self) -> bool:
        """Whether it has not ended."""
        return self.state in _UNDERWAY


@dataclass(frozen=True)
class Step:
    """A state that was entered, and when (seconds since the epoch)."""

    state: State
    at: float


@dataclass(frozen=True)
class Run:
    """The record of a run.

    `key` is the unguessable part of its page's address. `epoch` is the fencing number of the newest attempt, and
    `version` counts the writes, so that nobody writes over what they have not seen. `candidate` is the host-made
    commit that passed proof and gate; `unfinished` is one of work that broke off, for the branch alone; `head_sha` is
    what the branch holds; `published` are all commits of ours that may have been, noted before each push; `not_before`
    holds a queued run back. `prompt` names the version of the prompts that were used. Times are seconds since the
    epoch.

    `feedback` is what the next attempt is told; `heard` counts the words of people that the agent has got; `pause` is
    what a paused run waits for; `allowed` are the paths that somebody with the right has let through; `usage` is what
    the store has counted when the record is read; `warned` is the mark of the budget, in percent, that was told last;
    `vetoes` counts the judge's.

    `target` is the pull request that the run works on, in place of opening one of its own; `errand` what code is to
    do to the work first. `by_code` says that code alone made the candidate; `reverts` is the pull request that a
    run of the kind revert undoes. `look_at` is when the followed pull request is to be looked at again at the
    latest (0: at the next poll); `quiet_since` since when all its checks stand as they are; `failures` why those of
    the head fail; `reran` the names of checks that were run again on it; `rounds` are the signatures of the
    failures that CI sent the run back for. `ledger` are the points of its reviews and `left_out` who was not heard
    there; `ask_again` whom to ask for a review once CI is green. `wish` is a word to merge that waits. `merged_sha`
    is the commit that it came to on the base, and `watched_until` how long the base branch is watched after that;
    `deployment` the newest one that was asked for, and `deployments` the ids of all of them that are GitHub's own, not
    a workflow's. `verified` says that GitHub signed the head. `builds` are those of the head that can be installed or
    opened, and stale ones until they are replaced; `means` is the config's word for what a merge comes to.
    """

    id: str
    key: str
    thread: Thread
    requester: Actor
    trigger: Trigger
    request: Request
    created_at: float
    budget: Budget = DEFAULT_BUDGET
    kind: str = "fix"
    engine: str = "messages"
    model: str = ""
    state: State = State.QUEUED
    conclusion: Conclusion | None = None
    reason: str = ""
    epoch: int = 0
    version: int = 0
    recoveries: int = 0
    not_before: float = 0.0
    history: tuple[Step, ...] = ()
    status_comment: int | None = None
    base_branch: str = ""
    base_sha: str = ""
    candidate: str = ""
    unfinished: str = ""
    prompt: str = ""
    published: tuple[str, ...] = ()
    head_sha: str = ""
    pull: int | None = None
    usage: Usage = NOTHING_USED
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    report: Report | None = None
    ci: tuple[CiCheck, ...] = ()
    notes: tuple[str, ...] = ()
    feedback: str = ""
    heard: int = 0
    pause: Pause | None = None
    allowed: tuple[str, ...] = ()
    judgement: Judgement | None = None
    vetoes: int = 0
    warned: int = 0
    target: Target | None = None
    errand: Errand | None = None
    by_code: bool = False
    reverts: int | None = None
    look_at: float = 0.0
    quiet_since: float = 0.0
    failures: tuple[Failure, ...] = ()
    reran: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()
    ledger: tuple[Point, ...] = ()
    left_out: tuple[str, ...] = ()
    ask_again: tuple[str, ...] = ()
    wish: Wish | None = None
    merged_sha: str = ""
    watched_until: float = 0.0
    deployment: Deployment | None = None
    deployments: tuple[int, ...] = ()
    verified: bool = False
    builds: tuple[Build, ...] = ()
    means: str = ""

    @property
    def branch(self) -> str:
        """The only branch that this run may push."""
        return self.target.branch if self.target else branch_name(self.thread.number, self.id)

    @property
    def is_guest(self) -> bool:
        """Whether it works on somebody else's pull request, of which they are the one to decide."""
        return self.target is not None and not self.target.ours

    @property
    def place(self) -> Thread:
        """Where people talk about it: its pull request, or the issue while there is none."""
        return Thread(self.thread.repository, self.pull or self.thread.number)

    @property
    def is_active(self) -> bool:
        """Whether a worker should be at it."""
        return self.state in ACTIVE

    @property
    def is_followed(self) -> bool:
        """Whether it only waits for what happens to its pull request."""
        return self.state in FOLLOWED

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen."""
        return self.state is State.DONE


class IllegalTransition(Exception):  # a defect, named for what it is
    """A step that the table does not have."""


def advance(run: Run, to: State, at: float, reason: str = "") -> Run:
    """The run one step further. Raises IllegalTransition when the table has no such step."""
    if (run.state, to) not in TRANSITIONS:
        raise IllegalTransition(f"{run.state} -> {to}")
    return replace(run, state=to, reason=reason, history=(*run.history, Step(to, at)))


def conclude(run: Run, conclusion: Conclusion, at: float, reason: str) -> Run:
    """The run at its end. Raises IllegalTransition when it has ended before."""
    return replace(advance(run, State.DONE, at, reason), conclusion=conclusion)


def drawing() -> str:
    """The table as a Mermaid state diagram; ends that every state has are drawn once."""
    common = {"it ends", "the worker is lost"}
    lines = [
        f"    {before.name} --> {after.name}: {reason}"
        for (before, after), reason in TRANSITIONS.items()
        if reason not in common
    ]
    recovered = [state for state in State if (state, State.QUEUED) in _RECOVERY]
    return "\n".join(
        [
            "stateDiagram-v2",
            "    [*] --> QUEUED",
            *lines,
            *(f"    {state.name} --> QUEUED: the worker is lost" for state in recovered),
            *(f"    {state.name} --> DONE: it ends" for state in State if state is not State.DONE),
            "    DONE --> [*]",
        ]
    )
