"""What the tests of the playground's Slack share: a workspace with one channel, and an app that hears everything."""

import contextlib
import json
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from ghapp.playground.slack.person import SlackPerson
from ghapp.playground.slack.state import Channel
from ghapp.playground.slack.workspace import SlackWorkspace
from tests.listening import listening


@dataclass
class Ear:
    """The app's end: keeps what it is sent, and answers with the next of `answers`, or else 200 and nothing."""

    url: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    hold: threading.Event | None = None

    def take(self, headers: dict[str, str], raw: bytes) -> tuple[int, bytes, dict[str, str]]:
        self.heard.append((headers, raw))
        hold, self.hold = self.hold, None
        if hold is not None:
            hold.wait(10)
        return self.answers.pop(0) if self.answers else (200, b"", {})

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """What was sent, in order: JSON, or a form."""
        return [_payload(raw) for _, raw in self.heard]

    def events(self) -> list[dict[str, Any]]:
        return [one["event"] for one in self.payloads if "event" in one]


def _payload(raw: bytes) -> dict[str, Any]:
    if raw.startswith(b"{"):
        found: dict[str, Any] = json.loads(raw)
        return found
    form = dict(urllib.parse.parse_qsl(raw.decode(), keep_blank_values=True))
    return json.loads(form["payload"]) if "payload" in form else form


@dataclass
class Scene:
    """A workspace with `#general`, where Ana and the app's bot are, and the app's own client."""

    slack: SlackWorkspace
    ear: Ear
    client: WebClient
    general: Channel
    ana: SlackPerson

    def forget(self) -> None:
        self.slack.settle()
        self.ear.heard.clear()

    def genuine(self) -> bool:
        """Whether all that was heard is signed as Slack signs."""
        verifier = SignatureVerifier(self.slack.app.signing_secret)
        return all(verifier.is_valid_request(raw, headers) for headers, raw in self.ear.heard)

    def refusal(self, method: str, /, **given: Any) -> str:
        """The error that a call is answered with."""
        try:
            answer = self.client.api_call(method, json=given)
        except SlackApiError as error:
            return str(error.response["error"])
        raise AssertionError(f"{method} was answered {answer.data!r}")


@contextlib.contextmanager
def ear() -> Iterator[Ear]:
    """An app on loopback."""
    one = Ear()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body, headers = one.take(
                dict(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"]))
            )
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Taker) as address:
        one.url = f"{address}/slack/events"
        yield one


@contextlib.contextmanager
def scene(**options: Any) -> Iterator[Scene]:
    """A workspace whose app does nothing that Slack would refuse: what it did wrong must be taken out of the list."""
    with ear() as app, SlackWorkspace(**options) as slack:
        slack.connect(app.url)
        general, ana = slack.channel("general"), slack.member("ana", name="Ana")
        ana.joins("general")
        client = WebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[])
        yield Scene(slack, app, client, general, ana)
        slack.settle()
        assert slack.violations == []


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(text: str, name: str, value: str = "v", **more: Any) -> dict[str, Any]:
    label = {"type": "plain_text", "text": text}
    return {"type": "button", "text": label, "action_id": name, "value": value, **more}


def row(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(buttons)}
