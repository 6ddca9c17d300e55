"""Whether a commit may be merged now: facts in, one step with its reason out."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ghapp.core import checks as ci
from ghapp.core.checks import Check
from ghapp.core.events import Actor
from ghapp.core.merging import Method, Required, Standing, Wish

_PREFERRED: tuple[Method, ...] = ("squash", "merge", "rebase")
_OPEN_WAYS = frozenset({"clean", "unstable", "has_hooks"})
"""The mergeable states in which GitHub takes a merge; `unstable` is red or going on where no rule asks for green."""


class Why(StrEnum):
    """What stands in the way of a merge. The first eleven end the wish; for the others it waits."""

    MOVED = "the head moved"
    CLOSED = "closed"
    OBJECTED = "changes are requested"
    UNCOUNTED = "an approval that does not count"
    CONFLICT = "conflict"
    RED = "CI is red"
    DRAFT = "draft"
    METHOD = "the method is not allowed"
    LEFT_QUEUE = "thrown out of the queue"
    LEFT_AUTO = "auto-merge is off"
    IN_QUEUE = "in the queue"
    IN_AUTO = "left to auto-merge"
    APPROVALS = "approvals"
    CI = "CI"
    REQUIRED = "a required check"
    REVIEW = "a review"
    RULE = "a rule"
    UNKNOWN = "not known yet"


@dataclass(frozen=True)
class Reason:
    """What stands in the way: the names that belong to it, and how many approvals are needed and there."""

    why: Why
    names: tuple[str, ...] = ()
    needed: int = 0
    found: int = 0


@dataclass(frozen=True)
class MergeNow:
    """Merge the wish's commit."""

    method: Method


@dataclass(frozen=True)
class Enqueue:
    """Give the wish's commit to GitHub's merge queue."""


@dataclass(frozen=True)
class HandOver:
    """Leave the wait for CI to GitHub's auto-merge."""

    method: Method
    reason: Reason


@dataclass(frozen=True)
class Update:
    """Take the base in first: the branch is behind it."""


@dataclass(frozen=True)
class Wait:
    """Keep the wish, and look again."""

    reason: Reason


@dataclass(frozen=True)
class Refuse:
    """Give the wish up, and say why."""

    reason: Reason


Step = MergeNow | Enqueue | HandOver | Update | Wait | Refuse


@dataclass(frozen=True)
class Case:
    """All that a decision is made of, read just now.

    `checks` is what CI reports on the head. `failing` names the checks that are red for good, and is empty while that
    is still being found out; `ready` says that CI is through with this head. `writers` are the ids of the reviewers
    who may write to the repository. `method` is what the config asks for, `auto` that it allows GitHub's auto-merge.
    """

    wish: Wish
    head_sha: str
    open: bool
    draft: bool
    standing: Standing
    checks: tuple[Check, ...]
    failing: tuple[str, ...]
    ready: bool
    requester: Actor
    writers: frozenset[int]
    method: Method | None = None
    auto: bool = False


def decide(case: Case) -> Step:
    """The one thing to do about a wish to merge.

    GitHub holds merges to its own rules as well. They are looked at here too, because an App may be allowed to pass
    them by, and because the approval of who asked for the change counts at GitHub.
    """
    if reason := _refusal(case):
        return Refuse(reason)
    if reason := _approvals(case) or _handed(case):
        return Wait(reason)
    if case.standing.state == "behind" and not case.standing.rules.queue:
        return Update()
    method = _method(case)
    if reason := _ci(case):
        return HandOver(method, reason) if method and case.auto and _is_for_github(case) else Wait(reason)
    if reason := _githubs_own(case.standing):
        return Wait(reason)
    return Enqueue() if case.standing.rules.queue or method is None else MergeNow(method)


def _refusal(case: Case) -> Reason | None:
    """What no waiting mends."""
    standing = case.standing
    if case.head_sha != case.wish.sha:
        return Reason(Why.MOVED, (case.wish.sha, case.head_sha))
    if not case.open:
        return Reason(Why.CLOSED)
    if case.wish.handed == "queue" and not standing.queued:
        return Reason(Why.LEFT_QUEUE)
    if case.wish.handed == "auto" and not (standing.auto or standing.queued):  # auto-merge may lead to the queue
        return Reason(Why.LEFT_AUTO)
    if standing.state == "dirty":
        return Reason(Why.CONFLICT)
    if case.failing:
        return Reason(Why.RED, case.failing)
    if case.draft and case.ready:
        return Reason(Why.DRAFT)
    if _method(case) is None and not standing.rules.queue:
        return Reason(Why.METHOD, (case.method,) if case.method else ())
    # What GitHub has in hand it merges by its own count of approvals, so it is taken back when ours is not reached.
    return _objection(case) or (_approvals(case) if case.wish.handed else None)


def _objection(case: Case) -> Reason | None:
    """Reviews that say no. When it is not known how many approvals are needed, each one that is there may be needed."""
    standing = case.standing
    against = [one.login for one in standing.objected_by if one.id in case.writers]
    if against or standing.decision == "CHANGES_REQUESTED":
        return Reason(Why.OBJECTED, tuple(against))
    if standing.rules.approvals is None:
        idle = [one.login for one in standing.approved_by if one.id == case.requester.id or one.type == "Bot"]
        return Reason(Why.UNCOUNTED, tuple(idle)) if idle else None
    return None


def _handed(case: Case) -> Reason | None:
    if case.standing.queued:
        return Reason(Why.IN_QUEUE)
    return Reason(Why.IN_AUTO) if case.wish.handed == "auto" else None


def _approvals(case: Case) -> Reason | None:
    """How many approvals count, of how many: those of people who may write, but not of who asked for the change.

    When nobody knows any more who that was (a run that was found again at GitHub), one of them may be theirs.
    """
    asked = case.standing.rules.approvals
    if not asked:
        return None
    needed = asked + (case.requester.id == 0)
    counted = {one.id for one in case.standing.approved_by if one.type != "Bot" and one.id in case.writers}
    found = len(counted - {case.requester.id})
    return Reason(Why.APPROVALS, needed=needed, found=found) if found < needed else None


def _ci(case: Case) -> Reason | None:
    lacking = lacking_of(case.standing.rules.required, case.checks)
    if lacking:
        return Reason(Why.REQUIRED, lacking)
    return None if case.ready else Reason(Why.CI, ci.judge(case.checks).pending)


def lacking_of(required: Iterable[Required], checks: Iterable[Check]) -> tuple[str, ...]:
    """Names of the required checks that are not green on a commit: each must be, by the App that the rule names."""
    current = ci.latest(checks)
    return tuple(dict.fromkeys(one.name for one in required if not _is_met(one, current)))


def _is_met(required: Required, checks: tuple[Check, ...]) -> bool:
    found = [one for one in checks if one.name == required.name and required.app_id in (None, one.app_id)]
    return bool(found) and all(one.passed for one in found)


def _is_for_github(case: Case) -> bool:
    """Whether what it waits for are required checks only: GitHub's auto-merge waits for nothing else."""
    required = {one.name for one in case.standing.rules.required}
    unsettled = {one.name for one in ci.latest(case.checks) if not one.passed}
    return bool(lacking_of(case.standing.rules.required, case.checks)) and unsettled <= required and not case.draft


def _githubs_own(standing: Standing) -> Reason | None:
    """What GitHub itself still says against it, by rules that we do not read."""
    if standing.decision == "REVIEW_REQUIRED":
        return Reason(Why.REVIEW)
    if standing.state == "unknown":
        return Reason(Why.UNKNOWN)
    return None if standing.state in _OPEN_WAYS else Reason(Why.RULE)


def _method(case: Case) -> Method | None:
    wanted = (case.method,) if case.method else _PREFERRED
    return next((one for one in wanted if one in case.standing.methods), None)
