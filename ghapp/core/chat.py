"""What a chat is to us: who talks where, and what we show there. Slack's words, and nothing of its wire format."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Talk:
    """One thread of messages. `root` is the timestamp that names its first message, `team` the workspace's id."""

    team: str
    channel: str
    root: str

    @property
    def key(self) -> str:
        """The talk's name in the store."""
        return f"{self.team}:{self.channel}:{self.root}"


@dataclass(frozen=True)
class Speaker:
    """Somebody in a workspace, by the ids that never change."""

    team: str
    user: str

    @property
    def key(self) -> str:
        """The speaker's name in the store."""
        return f"{self.team}:{self.user}"


@dataclass(frozen=True)
class Person:
    """What the workspace says of somebody now. `member` is a full member: no guest, no bot, nobody from elsewhere."""

    speaker: Speaker
    name: str
    member: bool


@dataclass(frozen=True)
class Attached:
    """A file of a message: its name, its size in bytes, its media type, and where a token of ours opens it."""

    name: str
    size: int
    type: str
    url: str


@dataclass(frozen=True)
class Message:
    """A message as people see it. `text` is plain: names for mentions, addresses for links. `ours`: we wrote it."""

    ts: str
    speaker: Speaker
    text: str
    ours: bool = False
    files: tuple[Attached, ...] = ()


@dataclass(frozen=True)
class Confirm:
    """What is asked before a button counts."""

    title: str
    text: str
    yes: str
    no: str = "Not now"


@dataclass(frozen=True)
class Button:
    """A button. `name` is what it does, `value` what it carries; one with a `url` only leads there."""

    name: str
    text: str
    value: str = ""
    style: Literal["", "primary", "danger"] = ""
    confirm: Confirm | None = None
    url: str = ""


@dataclass(frozen=True)
class Shown:
    """A picture that was uploaded to the chat: its id there, and what it shows."""

    file: str
    alt: str


@dataclass(frozen=True)
class Card:
    """A message of ours: Markdown text, pictures, buttons, and a small line at the end. It fits one phone screen."""

    text: str
    buttons: tuple[Button, ...] = ()
    pictures: tuple[Shown, ...] = ()
    note: str = ""
