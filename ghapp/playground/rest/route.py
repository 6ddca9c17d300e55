"""What a handler of one operation gets, and what it answers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode

from ghapp.playground.auth import NOT_FOUND, Caller, RefusedError
from ghapp.playground.room import NotModelledError, Room
from ghapp.playground.state import Actor, Issue, Pull, Repository, Role, State

Json = dict[str, Any]
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Answer:
    """JSON in `body`, or with `raw` bytes of another media type."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    media: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Ask:
    """One request to one operation. `path` holds the template's parameters, numbers as int."""

    room: Room
    caller: Caller
    path: Mapping[str, Any]
    query: Mapping[str, str]
    body: Json
    accept: str
    url: str
    found: Repository | None = None

    @property
    def state(self) -> State:
        return self.room.state

    @property
    def repository(self) -> Repository:
        assert self.found is not None, "the route has no repository in its path"
        return self.found

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    def issue(self) -> Issue:
        """The issue or pull request of the path. Raises RefusedError 404."""
        number = self.path.get("issue_number", self.path.get("pull_number"))
        return found(self.repository.issues.get(number or 0))

    def pull(self) -> tuple[Issue, Pull]:
        """The pull request of the path. Raises RefusedError 404."""
        issue = self.issue()
        return issue, found(issue.pull)

    def commit_sha(self, name: str) -> str:
        """The sha that a ref, branch or sha of the path names. Raises RefusedError 422 as GitHub does."""
        ref = name.removeprefix("refs/heads/").removeprefix("heads/")
        sha = self.repository.bare.resolve(ref)
        if sha is None:
            raise RefusedError(422, f"No commit found for SHA: {name}")
        return sha

    def page(self, items: Iterable[object], key: str | None = None, **more: object) -> Answer:
        """One page of a list, with the Link header; with `key` inside an object that has `total_count`."""
        rows = list(items)
        size = min(max(int(self.query.get("per_page", 30)), 1), 100)
        page = max(int(self.query.get("page", 1)), 1)
        shown = rows[(page - 1) * size : page * size]
        last = max(1, -(-len(rows) // size))
        body: object = shown if key is None else {"total_count": len(rows), key: shown, **more}
        return Answer(body, headers=self._link(page, last))

    def _link(self, page: int, last: int) -> dict[str, str]:
        """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""
        pages = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        wanted = [*(["prev", "first"] if page > 1 else []), *(["next", "last"] if page < last else [])]
        rows = [self.link(name, page=pages[name]) for name in wanted]
        return {"Link": ", ".join(rows)} if rows else {}

    def link(self, name: str, **changes: object) -> str:
        """This request's address with other parameters, as one part of a Link header."""
        return f'<{self.url}?{urlencode({**self.query, **changes})}>; rel="{name}"'


PAGES = frozenset({"per_page", "page"})


@dataclass(frozen=True)
class Route:
    """One operation. `query` and `body` name what is modelled; anything else that GitHub knows is answered 501.

    `needs` are the permissions that an installation token must have (alternatives divided by `|`), `role` the least
    role of a person. `by` says who may call: an App by JWT, the same as a client by its secret, an installation, or
    whoever holds the permission.
    """

    method: str
    template: str
    handler: Callable[[Ask], Answer]
    needs: str = "metadata:read"
    role: Role | None = None
    query: frozenset[str] = frozenset()
    body: frozenset[str] = frozenset()
    by: Literal["anyone", "app", "client", "installation"] = "anyone"
    content: bool = False
    """Whether it makes content that notifies people, and so counts against the secondary limit."""

    @property
    def least_role(self) -> Role:
        return self.role or ("read" if self.method == "GET" else "write")


def found(thing: Thing | None) -> Thing:
    """The thing, or RefusedError 404."""
    if thing is None:
        raise RefusedError(404, NOT_FOUND)
    return thing


def not_modelled(what: str) -> NotModelledError:
    return NotModelledError(what)


def invalid(resource: str, name: str, code: str = "invalid", message: str | None = None) -> RefusedError:
    """GitHub's 422: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api"""
    error = {"resource": resource, "field": name, "code": code}
    return RefusedError(422, "Validation Failed", [error | ({"message": message} if message else {})])
