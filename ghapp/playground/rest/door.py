"""What every REST request passes through: faults, who calls, limits, GitHub's descriptions, permissions, headers."""

import json
import re
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from ghapp.playground.auth import Caller, RefusedError, caller_of
from ghapp.playground.faults import Fault
from ghapp.playground.rest.route import Answer, Ask, Route, found
from ghapp.playground.room import NotModelledError, Room
from ghapp.playground.state import Repository

_PATHS = ("path", "ref", "branch", "basehead", "name")
_INTEGERS = ("_number", "_id")
_DOCS = "https://docs.github.com/rest"


def flask_rule(template: str) -> str:
    """The OpenAPI template as a Flask rule: numbers are ints, and refs, paths and label names may have slashes."""
    parts = []
    for part in template.split("/"):
        name = part[1:-1] if part.startswith("{") else ""
        if name in _PATHS:
            part = f"<path:{name}>"
        elif name in ("workflow_id", "client_id"):  # a number or the file's name, and what only looks like a number
            part = f"<{name}>"
        elif name.endswith(_INTEGERS):
            part = f"<int:{name}>"
        elif name:
            part = f"<{name}>"
        parts.append(part)
    return "/api/v3" + "/".join(parts)


def api_app(room: Room, routes: tuple[Route, ...]) -> Flask:
    """The operations as a Flask app; what none of them answers is a violation."""
    app = Flask(__name__, static_folder=None)
    app.url_map = _url_map(routes)
    app.view_functions |= {_endpoint(route): _Door(room, route).answer for route in routes}
    app.view_functions["unknown"] = _unknown(room)
    app.register_error_handler(HTTPException, as_json)
    return app


def _endpoint(route: Route) -> str:
    return f"{route.method} {route.template}"


@cache
def _url_map(routes: tuple[Route, ...]) -> Map:
    """One map for every playground of this process: to compile a hundred rules takes 0.2 s."""
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    rules = [Rule(flask_rule(route.template), endpoint=_endpoint(route), methods=[route.method]) for route in routes]
    return Map([*rules, Rule("/api/v3/<path:rest>", endpoint="unknown", methods=methods)])


def _unknown(room: Room) -> Callable[..., Response]:
    def answer(rest: str) -> Response:
        violation = f"{request.method} /{rest} is not modelled"
        room.violations.append(violation)
        return respond(refusal(501, violation))

    return answer


@dataclass(frozen=True)
class _Door:
    room: Room
    route: Route

    def answer(self, **path: Any) -> Response:
        """Answer one request, whatever happens."""
        fault = self.room.faults.take(request.method, request.path)
        if fault is not None and fault.how == "answer":
            return respond(refusal(fault.status, "Something went wrong"), fault.headers)
        with self.room.lock:
            answer, headers = self._guarded(path)
        answer = self._described(answer)
        if fault is not None:
            return spoilt(fault)
        return respond(answer, headers)

    def _guarded(self, path: Mapping[str, Any]) -> tuple[Answer, dict[str, str]]:
        headers: dict[str, str] = {}
        try:
            now = self.room.now()
            authorization = request.headers.get("Authorization")
            caller = caller_of(self.room.state, authorization, now, request.remote_addr or "")
            headers = self._limited(caller)
            return self._handled(caller, path), headers
        except MovedError as error:
            return moved(self.room, error.to), headers
        except LimitedError as error:
            return refusal(error.status, str(error)), dict(error.headers)
        except RefusedError as error:
            return refusal(error.status, str(error), error.errors), headers
        except NotModelledError as error:
            return self._violated(f"{self.route.method} {self.route.template}: {error} is not modelled"), headers

    def _limited(self, caller: Caller) -> dict[str, str]:
        """Count the request and return the headers that tell of it. Raises RefusedError when a limit is reached."""
        room, now = self.room, self.room.now()
        within = self.route.template == "/rate_limit" or room.limits.use(caller.bearer, now)
        headers = limit_headers(room, caller.bearer)
        if not within:
            raise LimitedError("API rate limit exceeded for your token.", headers)
        if self.route.content and not room.limits.write(caller.bearer, now):
            raise LimitedError(
                "You have exceeded a secondary rate limit and have been temporarily blocked from content creation.",
                headers | {"Retry-After": "60"},
            )
        return headers

    def _handled(self, caller: Caller, path: Mapping[str, Any]) -> Answer:
        body = self._body()
        self._right_kind(caller)
        owner, name = path.get("owner"), path.get("repo")
        repository = None
        if owner is not None:
            repository = self._named(f"{owner}/{name}", caller)
            found(caller.sees(repository) or None)
            if self.route.by == "anyone":
                caller.require(repository, self.route.needs, self.route.least_role)
        url = f"{self.room.state.base_url}{request.path}"
        ask = Ask(self.room, caller, path, request.args, body, request.headers.get("Accept", ""), url, repository)
        return self.route.handler(ask)

    def _named(self, full_name: str, caller: Caller) -> Repository:
        """The repository of the path. Raises MovedError for the old name of one that the caller sees."""
        former = self.room.state.moved(full_name)
        if former is not None and caller.sees(former):
            raise MovedError(former)
        return found(self.room.state.repository(full_name))

    def _right_kind(self, caller: Caller) -> None:
        """Raise RefusedError when the operation is for another kind of caller."""
        if self.route.by == "app" and caller.app is None:
            raise RefusedError(401, "A JSON web token could not be decoded")
        if self.route.by != "app" and caller.app is not None:
            raise RefusedError(401, "Bad credentials")
        if (self.route.by == "client") != (caller.client is not None):
            raise RefusedError(401, "Bad credentials")
        if caller.token is not None and caller.token.app is not None and self.route.template != "/user":
            raise NotModelledError("a user access token")
        if self.route.by == "installation" and (caller.token is None or caller.token.installation is None):
            raise RefusedError(403, "You must authenticate with an installation access token")

    def _body(self) -> dict[str, Any]:
        """The request's object, known in every part.

        GitHub still takes a bare list of labels, which PyGithub sends, though it describes the object only.
        """
        raw = request.get_data()
        try:
            body = json.loads(raw) if raw else {}
        except ValueError as error:
            raise RefusedError(400, "Problems parsing JSON") from error
        shaped = {"labels": body} if isinstance(body, list) else body
        if not isinstance(shaped, dict):
            raise RefusedError(400, "Body should be a JSON object")
        self._known(shaped)
        return shaped

    def _known(self, body: dict[str, Any]) -> None:
        """Raise NotModelledError for what GitHub does not describe, and for what it does but we do not do."""
        if self.room.contract is not None:
            breaches = self.room.contract.rest_request(self.route.method, self.route.template, request.args, body)
            if breaches:
                raise NotModelledError("; ".join(breaches))
        unknown = {f"query {key}" for key in request.args if key not in self.route.query}
        unknown |= {f"field {key}" for key in body if key not in self.route.body}
        if unknown:
            raise NotModelledError(", ".join(sorted(unknown)))

    def _described(self, answer: Answer) -> Answer:
        """Hold the answer to GitHub's description."""
        if self.room.contract is None or answer.status == 501 or answer.raw is not None:
            return answer
        method, template = self.route.method, self.route.template
        breaches = self.room.contract.rest_response(method, template, answer.status, answer.body)
        return self._violated("; ".join(breaches), 500) if breaches else answer

    def _violated(self, what: str, status: int = 501) -> Answer:
        self.room.violations.append(what)
        return refusal(status, what)


class LimitedError(RefusedError):
    """A limit is reached: 403, with the headers that say for how long."""

    def __init__(self, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(403, message)
        self.headers = headers


class MovedError(Exception):
    """The repository has another name now."""

    def __init__(self, to: Repository) -> None:
        super().__init__(to.full_name)
        self.to = to


def moved(room: Room, to: Repository) -> Answer:
    """Where the same request is answered now, which GitHub names by the repository's number.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
    """
    status, message = (301, "Moved Permanently") if request.method == "GET" else (307, "Temporary Redirect")
    _owner, _name, *rest = request.path.removeprefix("/api/v3/repos/").split("/")
    path = "/".join([f"{room.state.api}/repositories/{to.id}", *rest])
    query = request.query_string.decode()
    address = f"{path}?{query}" if query else path
    told = {"message": message, "url": address, "documentation_url": _DOCS}
    # Any operation may be answered so, and few are described with it: these bytes are held to no description.
    return Answer(status=status, headers={"Location": address}, raw=json.dumps(told).encode())


def by_name(room: Room, path: str) -> str:
    """A path that names the repository by its number, as redirects do, with its name."""
    match = re.match(r"/api/v3/repositories/(\d+)(?=/|$)", path)
    if match is None:
        return path
    known = [one for one in room.state.repositories.values() if one.id == int(match[1])]
    return f"/api/v3/repos/{known[0].full_name}{path[match.end() :]}" if known else path


def limit_headers(room: Room, bearer: str) -> dict[str, str]:
    used, limit = room.limits.used(bearer), room.limits.requests_an_hour
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(max(limit - used, 0)),
        "X-RateLimit-Used": str(used),
        "X-RateLimit-Reset": str(room.limits.resets_at(bearer, room.now())),
        "X-RateLimit-Resource": "core",
    }


def refusal(status: int, message: str, errors: Sequence[dict[str, str] | str] = ()) -> Answer:
    body: dict[str, Any] = {"message": message, "documentation_url": _DOCS, "status": str(status)}
    return Answer(body | ({"errors": list(errors)} if errors else {}), status)


def respond(answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    """The HTTP answer with GitHub's usual headers."""
    if answer.raw is not None:
        data: bytes = answer.raw
    else:
        data = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
    response = Response(data, answer.status, content_type=answer.media)
    response.headers.update({**answer.headers, **(headers or {})})
    response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
    response.headers["X-GitHub-Api-Version-Selected"] = "2022-11-28"
    response.headers["X-GitHub-Request-Id"] = uuid.uuid4().hex[:16].upper()
    return response


def spoilt(fault: Fault) -> Response:
    """The work is done, and the caller does not hear of it."""
    if fault.how == "cut":
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return respond(refusal(fault.status, "Something went wrong"), fault.headers)


def as_json(error: HTTPException) -> Response:
    """Errors of Flask itself, outside the operations, in GitHub's form."""
    return respond(refusal(error.code or 500, error.name))
