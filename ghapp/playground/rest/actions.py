"""Workflow runs, jobs, logs and artifacts."""

from ghapp.playground.actions_state import Artifact, Job, WorkflowRun
from ghapp.playground.auth import RefusedError
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found, not_modelled
from ghapp.playground.verbs import jobs, workflows
from ghapp.playground.views import checks as views


def list_runs(ask: Ask) -> Answer:
    """Newest first. Filters: head_sha, branch, event, status (which also takes a conclusion)."""
    rows = [
        views.workflow_run(ask.state, ask.repository, run)
        for run in sorted(ask.repository.workflow_runs.values(), key=lambda one: -one.id)
        if ask.query.get("head_sha") in (None, run.suite.head_sha)
        and ask.query.get("branch") in (None, run.head_branch)
        and ask.query.get("event") in (None, run.event)
        and ask.query.get("status") in (None, views.run_status(run), run.suite.conclusion)
    ]
    return ask.page(rows, "workflow_runs")


def _run(ask: Ask) -> WorkflowRun:
    return found(ask.repository.workflow_runs.get(ask.path["run_id"]))


def get_run(ask: Ask) -> Answer:
    return Answer(views.workflow_run(ask.state, ask.repository, _run(ask)))


def list_jobs(ask: Ask) -> Answer:
    """The newest of each name; with `filter=all` those of earlier attempts, too."""
    run = _run(ask)
    rows = run.jobs if ask.query.get("filter") == "all" else jobs.latest(run)
    return ask.page([views.job(ask.state, ask.repository, run, one) for one in rows], "jobs")


def rerun_failed(ask: Ask) -> Answer:
    try:
        workflows.rerun_failed(ask.room, ask.repository, _run(ask))
    except ValueError as error:
        raise RefusedError(403, str(error)) from error
    return Answer({}, 201)


def approve(ask: Ask) -> Answer:
    """For runs of forks only; others are approved by people on GitHub's pages."""
    run = _run(ask)
    if run.source is ask.repository:
        raise RefusedError(403, "This run is not from a fork pull request")
    try:
        workflows.approve(ask.room, ask.repository, run)
    except ValueError as error:
        raise RefusedError(403, str(error)) from error
    return Answer({}, 201)


def dispatch(ask: Ask) -> Answer:
    """By the workflow's file name or number. 204, or with `return_run_details` 200 and which run it became."""
    here, path = ask.repository, _workflow_path(ask)
    try:
        ref, inputs = str(ask.body["ref"]), ask.body.get("inputs") or {}
        run = workflows.dispatch(ask.room, here, ask.actor, path, ref, inputs)
    except workflows.CannotDispatchError as error:
        raise RefusedError(422, str(error)) from error
    if not ask.body.get("return_run_details"):
        return Answer(None, 204)
    shown = views.workflow_run(ask.state, here, run)
    return Answer({"workflow_run_id": run.id, "run_url": shown["url"], "html_url": shown["html_url"]})


def _workflow_path(ask: Ask) -> str:
    """The file that the address names, which must be on the default branch."""
    here, name = ask.repository, str(ask.path["workflow_id"])
    path = workflows.known_paths(here).get(int(name)) if name.isdigit() else f".github/workflows/{name}"
    return found(path if path and here.bare.read(here.default_branch, path) is not None else None)


def _job(ask: Ask) -> tuple[WorkflowRun, Job]:
    rows = ((run, job) for run in ask.repository.workflow_runs.values() for job in run.jobs)
    return found(next((row for row in rows if row[1].check.id == ask.path["job_id"]), None))


def get_job(ask: Ask) -> Answer:
    run, job = _job(ask)
    return Answer(views.job(ask.state, ask.repository, run, job))


def job_logs(ask: Ask) -> Answer:
    """302 to an address that needs no token, and must get none."""
    run, job = _job(ask)
    address = f"{ask.state.base_url}/_logs/{ask.repository.full_name}/{run.id}/{job.check.id}"
    return Answer(None, 302, {"Location": address})


def list_artifacts(ask: Ask) -> Answer:
    run = _run(ask)
    rows = [one for one in run.artifacts if ask.query.get("name") in (None, one.name)]
    return ask.page([views.artifact(ask.state, ask.repository, run, one) for one in rows], "artifacts")


def _artifact(ask: Ask) -> tuple[WorkflowRun, Artifact]:
    rows = ((run, one) for run in ask.repository.workflow_runs.values() for one in run.artifacts)
    return found(next((row for row in rows if row[1].id == ask.path["artifact_id"]), None))


def get_artifact(ask: Ask) -> Answer:
    run, one = _artifact(ask)
    return Answer(views.artifact(ask.state, ask.repository, run, one))


def download_artifact(ask: Ask) -> Answer:
    run, one = _artifact(ask)
    if ask.path["archive_format"] != "zip":
        raise not_modelled("an archive other than zip")
    if one.expired:
        raise RefusedError(410, "Artifact has expired")
    address = f"{ask.state.base_url}/_artifacts/{ask.repository.full_name}/{run.id}/{one.id}"
    return Answer(None, 302, {"Location": address})


_HERE = "/repos/{owner}/{repo}"
_RUN, _ARTIFACT = f"{_HERE}/actions/runs/{{run_id}}", f"{_HERE}/actions/artifacts/{{artifact_id}}"
_JOB, _WORKFLOW = f"{_HERE}/actions/jobs/{{job_id}}", f"{_HERE}/actions/workflows/{{workflow_id}}"
_READ, _WRITE = "actions:read", "actions:write"
_FILTERS = PAGES | {"head_sha", "branch", "event", "status"}
_DISPATCHED = frozenset({"ref", "inputs", "return_run_details"})
ROUTES = (
    Route("GET", f"{_HERE}/actions/runs", list_runs, _READ, query=_FILTERS),
    Route("GET", _RUN, get_run, _READ),
    Route("GET", f"{_RUN}/jobs", list_jobs, _READ, query=PAGES | {"filter"}),
    Route("GET", f"{_RUN}/artifacts", list_artifacts, _READ, query=PAGES | {"name"}),
    Route("POST", f"{_RUN}/rerun-failed-jobs", rerun_failed, _WRITE),
    Route("POST", f"{_RUN}/approve", approve, _WRITE),
    Route("POST", f"{_WORKFLOW}/dispatches", dispatch, _WRITE, body=_DISPATCHED),
    Route("GET", _JOB, get_job, _READ),
    Route("GET", f"{_JOB}/logs", job_logs, _READ),
    Route("GET", _ARTIFACT, get_artifact, _READ),
    Route("GET", f"{_ARTIFACT}/{{archive_format}}", download_artifact, _READ),
)
