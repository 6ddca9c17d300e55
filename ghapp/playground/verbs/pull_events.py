"""What deliveries say of pull requests, and how a pull request follows its branches."""

from ghapp.playground.mergeability import UNKNOWN, mergeability
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Issue, Pull, Repository
from ghapp.playground.views.pulls import pull_of, pull_request


def tell(room: Room, repository: Repository, actor: Actor, issue: Issue, action: str, **more: object) -> None:
    """Emit a `pull_request` event. GitHub says it does not know yet whether it merges when the head is new."""
    fresh = action in ("opened", "synchronize", "reopened")
    can_merge = UNKNOWN if fresh else mergeability(repository, issue, pull_of(issue))
    payload = {
        "action": action,
        "number": issue.number,
        "pull_request": pull_request(room.state, repository, issue, can_merge),
        **more,
    }
    room.emit("pull_request", repository, actor, payload)


def follow(room: Room, repository: Repository, actor: Actor, branch: str, old: str, new: str) -> None:
    """Take a branch's new head into the open pull requests that come from it or go to it."""
    for issue, pull in repository.pulls():
        if issue.state == "open" and pull.base_ref == branch:
            pull.base_sha = new
    for base, issue, pull in coming_from(repository, branch):
        pull.head_sha, issue.updated_at = new, room.now()
        keep_head(base, issue)
        tell(room, base, actor, issue, "synchronize", before=old, after=new)


def coming_from(source: Repository, branch: str) -> list[tuple[Repository, Issue, Pull]]:
    """Open pull requests from this branch, each with the repository that it is open in: this one, or its parent."""
    return [
        (base, issue, pull)
        for base in (source, source.parent)
        if base is not None
        for issue, pull in base.pulls()
        if issue.state == "open" and pull.source is source and pull.head_ref == branch
    ]


def keep_head(repository: Repository, issue: Issue) -> None:
    """Let `refs/pull/N/head` be the head, whose objects come from the fork where it is in one."""
    pull = pull_of(issue)
    if pull.source is not None and pull.source is not repository:
        repository.bare.take(pull.source.bare, pull.head_sha)
    repository.bare.set_ref(f"refs/pull/{issue.number}/head", pull.head_sha)
