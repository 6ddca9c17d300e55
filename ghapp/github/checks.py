"""Check runs and commit statuses."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from github.CheckRun import CheckRun

from ghapp.core.checks import Check
from ghapp.core.events import Repository
from ghapp.core.ports import JobLog
from ghapp.github import downloads
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages

OUR_CHECK = "honk"
_FAILED = ("failure", "timed_out", "cancelled", "startup_failure")
_MAX_JOBS = 3
_MAX_LOG = 256 * 1024  # bytes; what went wrong stands at the end
_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT[\d:.]+Z ", re.MULTILINE)


class GitHubChecks:
    """What is reported on a commit (`ports.Checks`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def on(self, repository: Repository, sha: str) -> tuple[Check, ...]:
        """The newest of each check run and status on a commit, and a suite that has more to come; our own left out."""
        ours = self._app.id
        commit = f"/repos/{repository.full_name}/commits/{sha}"
        requester = self._app.installation(repository.installation).requester
        with github_errors():
            found = self._app.repository(repository).get_commit(sha).get_check_runs(filter="latest")
            runs = [_check_run(run) for run in found]
        # PyGithub reads only the first page of a commit's combined status.
        statuses = [_status(one) for one in pages(requester, f"{commit}/status", "statuses")]
        more = _more_to_come(pages(requester, f"{commit}/check-suites", "check_suites"), runs)
        return tuple(check for check in (*runs, *statuses, *more) if check.app_id != ours)

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
        requester = self._app.installation(repository.installation).requester
        jobs = pages(requester, f"/repos/{repository.full_name}/actions/runs/{run}/jobs", "jobs")
        failed = [job for job in jobs if job["conclusion"] in _FAILED][:_MAX_JOBS]
        return tuple(self._log(repository, job) for job in failed)

    def log(self, repository: Repository, job: int) -> JobLog:
        """What one job of Actions printed. Gone when there is no such job, or its log was deleted."""
        return self._log(repository, self._read(repository, f"jobs/{job}"))

    def _log(self, repository: Repository, job: dict[str, Any]) -> JobLog:
        """https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run"""
        run = self._read(repository, f"runs/{job['run_id']}")
        origin = (run.get("head_repository") or {}).get("id")
        requester = self._app.installation(repository.installation).requester
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
            requester = self._app.installation(repository.installation).requester
            _, answer = requester.requestJsonAndCheck("GET", f"/repos/{repository.full_name}/actions/{path}")
            return answer


def _more_to_come(suites: Iterable[dict[str, Any]], runs: Sequence[Check]) -> Iterator[Check]:
    """A check for each suite that goes on although all its runs have ended.

    Actions makes the run of a job that `needs` another only when that one has ended. A suite without any run says
    nothing: every App that may write checks has one, and most never use it.
    """
    busy = {run.suite for run in runs if not run.settled}
    for suite in suites:
        app = suite["app"] or {}
        if suite["status"] != "completed" and suite["latest_check_runs_count"] and suite["id"] not in busy:
            name = f"more of {app.get('name', 'a suite')}"
            yield Check(name, status="queued", app=app.get("slug"), app_id=app.get("id"), suite=suite["id"])


def _status(status: dict[str, Any]) -> Check:
    return Check.from_state(
        status["context"],
        status["state"],
        url=status["target_url"] or "",
        id=status["id"],
        at=status["updated_at"],
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
