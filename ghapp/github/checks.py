"""Check runs and commit statuses."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from github.CheckRun import CheckRun
from github.Requester import Requester

from ghapp.core.checks import Check, unsigned
from ghapp.core.errors import Gone, UserError
from ghapp.core.events import Repository
from ghapp.core.merging import Required
from ghapp.core.ports import JobLog
from ghapp.github import downloads
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages

OUR_CHECK = "honk"
_FAILED = ("failure", "timed_out", "cancelled", "startup_failure")
_WITHOUT_JOBS = ("action_required", "startup_failure")
_ACTIONS = "github-actions"
_JOBLESS_SECONDS = 7_200.0
_MAX_JOBS = 3
_MAX_NOTES = 50
_MAX_LOG = 256 * 1024  # bytes; what went wrong stands at the end
_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ", re.MULTILINE)


class GitHubChecks:
    """What is reported on a commit (`ports.Checks`). `now` is in seconds since the epoch."""

    def __init__(self, app: GitHubApp, now: Callable[[], float] = time.time) -> None:
        self._app = app
        self._now = now
        self._apps: dict[str, int] = {}

    def on(self, repository: Repository, sha: str) -> tuple[Check, ...]:
        """The newest of each check run and status on a commit, our own left out.

        Also a suite that has more to come, and a workflow that waits until a person lets it run, or cannot start.
        """
        ours = self._app.id
        commit = f"/repos/{repository.full_name}/commits/{sha}"
        requester = self._requester(repository)
        with github_errors():
            found = self._app.repository(repository).get_commit(sha).get_check_runs(filter="latest")
            runs = [_check_run(run) for run in found]
        # PyGithub reads only the first page of a commit's combined status.
        statuses = [_status(one) for one in pages(requester, f"{commit}/status", "statuses")]
        suites = list(pages(requester, f"{commit}/check-suites", "check_suites"))
        lately = datetime.fromtimestamp(self._now() - _JOBLESS_SECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        more = (*_more_to_come(suites, runs, lately), *self._jobless(repository, sha, suites))
        return tuple(check for check in (*runs, *statuses, *more) if check.app_id != ours)

    def _jobless(self, repository: Repository, sha: str, suites: Iterable[dict[str, Any]]) -> Iterator[Check]:
        """Workflows that a person must approve first, or that are not understood: such a run ends without a job.

        https://docs.github.com/en/actions/how-tos/manage-workflow-runs/approve-runs-from-forks
        """
        ended = [one for one in suites if one["conclusion"] in _WITHOUT_JOBS and not one["latest_check_runs_count"]]
        if not ended:
            return
        requester = self._requester(repository)
        address = f"/repos/{repository.full_name}/actions/runs?head_sha={sha}"
        found = pages(requester, address, "workflow_runs")
        runs = {run["check_suite_id"]: run for run in found if run["head_sha"] == sha}
        for suite in ended:
            app, run = suite["app"] or {}, runs.get(suite["id"]) or {}
            yield Check(
                run.get("name") or app.get("name", "a suite"),
                conclusion=suite["conclusion"],
                app=app.get("slug"),
                app_id=app.get("id"),
                url=run.get("html_url", ""),
                suite=suite["id"],
            )

    def traced(
        self, repository: Repository, sha: str, checks: Sequence[Check], required: Sequence[Required]
    ) -> tuple[Required, ...]:
        """What is required of a commit with these checks, from anybody where the App that must report one has done so.

        https://docs.github.com/en/rest/commits/statuses#list-commit-statuses-for-a-reference
        """
        open_ = unsigned(checks, required)
        if not open_:
            return tuple(required)
        rows = pages(self._requester(repository), f"/repos/{repository.full_name}/commits/{sha}/statuses")
        creators = {row["id"]: row["creator"] for row in rows}
        met = {one for one, status in open_.items() if self._app_of(repository, creators.get(status.id)) == one.app_id}
        return tuple(replace(one, app_id=None) if one in met else one for one in required)

    def _app_of(self, repository: Repository, creator: dict[str, Any] | None) -> int | None:
        """The number of the App that acts as this account; None for a person, and for an App that is not shown.

        https://docs.github.com/en/rest/apps/apps#get-an-app
        """
        if creator is None or creator["type"] != "Bot":
            return None
        slug = creator["login"].removesuffix("[bot]")
        if slug not in self._apps:
            try:
                with github_errors():
                    _, shown = self._requester(repository).requestJsonAndCheck("GET", f"/apps/{quote(slug)}")
            except UserError:
                return None
            self._apps[slug] = shown["id"]
        return self._apps[slug]

    def report(self, repository: Repository, sha: str, *, conclusion: str, title: str, summary: str, url: str) -> None:
        """Our own completed check run on a commit; there is one, and a second report replaces the first."""
        ours = self._app.id
        output: dict[str, Any] = {"title": title, "summary": summary[:65_000]}
        with github_errors():
            handle = self._app.repository(repository)
            found = handle.get_commit(sha).get_check_runs(check_name=OUR_CHECK, filter="latest")
            mine = next((run for run in found if run.app and run.app.id == ours), None)
            if mine is None:
                handle.create_check_run(
                    OUR_CHECK, sha, details_url=url, status="completed", conclusion=conclusion, output=output
                )
            else:
                mine.edit(details_url=url, status="completed", conclusion=conclusion, output=output)

    def logs(self, repository: Repository, run: int) -> tuple[JobLog, ...]:
        """What the failed jobs of a run of Actions printed, at most three; jobs that have no log are left out."""
        requester = self._requester(repository)
        jobs = pages(requester, f"/repos/{repository.full_name}/actions/runs/{run}/jobs", "jobs")
        failed = [job for job in jobs if job["conclusion"] in _FAILED][:_MAX_JOBS]
        return tuple(self._log(repository, job) for job in failed)

    def log(self, repository: Repository, job: int) -> JobLog:
        """What one job of Actions printed. Gone when there is no such job, or its log was deleted."""
        return self._log(repository, self._read(repository, f"actions/jobs/{job}"))

    def told(self, repository: Repository, check: Check) -> JobLog:
        """What a failing check says of itself: its job's log, else its output and annotations, else its description.

        The text is empty where it says nothing, or what it said was deleted.
        """
        if check.source == "status":
            return _said(check, check.note)
        if not check.id:
            return _said(check, "")
        try:
            if check.app == _ACTIONS and (log := self.log(repository, check.id)).text:
                return log
        except Gone:
            pass  # logs are deleted before check runs are, and not every check run of Actions is a job
        try:
            return self._output(repository, check)
        except Gone:
            return _said(check, "")

    def rerun(self, repository: Repository, check: Check) -> bool:
        """Run the failed jobs of the check's workflow run again; False when it is none of Actions.

        True also while the run goes on: another of its jobs had it run again. UserError when GitHub refuses, for it is
        older than a month, say.
        """
        if check.app != _ACTIONS or not check.id:
            return False
        try:
            run = self._read(repository, f"actions/jobs/{check.id}")["run_id"]
        except Gone:
            return False
        address = f"actions/runs/{run}"
        if self._read(repository, address)["status"] == "completed":
            with github_errors():
                path = f"/repos/{repository.full_name}/{address}/rerun-failed-jobs"
                self._requester(repository).requestJsonAndCheck("POST", path)
        return True

    def _output(self, repository: Repository, check: Check) -> JobLog:
        """Of a commit that is on no branch of the repository itself, the suite has no branch: it is a fork's.

        https://docs.github.com/en/rest/checks/suites
        """
        run = self._read(repository, f"check-runs/{check.id}")
        suite = self._read(repository, f"check-suites/{run['check_suite']['id']}")
        requester = self._requester(repository)
        notes = pages(requester, f"/repos/{repository.full_name}/check-runs/{check.id}/annotations")
        lines = map(_annotated, islice(notes, _MAX_NOTES))
        output = run["output"]
        parts = (output["title"], output["summary"], output["text"], "\n".join(lines))
        return _said(check, "\n\n".join(filter(None, parts)), from_fork=suite["head_branch"] is None)

    def _log(self, repository: Repository, job: dict[str, Any]) -> JobLog:
        """https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run"""
        run = self._read(repository, f"actions/runs/{job['run_id']}")
        origin = (run.get("head_repository") or {}).get("id")
        requester = self._requester(repository)
        with github_errors():
            address = f"/repos/{repository.full_name}/actions/jobs/{job['id']}/logs"
            headers, _ = requester.requestJsonAndCheck("GET", address)
            # The address needs no token, lives a minute, and refuses whoever sends one.
            raw = downloads.end(headers["location"], _MAX_LOG)
        text = _STAMP.sub("", raw.decode("utf-8", "replace"))
        return JobLog(job["name"], job["conclusion"] or job["status"], text, origin != repository.id)

    def _read(self, repository: Repository, path: str) -> dict[str, Any]:
        with github_errors():
            answer: dict[str, Any]
            _, answer = self._requester(repository).requestJsonAndCheck("GET", f"/repos/{repository.full_name}/{path}")
            return answer

    def _requester(self, repository: Repository) -> Requester:
        return self._app.installation(repository.installation)


def _more_to_come(suites: Iterable[dict[str, Any]], runs: Sequence[Check], lately: str) -> Iterator[Check]:
    """A check for each suite that goes on although all its runs have ended.

    Actions makes the run of a job that `needs` another only when that one has ended. A suite without any run says
    nothing: every App that may write checks has one, and most never use it.
    """
    busy = {run.suite for run in runs if not run.settled}
    for suite in suites:
        app = suite["app"] or {}
        begun = suite["latest_check_runs_count"] or _gets_jobs(suite, lately)
        if suite["status"] != "completed" and begun and suite["id"] not in busy:
            name = f"more of {app.get('name', 'a suite')}"
            yield Check(name, status="queued", app=app.get("slug"), app_id=app.get("id"), suite=suite["id"])


def _gets_jobs(suite: dict[str, Any], lately: str) -> bool:
    """Whether it is a workflow's, which has its suite at once and its jobs when a runner or its group is free.

    GitHub forgets to begin some, which are queued for ever: what did not move `lately` (ISO 8601) is none any more.
    https://github.com/nodejs/node-core-utils/issues/1160
    """
    app = suite["app"] or {}
    return app.get("slug") == _ACTIONS and (suite["updated_at"] or "") > lately


def _said(check: Check, text: str, *, from_fork: bool = False) -> JobLog:
    return JobLog(check.name, check.conclusion or "", text[-_MAX_LOG:], from_fork)


def _annotated(note: dict[str, Any]) -> str:
    place = f"{note['path']}:{note['start_line']}: {note['annotation_level'] or 'notice'}: "
    return place + ": ".join(filter(None, (note["title"], note["message"])))


def _status(status: dict[str, Any]) -> Check:
    return Check.from_state(
        status["context"],
        status["state"],
        url=status["target_url"] or "",
        id=status["id"],
        at=status["updated_at"],
        note=status["description"] or "",
    )


def _check_run(run: CheckRun) -> Check:
    return Check(
        name=run.name,
        source="check_run",
        status=run.status,
        conclusion=run.conclusion,
        app=run.app.slug if run.app else None,
        app_id=run.app.id if run.app else None,
        url=run.details_url or run.html_url or "",
        id=run.id,
        started_at=run.started_at.strftime("%Y-%m-%dT%H:%M:%SZ") if run.started_at else "",
        suite=run.check_suite.id if run.check_suite else None,
    )
