"""A webhook delivery: bytes in, event out, no I/O.

The signature is checked over the raw bytes before anything is parsed, SHA-256 only, as GitHub's page asks:
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. GitHub's payloads do not always keep
to GitHub's own schema, so only the few fields that we use are read, and each of them is checked.
"""

import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs

from ghapp.core.events import (
    Actor,
    ChecksChanged,
    CommentCreated,
    CommentDeleted,
    Event,
    InstallationChanged,
    IssueClosed,
    IssueLabeled,
    IssueText,
    IssueUnlabeled,
    PullChanged,
    Repository,
    Thread,
    thread_number,
)

MAX_BYTES = 25 * 1024 * 1024
"""GitHub's own cap on a payload."""

_MAX_TEXT = 65_536
_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
_DELIVERY_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_FULL_NAME = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+")


class BadDelivery(ValueError):
    """The delivery is signed and cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True)
class Delivery:
    """One delivery. `event` is None when it is nothing that we act on; `name` is GitHub's name of the event."""

    id: str
    name: str
    event: Event | None


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
    payload = _Part(_payload(headers.get("Content-Type", ""), body), "payload")
    reader = _READERS.get(name)
    return Delivery(delivery, name, reader(payload) if reader else None)


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


class _Part:
    """A JSON object whose fields are checked as they are read."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise BadDelivery(f"{path} is not an object")
        self._value = value
        self._path = path

    def has(self, name: str) -> bool:
        return self._value.get(name) is not None

    def part(self, name: str) -> "_Part":
        return _Part(self._value.get(name), f"{self._path}.{name}")

    def parts(self, name: str) -> list["_Part"]:
        found = self._value.get(name) or []
        if not isinstance(found, list):
            raise BadDelivery(f"{self._path}.{name} is not a list")
        return [_Part(item, f"{self._path}.{name}[]") for item in found]

    def number(self, name: str) -> int:
        found = self._value.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 2**63:
            raise BadDelivery(f"{self._path}.{name} is not a positive number")
        return found

    def text(self, name: str) -> str:
        """A text, cut at 64k characters; what JSON may carry and UTF-8 or a command line may not is replaced."""
        found = self._value.get(name)
        if not isinstance(found, str):
            raise BadDelivery(f"{self._path}.{name} is not a text")
        return found[:_MAX_TEXT].replace("\0", "\ufffd").encode("utf-8", "replace").decode()

    def text_or_none(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def flag(self, name: str) -> bool:
        return self._value.get(name) is True


def _repository(payload: _Part) -> Repository | None:
    """None for a hook that is not an installation's: we could not answer."""
    if not payload.has("repository") or not payload.has("installation"):
        return None
    return _read_repository(payload.part("repository"), payload.part("installation").number("id"))


def _read_repository(part: _Part, installation: int) -> Repository:
    """Its name becomes part of addresses, so it must be a name."""
    full_name = part.text("full_name")
    if not _FULL_NAME.fullmatch(full_name) or full_name.endswith(("/.", "/..")):
        raise BadDelivery("the repository's full_name is no owner/name")
    return Repository(part.number("id"), full_name, installation)


def _actor(part: _Part) -> Actor:
    return Actor(part.number("id"), part.text("login"), part.text_or_none("type") or "User")


def _issue_text(issue: _Part) -> IssueText:
    author = _actor(issue.part("user")) if issue.has("user") else Actor(0, "ghost")
    return IssueText(issue.text("title"), issue.text_or_none("body") or "", author)


def _issues(payload: _Part) -> Event | None:
    repository = _repository(payload)
    action = payload.text("action")
    if repository is None or action not in ("labeled", "unlabeled", "closed"):
        return None
    issue = payload.part("issue")
    thread = Thread(repository, issue.number("number"))
    actor = _actor(payload.part("sender"))
    at = issue.text("updated_at")
    if action == "closed":
        return IssueClosed(thread, actor, at)
    if not payload.has("label"):  # which it was is not told when the label itself was deleted
        return None
    label = payload.part("label").text("name")
    if action == "unlabeled":
        return IssueUnlabeled(thread, actor, label, at)
    return IssueLabeled(thread, actor, label, _issue_text(issue), at)


def _issue_comment(payload: _Part) -> Event | None:
    repository = _repository(payload)
    action = payload.text("action")
    if repository is None or action not in ("created", "deleted"):
        return None
    issue, comment = payload.part("issue"), payload.part("comment")
    thread = Thread(repository, issue.number("number"))
    if action == "deleted":
        return CommentDeleted(thread, _actor(payload.part("sender")), comment.number("id"))
    return CommentCreated(
        thread=thread,
        actor=_actor(comment.part("user")),
        comment=comment.number("id"),
        body=comment.text_or_none("body") or "",
        issue=_issue_text(issue),
        created_at=comment.text("created_at"),
        on_pull=issue.has("pull_request"),
    )


def _check_run(payload: _Part) -> Event | None:
    check = payload.part("check_run")
    suite = check.part("check_suite") if check.has("check_suite") else None
    return _checks(payload, "check_run", check.text("head_sha"), suite.text_or_none("head_branch") if suite else None)


def _check_suite(payload: _Part) -> Event | None:
    suite = payload.part("check_suite")
    return _checks(payload, "check_suite", suite.text("head_sha"), suite.text_or_none("head_branch"))


def _workflow_run(payload: _Part) -> Event | None:
    run = payload.part("workflow_run")
    return _checks(payload, "workflow_run", run.text("head_sha"), run.text_or_none("head_branch"))


def _status(payload: _Part) -> Event | None:
    branches = [branch.text("name") for branch in payload.parts("branches")]
    ours = next((name for name in branches if thread_number(name) is not None), None)
    return _checks(payload, "status", payload.text("sha"), ours)


def _checks(payload: _Part, source: str, sha: str, branch: str | None) -> Event | None:
    repository = _repository(payload)
    number = thread_number(branch)
    if repository is None or number is None:
        return None
    return ChecksChanged(Thread(repository, number), sha, source)


def _pull_request(payload: _Part) -> Event | None:
    """Only our own branches count; one of that name in a fork is somebody else's."""
    repository = _repository(payload)
    pull = payload.part("pull_request")
    head = pull.part("head")
    number = thread_number(head.text("ref"))
    in_fork = not head.has("repo") or repository is None or head.part("repo").number("id") != repository.id
    if repository is None or number is None or in_fork:
        return None
    return PullChanged(
        thread=Thread(repository, number),
        actor=_actor(payload.part("sender")),
        action=payload.text("action"),
        number=pull.number("number"),
        head_sha=head.text("sha"),
        merged=pull.flag("merged"),
    )


def _installation(payload: _Part) -> Event | None:
    return _installation_changed(payload, "repositories", "")


def _installation_repositories(payload: _Part) -> Event | None:
    return _installation_changed(payload, "repositories_added", "repositories_removed")


def _installation_changed(payload: _Part, added: str, removed: str) -> Event:
    installation = payload.part("installation").number("id")

    def repositories(name: str) -> tuple[Repository, ...]:
        found = payload.parts(name) if name else []
        return tuple(_read_repository(item, installation) for item in found)

    return InstallationChanged(installation, payload.text("action"), repositories(added), repositories(removed))


_READERS: Mapping[str, Callable[[_Part], Event | None]] = {
    "issues": _issues,
    "issue_comment": _issue_comment,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "status": _status,
    "workflow_run": _workflow_run,
    "pull_request": _pull_request,
    "installation": _installation,
    "installation_repositories": _installation_repositories,
}
