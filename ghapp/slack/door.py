"""Slack's door: what it sends is checked, stored, and only then acknowledged; over HTTP, or over Socket Mode.

Bolt parses requests, answers Slack's challenge and holds the socket. Storing stands in front of its authorization,
which would ask Slack who we are, and of its listeners, which run after Slack was told that all is well.
"""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from slack_bolt import App, BoltResponse
from slack_bolt.adapter.flask.handler import to_bolt_request, to_flask_response
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk.socket_mode.builtin import SocketModeClient
from werkzeug.exceptions import RequestEntityTooLarge

from ghapp.core import policy
from ghapp.core.errors import StoreDown
from ghapp.core.ports import Inbox, Queue
from ghapp.slack import payloads
from ghapp.slack.api import spoken
from ghapp.slack.signing import is_signed

MAX_BYTES = 2 * 1024 * 1024
_SECONDS_OF_PING = 3
"""After five pings that fail, the connection is made anew; until then nothing is heard."""

log = logging.getLogger(__name__)


def _body() -> bytes:
    """The raw bytes of the request; Werkzeug silently cuts what of a chunked body exceeds the cap."""
    request.max_content_length = MAX_BYTES + 1
    body = request.get_data(cache=True)
    if len(body) > MAX_BYTES:
        raise RequestEntityTooLarge
    return body


def blueprint(
    inbox: Inbox, queue: Queue, *, secret: str, token: str, api_url: str, body: Callable[[], bytes] = _body
) -> Blueprint:
    """The door for events, buttons, commands and shortcuts, all at one address. `body` reads a request's bytes."""
    if not secret:
        raise ValueError("a signing secret is needed")
    bolt = _bolt(inbox, queue, secret, token, api_url)
    slack = Blueprint("slack", __name__)

    @slack.post("/slack/events")
    def deliver() -> Response | tuple[Response, int]:
        timestamp, signature = map(request.headers.get, ("X-Slack-Request-Timestamp", "X-Slack-Signature"))
        if timestamp is None or signature is None or not is_signed(body(), timestamp, signature, secret, time.time()):
            return jsonify(error="the signature is missing, wrong or old"), 401
        try:
            asked = to_bolt_request(request)
            asked.body = payloads.parse(asked.raw_body)  # Bolt drops a command in whose text "payload" is a word
        except (ValueError, TypeError, AttributeError, LookupError):  # Bolt looks into a body as if it were Slack's
            return jsonify(error="this is none of Slack's payloads"), 400
        return to_flask_response(bolt.dispatch(asked))

    return slack


class SocketMode:
    """The same door for a machine without a public address: Slack is called, and sends through that connection."""

    def __init__(self, bolt: App, app_token: str) -> None:
        self._bolt = bolt
        self._app_token = app_token
        self._handler: SocketModeHandler | None = None

    def start(self) -> None:
        """Connect, and stay connected in threads of its own. UserError when Slack does not want our app token."""
        handler = SocketModeHandler(self._bolt, self._app_token, ping_interval=_SECONDS_OF_PING)
        try:
            with spoken():
                handler.client.connect()
        except BaseException:
            handler.client.close()
            raise
        self._handler = handler

    def stop(self) -> None:
        """Take nothing more; what was acknowledged is stored."""
        if self._handler is not None:
            client, self._handler = self._handler.client, None
            client.auto_reconnect_enabled = False
            _hang_up(client)
            client.close()


def _hang_up(client: SocketModeClient) -> None:
    """Wake the thread that reads: closing alone would wait for it, and it waits three seconds for a byte."""
    line = client.current_session.sock if client.current_session is not None else None
    if line is not None:
        with suppress(OSError):  # the other side was faster
            line.shutdown(socket.SHUT_RDWR)


def socket_mode(inbox: Inbox, queue: Queue, *, app_token: str, token: str, api_url: str) -> SocketMode:
    """The door over Socket Mode. Slack signs nothing there: the connection is ours, by `app_token`."""
    return SocketMode(_bolt(inbox, queue, "not used over a socket", token, api_url), app_token)


def _bolt(inbox: Inbox, queue: Queue, secret: str, token: str, api_url: str) -> App:
    """The Bolt app. It asks Slack nothing: neither when it is made nor when something comes in."""

    def store(body: dict[str, Any], next: Callable[[], None]) -> BoltResponse | None:
        if body.get("type") == "url_verification":
            next()
            return None
        found = payloads.read(body, datetime.now(UTC))
        if found is not None:
            stored = inbox.add(found.id, found.event)
            if stored is not None:
                _wake(queue, stored, urgent=policy.is_urgent(found.event))
        return BoltResponse(status=200, body="")

    bolt = App(
        name="honk",
        signing_secret=secret,
        token=token,
        token_verification_enabled=False,
        before_authorize=store,
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    bolt.client.base_url = api_url if api_url.endswith("/") else f"{api_url}/"
    bolt.error(_failed)
    return bolt


def _wake(queue: Queue, inbox: str, *, urgent: bool) -> None:
    """It is stored and its inbox marked; if this fails, the clock's next tick finds it."""
    try:
        queue.intake(inbox, urgent=urgent)
    except StoreDown:
        log.warning("stored, but intake could not be woken for %s", inbox)


def _failed(error: Exception) -> BoltResponse:
    """Slack sends it again after any of these: over HTTP for the status, over a socket for want of a word."""
    if isinstance(error, StoreDown):
        return BoltResponse(status=503, body={"error": str(error)})
    log.error("a delivery of Slack's failed", exc_info=error)
    return BoltResponse(status=500, body="")
