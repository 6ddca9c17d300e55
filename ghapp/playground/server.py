"""The playground as one server: REST, GraphQL, git, logs, signing in and pages behind one loopback address."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, make_server

from ghapp.playground import connection, oauth
from ghapp.playground.auth import Caller, RefusedError, caller_of, token_of
from ghapp.playground.contract import Contract
from ghapp.playground.git_http import GitHttp, Update
from ghapp.playground.graphql import execute
from ghapp.playground.rest import (
    actions,
    apps,
    branches,
    checks,
    deployments,
    door,
    git,
    issues,
    pulls,
    reactions,
    repositories,
    reviews,
    search,
)
from ghapp.playground.rest.route import Answer
from ghapp.playground.room import Ci
from ghapp.playground.state import Actor, Level, Repository, State
from ghapp.playground.verbs import forks, pushes
from ghapp.playground.views import media
from ghapp.playground.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTES = (
    *apps.ROUTES,
    *repositories.ROUTES,
    *branches.ROUTES,
    *issues.ROUTES,
    *pulls.ROUTES,
    *reviews.ROUTES,
    *reactions.ROUTES,
    *git.ROUTES,
    *checks.ROUTES,
    *actions.ROUTES,
    *deployments.ROUTES,
    *search.ROUTES,
)
_LIMITED = "API rate limit already exceeded."
_FILES = ("/_logs/", "/_artifacts/")
_GIT_VERBS = ("/info/refs", "/git-upload-pack", "/git-receive-pack")


def create_app(world: World, blueprints: Iterable[Blueprint] = ()) -> Flask:
    """All but REST and git as a Flask app; `blueprints` are the web pages."""
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/api/graphql", "graphql", _graphql(world), methods=["POST"])
    app.add_url_rule("/_logs/<owner>/<repo>/<int:run_id>/<int:job_id>", "logs", _logs(world))
    app.add_url_rule("/_artifacts/<owner>/<repo>/<int:run_id>/<int:artifact_id>", "artifacts", _artifacts(world))
    app.add_url_rule("/user-attachments/assets/<name>", "attachments", _attachments(world))
    app.register_error_handler(HTTPException, door.as_json)
    for blueprint in (oauth.blueprint(world), *blueprints):
        app.register_blueprint(blueprint)
    return app


def _graphql(world: World) -> Callable[[], Response]:
    def answer() -> Response:
        try:
            caller = caller_of(world.state, request.headers.get("Authorization"), world.now(), "")
            caller.actor  # noqa: B018 - raises for those who are nobody: GraphQL has no public part
        except RefusedError as error:
            return door.respond(door.refusal(401, str(error)))
        fault = world.faults.take("POST", request.path)
        if fault is not None and fault.how == "answer":
            return door.respond(door.refusal(fault.status, "Something went wrong"), fault.headers)
        given = request.get_json()
        if world.contract is not None:
            world.violations += world.contract.graphql(given["query"])
        if world.limits.use(caller.bearer, world.now()):
            shown = execute(world, caller, given["query"], given.get("variables") or {})
        else:
            shown = {"errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": _LIMITED}]}
        if fault is not None:
            return door.spoilt(fault)
        return door.respond(Answer(shown), door.limit_headers(world, caller.bearer))

    return answer


def _logs(world: World) -> Callable[..., Response]:
    def answer(owner: str, repo: str, run_id: int, job_id: int) -> Response:
        if request.headers.get("Authorization"):
            return door.respond(door.refusal(400, "Only one auth mechanism allowed"))
        run = world.repo(f"{owner}/{repo}").workflow_runs[run_id]
        log = next(job.log for job in run.jobs if job.check.id == job_id)
        return Response(log, content_type="text/plain; charset=utf-8")

    return answer


def _artifacts(world: World) -> Callable[..., Response]:
    def answer(owner: str, repo: str, run_id: int, artifact_id: int) -> Response:
        if request.headers.get("Authorization"):
            return door.respond(door.refusal(400, "Only one auth mechanism allowed"))
        run = world.repo(f"{owner}/{repo}").workflow_runs[run_id]
        one = next(one for one in run.artifacts if one.id == artifact_id)
        kind, ending = ("octet-stream", "") if one.as_it_is else ("zip", ".zip")
        named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(one.name)}{ending}"}
        return Response(one.data, content_type=f"application/{kind}", headers=named)

    return answer


def _attachments(world: World) -> Callable[..., Response]:
    """What is public leads to its signed address; what is not is not there without a signature."""

    def answer(name: str) -> Response:
        if request.headers.get("Authorization"):
            return door.respond(door.refusal(400, "Only one auth mechanism allowed"))
        repository, data = world.attachments.get(name, (None, b""))
        signed = request.args.get("jwt") == media.signature(world.state, name)
        if repository is None or (repository.private and not signed):
            return door.respond(door.refusal(404, "Not Found"))
        if not signed:
            return Response(status=302, headers={"Location": f"{request.base_url}?{media.query(world.state, name)}"})
        return Response(data, content_type="application/octet-stream")

    return answer


class GitDoor:
    """Git over HTTP with the world's tokens. GitHub's own refs (`refs/pull`) cannot be pushed to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pusher = threading.local()
        self.application = GitHttp(world.data / "repositories", self._authorize, self._on_push, self._only, self._moved)

    def _authorize(self, full_name: str, user: str, password: str, writing: bool) -> bool:
        """Whether this token may; who it belongs to is kept for the push that this thread then tells of."""
        world = self._world
        with world.lock:
            repository = world.state.repository(full_name)
            token = token_of(world.state, password or user, world.now())
            if repository is None or (token is None and (password or user)):
                return False
            caller = Caller(bearer="git", token=token)
            allowed = _may(caller, repository, "write" if writing else "read")
            if not allowed and not (writing and self._lent(caller, repository)):
                return False
            self._pusher.actor = caller.actor if token else None
            return caller.sees(repository)

    def _moved(self, full_name: str) -> str | None:
        with self._world.lock:
            found = self._world.state.moved(full_name)
        return f"{self._world.state.base_url}/{found.full_name}.git" if found else None

    def _only(self, full_name: str, user: str, password: str) -> frozenset[str] | None:
        """Who has no right to a fork may push to the branches alone whose pull requests let maintainers edit."""
        world = self._world
        with world.lock:
            repository = world.repo(full_name)
            caller = Caller(bearer="git", token=token_of(world.state, password or user, world.now()))
            return None if _may(caller, repository, "write") else self._lent(caller, repository)

    def _lent(self, caller: Caller, fork: Repository) -> frozenset[str]:
        rows = forks.lent_branches(fork).items()
        return frozenset(f"refs/heads/{branch}" for branch, base in rows if _may(caller, base, "write"))

    def _on_push(self, full_name: str, updates: list[Update]) -> None:
        """Only what git moved counts: a ref that REST moved during the push was told of already."""
        actor: Actor = self._pusher.actor
        with self._world.lock:
            pushes.pushed(self._world, self._world.repo(full_name), actor, updates)


def _may(caller: Caller, repository: Repository, level: Level) -> bool:
    """Whether the caller may read or write what is in a repository."""
    try:
        caller.require(repository, f"contents:{level}", level)
    except RefusedError:
        return False
    return True


class _Application:
    """Sends each request to REST, to git or to the rest."""

    def __init__(self, world: World, blueprints: Iterable[Blueprint]) -> None:
        self._world = world
        self._rest = door.api_app(world, ROUTES)
        self._git = GitDoor(world).application
        self._other = create_app(world, blueprints)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"] = door.by_name(self._world, environ["PATH_INFO"])
        chosen: WSGIApplication = self._rest if path.startswith("/api/v3/") else self._other
        if path.endswith(_GIT_VERBS):
            chosen = self._git
        if path.endswith(_GIT_VERBS) or path.startswith(_FILES):  # REST looks for faults itself
            fault = self._world.faults.take(environ["REQUEST_METHOD"], path)
            chosen = chosen if fault is None else door.respond(door.refusal(fault.status, "Something went wrong"))
        return chosen(environ, start_response)


def _nothing(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    start_response("503 Service Unavailable", [])
    return []


class Playground:
    """A running playground: `with Playground(folder) as playground: playground.base_url, playground.world`.

    Without `ci` the checks of a workflow stay queued until `world.set_check`. The folder holds the repositories.
    """

    def __init__(
        self,
        data: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        ci: Ci | None = None,
        blueprints: Callable[[World], Iterable[Blueprint]] = lambda world: (),
    ) -> None:
        self._connections = connection.serving()
        self._server: BaseWSGIServer = make_server(
            host, port, _nothing, threaded=True, request_handler=self._connections
        )
        self.base_url = f"http://{host}:{self._server.port}"
        self.world = World(State(self.base_url), data, Contract(), ci)
        self._server.app = _Application(self.world, blueprints(self.world))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="playground", daemon=True)

    @property
    def api_url(self) -> str:
        return self.world.state.api

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the server and the delivery thread; a running CI is left to its own end."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        connection.close_all(self._connections)
        self.world.deliveries.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def real_ci(scratch: Path, stop: threading.Event) -> Ci:
    """The CI that runs a workflow's steps in a closed room; `stop` ends what runs."""
    from ghapp.playground.ci import run_workflow

    scratch.mkdir(parents=True, exist_ok=True)
    return lambda bare, sha, workflow: run_workflow(bare, sha, workflow, scratch=scratch, stop=stop)
