"""The front door: a delivery is checked, stored, and only then acknowledged. No call to GitHub is made here."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from socket import socket

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from ghapp.core import policy
from ghapp.core.errors import StoreDown
from ghapp.core.events import Happening
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
        most = webhook.MAX_BYTES
        if not webhook.may_be_signed(signature) or not webhook.is_signed(body(most), signature, secrets):
            return jsonify(error="the signature is missing or wrong"), 401
        try:
            delivery = webhook.read(request.headers, body(most))
        except webhook.BadDelivery as error:
            return jsonify(error=str(error)), 400
        if delivery.revoked is not None:
            forget(delivery.revoked)
            return jsonify(forgotten=True), 200
        if delivery.event is None:
            return jsonify(ignored=delivery.name), 200
        return jsonify(stored=take(inbox, queue, delivery.id, delivery.event)), 202

    return hooks


def body(most: int) -> bytes:
    """The raw bytes of the request, so many at the most, whose sender may not be silent for long.

    One more is let in, because of a chunked body Werkzeug silently cuts what exceeds.
    """
    request.max_content_length = most + 1
    try:
        with _patience(request.environ.get("gunicorn.socket")):
            body = request.get_data(cache=True)
    except TimeoutError as error:
        raise RequestTimeout from error
    if len(body) > most:
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


def take(inbox: Inbox, queue: Queue, delivery: str, event: Happening) -> bool:
    """Store what came in, and wake intake; False when it was here before. Raises StoreDown when it cannot be stored.

    Once it is stored, its inbox is marked: if intake cannot be woken, the clock's next tick finds it.
    """
    stored = inbox.add(delivery, event)
    if stored is None:
        return False
    try:
        queue.intake(stored, urgent=policy.is_urgent(event))
    except StoreDown:
        log.warning("stored, but intake could not be woken for %s", stored)
    return True
