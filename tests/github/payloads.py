"""The few fields of GitHub's webhook payloads that are read, in GitHub's shapes, and the headers around them."""

import hashlib
import hmac
import json
from typing import Any

SECRET = "It's a Secret to Everybody"
SHA = "0123456789" * 4
SENDER = {"id": 11, "login": "mona", "type": "User"}
REPOSITORY = {"id": 7, "full_name": "octo/demo"}
ISSUE = {
    "number": 12,
    "title": "It is broken",
    "body": "Please mend it.",
    "user": {"id": 21, "login": "hubot", "type": "Bot"},
    "updated_at": "2026-11-01T10:00:00Z",
}
COMMENT = {"id": 99, "body": "/honk fix", "user": SENDER, "created_at": "2026-11-01T10:05:00Z"}
HEAD = {"ref": "honk/12-abc", "sha": SHA, "repo": {"id": 7}}
TEXT_OF_BOXES = f"""Checks are green.

- [ ] Stop <!-- honk:box:stop -->
- [ ] Merge `0123456` when green <!-- honk:box:merge:{SHA} -->
"""
BOXES = COMMENT | {
    "user": {"id": 21, "login": "honk[bot]", "type": "Bot"},
    "body": TEXT_OF_BOXES,
    "updated_at": "2026-11-01T10:06:00Z",
}
"""A comment of the App with two boxes, none of them ticked."""
PULL = {"number": 13, "head": HEAD, "merged": False}


def payload(**fields: Any) -> dict[str, Any]:
    """A payload with what every event of an installation carries."""
    return {"repository": REPOSITORY, "installation": {"id": 3}, "sender": SENDER} | fields


def ticked(name: str, **fields: Any) -> dict[str, Any]:
    """Somebody ticks one of the two boxes."""
    title = {"stop": "Stop", "merge": "Merge"}[name]
    after = TEXT_OF_BOXES.replace(f"- [ ] {title}", f"- [x] {title}")
    return (
        payload(
            action="edited", issue=ISSUE, comment=BOXES | {"body": after}, changes={"body": {"from": TEXT_OF_BOXES}}
        )
        | fields
    )


def headers(
    event: str, body: bytes = b"", delivery: str = "d-1", kind: str = "application/json", secret: str = SECRET
) -> dict[str, str]:
    """The headers of a delivery, signed."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": f"sha256={digest}",
        "Content-Type": kind,
    }


def encoded(value: Any) -> bytes:
    """A payload as bytes."""
    return json.dumps(value).encode()
