"""Issues, comments, labels, reactions and the timeline; pull requests are issues here too."""

from ghapp.playground.auth import RefusedError
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found, invalid
from ghapp.playground.state import Comment, Issue, Label
from ghapp.playground.verbs import issues as verbs
from ghapp.playground.views import issues as views
from ghapp.playground.views.media import rendered

_BODY_LIMIT = 65536


def checked_body(ask: Ask, resource: str) -> str | None:
    """The body, which GitHub does not take when it is longer than 65,536 characters."""
    body: str | None = ask.body.get("body")
    if body is not None and len(body) > _BODY_LIMIT:
        raise invalid(resource, "body", message=f"body is too long (maximum is {_BODY_LIMIT} characters)")
    return body


def unlocked(ask: Ask, issue: Issue) -> Issue:
    """The issue when the caller may talk there. Raises RefusedError 403 where the conversation is locked to them."""
    if not verbs.may_talk(ask.repository, ask.actor, issue):
        raise RefusedError(403, "Unable to create comment because issue is locked.")
    return issue


def list_issues(ask: Ask) -> Answer:
    """Newest first. Filters: state, labels (all of them), since."""
    wanted = ask.query.get("state", "open")
    names = {name.lower() for name in ask.query.get("labels", "").split(",") if name}
    since = ask.query.get("since", "")
    rows = [
        views.issue(ask.state, ask.repository, issue)
        for issue in sorted(ask.repository.issues.values(), key=lambda one: -one.number)
        if wanted in ("all", issue.state) and names <= {label.name.lower() for label in issue.labels}
    ]
    return ask.page(row for row in rows if row["updated_at"] >= since)


def create_issue(ask: Ask) -> Answer:
    labels = [name if isinstance(name, str) else name["name"] for name in ask.body.get("labels", [])]
    body = checked_body(ask, "Issue")
    made = verbs.open_issue(ask.room, ask.repository, ask.actor, str(ask.body["title"]), body, labels)
    return Answer(views.issue_itself(ask.state, ask.repository, made), 201)


def get_issue(ask: Ask) -> Answer:
    shown = views.issue_itself(ask.state, ask.repository, ask.issue())
    return Answer(rendered(ask.state, ask.repository, shown, ask.accept))


def edit_issue(ask: Ask) -> Answer:
    """Title, body, state, and labels as a whole."""
    issue, here, actor = ask.issue(), ask.repository, ask.actor
    checked_body(ask, "Issue")
    verbs.edit(ask.room, here, actor, issue, ask.body)
    if "labels" in ask.body:
        wanted = [name if isinstance(name, str) else name["name"] for name in ask.body["labels"]]
        for label in [one for one in issue.labels if one.name not in wanted]:
            verbs.remove_label(ask.room, here, actor, issue, label)
        verbs.add_labels(ask.room, here, actor, issue, wanted)
    if ask.body.get("state") == "closed":
        verbs.close(ask.room, here, actor, issue, ask.body.get("state_reason") or "completed")
    elif ask.body.get("state") == "open":
        verbs.reopen(ask.room, here, actor, issue)
    return get_issue(ask)


def lock_issue(ask: Ask) -> Answer:
    verbs.lock(ask.room, ask.repository, ask.actor, ask.issue(), (ask.body or {}).get("lock_reason"))
    return Answer(None, 204)


def unlock_issue(ask: Ask) -> Answer:
    verbs.unlock(ask.room, ask.repository, ask.actor, ask.issue())
    return Answer(None, 204)


def list_comments(ask: Ask) -> Answer:
    number, since = ask.issue().number, ask.query.get("since", "")
    rows = [one for one in ask.repository.comments.values() if one.number == number]
    shown = [views.comment(ask.state, ask.repository, one) for one in rows]
    recent = [row for row in shown if row["updated_at"] >= since]
    return ask.page(rendered(ask.state, ask.repository, row, ask.accept) for row in recent)


def create_comment(ask: Ask) -> Answer:
    body = checked_body(ask, "IssueComment")
    if not body:
        raise invalid("IssueComment", "body", "missing_field")
    made = verbs.comment(ask.room, ask.repository, ask.actor, unlocked(ask, ask.issue()), body)
    return Answer(views.comment(ask.state, ask.repository, made), 201)


def comment_of(ask: Ask) -> Comment:
    return found(ask.repository.comments.get(ask.path["comment_id"]))


def get_comment(ask: Ask) -> Answer:
    shown = views.comment(ask.state, ask.repository, comment_of(ask))
    return Answer(rendered(ask.state, ask.repository, shown, ask.accept))


def edit_comment(ask: Ask) -> Answer:
    body = checked_body(ask, "IssueComment")
    made = comment_of(ask)
    _own_or_write(ask, made)
    verbs.edit_comment(ask.room, ask.repository, ask.actor, made, body or "")
    return get_comment(ask)


def delete_comment(ask: Ask) -> Answer:
    made = comment_of(ask)
    _own_or_write(ask, made)
    verbs.delete_comment(ask.room, ask.repository, ask.actor, made)
    return Answer(None, 204)


def _own_or_write(ask: Ask, made: Comment) -> None:
    """A person changes their own comments, or with write access anybody's."""
    if made.author.user is not ask.actor.user:
        ask.caller.require(ask.repository, "issues:write|pull_requests:write", "write")


def list_issue_labels(ask: Ask) -> Answer:
    return ask.page(_labels(ask, ask.issue()))


def _labels(ask: Ask, issue: Issue) -> list[object]:
    return [views.label(ask.state, ask.repository, one) for one in issue.labels]


def add_issue_labels(ask: Ask) -> Answer:
    issue = ask.issue()
    names = [name if isinstance(name, str) else name["name"] for name in ask.body.get("labels", [])]
    verbs.add_labels(ask.room, ask.repository, ask.actor, issue, names)
    return Answer(_labels(ask, issue))


def _label(ask: Ask) -> Label | None:
    name = ask.path["name"].lower()
    return next((one for one in ask.repository.labels.values() if one.name.lower() == name), None)


def remove_issue_label(ask: Ask) -> Answer:
    issue, label = ask.issue(), _label(ask)
    if label is None or label not in issue.labels:
        raise RefusedError(404, "Label does not exist")
    verbs.remove_label(ask.room, ask.repository, ask.actor, issue, label)
    return Answer(_labels(ask, issue))


def timeline(ask: Ask) -> Answer:
    """Comments and labellings in order; other events are not modelled."""
    issue, here = ask.issue(), ask.repository
    comments = [one for one in here.comments.values() if one.number == issue.number]
    shown = [(one.id, views.timeline_comment(ask.state, here, one)) for one in comments]
    shown += [(event.id, views.timeline_label(ask.state, here, event)) for event in issue.timeline]
    return ask.page(row for _, row in sorted(shown, key=lambda pair: pair[0]))


def list_labels(ask: Ask) -> Answer:
    return ask.page(views.label(ask.state, ask.repository, one) for one in ask.repository.labels.values())


def create_label(ask: Ask) -> Answer:
    name = str(ask.body["name"])
    if any(one.name.lower() == name.lower() for one in ask.repository.labels.values()):
        raise invalid("Label", "name", "already_exists")
    color = ask.body.get("color", "ededed").lstrip("#")
    made = Label(ask.state.next_id(), name, color, ask.body.get("description"))
    ask.repository.labels[name] = made
    return Answer(views.label(ask.state, ask.repository, made), 201)


def get_label(ask: Ask) -> Answer:
    return Answer(views.label(ask.state, ask.repository, found(_label(ask))))


_HERE = "/repos/{owner}/{repo}"
_ISSUE = f"{_HERE}/issues/{{issue_number}}"
_COMMENT = f"{_HERE}/issues/comments/{{comment_id}}"
_READ, _WRITE = "issues:read|pull_requests:read", "issues:write|pull_requests:write"
_LISTED = PAGES | {"state", "labels", "since"}
_EDITED = frozenset({"title", "body", "state", "state_reason", "labels"})
_SAID = frozenset({"body"})
ROUTES = (
    Route("GET", f"{_HERE}/issues", list_issues, "issues:read", query=_LISTED),
    Route(
        "POST",
        f"{_HERE}/issues",
        create_issue,
        "issues:write",
        "read",
        body=frozenset({"title", "body", "labels"}),
        content=True,
    ),
    Route("GET", _ISSUE, get_issue, _READ),
    Route("PATCH", _ISSUE, edit_issue, _WRITE, "triage", body=_EDITED),
    Route("PUT", f"{_ISSUE}/lock", lock_issue, _WRITE, "write", body=frozenset({"lock_reason"})),
    Route("DELETE", f"{_ISSUE}/lock", unlock_issue, _WRITE, "write"),
    Route("GET", f"{_ISSUE}/comments", list_comments, _READ, query=PAGES | {"since"}),
    Route("POST", f"{_ISSUE}/comments", create_comment, _WRITE, "read", body=_SAID, content=True),
    Route("GET", _COMMENT, get_comment, _READ),
    Route("PATCH", _COMMENT, edit_comment, _WRITE, "read", body=_SAID),
    Route("DELETE", _COMMENT, delete_comment, _WRITE, "read"),
    Route("GET", f"{_ISSUE}/labels", list_issue_labels, _READ, query=PAGES),
    Route("POST", f"{_ISSUE}/labels", add_issue_labels, _WRITE, "triage", body=frozenset({"labels"})),
    Route("DELETE", f"{_ISSUE}/labels/{{name}}", remove_issue_label, _WRITE, "triage"),
    Route("GET", f"{_ISSUE}/timeline", timeline, _READ, query=PAGES),
    Route("GET", f"{_HERE}/labels", list_labels, _READ, query=PAGES),
    Route("POST", f"{_HERE}/labels", create_label, _WRITE, body=frozenset({"name", "color", "description"})),
    Route("GET", f"{_HERE}/labels/{{name}}", get_label, _READ),
)
