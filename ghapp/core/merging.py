"""What a merge is about: somebody's wish for one commit, the rules of the base, and how the pull request stands."""

from dataclasses import dataclass
from typing import Literal

from ghapp.core.events import Actor

Method = Literal["merge", "squash", "rebase"]


@dataclass(frozen=True)
class Wish:
    """Somebody's word to merge one commit: `sha` is the head that they saw when they said it.

    `at` is GitHub's time of the word (ISO 8601, UTC), `comment` where it was said (None for a ticked box). `handed`
    says to whom GitHub's side of it was given: its merge queue, or its auto-merge.
    """

    sha: str
    by: Actor
    at: str
    comment: int | None = None
    handed: Literal["", "queue", "auto"] = ""


@dataclass(frozen=True)
class Required:
    """A check that a rule of the base branch asks for. With `app_id`, it counts from that App only."""

    name: str
    app_id: int | None = None


@dataclass(frozen=True)
class Rules:
    """What the base branch asks of a merge, from its rulesets and its protection together.

    `approvals` is how many are needed; None when reviews are required and we may not read how many. `queue` says that
    merges go through a merge queue.
    """

    required: tuple[Required, ...] = ()
    up_to_date: bool = False
    approvals: int | None = 0
    queue: bool = False


@dataclass(frozen=True)
class Standing:
    """How a pull request stands at GitHub.

    `state` is GitHub's mergeable state in lower case (clean, behind, blocked, dirty, draft, unstable, has_hooks,
    unknown), `decision` its review decision ("" where no review is asked for). `approved_by` and `objected_by` are
    those whose last word was that, Apps included. `queued` and `auto` say that GitHub's queue or auto-merge has it.
    `methods` are those that the repository allows.
    """

    state: str
    decision: str = ""
    rules: Rules = Rules()
    approved_by: tuple[Actor, ...] = ()
    objected_by: tuple[Actor, ...] = ()
    queued: bool = False
    auto: bool = False
    methods: tuple[Method, ...] = ("merge", "squash", "rebase")
