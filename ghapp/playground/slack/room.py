"""The room that all of the playground's Slack works in: the state, its lock, misfortune, and the way to the app."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from ghapp.playground.slack.state import Channel, Json, Message, SlackApp, State, User


class RefusedError(Exception):
    """An answer with `ok: false`; `more` are further members of it, such as `needed` and `provided`."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class Outlet(Protocol):
    """Where what concerns the app goes."""

    def event(self, payload: Json) -> None: ...

    def interaction(self, payload: Json) -> None: ...

    def command(self, payload: Json) -> None: ...


@dataclass(eq=False)
class Misfortune:
    """The next `times` calls of a method after `skip` go wrong. `lost`: the work is done and no answer comes."""

    method: str
    error: str = ""
    status: int = 200
    lost: bool = False
    retry_after: int = 0
    skip: int = 0
    times: int = 1


@dataclass(eq=False)
class Coming:
    """Something that happens in the world, once, just before a call of a method is answered: after `skip` of them."""

    method: str
    act: Callable[[], object]
    skip: int = 0


@dataclass(eq=False)
class Call:
    """A call of the Web API: what was asked, and what was answered; `lost` ones were answered to nobody."""

    method: str
    arguments: dict[str, Any]
    answer: Json
    status: int = 200
    lost: bool = False


@dataclass(eq=False)
class SlackRoom:
    """`violations` must be empty at the end of a test. `most_a_page` bounds every page, whatever limit was asked."""

    state: State
    app: SlackApp
    outlet: Outlet
    lock: AbstractContextManager[bool] = field(default_factory=threading.RLock)
    violations: list[str] = field(default_factory=list)
    misfortunes: list[Misfortune] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    most_a_page: int = 1000
    looks: int = 0
    """So many looks at a new upload find that Slack is not done with it: it can only then be shown as a picture."""
    tickets: set[str] = field(default_factory=set)
    responses: dict[str, tuple[Message | None, Channel, User]] = field(default_factory=dict)
    """What a `response_url` answers to, by its token: the message, if there is one, its channel, and who acted."""
    responded: Counter[str] = field(default_factory=Counter)

    def violate(self, what: str) -> None:
        self.violations.append(what)

    def strike(self, method: str) -> Misfortune | None:
        """What goes wrong with this call. What was to happen before it happens now."""
        for each in [one for one in self.coming if one.method == method]:
            each.skip -= 1
            if each.skip < 0:
                self.coming.remove(each)
                each.act()
        for one in self.misfortunes:
            if one.method != method or one.times <= 0:
                continue
            if one.skip > 0:
                one.skip -= 1
                continue
            one.times -= 1
            return one
        return None

    def visible(self, channel_id: str) -> Channel:
        """A channel that the app's bot may know of. Raises RefusedError."""
        channel = self.state.channels.get(channel_id)
        if channel is None or (channel.kind != "channel" and self.app.bot not in channel.members):
            raise RefusedError("channel_not_found")
        return channel

    def joined(self, channel_id: str) -> Channel:
        """A channel that the app's bot is in. Raises RefusedError."""
        channel = self.visible(channel_id)
        if self.app.bot not in channel.members:
            raise RefusedError("not_in_channel")
        return channel

    def require(self, *scopes: str) -> None:
        """Raises RefusedError unless the bot token has one of these scopes."""
        if not self.app.scopes & set(scopes):
            raise RefusedError("missing_scope", needed=",".join(scopes), provided=",".join(sorted(self.app.scopes)))

    def message(self, channel: Channel, ts: str) -> Message:
        """A message that everybody in the channel sees. Raises RefusedError."""
        if ts not in channel.messages:
            raise RefusedError("message_not_found")
        return channel.messages[ts]
