"""What is true in the playground's Slack: teams, people, channels, messages, files, the app. JSON is a view of it.

These dataclasses are mutable on purpose: they are the database, changed under the room's one lock. A message goes by
its timestamp, a string of seconds and six digits that no two messages of the world share.
"""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SCOPES = frozenset(
    (
        *("app_mentions:read", "chat:write", "commands", "files:read", "files:write", "im:write"),
        *("channels:history", "channels:read", "groups:history", "groups:read", "im:history", "im:read"),
        *("reactions:read", "reactions:write", "users:read"),
    )
)
SLACKBOT = "USLACKBOT"
"""Slack's own bot, which `users.info` calls no bot."""
EVENTS = frozenset(("app_mention", "message.channels", "message.groups", "message.im", "reaction_added"))


@dataclass(eq=False)
class Team:
    id: str
    domain: str
    name: str


@dataclass(eq=False)
class User:
    """`guest` is how much of one: a multi-channel guest is `restricted`, a single-channel one `ultra_restricted`."""

    id: str
    team: Team
    handle: str
    name: str
    guest: str = ""
    bot_id: str = ""
    deleted: bool = False

    @property
    def is_bot(self) -> bool:
        return bool(self.bot_id)


@dataclass(eq=False)
class Channel:
    """`kind` is `channel` (public), `group` (private) or `im`; a direct message has two members."""

    id: str
    name: str
    kind: str
    members: list[User] = field(default_factory=list)
    messages: dict[str, "Message"] = field(default_factory=dict)
    archived: bool = False


@dataclass(eq=False)
class File:
    """A file; `shared` are the channels where it was posted. Only complete ones have been uploaded to their end.

    Slack looks at an upload for a moment after it is complete: until so many `looks`, it has no type and is no picture.
    """

    id: str
    owner: User
    name: str
    mimetype: str
    size: int
    content: bytes = b""
    title: str = ""
    alt: str = ""
    complete: bool = False
    looks: int = 0
    shared: list[Channel] = field(default_factory=list)


@dataclass(eq=False)
class Message:
    """A message. `to` is who alone sees it (an ephemeral one). `fields` are members of Slack's own JSON, such as
    `attachments` and `subtype`, that nothing here looks into; `unfurls` says whether links in it may be unfolded.
    """

    ts: str
    channel: Channel
    user: User
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    to: User | None = None
    files: list[File] = field(default_factory=list)
    metadata: Json | None = None
    reactions: dict[str, list[User]] = field(default_factory=dict)
    edited_ts: str = ""
    edited_by: User | None = None
    changes: int = 0
    broadcast: bool = False
    unfurls: bool = True
    fields: Json = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The timestamp of the first message of its thread."""
        return self.thread_ts or self.ts


@dataclass(eq=False)
class SlackApp:
    """The app under test; its bot is installed in the home team. Addresses may all be the same."""

    id: str
    bot: User
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    scopes: frozenset[str]
    app_scopes: frozenset[str]
    events: frozenset[str]
    events_url: str = ""
    interactivity_url: str = ""
    commands_url: str = ""
    commands: tuple[str, ...] = ("/honk",)
    shortcuts: tuple[str, ...] = ("ask_honk",)
    escapes_commands: bool = False


@dataclass(eq=False)
class State:
    """All of it. `base_url` is the server's address, without a slash at its end."""

    base_url: str
    home: Team
    foreign: Team
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    whispers: list[Message] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1001))
    _last: int = 0

    def next_id(self, letter: str) -> str:
        """An id as Slack's: a letter that says what it is of, and ten characters."""
        return f"{letter}0{next(self._numbers):09d}"

    def next_ts(self) -> str:
        """The time now, later than any before."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def channel_named(self, name: str) -> Channel:
        """The channel of this name or id. Raises KeyError."""
        rows = (one for one in self.channels.values() if name in (one.id, one.name, f"#{one.name}"))
        found = next(rows, None)
        if found is None:
            raise KeyError(name)
        return found

    def direct(self, one: User, other: User) -> Channel:
        """The direct messages of two, opened when they have none yet."""
        pair = {one, other}
        found = next((each for each in self.channels.values() if each.kind == "im" and set(each.members) == pair), None)
        if found is None:
            found = Channel(self.next_id("D"), "directmessage", "im", [one, other])
            self.channels[found.id] = found
        return found
