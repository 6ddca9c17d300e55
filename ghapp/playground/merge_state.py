"""What stands between a pull request and its base branch, and what a repository remembers of its branches.

Part of the state as `state.py` is: mutable, and changed by the verbs only.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ghapp.playground.state import Actor, App

Method = Literal["merge", "squash", "rebase"]
METHODS: tuple[Method, ...] = ("merge", "squash", "rebase")

ActivityType = Literal[
    "push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge"
]  # https://docs.github.com/en/rest/repos/repos#list-repository-activities


@dataclass(eq=False)
class Protection:
    """Rules of one branch: the checks that must be green, and whether the branch must be up to date (`strict`).

    `sources` names the App that a check must come from; a check that is not in it may come from anyone.
    """

    contexts: tuple[str, ...] = ()
    strict: bool = False
    approvals: int = 0
    sources: dict[str, "App"] = field(default_factory=dict)


@dataclass(eq=False)
class Ruleset(Protection):
    """The same asked by a ruleset, which may allow some `methods` only, or a queue that merges by `queue_method`."""

    id: int = 0
    branch: str = "main"
    queue: bool = False
    queue_method: Method = "merge"
    methods: tuple[Method, ...] = METHODS


@dataclass(eq=False)
class AutoMerge:
    """Somebody's wish that GitHub merges when all rules are met; `head_sha` is the head that was last looked at."""

    by: "Actor"
    method: Method
    head_sha: str
    at: datetime
    title: str | None = None
    message: str | None = None


@dataclass(eq=False)
class QueueEntry:
    """A place in the merge queue: the head that was queued, and the commit made of it on the base (the group)."""

    id: int
    by: "Actor"
    head_sha: str
    base_sha: str
    group_sha: str
    group_ref: str

    @property
    def node_id(self) -> str:
        return f"MQE_{self.id}"


@dataclass(eq=False)
class Activity:
    """One move of a branch; forty zeros where it was made or deleted."""

    id: int
    ref: str
    before: str
    after: str
    actor: "Actor"
    at: datetime
    type: ActivityType
