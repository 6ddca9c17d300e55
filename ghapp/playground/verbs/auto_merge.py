"""Auto-merge: a wish that GitHub fulfils by itself once all rules are met.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/automatically-merging-a-pull-request
"""

from ghapp.playground.merge_state import AutoMerge, Method
from ghapp.playground.mergeability import may_write, mergeability, methods_of, queue_of
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Issue, Pull, Repository
from ghapp.playground.verbs import merge_queue, merging, pull_events
from ghapp.playground.verbs.merging import CannotMergeError
from ghapp.playground.views.pulls import pull_of

_WAITS = ("blocked", "behind")
_NAMES: dict[Method, str] = {"merge": "merge commits", "squash": "squash merging", "rebase": "rebase merging"}


def enable(
    room: Room,
    repository: Repository,
    actor: Actor,
    issue: Issue,
    method: Method = "merge",
    *,
    sha: str | None = None,
    title: str | None = None,
    message: str | None = None,
) -> None:
    """Wish for a merge later. Raises CannotMergeError 422: GitHub takes no wish for what it could merge now."""
    with room.lock:
        pull = pull_of(issue)
        if not repository.auto_merge_allowed:
            raise CannotMergeError(422, "Auto merge is not allowed for this repository")
        if sha not in (None, pull.head_sha):
            raise CannotMergeError(422, "expected head oid does not match the current head oid")
        if issue.state == "closed":
            raise CannotMergeError(422, "Can't enable auto-merge for this pull request.")
        if method not in methods_of(repository, pull.base_ref):
            raise CannotMergeError(422, f"Merge method {_NAMES[method]} are not allowed on this repository")
        state = mergeability(repository, issue, pull).state
        if state not in _WAITS:
            raise CannotMergeError(422, f"Pull request Pull request is in {state} status")
        pull.auto_merge = AutoMerge(actor, method, pull.head_sha, room.now(), title, message)
        pull_events.tell(room, repository, actor, issue, "auto_merge_enabled")


def disable(room: Room, repository: Repository, actor: Actor, issue: Issue) -> None:
    """Take the wish back. Raises CannotMergeError 422 when there is none, or all is over; a merged one keeps its."""
    with room.lock:
        pull = pull_of(issue)
        if pull.auto_merge is None or issue.state == "closed":
            raise CannotMergeError(422, "Can't disable auto-merge for this pull request.")
        _end(room, repository, actor, issue)


def _end(room: Room, repository: Repository, actor: Actor, issue: Issue, reason: str = "") -> None:
    pull_of(issue).auto_merge = None
    pull_events.tell(room, repository, actor, issue, "auto_merge_disabled", reason=reason)


def follow_up(room: Room) -> None:
    """What GitHub does by itself after anything changed: keep the queue true, and merge what waited for that."""
    for repository in list(room.state.repositories.values()):
        merge_queue.tidy(room, repository)
        for issue, pull in list(repository.pulls()):
            if pull.auto_merge is not None and pull.merged_at is None:
                _look_at(room, repository, issue, pull, pull.auto_merge)


def _look_at(room: Room, repository: Repository, issue: Issue, pull: Pull, wish: AutoMerge) -> None:
    ended = _ended(repository, issue, pull, wish)
    if ended:
        _end(room, repository, wish.by, issue, ended)
        return
    wish.head_sha = pull.head_sha
    if mergeability(repository, issue, pull).state not in ("clean", "unstable"):
        return
    if queue_of(repository, pull.base_ref) is not None:
        pull.auto_merge = None
        merge_queue.enqueue(room, repository, wish.by, issue)
        return
    given = {"title": wish.title, "message": wish.message}
    merging.merge(room, repository, wish.by, issue, method=wish.method, **given)


def _ended(repository: Repository, issue: Issue, pull: Pull, wish: AutoMerge) -> str:
    """Why the wish is over, or nothing: a push by somebody who may write here does not end it."""
    if issue.state == "closed":
        return "Pull request was closed"
    if pull.draft:
        return "Pull request was converted to draft"
    if pull.head_sha != wish.head_sha and not may_write(repository, _pusher(pull, wish)):
        return "Head branch was pushed to by a user without write access"
    return ""


def _pusher(pull: Pull, wish: AutoMerge) -> Actor:
    moves = [] if pull.source is None else pull.source.activities
    return next((one.actor for one in reversed(moves) if one.after == pull.head_sha), wish.by)
