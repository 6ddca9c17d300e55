"""Issues, their labels, comments and reactions. All but their opening also serves pull requests."""

import uuid
from collections.abc import Iterable
from typing import Literal

from ghapp.playground.room import Json, Room
from ghapp.playground.state import ROLES, Actor, Comment, Issue, Label, LabelEvent, Reaction, Repository
from ghapp.playground.verbs import pull_events
from ghapp.playground.views import issues as views
from ghapp.playground.views import media


def next_number(repository: Repository) -> int:
    """Issues and pull requests share one row of numbers."""
    return max(repository.issues, default=0) + 1


def open_issue(
    room: Room, repository: Repository, actor: Actor, title: str, body: str | None, labels: Iterable[str] = ()
) -> Issue:
    """`opened` shows the labels already, and each is an event of its own after it, as at GitHub."""
    with room.lock:
        now = room.now()
        issue = Issue(room.state.next_id(), next_number(repository), actor, title, body, now, now)
        issue.labels = list(dict.fromkeys(label_named(room, repository, name) for name in labels))
        repository.issues[issue.number] = issue
        tell(room, repository, actor, issue, "opened")
        for label in issue.labels:
            _labelled(room, repository, actor, issue, label, "labeled")
        return issue


def tell(room: Room, repository: Repository, actor: Actor, issue: Issue, action: str, **more: object) -> None:
    """Emit what happened to an issue, or to the pull request that it is."""
    if issue.pull is not None:
        pull_events.tell(room, repository, actor, issue, action, **more)
        return
    payload = {"action": action, "issue": views.issue(room.state, repository, issue), **more}
    room.emit("issues", repository, actor, payload)


def label_named(room: Room, repository: Repository, name: str) -> Label:
    """The repository's label of this name, in any letter case; made when there is none, as GitHub does."""
    for known in repository.labels.values():
        if known.name.lower() == name.lower():
            return known
    made = Label(room.state.next_id(), name)
    repository.labels[name] = made
    return made


def add_labels(room: Room, repository: Repository, actor: Actor, issue: Issue, names: Iterable[str]) -> None:
    """Put labels on; one that is there already is no event."""
    with room.lock:
        for name in names:
            label = label_named(room, repository, name)
            if label not in issue.labels:
                issue.labels.append(label)
                _labelled(room, repository, actor, issue, label, "labeled")


def remove_label(room: Room, repository: Repository, actor: Actor, issue: Issue, label: Label) -> None:
    with room.lock:
        issue.labels.remove(label)
        _labelled(room, repository, actor, issue, label, "unlabeled")


def _labelled(
    room: Room, repository: Repository, actor: Actor, issue: Issue, label: Label, event: Literal["labeled", "unlabeled"]
) -> None:
    issue.updated_at = room.now()
    issue.timeline.append(LabelEvent(room.state.next_id(), event, actor, label, room.now()))
    tell(room, repository, actor, issue, event, label=views.label(room.state, repository, label))


def edit(room: Room, repository: Repository, actor: Actor, issue: Issue, changes: Json) -> None:
    """Set title and body where given; emits one `edited` with what they were before."""
    with room.lock:
        before: Json = {}
        for key in ("title", "body"):
            if key in changes and changes[key] != getattr(issue, key):
                before[key] = {"from": getattr(issue, key) or ""}
                setattr(issue, key, changes[key])
        if before:
            issue.updated_at = room.now()
            tell(room, repository, actor, issue, "edited", changes=before)


def close(room: Room, repository: Repository, actor: Actor, issue: Issue, reason: str = "completed") -> None:
    """Close what is open; what is closed stays as it is."""
    with room.lock:
        if issue.state == "closed":
            return
        issue.state, issue.closed_by = "closed", actor.user
        issue.state_reason = reason if issue.pull is None else None
        issue.closed_at = issue.updated_at = room.now()
        tell(room, repository, actor, issue, "closed")


def reopen(room: Room, repository: Repository, actor: Actor, issue: Issue) -> None:
    with room.lock:
        if issue.state == "open":
            return
        issue.state, issue.closed_by, issue.closed_at = "open", None, None
        issue.state_reason = "reopened" if issue.pull is None else None
        issue.updated_at = room.now()
        tell(room, repository, actor, issue, "reopened")


def lock(room: Room, repository: Repository, actor: Actor, issue: Issue, reason: str | None = None) -> None:
    """Lock the conversation; one that is locked already stays as it is."""
    _turn_key(room, repository, actor, issue, reason, to=True)


def unlock(room: Room, repository: Repository, actor: Actor, issue: Issue) -> None:
    """Let everybody talk there again."""
    _turn_key(room, repository, actor, issue, None, to=False)


def _turn_key(room: Room, repository: Repository, actor: Actor, issue: Issue, reason: str | None, *, to: bool) -> None:
    with room.lock:
        if issue.locked is not to:
            issue.locked, issue.lock_reason = to, reason
            tell(room, repository, actor, issue, "locked" if to else "unlocked")


def may_talk(repository: Repository, actor: Actor, issue: Issue) -> bool:
    """Whether somebody may comment and react: where it is locked, people with write access, and no App.

    https://docs.github.com/en/communities/moderating-comments-and-conversations/locking-conversations
    """
    role = None if actor.app else repository.role_of(actor.user)
    return not issue.locked or (role is not None and ROLES.index(role) >= ROLES.index("write"))


def comment(room: Room, repository: Repository, actor: Actor, issue: Issue, body: str) -> Comment:
    with room.lock:
        now = room.now()
        made = Comment(room.state.next_id(), issue.number, actor, body, now, now)
        repository.comments[made.id] = made
        issue.updated_at = now
        _tell_comment(room, repository, actor, made, "created")
        return made


def edit_comment(room: Room, repository: Repository, actor: Actor, made: Comment, body: str) -> None:
    with room.lock:
        before, made.body, made.updated_at = made.body, body, room.now()
        _tell_comment(room, repository, actor, made, "edited", changes={"body": {"from": before}})


def delete_comment(room: Room, repository: Repository, actor: Actor, made: Comment) -> None:
    with room.lock:
        del repository.comments[made.id]
        _tell_comment(room, repository, actor, made, "deleted")


def _tell_comment(room: Room, repository: Repository, actor: Actor, made: Comment, action: str, **more: object) -> None:
    issue = repository.issues[made.number]
    payload = {
        "action": action,
        "issue": views.issue(room.state, repository, issue),
        "comment": views.comment(room.state, repository, made),
        **more,
    }
    room.emit("issue_comment", repository, actor, payload)


def attach(room: Room, repository: Repository, data: bytes) -> str:
    """Keep a file under a name that nobody can guess at GitHub; its address."""
    with room.lock:
        name = str(uuid.UUID(int=room.state.next_id()))
        room.attachments[name] = (repository, data)
        return media.attachment_url(room.state, name)


def react(room: Room, reactions: list[Reaction], actor: Actor, content: str) -> tuple[Reaction, bool]:
    """Add a reaction; the second answer is False when this user had it there already. Reactions are no events."""
    with room.lock:
        for known in reactions:
            if known.user is actor.user and known.content == content:
                return known, False
        made = Reaction(room.state.next_id(), actor.user, content, room.now())
        reactions.append(made)
        return made, True
