"""Whether Slack sent it: a signature over the raw bytes and the time, as protocol and without I/O.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import re

PATIENCE = 300.0
"""Seconds after which a signed request is one that somebody kept and sends again."""
_TIME = re.compile("[0-9]{1,12}")


def is_signed(body: bytes, timestamp: str | None, signature: str | None, secret: str, now: float) -> bool:
    """Whether `signature` is that of the body at `timestamp`, and `now` (seconds since the epoch) is near to it."""
    if not secret or timestamp is None or signature is None or not _TIME.fullmatch(timestamp):
        return False
    if abs(now - int(timestamp)) > PATIENCE:
        return False
    return hmac.compare_digest(sign(body, timestamp, secret).encode(), signature.encode())


def sign(body: bytes, timestamp: str, secret: str) -> str:
    """The value of `X-Slack-Signature` for the body."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
