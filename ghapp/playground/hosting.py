"""Whoever hosts the sites of the playground's repositories: deploys what CI left as the artifact `site`.

The default branch is deployed to `production`, every other to `preview`, and each has an address that opens.
"""

import io
import threading
import zipfile
from types import TracebackType
from typing import Self

from flask import Blueprint, Response, abort

from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Repository
from ghapp.playground.verbs import deployments
from ghapp.playground.verbs.accounts import user

ARTIFACT = "site"
_PAGE = "index.html"
_PAUSE_SECONDS = 0.05
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def blueprint(room: Room) -> Blueprint:
    """The sites, each under the number of the workflow run that made it."""
    sites = Blueprint("sites", __name__)

    def site(owner: str, repo: str, run_id: int) -> Response:
        repository = room.state.repository(f"{owner}/{repo}")
        run = repository.workflow_runs.get(run_id) if repository else None
        page = _page(run) if run else None
        if page is None:
            abort(404)
        headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
        return Response(page, headers=headers, content_type="text/html; charset=utf-8")

    sites.add_url_rule("/_sites/<owner>/<repo>/<int:run_id>/", "site", site)
    return sites


class Host:
    """Deploys in a thread of its own, while its block lasts, and tells of it as any service does."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="playground-host", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(_PAUSE_SECONDS):
            for repository in list(self._room.state.repositories.values()):
                deploy_sites(self._room, repository)


def deploy_sites(room: Room, repository: Repository) -> None:
    """Deploy each commit whose CI succeeded and left a site, once to each environment."""
    with room.lock:
        for run in list(repository.workflow_runs.values()):
            released = run.source is repository and run.head_branch == repository.default_branch
            environment = "production" if released else "preview"
            wanted = (run.suite.head_sha, environment)
            there = {(one.sha, one.environment) for one in repository.deployments.values()}
            if run.suite.conclusion == "success" and wanted not in there and _page(run) is not None:
                _deploy(room, repository, run, environment)


def _deploy(room: Room, repository: Repository, run: WorkflowRun, environment: str) -> None:
    actor, sha = Actor(user(room, "host")), run.suite.head_sha
    made = deployments.deploy(room, repository, actor, run.head_branch, sha, environment=environment)
    address = f"{room.state.base_url}/_sites/{repository.full_name}/{run.id}/"
    deployments.set_status(room, repository, actor, made, "success", environment_url=address)


def _page(run: WorkflowRun) -> bytes | None:
    """The page of a site, as CI left it; None where there is none."""
    data = next((one.data for one in run.artifacts if one.name == ARTIFACT and not one.expired), None)
    if data is None:
        return None
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(_PAGE) if _PAGE in archive.namelist() else None
