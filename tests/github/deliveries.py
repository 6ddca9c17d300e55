"""Each of the webhooks that we act on, as a payload, and the event that it becomes."""

from typing import Any

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
)
from tests.github.payloads import COMMENT, HEAD, ISSUE, PULL, REPOSITORY, SHA, payload, ticked

HERE = Repository(7, "octo/demo", 3)
THREAD = Thread(HERE, 12)
NOBODYS = Thread(HERE, 0)
MONA = Actor(11, "mona")
TEXT = IssueText("It is broken", "Please mend it.", Actor(21, "hubot", "Bot"))
SUITE = {"head_branch": "honk/12-abc", "head_sha": SHA}
AT = "2026-11-01T10:00:00Z"

EVENTS: list[tuple[str, str, dict[str, Any], Event]] = [
    (
        "labeled",
        "issues",
        payload(action="labeled", issue=ISSUE, label={"name": "honk"}),
        IssueLabeled(THREAD, MONA, "honk", TEXT, AT),
    ),
    (
        "unlabeled",
        "issues",
        payload(action="unlabeled", issue=ISSUE, label={"name": "honk"}),
        IssueUnlabeled(THREAD, MONA, "honk", AT),
    ),
    ("closed", "issues", payload(action="closed", issue=ISSUE), IssueClosed(THREAD, MONA, AT)),
    (
        "created",
        "issue_comment",
        payload(action="created", issue=ISSUE, comment=COMMENT),
        CommentCreated(THREAD, MONA, 99, "/honk fix", TEXT, "2026-11-01T10:05:00Z", on_pull=False, place=12),
    ),
    (
        "created on a pull request",
        "issue_comment",
        payload(action="created", issue=ISSUE | {"pull_request": {"url": "x"}}, comment=COMMENT),
        CommentCreated(THREAD, MONA, 99, "/honk fix", TEXT, "2026-11-01T10:05:00Z", on_pull=True, place=12),
    ),
    (
        "deleted",
        "issue_comment",
        payload(action="deleted", issue=ISSUE, comment=COMMENT),
        CommentDeleted(THREAD, MONA, 99),
    ),
    (
        "check run",
        "check_run",
        payload(action="completed", check_run={"head_sha": SHA, "check_suite": SUITE}),
        ChecksChanged(THREAD, SHA, "check_run"),
    ),
    (
        "check suite",
        "check_suite",
        payload(action="completed", check_suite=SUITE),
        ChecksChanged(THREAD, SHA, "check_suite"),
    ),
    (
        "workflow run",
        "workflow_run",
        payload(action="completed", workflow_run=SUITE),
        ChecksChanged(THREAD, SHA, "workflow_run"),
    ),
    (
        "status",
        "status",
        payload(sha=SHA, branches=[{"name": "main"}, {"name": "honk/12-abc"}]),
        ChecksChanged(THREAD, SHA, "status"),
    ),
    (
        "deployment status",
        "deployment_status",
        payload(action="created", deployment={"sha": SHA, "ref": "honk/12-abc"}),
        ChecksChanged(THREAD, SHA, "deployment_status"),
    ),
    (
        "a check on somebody's branch",
        "check_suite",
        payload(action="completed", check_suite=SUITE | {"head_branch": "main"}),
        ChecksChanged(NOBODYS, SHA, "check_suite"),
    ),
    (
        "a check of no branch",
        "check_suite",
        payload(action="completed", check_suite=SUITE | {"head_branch": None}),
        ChecksChanged(NOBODYS, SHA, "check_suite"),
    ),
    (
        "a check without suite",
        "check_run",
        payload(action="completed", check_run={"head_sha": SHA}),
        ChecksChanged(NOBODYS, SHA, "check_run"),
    ),
    ("a status of no branch", "status", payload(sha=SHA, branches=[]), ChecksChanged(NOBODYS, SHA, "status")),
    (
        "a deployment of a commit",
        "deployment_status",
        payload(action="created", deployment={"sha": SHA, "ref": SHA}),
        ChecksChanged(NOBODYS, SHA, "deployment_status"),
    ),
    (
        "stop ticked",
        "issue_comment",
        ticked("stop"),
        BoxTicked(THREAD, MONA, 99, "stop", "", "2026-11-01T10:06:00Z"),
    ),
    (
        "merge ticked",
        "issue_comment",
        ticked("merge"),
        BoxTicked(THREAD, MONA, 99, "merge", SHA, "2026-11-01T10:06:00Z"),
    ),
    *(
        (
            f"{name} {action}",
            name,
            payload(action=action, pull_request=pull),
            ReviewsChanged(Thread(HERE, number), MONA, name),
        )
        for name, action, pull, number in (
            ("pull_request_review", "submitted", PULL, 12),
            ("pull_request_review", "dismissed", PULL | {"head": HEAD | {"ref": "topic"}}, 13),
            ("pull_request_review_comment", "created", PULL, 12),
            ("pull_request_review_thread", "resolved", PULL | {"head": HEAD | {"repo": None}}, 13),
            ("pull_request_review_thread", "unresolved", PULL, 12),
        )
    ),
    *(
        (
            f"pull {action} of {whose}",
            "pull_request",
            payload(action=action, pull_request=PULL | {"head": HEAD | head}),
            PullChanged(Thread(HERE, 13), MONA, action, 13, False),
        )
        for whose, action, head in (
            ("somebody's branch", "synchronize", {"ref": "topic"}),
            ("a fork's branch of our name", "enqueued", {"repo": {"id": 8}}),
            ("a fork that was deleted", "dequeued", {"repo": None}),
        )
    ),
    *(
        (
            f"pull {action}",
            "pull_request",
            payload(action=action, pull_request=PULL | {"merged": merged}),
            PullChanged(THREAD, MONA, action, 13, merged),
        )
        for action, merged in (("closed", True), ("closed", False), ("synchronize", False), ("reopened", False))
    ),
    (
        "installed",
        "installation",
        {"action": "created", "installation": {"id": 3}, "repositories": [REPOSITORY]},
        InstallationChanged(3, "created"),
    ),
    (
        "suspended",
        "installation",
        {"action": "suspend", "installation": {"id": 3}},
        InstallationChanged(3, "suspend"),
    ),
    (
        "repositories chosen",
        "installation_repositories",
        {
            "action": "removed",
            "installation": {"id": 3},
            "repositories_added": [],
            "repositories_removed": [REPOSITORY],
        },
        InstallationChanged(3, "removed", removed=(HERE,)),
    ),
]
