"""What the playground's tests share: the App's settings, and a hook that keeps what it is sent."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

import requests

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


@dataclass
class Api:
    """Requests with one token; paths as GitHub writes them, under the playground's API address."""

    url: str
    token: str = ""

    def __post_init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        if self.token:
            self.session.headers["Authorization"] = f"Bearer {self.token}"

    def call(self, method: str, path: str, status: int, **options: Any) -> Any:
        """The JSON of the answer, whose status must be as said."""
        answer = self.session.request(method, self.url + path, timeout=20, allow_redirects=False, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer.json() if answer.content and "json" in answer.headers["Content-Type"] else answer

    def get(self, path: str, status: int = 200, /, **query: Any) -> Any:
        return self.call("GET", path, status, params=query)

    def post(self, path: str, status: int = 201, /, **body: Any) -> Any:
        return self.call("POST", path, status, json=body)

    def patch(self, path: str, status: int = 200, /, **body: Any) -> Any:
        return self.call("PATCH", path, status, json=body)

    def put(self, path: str, status: int = 200, /, **body: Any) -> Any:
        return self.call("PUT", path, status, json=body)

    def delete(self, path: str, status: int = 204) -> Any:
        return self.call("DELETE", path, status)

    def query(self, document: str, **variables: Any) -> Any:
        """A GraphQL document's whole answer."""
        address = f"{self.url.removesuffix('/v3')}/graphql"
        answer = self.session.post(address, json={"query": document, "variables": variables}, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()
