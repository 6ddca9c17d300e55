"""What happened, in the past tense: one frozen dataclass per webhook or message that we act on.

Events are hints. Each carries just enough to find its thread and to be told apart from its duplicates; whoever acts
on it reads the truth from GitHub again. Field names follow GitHub's payloads, and `kind` tells the types apart
when an event is stored.
"""

import re
from dataclasses import dataclass
from typing import Literal

from ghapp.core.chat import Speaker, Talk


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
    merged: bool
    kind: Literal["pull_changed"] = "pull_changed"


@dataclass(frozen=True)
class InstallationChanged:
    """The App was installed, removed or suspended, or its repositories were changed."""

    installation: int
    action: str
    removed: tuple[Repository, ...] = ()
    kind: Literal["installation_changed"] = "installation_changed"


@dataclass(frozen=True)
class MessageWritten:
    """Somebody wrote in the chat, to us or in a thread. `ts` names the message, `at` is its time (ISO 8601, UTC).

    `addressed`: it was meant for us, by a mention, a direct message, `/honk`, or the shortcut on the message `ts`; the
    text is then that of the message, and `use` tells this use from every other, in a timestamp's shape. `command`: it
    is the text after `/honk`, and there is no message. `again`: it had to wait until the speaker was known at GitHub.
    """

    talk: Talk
    speaker: Speaker
    text: str
    ts: str
    at: str
    addressed: bool
    command: bool = False
    again: bool = False
    use: str = ""
    kind: Literal["message_written"] = "message_written"


@dataclass(frozen=True)
class ButtonPressed:
    """A button of ours was pressed, or a sign put on a message of ours that means the same.

    `name` and `value` are the button's, `message` is what it stands on, `press` tells this press from every other, and
    `again` is as above.
    """

    talk: Talk
    speaker: Speaker
    name: str
    value: str
    message: str
    press: str
    at: str
    again: bool = False
    kind: Literal["button_pressed"] = "button_pressed"


@dataclass(frozen=True)
class WordSaid:
    """A word from the chat that came through to a thread. `actor` is who the speaker is at GitHub.

    `text` is what a comment would say, a command with its `/honk`; `sha` is the commit that a button was about, and
    `pause` when the pause began that it was shown for (seconds since the epoch, 0 without one); `at` is its time
    (ISO 8601, UTC), and `number` tells it from every other: the chat's timestamp in microseconds.
    """

    thread: Thread
    actor: Actor
    text: str
    sha: str
    at: str
    talk: Talk
    number: int
    pause: float = 0.0
    kind: Literal["word_said"] = "word_said"


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
    | WordSaid
)
Event = ThreadEvent | InstallationChanged
"""What is decided on."""

ChatEvent = MessageWritten | ButtonPressed
"""What is said in the chat. It has to be known first who says it and what it is about; a WordSaid may come of it."""

Happening = Event | ChatEvent
"""All that comes in."""

BRANCH_PREFIX = "honk/"
_NUMBER = re.compile("[1-9][0-9]{0,9}")


def inbox_key(event: Happening) -> str:
    """The inbox that an event belongs to: its thread's, its installation's, or that of its talk."""
    if isinstance(event, InstallationChanged):
        return f"installation:{event.installation}"
    if isinstance(event, ChatEvent):
        return f"chat:{event.talk.key}"
    return event.thread.key


def meaning(event: Happening) -> str | None:
    """A name for what happened, equal for two deliveries of one happening; None where acting twice does no harm."""
    match event:
        case CommentCreated() | CommentDeleted():
            return f"{event.kind}:{event.comment}"
        case IssueLabeled() | IssueUnlabeled():
            return f"{event.kind}:{event.thread.key}:{event.updated_at}:{event.label.casefold()}"
        case BoxTicked():
            return f"{event.kind}:{event.comment}:{event.box}:{event.at}"
        case MessageWritten():
            where = f"{event.talk.team}:{event.talk.channel}"
            return f"{event.kind}:{where}:{event.speaker.user}:{event.ts}:{event.again}:{event.use}"
        case ButtonPressed():
            return f"{event.kind}:{event.talk.team}:{event.speaker.user}:{event.press}:{event.again}"
        case WordSaid():
            return f"{event.kind}:{event.talk.key}:{event.number}:{event.actor.id}"
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
