"""Workflow runs, jobs, logs and artifacts; and deployments, which come after them."""

from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found, not_modelled
from ghapp.playground.state import Artifact, Deployment, Job, WorkflowRun
from ghapp.playground.verbs import deployments, workflows
from ghapp.playground.views import checks as views
from ghapp.playground.views import deployments as deployment_views


def list_runs(ask: Ask) -> Answer:
    """Newest first. Filters: head_sha, branch."""
    rows = [
        views.workflow_run(ask.state, ask.repository, run)
        for run in sorted(ask.repository.workflow_runs.values(), key=lambda one: -one.id)
        if ask.query.get("head_sha") in (None, run.suite.head_sha)
        and ask.query.get("branch") in (None, run.suite.head_branch)
    ]
    return ask.page(rows, "workflow_runs")


def _run(ask: Ask) -> WorkflowRun:
    return found(ask.repository.workflow_runs.get(ask.path["run_id"]))


def get_run(ask: Ask) -> Answer:
    return Answer(views.workflow_run(ask.state, ask.repository, _run(ask)))


def list_jobs(ask: Ask) -> Answer:
    run = _run(ask)
    return ask.page([views.job(ask.state, ask.repository, run, one) for one in run.jobs], "jobs")


def rerun_failed(ask: Ask) -> Answer:
    workflows.rerun_failed(ask.room, ask.repository, _run(ask))
    return Answer({}, 201)


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
    address = f"{ask.state.base_url}/_artifacts/{ask.repository.full_name}/{run.id}/{one.id}"
    return Answer(None, 302, {"Location": address})


def list_deployments(ask: Ask) -> Answer:
    """Newest first. Filters: sha, ref, environment."""
    rows = [
        one
        for one in sorted(ask.repository.deployments.values(), key=lambda each: -each.id)
        if all(ask.query.get(key) in (None, getattr(one, key)) for key in ("sha", "ref", "environment"))
    ]
    return ask.page(deployment_views.deployment(ask.state, ask.repository, one) for one in rows)


def create_deployment(ask: Ask) -> Answer:
    """`auto_merge` and `required_contexts` are taken as given: nothing is merged, no check is waited for."""
    sha = ask.commit_sha(str(ask.body["ref"]))
    names = ("environment", "task", "description", "payload")
    given = {name: ask.body[name] for name in names if ask.body.get(name) is not None}
    made = deployments.deploy(ask.room, ask.repository, ask.actor, str(ask.body["ref"]), sha, **given)
    return Answer(deployment_views.deployment(ask.state, ask.repository, made), 201)


def _deployment(ask: Ask) -> Deployment:
    return found(ask.repository.deployments.get(ask.path["deployment_id"]))


def get_deployment(ask: Ask) -> Answer:
    return Answer(deployment_views.deployment(ask.state, ask.repository, _deployment(ask)))


def list_deployment_statuses(ask: Ask) -> Answer:
    one = _deployment(ask)
    rows = [deployment_views.deployment_status(ask.state, ask.repository, one, each) for each in one.statuses]
    return ask.page(reversed(rows))


def create_deployment_status(ask: Ask) -> Answer:
    one = _deployment(ask)
    given = {name: str(ask.body[name]) for name in ("description", "environment_url", "log_url") if name in ask.body}
    made = deployments.set_status(ask.room, ask.repository, ask.actor, one, ask.body["state"], **given)
    return Answer(deployment_views.deployment_status(ask.state, ask.repository, one, made), 201)


_HERE = "/repos/{owner}/{repo}"
_RUN, _ARTIFACT = f"{_HERE}/actions/runs/{{run_id}}", f"{_HERE}/actions/artifacts/{{artifact_id}}"
_JOB, _DEPLOYMENT = f"{_HERE}/actions/jobs/{{job_id}}", f"{_HERE}/deployments/{{deployment_id}}"
_READ = "actions:read"
_DEPLOYED = frozenset({"ref", "task", "auto_merge", "required_contexts", "payload", "environment", "description"})
ROUTES = (
    Route("GET", f"{_HERE}/actions/runs", list_runs, _READ, query=PAGES | {"head_sha", "branch"}),
    Route("GET", _RUN, get_run, _READ),
    Route("GET", f"{_RUN}/jobs", list_jobs, _READ, query=PAGES),
    Route("GET", f"{_RUN}/artifacts", list_artifacts, _READ, query=PAGES | {"name"}),
    Route("POST", f"{_RUN}/rerun-failed-jobs", rerun_failed, "actions:write"),
    Route("GET", _JOB, get_job, _READ),
    Route("GET", f"{_JOB}/logs", job_logs, _READ),
    Route("GET", _ARTIFACT, get_artifact, _READ),
    Route("GET", f"{_ARTIFACT}/{{archive_format}}", download_artifact, _READ),
    Route(
        "GET", f"{_HERE}/deployments", list_deployments, "deployments:read", query=PAGES | {"sha", "ref", "environment"}
    ),
    Route("POST", f"{_HERE}/deployments", create_deployment, "deployments:write", body=_DEPLOYED),
    Route("GET", _DEPLOYMENT, get_deployment, "deployments:read"),
    Route("GET", f"{_DEPLOYMENT}/statuses", list_deployment_statuses, "deployments:read", query=PAGES),
    Route(
        "POST",
        f"{_DEPLOYMENT}/statuses",
        create_deployment_status,
        "deployments:write",
        body=frozenset({"state", "description", "environment_url", "log_url"}),
    ),
)
