"""What deliveries say of pull requests, and how a pull request follows its branches."""

from ghapp.playground.mergeability import UNKNOWN, mergeability
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Issue, Repository
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
    for issue, pull in list(repository.pulls()):
        if issue.state == "closed":
            continue
        if pull.base_ref == branch:
            pull.base_sha = new
        if pull.head_ref == branch:
            pull.head_sha, issue.updated_at = new, room.now()
            repository.bare.set_ref(f"refs/pull/{issue.number}/head", new)
            tell(room, repository, actor, issue, "synchronize", before=old, after=new)
