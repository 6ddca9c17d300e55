"""The playground's Slack in people's words: what tests and the demo say, and what they look at.

with SlackWorkspace() as slack:
    slack.connect("http://127.0.0.1:8000/slack/events")
    slack.channel("general")
    ana = slack.member("ana", name="Ana")
    ts = ana.mentions("general", "the login page is broken")
    slack.settle()
    slack.messages("general", thread=ts)
"""

import secrets
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flask import Blueprint
from werkzeug.serving import BaseWSGIServer, make_server

from ghapp.playground.slack.deliveries import SlackDeliveries, SlackDelivery
from ghapp.playground.slack.person import SlackPerson
from ghapp.playground.slack.responding import answered
from ghapp.playground.slack.room import Call, Coming, Misfortune, SlackRoom
from ghapp.playground.slack.server import Application, Quiet
from ghapp.playground.slack.shown import Seen, screen, seen
from ghapp.playground.slack.sockets import Sockets
from ghapp.playground.slack.state import EVENTS, SCOPES, SLACKBOT, Channel, Json, Message, SlackApp, State, Team, User
from ghapp.playground.slack.telling import told_new

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["SlackPerson", "SlackWorkspace"]


class SlackWorkspace:
    """A running Slack. `base_url` is its address, `api_url` that of its Web API, `app` the app under test.

    `scopes` and `events` are what the app's manifest asks for; `patience` the seconds an app has to answer.
    """

    def __init__(
        self,
        *,
        scopes: Iterable[str] = SCOPES,
        events: Iterable[str] = EVENTS,
        patience: float = 3.0,
        host: str = "127.0.0.1",
        port: int = 0,
        blueprints: Callable[["SlackWorkspace"], Iterable[Blueprint]] = lambda workspace: (),
    ) -> None:
        self._server: BaseWSGIServer = make_server(host, port, _nothing, threaded=True, request_handler=Quiet)
        self.base_url = f"http://{host}:{self._server.port}"
        home, foreign = Team("T0HOME0001", "honk-hq", "Honk HQ"), Team("T0OTHER001", "elsewhere", "Elsewhere")
        state = State(self.base_url, home, foreign)
        self.app = _app(state, frozenset(scopes), frozenset(events))
        self.sockets = Sockets(self.app)
        self.deliveries = SlackDeliveries(self.app, self.sockets, patience)
        self.deliveries.answered = self._answered
        self.room = SlackRoom(state, self.app, self.deliveries)
        self._server.app = Application(self.room, self.sockets, blueprints(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="playground-slack-http", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sockets.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.deliveries.close()

    # The app

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/"

    @property
    def team(self) -> str:
        """The id of the team where the app is installed."""
        return self.room.state.home.id

    @property
    def state(self) -> State:
        return self.room.state

    def connect(self, events: str, interactivity: str = "", commands: str = "") -> None:
        """Say where the app listens; one address is for all three."""
        self.app.events_url = events
        self.app.interactivity_url, self.app.commands_url = interactivity or events, commands or events

    def verify(self) -> bool:
        """Ask the app's address whether it is one, as Slack does when it is set: it must answer the challenge."""
        challenge = secrets.token_hex(12)
        payload = {"token": self.app.verification_token, "challenge": challenge, "type": "url_verification"}
        sent = self.deliveries.add(SlackDelivery("verification", payload))
        self.settle()
        return sent.acknowledged and challenge in sent.answer

    # People and places

    def member(self, handle: str, *, name: str = "") -> SlackPerson:
        """A full member, made when missing."""
        return self._person(handle, name)

    def guest(self, handle: str, *, name: str = "", single_channel: bool = False) -> SlackPerson:
        return self._person(handle, name, guest="ultra_restricted" if single_channel else "restricted")

    def stranger(self, handle: str, *, name: str = "") -> SlackPerson:
        """Somebody of the other team, who can be in shared channels."""
        return self._person(handle, name, team=self.state.foreign)

    def bot(self, handle: str, *, name: str = "") -> SlackPerson:
        """The bot of another app."""
        return self._person(handle, name, bot_id=self.state.next_id("B"))

    def hook_says(self, channel: str, text: str, thread: str = "") -> str:
        """An incoming webhook of another app writes: a message with the subtype `bot_message` and without a user."""
        with self.room.lock:
            where, author = self.state.channel_named(channel), self.bot("webhook").user
            fields: Json = {"subtype": "bot_message", "username": "webhook"}
            made = Message(self.state.next_ts(), where, author, text, thread_ts=thread, fields=fields)
            where.messages[made.ts] = made
            told_new(self.room, made)
            return made.ts

    def deactivate(self, person: SlackPerson) -> None:
        """Their account is gone."""
        with self.room.lock:
            person.user.deleted = True

    def channel(self, name: str, *people: SlackPerson, private: bool = False, bot: bool = True) -> Channel:
        """A channel with these people in it, and the app's bot unless told otherwise; made when missing."""
        with self.room.lock:
            found = next((one for one in self.state.channels.values() if one.name == name), None)
            if found is None:
                found = Channel(self.state.next_id("C"), name, "group" if private else "channel")
                found.members += [self.app.bot] if bot else []
                self.state.channels[found.id] = found
            found.members += [one.user for one in people if one.user not in found.members]
            return found

    # What there is to see

    @property
    def violations(self) -> list[str]:
        """What the app did that Slack does not know or allow; must be empty at the end of a test."""
        return self.room.violations

    @property
    def calls(self) -> list[Call]:
        """Every call of the Web API, oldest first."""
        return self.room.calls

    def messages(self, channel: str, thread: str | None = None) -> list[Seen]:
        """What stands in a channel itself, or in one thread from its first message on; oldest first."""
        with self.room.lock:
            rows = list(self.state.channel_named(channel).messages.values())
            if thread is None:
                rows = [one for one in rows if not one.thread_ts or one.broadcast]
            else:
                rows = [one for one in rows if one.root == thread]
            return [seen(self.state, one) for one in rows]

    def directs(self, person: SlackPerson, thread: str | None = None) -> list[Seen]:
        """The direct messages between somebody and the app's bot."""
        return self.messages(person.home, thread)

    def whispers(self, person: SlackPerson) -> list[Seen]:
        """What the app told to this person alone, in any channel; oldest first."""
        with self.room.lock:
            return [seen(self.state, one) for one in self.state.whispers if one.to is person.user]

    def seen_by(self, person: SlackPerson, channel: str, ts: str) -> Seen | None:
        """A message as this person sees it; None when they do not, or when it is gone."""
        with self.room.lock:
            where = self.state.channel_named(channel)
            rows = [one for one in self.state.whispers if one.ts == ts and one.to is person.user]
            found = where.messages.get(ts) if person.user in where.members else None
            return seen(self.state, found or rows[0]) if found or rows else None

    def screen(self, person: SlackPerson, channel: str, thread: str | None = None) -> str:
        """What this person's phone shows of a channel or of a thread: who says what, and what is for them alone."""
        rows = self.messages(channel, thread)
        where = self.state.channel_named(channel).id
        rows += [one for one in self.whispers(person) if (one.channel, one.thread) == (where, thread or "")]
        return screen(sorted(rows, key=lambda one: one.ts))

    def events(self, kind: str = "") -> list[Json]:
        """The events that went to the app, in their envelopes, oldest first, each once; of one type, if it is given."""
        rows = [one.payload for one in self.deliveries.sent if one.kind == "event" and not one.retry]
        return [one for one in rows if kind in ("", one["event"]["type"])]

    @property
    def unheard(self) -> list[SlackDelivery]:
        """Sendings that the app did not acknowledge."""
        return [one for one in self.deliveries.sent if not one.acknowledged]

    def settle(self, timeout: float = 30) -> None:
        """Wait until everything was delivered and answered. Raises TimeoutError."""
        self.deliveries.settle(timeout)

    # Misfortune

    def redeliver(self, event: Json, reason: str = "http_timeout") -> SlackDelivery:
        """Send an event once more, as if its answer had not come in time."""
        return self.deliveries.add(SlackDelivery("event", event, 1, reason))

    def limit(self, method: str, *, after: int = 0, retry_after: int = 1, times: int = 1) -> None:
        """After so many more calls of a method, answer the next ones with 429."""
        self._strike(Misfortune(method, "ratelimited", 429, retry_after=retry_after, skip=after, times=times))

    def fail(
        self, method: str, error: str = "internal_error", *, status: int = 200, after: int = 0, times: int = 1
    ) -> None:
        """After so many more calls of a method, answer the next ones with an error, and do nothing.

        Also `response_url`, `upload` and `files-pri` (with a `status`), which are no methods.
        """
        self._strike(Misfortune(method, error, status, skip=after, times=times))

    def lose(self, method: str, *, after: int = 0, times: int = 1) -> None:
        """After so many more calls, do what the next ones ask, and break the connection instead of an answer."""
        self._strike(Misfortune(method, lost=True, skip=after, times=times))

    def meanwhile(self, method: str, act: Callable[[], object], *, after: int = 0) -> None:
        """Have something happen, once, just before a call of a method is answered; it must not wait for the app."""
        with self.room.lock:
            self.room.coming.append(Coming(method, act, after))

    def _strike(self, one: Misfortune) -> None:
        with self.room.lock:
            self.room.misfortunes.append(one)

    def _person(
        self, handle: str, name: str, *, guest: str = "", team: Team | None = None, bot_id: str = ""
    ) -> SlackPerson:
        with self.room.lock:
            found = next((one for one in self.state.users.values() if one.handle == handle), None)
            if found is None:
                home = team or self.state.home
                found = User(self.state.next_id("U"), home, handle, name or handle, guest, bot_id)
                self.state.users[found.id] = found
            return SlackPerson(self.room, found)

    def _answered(self, delivery: SlackDelivery) -> None:
        state, given = self.state, delivery.payload
        answered(self.room, state.channels[given["channel_id"]], state.users[given["user_id"]], delivery.answer)


def _app(state: State, scopes: frozenset[str], events: frozenset[str]) -> SlackApp:
    """The app with its bot, and secrets that nobody knew before."""
    bot = User(state.next_id("U"), state.home, "honk", "Honk", bot_id=state.next_id("B"))
    state.users[bot.id] = bot
    state.users[SLACKBOT] = User(SLACKBOT, state.home, "slackbot", "Slackbot")
    return SlackApp(
        state.next_id("A"),
        bot,
        f"xoxb-{secrets.token_hex(12)}",
        f"xapp-1-{secrets.token_hex(12)}",
        secrets.token_hex(16),
        secrets.token_hex(12),
        scopes,
        frozenset(("connections:write",)),
        events,
    )


def _nothing(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("503 Service Unavailable", [])
    return []
