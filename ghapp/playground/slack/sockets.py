"""Socket Mode: envelopes over a web socket that the app opened, each acknowledged by its id.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import socket
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simple_websocket import ConnectionClosed, Server  # type: ignore[import-untyped]  # it has no type information

from ghapp.playground.slack.state import Json, SlackApp

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(eq=False)
class _Link:
    """One open socket."""

    ws: Server
    raw: socket.socket


@dataclass(eq=False)
class Sockets:
    """The open sockets of the app. Slack sends each envelope to one of them; here to the one opened last."""

    app: SlackApp
    _links: list[_Link] = field(default_factory=list)
    _opened: int = 0
    _answers: dict[str, Json] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def open(self) -> bool:
        """Whether the app listens by a socket, and so not by HTTP."""
        with self._changed:
            return bool(self._links)

    def serve(self, environ: "WSGIEnvironment") -> None:
        """Take a socket, and read from it until it ends."""
        link = _Link(Server.accept(environ), environ["werkzeug.socket"])
        info = {"app_id": self.app.id}
        link.ws.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": info}))
        with self._changed:
            self._links.append(link)
            self._opened += 1
            self._changed.notify_all()
        try:
            while True:
                self._heard(json.loads(link.ws.receive()))
        except ConnectionClosed:
            pass
        finally:
            with self._changed:
                self._links.remove(link)
                self._changed.notify_all()

    def wait(self, timeout: float = 10, opened: int = 1) -> None:
        """Wait until the app has opened so many sockets in all, and listens by one. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._links and self._opened >= opened, timeout):
                raise TimeoutError("no socket was opened")

    def wait_gone(self, timeout: float = 10) -> None:
        """Wait until no socket is open. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._links, timeout):
                raise TimeoutError("a socket is still open")

    def _heard(self, answer: Json) -> None:
        with self._changed:
            self._answers[answer["envelope_id"]] = answer.get("payload") or {}
            self._changed.notify_all()

    def send(self, kind: str, payload: Json, retry: int, reason: str, patience: float) -> Json | None:
        """Send an envelope; what it was acknowledged with, or None when it was not in time."""
        name = str(uuid.uuid4())
        envelope: Json = {"envelope_id": name, "type": kind, "payload": payload}
        envelope["accepts_response_payload"] = kind != "events_api"
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        with self._changed:
            if not self._links:
                return None
            link = self._links[-1]
        try:
            link.ws.send(json.dumps(envelope))
        except (ConnectionClosed, OSError):
            return None
        with self._changed:
            self._changed.wait_for(lambda: name in self._answers or not self._links, patience)
            return self._answers.pop(name, None)

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to open another socket, as Slack does every few hours."""
        with self._changed:
            links = list(self._links)
        for link in links:
            link.ws.send(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {}}))

    def close(self) -> None:
        """End every socket without a word."""
        with self._changed:
            links = list(self._links)
        for link in links:
            link.raw.shutdown(socket.SHUT_RDWR)
