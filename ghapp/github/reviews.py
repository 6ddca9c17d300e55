"""Reviews at GitHub (`ports.Reviews`).

Threads and whether they are resolved are known to GraphQL alone; everything else goes by REST. The ids of comments
have outgrown GraphQL's `databaseId` of 32 bits: https://docs.github.com/en/graphql/reference/objects
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ghapp.core import messages
from ghapp.core.errors import Gone, UserError
from ghapp.core.events import Actor, Repository
from ghapp.core.evidence import LineRemark
from ghapp.core.ports import GHOST, Review, ReviewComment, ReviewThread
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages

Json = dict[str, Any]

_MAX_PAGES = 20
_COMMENTS = """
comments(first: 100, after: $comments) {
  pageInfo { hasNextPage endCursor }
  nodes {
    fullDatabaseId body createdAt url
    author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
  }
}
"""
_THREADS = f"""
query($owner: String!, $name: String!, $number: Int!, $after: String, $comments: String) {{
  repository(owner: $owner, name: $name) {{ pullRequest(number: $number) {{
    reviewThreads(first: 50, after: $after) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ id isResolved path line {_COMMENTS} }}
    }}
  }} }}
}}
"""
_MORE = f"""
query($id: ID!, $comments: String) {{ node(id: $id) {{ ... on PullRequestReviewThread {{ {_COMMENTS} }} }} }}
"""
_RESOLVE = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"


class GitHubReviews:
    """Reviews and their threads (`ports.Reviews`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def threads(self, repository: Repository, number: int) -> tuple[ReviewThread, ...]:
        """All threads, resolved ones too, oldest first; the first thousand."""
        owner, _, name = repository.full_name.partition("/")
        asked = {"owner": owner, "name": name, "number": number}
        found, after = list[ReviewThread](), None
        for _ in range(_MAX_PAGES):
            data = self._app.graphql(repository, _THREADS, {**asked, "after": after})
            page = data["repository"]["pullRequest"]["reviewThreads"]
            found += [_thread(row, self._comments(repository, row)) for row in page["nodes"] or () if row]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        return tuple(thread for thread in found if thread.comments)

    def _comments(self, repository: Repository, thread: Json) -> Iterator[Json]:
        """The comments of a thread, with those that a page of threads has no room for."""
        page = thread["comments"]
        for _ in range(_MAX_PAGES):
            yield from (row for row in page["nodes"] or () if row)
            if not page["pageInfo"]["hasNextPage"]:
                return
            asked = {"id": thread["id"], "comments": page["pageInfo"]["endCursor"]}
            page = self._app.graphql(repository, _MORE, asked)["node"]["comments"]

    def submitted(self, repository: Repository, number: int) -> tuple[Review, ...]:
        """All submitted reviews, oldest first; one that is being written is nobody's word yet."""
        requester = self._app.installation(repository.installation)
        rows = pages(requester, f"{_pull(repository, number)}/reviews")
        return tuple(_review(row) for row in rows if row["state"] != "PENDING")

    def reply(self, repository: Repository, number: int, comment: int, body: str, marker: str) -> None:
        """Reply in the thread of a comment, once for each marker; anybody can write one, so the author's id counts."""
        requester = self._app.installation(repository.installation)
        path = f"{_pull(repository, number)}/comments"
        if self._is_there(repository, pages(requester, path), marker):
            return
        with github_errors():
            requester.requestJsonAndCheck("POST", f"{path}/{comment}/replies", input={"body": body})

    def _is_there(self, repository: Repository, rows: Iterator[Json], marker: str) -> bool:
        """Whether the App itself has said what has this marker."""
        _, bot = self._app.bot(repository.installation)
        return any((row["user"] or {}).get("id") == bot and marker in (row["body"] or "") for row in rows)

    def resolve(self, repository: Repository, thread: str) -> None:
        """Resolve a thread. Twice is once."""
        self._app.graphql(repository, _RESOLVE, {"id": thread})

    def request(self, repository: Repository, number: int, logins: Sequence[str]) -> None:
        """Ask these people for a review, each alone: GitHub refuses all of a list for one who cannot be asked."""
        requester = self._app.installation(repository.installation)
        for login in logins:
            try:
                with github_errors():
                    path = f"{_pull(repository, number)}/requested_reviewers"
                    requester.requestJsonAndCheck("POST", path, input={"reviewers": [login]})
            except UserError:  # the author, or somebody who is no collaborator any more
                continue

    def submit(
        self, repository: Repository, number: int, sha: str, body: str, remarks: Sequence[LineRemark], marker: str
    ) -> None:
        """Give a review of one commit: comments, never an approval.

        GitHub takes no line that the diff does not show, and says not which; then the remarks stand in the text.
        """
        requester = self._app.installation(repository.installation)
        if self._is_there(repository, pages(requester, f"{_pull(repository, number)}/reviews"), marker):
            return
        try:
            self._submit(repository, number, sha, body, [_line_comment(remark) for remark in remarks])
        except Gone:
            raise
        except UserError:
            if not remarks:
                raise
            self._submit(repository, number, sha, messages.with_remarks(body, remarks), [])

    def _submit(self, repository: Repository, number: int, sha: str, body: str, comments: Sequence[Json]) -> None:
        """https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request"""
        given = {"commit_id": sha, "body": body, "event": "COMMENT", "comments": comments}
        requester = self._app.installation(repository.installation)
        with github_errors():
            requester.requestJsonAndCheck("POST", f"{_pull(repository, number)}/reviews", input=given)


def _pull(repository: Repository, number: int) -> str:
    return f"/repos/{repository.full_name}/pulls/{number}"


def _thread(row: Json, comments: Iterator[Json]) -> ReviewThread:
    rows = list(comments)
    return ReviewThread(
        id=row["id"],
        path=row["path"],
        line=row["line"],
        resolved=row["isResolved"],
        comments=tuple(
            ReviewComment(int(one["fullDatabaseId"]), _author(one["author"]), one["body"], one["createdAt"])
            for one in rows
        ),
        url=rows[0]["url"] if rows else "",
    )


def _author(author: Json | None) -> Actor:
    """By id, as REST names accounts; what is neither a person nor an App has none here, and so no right."""
    if author is None:
        return GHOST
    kind, login = author["__typename"], author["login"]
    return Actor(author.get("databaseId") or 0, f"{login}[bot]" if kind == "Bot" else login, kind)


def _review(row: Json) -> Review:
    user = row["user"]
    return Review(
        id=row["id"],
        author=Actor(user["id"], user["login"], user["type"]) if user else GHOST,
        state=row["state"],
        body=row["body"] or "",
        at=row.get("submitted_at") or "",
        sha=row["commit_id"] or "",
        url=row["html_url"],
    )


def _line_comment(remark: LineRemark) -> Json:
    """A comment beside a line of the new side."""
    return {"path": remark.path, "line": remark.line, "side": "RIGHT", "body": messages.line_remark(remark)}
