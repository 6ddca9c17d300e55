"""The front door: a delivery is checked, stored, and only then acknowledged. No call to GitHub is made here."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from socket import socket

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from ghapp.core import policy
from ghapp.core.errors import StoreDown
from ghapp.core.ports import Inbox, Queue
from ghapp.github import webhook

_SECONDS_OF_SILENCE = 10.0

log = logging.getLogger(__name__)


def blueprint(inbox: Inbox, queue: Queue, secrets: Sequence[str], forget: Callable[[int], None]) -> Blueprint:
    """The door, for deliveries signed with any of `secrets` (two while they are rotated).

    `forget` is told the number of who takes back their sign-in.
    """
    hooks = Blueprint("hooks", __name__)

    @hooks.post("/webhooks/github")
    def deliver() -> tuple[Response, int]:
        signature = request.headers.get("X-Hub-Signature-256")
        if not webhook.may_be_signed(signature) or not webhook.is_signed(body(), signature, secrets):
            return jsonify(error="the signature is missing or wrong"), 401
        try:
            delivery = webhook.read(request.headers, body())
        except webhook.BadDelivery as error:
            return jsonify(error=str(error)), 400
        if delivery.revoked is not None:
            forget(delivery.revoked)
            return jsonify(forgotten=True), 200
        if delivery.event is None:
            return jsonify(ignored=delivery.name), 200
        stored = inbox.add(delivery.id, delivery.event)
        if stored is not None:
            wake(queue, stored, urgent=policy.is_urgent(delivery.event))
        return jsonify(stored=stored is not None), 202

    return hooks


def body() -> bytes:
    """The raw bytes of the request, whose sender may not be silent for long.

    One more than the cap is let in, because of a chunked body Werkzeug silently cuts what exceeds.
    """
    request.max_content_length = webhook.MAX_BYTES + 1
    try:
        with _patience(request.environ.get("gunicorn.socket")):
            body = request.get_data(cache=True)
    except TimeoutError as error:
        raise RequestTimeout from error
    if len(body) > webhook.MAX_BYTES:
        raise RequestEntityTooLarge
    return body


@contextmanager
def _patience(connection: socket | None) -> Iterator[None]:
    """Wait so long for the next bytes, no longer: gunicorn itself would let silent senders hold all its threads."""
    if connection is None:
        yield
        return
    before = connection.gettimeout()
    connection.settimeout(_SECONDS_OF_SILENCE)
    try:
        yield
    finally:
        connection.settimeout(before)


def wake(queue: Queue, inbox: str, *, urgent: bool) -> None:
    """What came in is stored and its inbox marked; if this fails, the clock's next tick finds it."""
    try:
        queue.intake(inbox, urgent=urgent)
    except StoreDown:
        log.warning("stored, but intake could not be woken for %s", inbox)
