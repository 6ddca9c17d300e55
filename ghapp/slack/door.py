"""Slack's door: what it sends is checked, stored, and only then acknowledged; over HTTP, or over Socket Mode.

Bolt parses requests, answers Slack's challenge and holds the socket. Storing stands in front of its authorization,
which would ask Slack who we are, and of its listeners, which run after Slack was told that all is well.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.flask.handler import to_bolt_request, to_flask_response
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_bolt.middleware import Middleware
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from ghapp.core.errors import StoreDown
from ghapp.core.events import ChatEvent
from ghapp.slack import payloads
from ghapp.slack.api import spoken
from ghapp.slack.connection import Connection
from ghapp.slack.signing import is_signed

MAX_BYTES = 2 * 1024 * 1024
"""Far more than Slack sends."""

Take = Callable[[str, ChatEvent], object]
"""Stores an event under the id of its delivery, and has it seen to. Raises StoreDown when it cannot be stored."""

log = logging.getLogger(__name__)


def blueprint(take: Take, body: Callable[[int], bytes], *, secret: str, token: str, api_url: str) -> Blueprint:
    """The door for events, buttons, commands and shortcuts, all at one address.

    `body` reads the bytes of the request, so many at the most.
    """
    if not secret:
        raise ValueError("a signing secret is needed")
    bolt = _bolt(take, secret, token, api_url)
    slack = Blueprint("slack", __name__)

    @slack.post("/slack/events")
    def deliver() -> Response | tuple[Response, int]:
        timestamp, signature = map(request.headers.get, ("X-Slack-Request-Timestamp", "X-Slack-Signature"))
        if timestamp is None or signature is None:
            return jsonify(error="the signature is missing"), 401
        if not is_signed(body(MAX_BYTES), timestamp, signature, secret, time.time()):
            return jsonify(error="the signature is wrong or old"), 401
        try:
            asked = to_bolt_request(request)
            asked.body = payloads.parse(asked.raw_body)  # Bolt drops a command in whose text "payload" is a word
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            # Bolt looks into a body as if it were Slack's; and JSON may be nested without end.
            return jsonify(error="this is none of Slack's payloads"), 400
        return to_flask_response(bolt.dispatch(asked))

    return slack


class SocketMode:
    """The same door for a machine without a public address: Slack is called, and sends through that connection."""

    def __init__(self, bolt: App, app_token: str, ping_seconds: float) -> None:
        self._bolt = bolt
        self._app_token = app_token
        self._ping_seconds = ping_seconds
        self._connection: Connection | None = None

    def start(self) -> None:
        """Connect, and stay connected in threads of its own. UserError when Slack does not want our app token."""
        connection = Connection(
            self._app_token, logger=log, web_client=self._bolt.client, ping_interval=self._ping_seconds
        )
        connection.socket_mode_request_listeners.append(self._deliver)
        try:
            with spoken():
                connection.connect()
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def stop(self) -> None:
        """Take nothing more; what was acknowledged is stored."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _deliver(self, connection: BaseSocketModeClient, asked: SocketModeRequest) -> None:
        """What is not answered with 200 is not acknowledged, and comes again."""
        send_response(connection, asked, run_bolt_app(self._bolt, asked), time.time())


def socket_mode(take: Take, *, app_token: str, token: str, api_url: str, ping_seconds: float = 3) -> SocketMode:
    """The door over Socket Mode. Slack signs nothing there: the connection is ours, by `app_token`.

    A connection that broke is made anew within `ping_seconds`.
    """
    bolt = _bolt(take, "not used over a socket", token, api_url)
    return SocketMode(bolt, app_token, ping_seconds)


class _Store(Middleware):
    """Stores what came in. It is no function: for one, Bolt takes the body apart, and fails over what is malformed."""

    def __init__(self, take: Take) -> None:
        self._take = take

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]) -> BoltResponse | None:
        """Hand on a challenge, which Bolt answers; all else ends here."""
        if req.body.get("type") == "url_verification" and isinstance(req.body.get("challenge"), str):
            return next()
        found = payloads.read(req.body, datetime.now(UTC))
        if found is not None:
            self._take(found.id, found.event)
        return BoltResponse(status=200, body="")


def _bolt(take: Take, secret: str, token: str, api_url: str) -> App:
    """The Bolt app. It asks Slack nothing: neither when it is made nor when something comes in."""
    bolt = App(
        name="honk",
        signing_secret=secret,
        token=token,
        token_verification_enabled=False,
        before_authorize=_Store(take),
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    bolt.client.base_url = api_url if api_url.endswith("/") else f"{api_url}/"
    bolt.error(_failed)
    return bolt


def _failed(error: Exception) -> BoltResponse:
    """Slack sends it again after any of these: over HTTP for the status, over a socket for want of a word."""
    if isinstance(error, StoreDown):
        return BoltResponse(status=503, body={"error": str(error)})
    log.error("a delivery of Slack's failed", exc_info=error)
    return BoltResponse(status=500, body="")
