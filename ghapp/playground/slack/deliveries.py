"""What goes to the app: signed requests, or envelopes while a socket is open, sent in order by one thread and kept.

Slack sends an event three times more when it is not answered with 2xx within three seconds (at once here, where Slack
waits a while); what people press and command is sent once. https://docs.slack.dev/apis/events-api#retries
"""

import hashlib
import hmac
import json
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from ghapp.playground.slack.sockets import Sockets
from ghapp.playground.slack.state import Json, SlackApp

MOST_RETRIES = 3
_ENVELOPES = {"event": "events_api", "interaction": "interactive", "command": "slash_commands"}


@dataclass(eq=False)
class SlackDelivery:
    """One sending. `kind` is event, interaction, command or verification; `status` 0 means that no answer came.

    `retry` counts from 1 when it was sent before, for `reason`. `answer` is the body that came back.
    """

    kind: str
    payload: Json
    retry: int = 0
    reason: str = ""
    status: int = 0
    answer: str = ""
    by_socket: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def form(self) -> bytes | None:
        """The body of what is no event: a form."""
        if self.kind == "command":
            return urllib.parse.urlencode(self.payload).encode()
        if self.kind == "interaction":
            return urllib.parse.urlencode({"payload": json.dumps(self.payload)}).encode()
        return None

    @property
    def acknowledged(self) -> bool:
        return 200 <= self.status < 300


def signed(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """The headers that prove a request is Slack's: https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    digest = hmac.new(secret.encode(), b"v0:%d:%b" % (timestamp, body), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


class SlackDeliveries:
    """The queue, its one thread, and the record of what was sent. `answered` hears of each answer to a command."""

    def __init__(self, app: SlackApp, sockets: Sockets, patience: float) -> None:
        self.sent: list[SlackDelivery] = []
        self.answered: Callable[[SlackDelivery], None] = lambda delivery: None
        self._app, self._sockets, self._patience = app, sockets, patience
        self._waiting: deque[SlackDelivery] = deque()
        self._changed = threading.Condition()
        self._unsent = 0
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="playground-slack", daemon=True)

    def event(self, payload: Json) -> None:
        """Tell the app of an event; one that has nowhere to go is dropped, as for an app without events."""
        if self._app.events_url or self._sockets.open:
            self.add(SlackDelivery("event", payload))

    def interaction(self, payload: Json) -> None:
        self.add(SlackDelivery("interaction", payload))

    def command(self, payload: Json) -> None:
        self.add(SlackDelivery("command", payload))

    def add(self, delivery: SlackDelivery) -> SlackDelivery:
        """Queue a sending."""
        with self._changed:
            self._waiting.append(delivery)
            self._unsent += 1
            if not self._thread.is_alive() and not self._closed:
                self._thread.start()
            self._changed.notify_all()
        return delivery

    def settle(self, timeout: float) -> None:
        """Wait until everything queued was sent and answered. Raises TimeoutError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._unsent == 0, timeout):
                raise TimeoutError(f"{self._unsent} deliveries of Slack are still on their way")

    def close(self) -> None:
        """Stop the thread; what is still queued is not sent."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            again = self._send(delivery)
            with self._changed:
                self.sent.append(delivery)
                self._unsent -= 1
                if again:
                    self._waiting.appendleft(SlackDelivery(delivery.kind, delivery.payload, delivery.retry + 1, again))
                    self._unsent += 1
                self._changed.notify_all()

    def _next(self) -> SlackDelivery | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            return None if self._closed else self._waiting.popleft()

    def _send(self, delivery: SlackDelivery) -> str:
        """Send once; why it is to be sent again, or nothing."""
        failed = self._by_socket(delivery) if self._sockets.open else self._by_http(delivery)
        if delivery.acknowledged and delivery.kind == "command":
            self.answered(delivery)
        return failed if delivery.kind == "event" and delivery.retry < MOST_RETRIES else ""

    def _by_socket(self, delivery: SlackDelivery) -> str:
        delivery.by_socket = True
        kind = _ENVELOPES[delivery.kind]
        answer = self._sockets.send(kind, delivery.payload, delivery.retry, delivery.reason, self._patience)
        if answer is None:
            return "timeout"
        delivery.status, delivery.answer = 200, json.dumps(answer) if answer else ""
        return ""

    def _by_http(self, delivery: SlackDelivery) -> str:
        url = self._url(delivery.kind)
        try:
            answer = self._post(delivery, url)
        except requests.Timeout:
            return "http_timeout"
        except requests.RequestException:
            return "connection_failed"
        delivery.status, delivery.answer = answer.status_code, answer.text
        stop = answer.headers.get("X-Slack-No-Retry") == "1"
        return "" if delivery.acknowledged or stop else "http_error"

    def _url(self, kind: str) -> str:
        app = self._app
        return {"interaction": app.interactivity_url, "command": app.commands_url}.get(kind, app.events_url)

    def _post(self, delivery: SlackDelivery, url: str) -> requests.Response:
        """One connection a delivery: on a kept one, an app that has just closed it would look like one that is down."""
        form = delivery.form
        body = json.dumps(delivery.payload).encode() if form is None else form
        delivery.headers = signed(body, self._app.signing_secret, int(time.time())) | {
            "Content-Type": "application/json" if form is None else "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if delivery.retry:
            delivery.headers |= {"X-Slack-Retry-Num": str(delivery.retry), "X-Slack-Retry-Reason": delivery.reason}
        with requests.Session() as session:
            session.trust_env = False  # loopback never goes through the machine's proxy
            return session.post(url, data=body, headers=delivery.headers, timeout=self._patience, allow_redirects=False)
