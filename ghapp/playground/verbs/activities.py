"""What a repository remembers of its branches: every move, who made it, and when."""

from ghapp.playground.bare import ZERO
from ghapp.playground.merge_state import Activity, ActivityType
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Repository

Update = tuple[str, str, str]


def record(
    room: Room, repository: Repository, actor: Actor, update: Update, merged: ActivityType | None = None
) -> None:
    """Note that a branch went from one sha to another (forty zeros for none), by a merge of this type if any."""
    ref, before, after = update
    kind = merged or _kind(repository, before, after)
    repository.activities.append(Activity(room.state.next_id(), ref, before, after, actor, room.now(), kind))


def _kind(repository: Repository, before: str, after: str) -> ActivityType:
    if before == ZERO:
        return "branch_creation"
    if after == ZERO:
        return "branch_deletion"
    return "push" if repository.bare.is_ancestor(before, after) else "force_push"
