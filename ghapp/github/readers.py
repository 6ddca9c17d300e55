"""One reader for each of the webhooks that we act on: payload in, event out. None is nothing to act on.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

import re
from collections.abc import Callable, Mapping

from ghapp.core.events import (
    Actor,
    BoxTicked,
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
    ReviewsChanged,
    Thread,
    thread_number,
)
from ghapp.github.payloads import BadDelivery, Part

_FULL_NAME = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+")
_BOX = re.compile(r" *- \[([ xX])\] .*<!-- honk:box:([a-z]+)(?::([0-9a-f]{40}))? -->\s*")


def _repository(payload: Part) -> Repository | None:
    """None for a hook that is not an installation's: we could not answer."""
    if not payload.has("repository") or not payload.has("installation"):
        return None
    return _read_repository(payload.part("repository"), payload.part("installation").number("id"))


def _read_repository(part: Part, installation: int) -> Repository:
    """Its name becomes part of addresses, so it must be a name."""
    full_name = part.text("full_name")
    if not _FULL_NAME.fullmatch(full_name) or full_name.endswith(("/.", "/..")):
        raise BadDelivery("the repository's full_name is no owner/name")
    return Repository(part.number("id"), full_name, installation)


def _actor(part: Part) -> Actor:
    return Actor(part.number("id"), part.text("login"), part.text_or_none("type") or "User")


def _issue_text(issue: Part) -> IssueText:
    author = _actor(issue.part("user")) if issue.has("user") else Actor(0, "ghost")
    return IssueText(issue.text("title"), issue.text_or_none("body") or "", author)


def _issues(payload: Part) -> Event | None:
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


def _issue_comment(payload: Part) -> Event | None:
    repository = _repository(payload)
    action = payload.text("action")
    if repository is None or action not in ("created", "edited", "deleted"):
        return None
    issue, comment = payload.part("issue"), payload.part("comment")
    thread = Thread(repository, issue.number("number"))
    if action == "edited":
        return _box_ticked(payload, thread, comment)
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
        place=thread.number,
    )


def _box_ticked(payload: Part, thread: Thread, comment: Part) -> Event | None:
    """One box of an App's comment, unticked before and ticked now, by a person. Any other edit is none of it."""
    sender = _actor(payload.part("sender"))
    changes = payload.part("changes") if payload.has("changes") else None
    if changes is None or not changes.has("body") or not comment.has("user") or sender.type == "Bot":
        return None
    if _actor(comment.part("user")).type != "Bot":
        return None
    was_ticked, was_empty = _boxes(changes.part("body").text_or_none("from") or "")
    is_ticked, _ = _boxes(comment.text_or_none("body") or "")
    ticked = is_ticked & (was_empty - was_ticked)
    if len(ticked) != 1:
        return None
    ((name, sha),) = ticked
    return BoxTicked(thread, sender, comment.number("id"), name, sha, comment.text("updated_at"))


def _boxes(body: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Name and commit of the boxes that are ticked, and of those that are not."""
    ticked, empty = set[tuple[str, str]](), set[tuple[str, str]]()
    for line in body.split("\n"):
        if box := _BOX.fullmatch(line):
            (empty if box[1] == " " else ticked).add((box[2], box[3] or ""))
    return ticked, empty


def _check_run(payload: Part) -> Event | None:
    check = payload.part("check_run")
    suite = check.part("check_suite") if check.has("check_suite") else None
    return _checks(payload, "check_run", check.sha("head_sha"), suite.text_or_none("head_branch") if suite else None)


def _check_suite(payload: Part) -> Event | None:
    suite = payload.part("check_suite")
    return _checks(payload, "check_suite", suite.sha("head_sha"), suite.text_or_none("head_branch"))


def _workflow_run(payload: Part) -> Event | None:
    run = payload.part("workflow_run")
    return _checks(payload, "workflow_run", run.sha("head_sha"), run.text_or_none("head_branch"))


def _status(payload: Part) -> Event | None:
    branches = [branch.text("name") for branch in payload.parts("branches")]
    ours = next((name for name in branches if thread_number(name) is not None), None)
    return _checks(payload, "status", payload.sha("sha"), ours)


def _deployment_status(payload: Part) -> Event | None:
    deployment = payload.part("deployment")
    return _checks(payload, "deployment_status", deployment.sha("sha"), deployment.text_or_none("ref"))


def _checks(payload: Part, source: str, sha: str, branch: str | None) -> Event | None:
    """On whatever branch: the number 0 has the inbox find out whose commit it is."""
    repository = _repository(payload)
    if repository is None:
        return None
    return ChecksChanged(Thread(repository, thread_number(branch) or 0), sha, source)


def _pull_request(payload: Part) -> Event | None:
    repository = _repository(payload)
    if repository is None:
        return None
    pull = payload.part("pull_request")
    return PullChanged(
        thread=_pull_thread(repository, pull),
        actor=_actor(payload.part("sender")),
        action=payload.text("action"),
        number=pull.number("number"),
        merged=pull.flag("merged"),
    )


def _pull_thread(repository: Repository, pull: Part) -> Thread:
    """The issue's for a branch of ours; one of that name in a fork is somebody else's, and counts as any other."""
    head = pull.part("head")
    # The repository is null when a fork was deleted.
    here = head.has("repo") and head.part("repo").number("id") == repository.id
    number = thread_number(head.text("ref")) if here else None
    return Thread(repository, number or pull.number("number"))


def _pull_request_review(payload: Part) -> Event | None:
    return _reviews(payload, "pull_request_review", ("submitted", "dismissed"))


def _pull_request_review_comment(payload: Part) -> Event | None:
    return _reviews(payload, "pull_request_review_comment", ("created",))


def _pull_request_review_thread(payload: Part) -> Event | None:
    return _reviews(payload, "pull_request_review_thread", ("resolved", "unresolved"))


def _reviews(payload: Part, source: str, actions: tuple[str, ...]) -> Event | None:
    repository = _repository(payload)
    if repository is None or payload.text("action") not in actions:
        return None
    thread = _pull_thread(repository, payload.part("pull_request"))
    return ReviewsChanged(thread, _actor(payload.part("sender")), source)


def _installation(payload: Part) -> Event | None:
    return InstallationChanged(payload.part("installation").number("id"), payload.text("action"))


def _installation_repositories(payload: Part) -> Event | None:
    installation = payload.part("installation").number("id")
    removed = tuple(_read_repository(item, installation) for item in payload.parts("repositories_removed"))
    return InstallationChanged(installation, payload.text("action"), removed)


READERS: Mapping[str, Callable[[Part], Event | None]] = {
    "issues": _issues,
    "issue_comment": _issue_comment,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "status": _status,
    "workflow_run": _workflow_run,
    "deployment_status": _deployment_status,
    "pull_request": _pull_request,
    "pull_request_review": _pull_request_review,
    "pull_request_review_comment": _pull_request_review_comment,
    "pull_request_review_thread": _pull_request_review_thread,
    "installation": _installation,
    "installation_repositories": _installation_repositories,
}
