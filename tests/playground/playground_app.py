"""What the playground's tests share: the App's settings, and a hook that keeps what it is sent."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

SECRET = "made-up-secret"
EVENTS = (
    "check_run",
    "check_suite",
    "deployment",
    "deployment_status",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "push",
    "status",
    "workflow_run",
)
PERMISSIONS = {
    "actions": "write",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "pull_requests": "write",
    "statuses": "write",
}


@dataclass
class Hook:
    """Takes deliveries, checks their signature, and answers `status`."""

    url: str = ""
    status: int = 202
    heard: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)

    def names(self) -> list[str]:
        """`event.action` of every delivery, in order."""
        return [f"{event}.{body['action']}" if "action" in body else event for event, _, body in self.heard]

    def last(self, name: str) -> dict[str, Any]:
        """The payload of the newest delivery of this name."""
        rows = [body for event, _, body in self.heard if name in (event, f"{event}.{body.get('action')}")]
        assert rows, f"no {name} among {self.names()}"
        return rows[-1]

    def take(self, headers: dict[str, str], raw: bytes) -> int:
        digest = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
        self.heard.append((headers["X-GitHub-Event"], headers, json.loads(raw)))
        return self.status
