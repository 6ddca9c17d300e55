"""Issues and comments."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from github.Issue import Issue as PyGithubIssue
from github.IssueComment import IssueComment
from github.NamedUser import NamedUser
from github.Organization import Organization

from ghapp.core.errors import Gone, UserError
from ghapp.core.events import Actor, IssueLabeled, IssueText, Repository, Thread
from ghapp.core.ports import Comment, Issue, Pictures
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages
from ghapp.github.pictures import Attachments, pictures

log = logging.getLogger(__name__)

_GHOST = Actor(0, "ghost")
_RENDERED = {"Accept": "application/vnd.github.full+json"}
"""https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types"""

_SIMILAR = 10
_NEWEST = 30
_MAX_QUERY = 256  # characters; https://docs.github.com/en/rest/search/search#limitations-on-query-length


class GitHubIssues:
    """Issues and the comments on issues and pull requests (`ports.Issues`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def read(self, thread: Thread) -> Issue:
        """The issue as it is now."""
        with github_errors():
            return _issue(self._issue(thread))

    def open(self, repository: Repository, title: str, body: str, marker: str) -> int:
        """Open an issue; its number. Among the newest there may be ours from a try whose answer was lost."""
        _, bot = self._app.bot(repository.installation)
        with github_errors():
            here = self._app.repository(repository)
            for issue in islice(here.get_issues(state="all"), _NEWEST):
                if issue.user and issue.user.id == bot and marker in (issue.body or ""):
                    return issue.number
            return here.create_issue(title, body).number

    def comments(self, thread: Thread) -> tuple[Comment, ...]:
        """All comments, oldest first."""
        with github_errors():
            return tuple(_comment(item) for item in self._issue(thread).get_comments())

    def react(self, thread: Thread, comment: int | None, content: str) -> None:
        """React to a comment, or to the issue itself; GitHub makes twice once.

        A courtesy: where the comment was deleted or the conversation is locked, there is none.
        """
        try:
            with github_errors():
                issue = self._issue(thread)
                (issue if comment is None else issue.get_comment(comment)).create_reaction(content)
        except UserError as error:
            log.info("no reaction on %s: %s", thread.key, error)

    def write_comment(self, thread: Thread, body: str, comment: int | None = None, marker: str = "") -> int:
        """Write a comment, or edit ours: by its id, else the one that carries `marker`, else a new one."""
        with github_errors():
            issue = self._issue(thread)
            if comment is not None and _edited(issue, comment, body):
                return comment
            found = next((item for item in self._ours(thread.repository, issue, marker)), None) if marker else None
            if found is not None:
                found.edit(body)
                return found.id
            return issue.create_comment(body).id

    def add_label(self, thread: Thread, label: str) -> None:
        """Add a label; GitHub makes it when the repository has none of that name."""
        with github_errors():
            self._issue(thread).add_to_labels(label)

    def labelled(self, repository: Repository, label: str) -> tuple[IssueLabeled, ...]:
        """Who put `label` on each open issue that wears it, and when, as GitHub's timeline tells."""
        with github_errors():
            issues = self._app.repository(repository).get_issues(state="open", labels=[label])
            threads = [(Thread(repository, issue.number), issue) for issue in issues if issue.pull_request is None]
            return tuple(found for thread, issue in threads for found in _labelling(thread, issue, label))

    def images(self, thread: Thread, asked: str) -> Pictures:
        """The pictures that `asked` shows and that are attached to the thread; nothing is asked when there are none.

        As rendered for us, a body has addresses that open without a token, also in a private repository.
        """
        attachments = Attachments(self._app.server_url)
        if not attachments.named(asked):
            return Pictures()
        return pictures(attachments, asked, self._rendered(thread))

    def _rendered(self, thread: Thread) -> Iterator[str]:
        """The bodies of the thread as HTML; the comments' only when the issue's was not enough."""
        requester = self._app.installation(thread.repository.installation)
        path = f"/repos/{thread.repository.full_name}/issues/{thread.number}"
        with github_errors():
            _, issue = requester.requestJsonAndCheck("GET", path, headers=_RENDERED)
        yield issue.get("body_html") or ""
        for comment in pages(requester, f"{path}/comments", headers=_RENDERED):
            yield comment.get("body_html") or ""

    def similar(self, repository: Repository, words: Sequence[str]) -> tuple[Issue, ...]:
        """Closed issues that have all these words, best first, at most ten; what is no word is not looked for."""
        plain = [word for word in words if word.isalnum() and word.isascii() and word not in ("AND", "OR", "NOT")]
        if not plain:
            return ()
        query = " ".join([f"repo:{repository.full_name}", "is:issue", "is:closed", *plain])
        requester = self._app.installation(repository.installation)
        with github_errors():
            parameters = {"q": query[:_MAX_QUERY], "per_page": _SIMILAR}
            _, found = requester.requestJsonAndCheck("GET", "/search/issues", parameters=parameters)
        return tuple(_found(item) for item in found["items"])

    def _issue(self, thread: Thread) -> PyGithubIssue:
        return self._app.repository(thread.repository).get_issue(thread.number)

    def _ours(self, repository: Repository, issue: PyGithubIssue, marker: str) -> Iterator[IssueComment]:
        """Comments of the App itself with the marker; anybody can write the marker, so the author's id counts."""
        _, bot = self._app.bot(repository.installation)
        comments = issue.get_comments()
        return (item for item in comments if item.user and item.user.id == bot and marker in (item.body or ""))


def _edited(issue: PyGithubIssue, comment: int, body: str) -> bool:
    """False when a person has deleted it meanwhile."""
    try:
        with github_errors():
            issue.get_comment(comment).edit(body)
    except Gone:
        return False
    return True


def _labelling(thread: Thread, issue: PyGithubIssue, label: str) -> Iterator[IssueLabeled]:
    """The last time that the label was put on. PyGithub's type lacks the label's name, GitHub's JSON has it."""
    events = [
        event.raw_data
        for event in issue.get_timeline()
        if event.event == "labeled" and event.raw_data.get("label", {}).get("name", "").casefold() == label.casefold()
    ]
    for event in events[-1:]:
        actor = event.get("actor") or {}
        yield IssueLabeled(
            thread=thread,
            actor=Actor(actor.get("id", 0), actor.get("login", "ghost"), actor.get("type", "User")),
            label=label,
            issue=_issue(issue).text,
            updated_at=event["created_at"],
        )


def _issue(issue: PyGithubIssue) -> Issue:
    text = IssueText(issue.title, issue.body or "", _actor(issue.user))
    return Issue(
        number=issue.number,  # only now it is GitHub's word: who asks for an issue that was moved gets another one
        text=text,
        open=issue.state == "open",
        labels=tuple(label.name for label in issue.labels),
        is_pull=issue.pull_request is not None,
        closed_as=issue.state_reason or "" if issue.state == "closed" else "",
        updated_at=_stamp(issue.updated_at),
    )


def _found(item: dict[str, Any]) -> Issue:
    """An issue as the search shows it."""
    user = item.get("user") or {}
    author = Actor(user.get("id", 0), user.get("login", "ghost"), user.get("type", "User"))
    return Issue(
        number=item["number"],
        text=IssueText(item["title"], item.get("body") or "", author),
        open=item["state"] == "open",
        labels=tuple(label["name"] for label in item["labels"]),
        is_pull="pull_request" in item,
        closed_as=item.get("state_reason") or "",
        updated_at=item["updated_at"],
    )


def _comment(comment: IssueComment) -> Comment:
    return Comment(
        id=comment.id,
        author=_actor(comment.user),
        body=comment.body or "",
        created_at=_stamp(comment.created_at),
        updated_at=_stamp(comment.updated_at),
    )


def _actor(user: NamedUser | Organization | None) -> Actor:
    return _GHOST if user is None else Actor(user.id, user.login, user.type)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
