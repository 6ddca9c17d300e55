"""Deployments, and runs of workflows that deploy."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ghapp.core.errors import TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.ports import Deployed
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages

_OVER = frozenset({"success", "failure", "error", "inactive"})
_LOOKS = 10
_BETWEEN_LOOKS = 1.0  # seconds


class GitHubDeployments:
    """Deployments, and workflows that deploy (`ports.Deployments`)."""

    def __init__(self, app: GitHubApp, pause: Callable[[float], None] = time.sleep) -> None:
        self._app = app
        self._pause = pause

    def create(self, repository: Repository, sha: str, environment: str) -> int:
        """Ask for a deployment of one commit; its id. UserError when GitHub refuses, for its checks are red, say.

        One of ours that is still going on is not asked for again: the answer to the first may have been lost. Which
        checks must be green is left to GitHub's default, which is all of them.
        """
        for going in self._list(repository, sha=sha, environment=environment):
            if self._is_ours(going) and not self._deployed(repository, going).over:
                found: int = going["id"]
                return found
        # Without auto_merge=False GitHub would deploy something else than the commit: a merge with the default branch.
        made = self._ask(
            repository, "POST", "deployments", {"ref": sha, "environment": environment, "auto_merge": False}
        )
        number: int = made["id"]
        return number

    def dispatch(self, repository: Repository, workflow: str, ref: str, inputs: Mapping[str, str]) -> int:
        """Start a workflow by its file's name on a branch; the id of its run. UserError when GitHub refuses.

        A GitHub that does not say which run it is (older servers) is asked for the newest one since.
        """
        before = self._newest_run(repository, workflow, ref)
        try:
            started = self._start(repository, workflow, ref, inputs)
        except TransientError:
            if (found := self._newest_run(repository, workflow, ref)) > before:
                return found  # it began, and the answer was lost: whoever tries again must not begin another
            raise
        return started or self._shown(repository, workflow, ref, before)

    def _start(self, repository: Repository, workflow: str, ref: str, inputs: Mapping[str, str]) -> int | None:
        path = f"actions/workflows/{quote(workflow, safe='')}/dispatches"
        body = {"ref": ref, "inputs": dict(inputs), "return_run_details": True}
        run: int | None = self._ask(repository, "POST", path, body).get("workflow_run_id")
        return run

    def _shown(self, repository: Repository, workflow: str, ref: str, before: int) -> int:
        """The run that began after `before`: the list is some seconds behind."""
        for _ in range(_LOOKS):
            found = self._newest_run(repository, workflow, ref)
            if found > before:
                return found
            self._pause(_BETWEEN_LOOKS)
        raise UserError(f"GitHub took the wish to run {workflow}, and shows no run of it.")

    def _newest_run(self, repository: Repository, workflow: str, ref: str) -> int:
        """0 when there is none. Ids grow."""
        query = urlencode({"event": "workflow_dispatch", "branch": ref, "per_page": 30})
        runs = self._ask(repository, "GET", f"actions/runs?{query}")["workflow_runs"]
        return max((run["id"] for run in runs if run["path"].partition("@")[0].endswith(f"/{workflow}")), default=0)

    def read(self, repository: Repository, deployment: int) -> Deployed:
        """How a deployment stands; `pending` while nobody said anything."""
        return self._deployed(repository, self._ask(repository, "GET", f"deployments/{deployment}"))

    def read_run(self, repository: Repository, run: int) -> Deployed:
        """How a run of a workflow stands: its conclusion when it has ended. Its workflow's name is the environment."""
        found = self._ask(repository, "GET", f"actions/runs/{run}")
        over = found["status"] == "completed"
        state = found["conclusion"] if over else found["status"]
        return Deployed(found["id"], found["name"] or "", state or "unknown", found["html_url"], over)

    def of(self, repository: Repository, sha: str) -> tuple[Deployed, ...]:
        """All deployments of one commit, whoever asked for them; the newest of each environment, by its name."""
        newest: dict[str, dict[str, Any]] = {}
        for one in sorted(self._list(repository, sha=sha), key=lambda each: int(each["id"])):
            newest[one["environment"]] = one
        return tuple(self._deployed(repository, newest[name]) for name in sorted(newest))

    def _deployed(self, repository: Repository, one: dict[str, Any]) -> Deployed:
        """The statuses come newest first. A good end is shown where it can be used, all else where it is told about."""
        path = f"deployments/{one['id']}/statuses?per_page=1"
        told: list[dict[str, Any]] = self._ask(repository, "GET", path)
        status = told[0] if told else {"state": "pending"}
        state = status["state"]
        log, place = status.get("log_url") or status.get("target_url") or "", status.get("environment_url") or ""
        url = place or log if state == "success" else log or place
        return Deployed(one["id"], one["environment"], state, url, state in _OVER)

    def _is_ours(self, one: dict[str, Any]) -> bool:
        return bool((one.get("performed_via_github_app") or {}).get("id") == self._app.id)

    def _list(self, repository: Repository, **filters: str) -> Iterator[dict[str, Any]]:
        requester = self._app.installation(repository.installation)
        return pages(requester, f"/repos/{repository.full_name}/deployments?{urlencode(filters)}")

    def _ask(self, repository: Repository, verb: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        requester = self._app.installation(repository.installation)
        with github_errors():
            _, answer = requester.requestJsonAndCheck(verb, f"/repos/{repository.full_name}/{path}", input=body)
        return answer or {}
