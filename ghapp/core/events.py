"""What happened, in the past tense: one frozen dataclass per webhook or message that we act on.

Events are hints. Each carries just enough to find its thread and to be told apart from its duplicates; whoever acts
on it reads the truth from GitHub again. Field names follow GitHub's payloads, and `kind` tells the types apart
when an event is stored.
"""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Repository:
    """A repository as an installation of the App sees it. `full_name` is `owner/name`."""

    id: int
    full_name: str
    installation: int


@dataclass(frozen=True)
class Actor:
    """Who did it. `id` is GitHub's number, the only thing that identifies; `type` is User, Bot or Organization."""

    id: int
    login: str
    type: str = "User"


@dataclass(frozen=True)
class Thread:
    """An issue and the pull request that answers it: one conversation, named by the issue's number."""

    repository: Repository
    number: int

    @property
    def key(self) -> str:
        """The thread's name in the store: `repository id:number`. Renaming a repository does not change it."""
        return f"{self.repository.id}:{self.number}"


@dataclass(frozen=True)
class IssueText:
    """Title and body as they were when the event was sent; later edits do not change what was asked for."""

    title: str
    body: str
    author: Actor


@dataclass(frozen=True)
class IssueLabeled:
    """`updated_at` tells two labellings of the same issue apart, because the payload has no id for the event."""

    thread: Thread
    actor: Actor
    label: str
    issue: IssueText
    updated_at: str
    kind: Literal["issue_labeled"] = "issue_labeled"


@dataclass(frozen=True)
class IssueUnlabeled:
    """A label was taken off an issue."""

    thread: Thread
    actor: Actor
    label: str
    updated_at: str
    kind: Literal["issue_unlabeled"] = "issue_unlabeled"


@dataclass(frozen=True)
class IssueClosed:
    """An issue was closed, by a person or by a merged pull request."""

    thread: Thread
    actor: Actor
    updated_at: str
    kind: Literal["issue_closed"] = "issue_closed"


@dataclass(frozen=True)
class CommentCreated:
    """A comment on an issue or a pull request; GitHub numbers both in one series.

    `place` is the number of the one that it stands on, whichever thread that belongs to: there it is answered.
    """

    thread: Thread
    actor: Actor
    comment: int
    body: str
    issue: IssueText
    created_at: str
    on_pull: bool
    place: int = 0
    kind: Literal["comment_created"] = "comment_created"


@dataclass(frozen=True)
class CommentDeleted:
    """A comment is gone; a run that it asked for and that has not begun is off."""

    thread: Thread
    actor: Actor
    comment: int
    kind: Literal["comment_deleted"] = "comment_deleted"


@dataclass(frozen=True)
class ChecksChanged:
    """A check run, check suite, status, workflow run or deployment moved on one commit. `source` is the webhook's name.

    The thread has the number 0 when no branch of ours is named: the inbox knows whose commit it is, or nobody's.
    """

    thread: Thread
    head_sha: str
    source: str
    kind: Literal["checks_changed"] = "checks_changed"


@dataclass(frozen=True)
class BoxTicked:
    """A box of a comment by an App was ticked. `box` is its name, `sha` the commit that it is about, if any."""

    thread: Thread
    actor: Actor
    comment: int
    box: str
    sha: str
    at: str
    kind: Literal["box_ticked"] = "box_ticked"


@dataclass(frozen=True)
class ReviewsChanged:
    """A review was submitted or dismissed, or a comment in one was written. `source` is the webhook's name."""

    thread: Thread
    actor: Actor
    source: str
    kind: Literal["reviews_changed"] = "reviews_changed"


@dataclass(frozen=True)
class PullChanged:
    """Something happened to a pull request, ours or anybody's. `action` is GitHub's: opened, synchronize, closed, …"""

    thread: Thread
    actor: Actor
    action: str
    number: int
    head_sha: str
    merged: bool
    kind: Literal["pull_changed"] = "pull_changed"


@dataclass(frozen=True)
class InstallationChanged:
    """The App was installed, removed or suspended, or its repositories were changed."""

    installation: int
    action: str
    added: tuple[Repository, ...] = ()
    removed: tuple[Repository, ...] = ()
    kind: Literal["installation_changed"] = "installation_changed"


ThreadEvent = (
    IssueLabeled
    | IssueUnlabeled
    | IssueClosed
    | CommentCreated
    | CommentDeleted
    | BoxTicked
    | ChecksChanged
    | ReviewsChanged
    | PullChanged
)
Event = ThreadEvent | InstallationChanged

BRANCH_PREFIX = "honk/"
_NUMBER = re.compile("[1-9][0-9]{0,9}")


def inbox_key(event: Event) -> str:
    """The inbox that an event belongs to: its thread's, or its installation's."""
    if isinstance(event, InstallationChanged):
        return f"installation:{event.installation}"
    return event.thread.key


def meaning(event: Event) -> str | None:
    """A name for what happened, equal for two deliveries of one happening; None where acting twice does no harm."""
    match event:
        case CommentCreated() | CommentDeleted():
            return f"{event.kind}:{event.comment}"
        case IssueLabeled() | IssueUnlabeled():
            return f"{event.kind}:{event.thread.key}:{event.updated_at}:{event.label.casefold()}"
        case BoxTicked():
            return f"{event.kind}:{event.comment}:{event.box}:{event.at}"
        case _:
            return None


def branch_name(number: int, run_id: str) -> str:
    """The branch of a run: it carries the thread's number, so that events on it need no look-up."""
    return f"{BRANCH_PREFIX}{number}-{run_id}"


def thread_number(branch: str | None) -> int | None:
    """The issue number that one of our branch names carries, or None for anybody else's branch."""
    if not branch or not branch.startswith(BRANCH_PREFIX):
        return None
    number, dash, run_id = branch.removeprefix(BRANCH_PREFIX).partition("-")
    if not (dash and run_id and _NUMBER.fullmatch(number)):
        return None
    return int(number)
