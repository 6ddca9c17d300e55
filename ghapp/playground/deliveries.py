"""Webhook deliveries: signed, sent in order by one thread, kept so that an App can list them and ask for one again.

GitHub does not retry by itself: https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
"""

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from ghapp.playground.state import App, Installation

_TIMEOUT_SECONDS = 10
_AGENT = "GitHub-Hookshot/playground"


@dataclass(eq=False)
class Delivery:
    """One sending of one event. `guid` stays the same when it is sent again; `status_code` 0 means no answer came."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None
    body: bytes
    redelivery: bool = False
    delivered_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration: float = 0.0
    status: str = "Pending"
    status_code: int = 0
    url: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str | None = None

    @property
    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.body)
        return payload


def headers_of(delivery: Delivery, secret: str) -> dict[str, str]:
    """The headers that GitHub sends: https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers"""
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(delivery.app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(delivery.app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration",
    }
    if secret:
        for header, method in (("X-Hub-Signature", "sha1"), ("X-Hub-Signature-256", "sha256")):
            digest = hmac.new(secret.encode(), delivery.body, getattr(hashlib, method)).hexdigest()
            headers[header] = f"{method}={digest}"
    return headers


class Deliveries:
    """The queue, its one thread, and the record of what was sent. `next_id` gives numbers to deliveries."""

    def __init__(self, next_id: Callable[[], int]) -> None:
        self.sent: dict[int, Delivery] = {}
        self._next_id = next_id
        self._waiting: deque[Delivery] = deque()
        self._changed = threading.Condition()
        self._unsent = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def add(
        self,
        app: App,
        event: str,
        payload: dict[str, Any],
        installation: Installation | None,
        repository_id: int | None,
    ) -> Delivery | None:
        """Queue an event for an App; an App without a hook address gets none."""
        if app.hook_url is None:
            return None
        delivery = Delivery(
            id=self._next_id(),
            guid=str(uuid.uuid4()),
            app=app,
            event=event,
            action=payload.get("action"),
            installation_id=installation.id if installation else None,
            repository_id=repository_id,
            body=json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(),
        )
        self._queue(delivery)
        return delivery

    def again(self, old: Delivery) -> Delivery:
        """Queue the same event once more: a new delivery with the old one's guid."""
        delivery = Delivery(
            id=self._next_id(),
            guid=old.guid,
            app=old.app,
            event=old.event,
            action=old.action,
            installation_id=old.installation_id,
            repository_id=old.repository_id,
            body=old.body,
            redelivery=True,
        )
        self._queue(delivery)
        return delivery

    def settle(self, timeout: float) -> None:
        """Wait until everything queued was sent and answered. Raises TimeoutError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._unsent == 0, timeout):
                raise TimeoutError(f"{self._unsent} deliveries are still on their way")

    def close(self) -> None:
        """Stop the thread; what is still queued is not sent."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _queue(self, delivery: Delivery) -> None:
        with self._changed:
            self.sent[delivery.id] = delivery
            self._waiting.append(delivery)
            self._unsent += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="playground-deliveries", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            self._send(delivery)
            with self._changed:
                self._unsent -= 1
                self._changed.notify_all()

    def _next(self) -> Delivery | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            return None if self._closed else self._waiting.popleft()

    def _send(self, delivery: Delivery) -> None:
        started = time.monotonic()
        delivery.url = delivery.app.hook_url or ""
        delivery.request_headers = headers_of(delivery, delivery.app.webhook_secret)
        try:
            _post(delivery)
        except TimeoutError:
            delivery.status = "timed out"
        except (OSError, HTTPException, ValueError):  # the last for what is no address
            delivery.status = "failed to connect to host"
        delivery.duration = round(time.monotonic() - started, 3)


def _post(delivery: Delivery) -> None:
    """Send it and note the answer; redirects are not followed. Raises OSError or HTTPException when there is none.

    One connection a delivery: on a kept one, a hook that has just closed it would look like one that is down.
    """
    to = urlsplit(delivery.url)
    kind = HTTPSConnection if to.scheme == "https" else HTTPConnection
    connection = kind(to.hostname or "", to.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(
            "POST", to._replace(scheme="", netloc="").geturl() or "/", delivery.body, delivery.request_headers
        )
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
    finally:
        connection.close()
    delivery.status, delivery.status_code = answer.reason or str(answer.status), answer.status
    delivery.response_headers, delivery.response_body = dict(answer.getheaders()), body
