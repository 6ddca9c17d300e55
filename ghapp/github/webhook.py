"""A webhook delivery: bytes in, event out, no I/O.

The signature is checked over the raw bytes before anything is parsed, SHA-256 only, as GitHub's page asks:
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries.
"""

import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs

from ghapp.core.events import Event
from ghapp.github.payloads import BadDelivery, Part
from ghapp.github.readers import READERS

__all__ = ["MAX_BYTES", "BadDelivery", "Delivery", "Headers", "is_signed", "may_be_signed", "read"]

MAX_BYTES = 25 * 1024 * 1024
"""GitHub's own cap on a payload."""

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_DELIVERY_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Delivery:
    """One delivery. `event` is None when it is nothing that we act on; `name` is GitHub's name of the event.

    `revoked` is the number of a user who took back what they had allowed when they signed in.
    """

    id: str
    name: str
    event: Event | None
    revoked: int | None = None


def may_be_signed(signature: str | None) -> bool:
    """Whether the header has the form of a signature, which can be said before the body is read."""
    return signature is not None and _SIGNATURE.fullmatch(signature) is not None


def is_signed(body: bytes, signature: str | None, secrets: Sequence[str]) -> bool:
    """Whether `X-Hub-Signature-256` was made with one of `secrets`; takes the same time wherever it differs."""
    if not signature or not secrets or not all(secrets):
        return False
    given = signature.encode("utf-8", "replace")
    return any(hmac.compare_digest(_signature(body, secret), given) for secret in secrets)


def _signature(body: bytes, secret: str) -> bytes:
    digest = hmac.new(secret.encode("utf-8", "surrogateescape"), body, "sha256").hexdigest()
    return f"sha256={digest}".encode()


class Headers(Protocol):
    """The headers of a request, whose names know no case."""

    def get(self, key: str, default: str) -> str: ...


def read(headers: Headers, body: bytes) -> Delivery:
    """The delivery in these headers and bytes. Raises BadDelivery."""
    name = headers.get("X-GitHub-Event", "")
    delivery = headers.get("X-GitHub-Delivery", "")
    if not name:
        raise BadDelivery("the header X-GitHub-Event is missing")
    if not _DELIVERY_ID.fullmatch(delivery):
        raise BadDelivery("the header X-GitHub-Delivery is missing or is no delivery id")
    payload = Part(_payload(headers.get("Content-Type", ""), body), "payload")
    reader = READERS.get(name)
    return Delivery(delivery, name, reader(payload) if reader else None, _revoked(name, payload))


def _revoked(name: str, payload: Part) -> int | None:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#github_app_authorization"""
    if name != "github_app_authorization" or payload.text("action") != "revoked":
        return None
    return payload.part("sender").number("id")


def _payload(content_type: str, body: bytes) -> Any:
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/json":
            return json.loads(body)
        if kind == "application/x-www-form-urlencoded":
            fields = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10)
            return json.loads(fields["payload"][0])
    except (ValueError, KeyError, RecursionError) as error:
        raise BadDelivery("the body is not the JSON that its content type promises") from error
    raise BadDelivery("the content type is neither JSON nor a form")
