"""The merge queue: pull requests wait in it, each as a commit on the base that checks run on (its group).

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
"""

from ghapp.playground.bare import ZERO
from ghapp.playground.merge_state import QueueEntry
from ghapp.playground.mergeability import lacking, queue_of
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Issue, Repository
from ghapp.playground.verbs import accounts, merging, pull_events, pushes
from ghapp.playground.verbs.merging import CannotMergeError
from ghapp.playground.views import commits
from ghapp.playground.views.pulls import pull_of


def enqueue(room: Room, repository: Repository, actor: Actor, issue: Issue, sha: str | None = None) -> QueueEntry:
    """Put a pull request in the queue of its base. Being behind is no reason against it.

    Raises CannotMergeError: 422 without a queue, for another head and by rules, as `merging` for what is not ready.
    """
    with room.lock:
        pull = pull_of(issue)
        if queue_of(repository, pull.base_ref) is None:
            raise CannotMergeError(422, "Merge queue is not enabled on this branch")
        if pull.queued is not None:
            raise CannotMergeError(422, "Pull request is already queued")
        if sha not in (None, pull.head_sha):
            words = f"Failed to add PR #{issue.number}: expected head oid does not match the current head oid"
            raise CannotMergeError(422, words)
        merging.refuse_unready(repository, issue, pull)
        for _, words in lacking(repository, pull):
            raise CannotMergeError(422, f"Pull request {words}")
        entry = _entry(room, repository, actor, issue)
        pull.queued = entry
        pull_events.tell(room, repository, actor, issue, "enqueued")
        _ask_for_checks(room, repository, issue, entry)
        return entry


def _entry(room: Room, repository: Repository, actor: Actor, issue: Issue) -> QueueEntry:
    """A place in the queue with its group on the base of now. Raises CannotMergeError when they conflict."""
    pull, queue = pull_of(issue), queue_of(repository, pull_of(issue).base_ref)
    assert queue is not None, "only a queue makes groups"
    group = merging.merged_commit(room, repository, actor, issue, queue.queue_method)
    if group is None:
        raise CannotMergeError(422, merging.NOT_MERGEABLE)
    ref = f"refs/heads/gh-readonly-queue/{pull.base_ref}/pr-{issue.number}-{pull.base_sha}"
    return QueueEntry(room.state.next_id(), actor, pull.head_sha, pull.base_sha, group, ref)


def _ask_for_checks(room: Room, repository: Repository, issue: Issue, entry: QueueEntry) -> None:
    """Make the group's branch, which runs the workflows for pushes too, and tell that it wants checks."""
    queue = bot(room)
    repository.bare.set_ref(entry.group_ref, entry.group_sha)
    pushes.pushed(room, repository, queue, [(entry.group_ref, ZERO, entry.group_sha)])
    group = {
        "head_sha": entry.group_sha,
        "head_ref": entry.group_ref,
        "base_sha": entry.base_sha,
        "base_ref": f"refs/heads/{pull_of(issue).base_ref}",
        "head_commit": commits.simple_commit(repository.bare.commit(entry.group_sha)),
    }
    room.emit("merge_group", repository, queue, {"action": "checks_requested", "merge_group": group})


def leave(room: Room, repository: Repository, actor: Actor, issue: Issue, reason: str = "MANUAL") -> QueueEntry:
    """Take a pull request out of the queue. Raises CannotMergeError 422 when it is not in it."""
    with room.lock:
        pull = pull_of(issue)
        entry = pull.queued
        if entry is None:
            raise CannotMergeError(422, "Pull request is not in the merge queue")
        pull.queued = None
        repository.bare.delete_ref(entry.group_ref)
        pushes.pushed(room, repository, bot(room), [(entry.group_ref, entry.group_sha, ZERO)])
        pull_events.tell(room, repository, actor, issue, "dequeued", reason=reason)
        return entry


def succeed(room: Room, repository: Repository, issue: Issue) -> str | None:
    """Merge an entry, its checks having passed; on a base that moved a new group is made first.

    Returns the new head of the base, or None for one that now conflicts and was thrown out.
    """
    with room.lock:
        pull, queue = pull_of(issue), bot(room)
        entry = leave(room, repository, queue, issue, "MERGE" if _fits(repository, issue) else "MERGE_CONFLICT")
        if entry.base_sha != pull.base_sha:
            try:
                entry = _entry(room, repository, entry.by, issue)
            except CannotMergeError:
                return None
        merging.finish(room, repository, queue, issue, entry.group_sha, "merge_queue_merge")
        return entry.group_sha


def _fits(repository: Repository, issue: Issue) -> bool:
    pull = pull_of(issue)
    return repository.bare.merge_tree(pull.base_sha, pull.head_sha) is not None


def tidy(room: Room, repository: Repository) -> None:
    """Throw out what was closed, or got other commits than those that were queued."""
    for issue, pull in list(repository.pulls()):
        if pull.queued is not None and (issue.state == "closed" or pull.queued.head_sha != pull.head_sha):
            leave(room, repository, bot(room), issue)


def entries(repository: Repository, branch: str) -> list[QueueEntry]:
    """The queue of a branch, first in line first."""
    found = [pull.queued for _, pull in repository.pulls() if pull.base_ref == branch and pull.queued]
    return sorted(found, key=lambda entry: entry.id)


def bot(room: Room) -> Actor:
    """Who merges what the queue lets through."""
    return Actor(accounts.user(room, "github-merge-queue[bot]", "Bot"))
