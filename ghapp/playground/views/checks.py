"""Check suites, check runs, commit statuses and workflow runs as GitHub shows them."""

from typing import Any

from ghapp.playground.actions_state import Artifact, Job, WorkflowRun
from ghapp.playground.mergeability import latest_statuses, rules_of
from ghapp.playground.state import CheckRun, CheckSuite, CommitStatus, Repository, State
from ghapp.playground.views.commits import commit, simple_commit
from ghapp.playground.views.people import app, stamp, stamp_or_none, user
from ghapp.playground.views.pulls import pulls_with_head
from ghapp.playground.views.repositories import api_url, html_url, minimal

Json = dict[str, Any]


def suite_in_delivery(state: State, repository: Repository, one: CheckSuite) -> Json:
    """A check suite as its own deliveries show it."""
    url = f"{api_url(state, repository)}/check-suites/{one.id}"
    return {
        "id": one.id,
        "node_id": f"CS_{one.id}",
        "head_branch": one.head_branch,
        "head_sha": one.head_sha,
        "status": one.status,
        "conclusion": one.conclusion,
        "url": url,
        "before": one.before,
        "after": one.head_sha,
        "pull_requests": pulls_with_head(state, repository, one.head_sha),
        "app": app(state, one.app),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "rerequestable": True,
        "runs_rerequestable": True,
        "latest_check_runs_count": sum(check.suite is one for check in repository.checks.values()),
        "check_runs_url": f"{url}/check-runs",
        "head_commit": simple_commit(repository.bare.commit(one.head_sha)),
    }


def suite(state: State, repository: Repository, one: CheckSuite) -> Json:
    return suite_in_delivery(state, repository, one) | {"repository": minimal(state, repository)}


def check_run(state: State, repository: Repository, one: CheckRun) -> Json:
    url = f"{api_url(state, repository)}/check-runs/{one.id}"
    html = f"{html_url(state, repository)}/runs/{one.id}"
    return {
        "id": one.id,
        "node_id": f"CR_{one.id}",
        "name": one.name,
        "head_sha": one.head_sha,
        "external_id": one.external_id,
        "url": url,
        "html_url": html,
        "details_url": one.details_url or html,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": stamp(one.started_at),
        "completed_at": stamp_or_none(one.completed_at),
        "output": {
            "title": one.title,
            "summary": one.summary,
            "text": one.text,
            "annotations_count": len(one.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": one.suite.id},
        "app": app(state, one.suite.app),
        "pull_requests": pulls_with_head(state, repository, one.head_sha),
    }


def check_run_in_delivery(state: State, repository: Repository, one: CheckRun) -> Json:
    """A delivery shows the suite of a check run too."""
    whole = suite_in_delivery(state, repository, one.suite)
    left_out = {"rerequestable", "runs_rerequestable", "latest_check_runs_count", "check_runs_url", "head_commit"}
    brief = {key: value for key, value in whole.items() if key not in left_out}
    return check_run(state, repository, one) | {"check_suite": brief}


def annotation(state: State, repository: Repository, one: CheckRun, given: dict[str, object]) -> Json:
    optional = ("start_column", "end_column", "annotation_level", "title", "message", "raw_details")
    shown: Json = {key: given.get(key) for key in ("path", "start_line", "end_line", *optional)}
    return shown | {"blob_href": f"{html_url(state, repository)}/blob/{one.head_sha}/{given['path']}"}


def _status(state: State, repository: Repository, one: CommitStatus) -> Json:
    return {
        "url": f"{api_url(state, repository)}/statuses/{one.sha}",
        "avatar_url": user(state, one.creator)["avatar_url"],
        "id": one.id,
        "node_id": f"SC_{one.id}",
        "state": one.state,
        "description": one.description,
        "target_url": one.target_url,
        "context": one.context,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
    }


def status(state: State, repository: Repository, one: CommitStatus) -> Json:
    return _status(state, repository, one) | {"creator": user(state, one.creator)}


def status_in_delivery(state: State, repository: Repository, one: CommitStatus) -> Json:
    """What a `status` delivery says beside the repository and the sender."""
    heads = repository.bare.refs()
    branches = [
        {
            "name": name.removeprefix("refs/heads/"),
            "commit": {"sha": sha, "url": f"{api_url(state, repository)}/commits/{sha}"},
            "protected": bool(rules_of(repository, name.removeprefix("refs/heads/"))),
        }
        for name, sha in heads.items()
        if sha == one.sha
    ]
    keys = ("id", "avatar_url", "state", "description", "target_url", "context", "created_at", "updated_at")
    shown = _status(state, repository, one)
    return {key: shown[key] for key in keys} | {
        "sha": one.sha,
        "name": repository.full_name,
        "commit": commit(state, repository, repository.bare.commit(one.sha)),
        "branches": branches,
    }


def combined_status(state: State, repository: Repository, sha: str) -> Json:
    """https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference"""
    latest = latest_statuses(repository, sha)
    states = {one.state for one in latest}
    red = states & {"failure", "error"}
    overall = "failure" if red else "success" if states == {"success"} else "pending"
    return {
        "state": overall,
        "statuses": [_status(state, repository, one) for one in latest],
        "sha": sha,
        "total_count": len(latest),
        "repository": minimal(state, repository),
        "commit_url": f"{api_url(state, repository)}/commits/{sha}",
        "url": f"{api_url(state, repository)}/commits/{sha}/status",
    }


def workflow(state: State, repository: Repository, run: WorkflowRun) -> Json:
    url = f"{api_url(state, repository)}/actions/workflows/{run.workflow_id}"
    return {
        "id": run.workflow_id,
        "node_id": f"W_{run.workflow_id}",
        "name": run.name,
        "path": run.path,
        "state": "active",
        "created_at": stamp(repository.created_at),
        "updated_at": stamp(repository.created_at),
        "url": url,
        "html_url": f"{html_url(state, repository)}/blob/{repository.default_branch}/{run.path}",
        "badge_url": f"{html_url(state, repository)}/workflows/{run.workflow_id}/badge.svg",
    }


def run_status(run: WorkflowRun) -> str:
    """`in_progress` from the first job's start, `completed` with its suite."""
    if run.suite.status == "completed":
        return "completed"
    return "in_progress" if run.started else "queued"


def workflow_run(state: State, repository: Repository, one: WorkflowRun) -> Json:
    url = f"{api_url(state, repository)}/actions/runs/{one.id}"
    head = repository.bare.commit(one.suite.head_sha)
    return {
        "id": one.id,
        "name": one.name,
        "node_id": f"WFR_{one.id}",
        "head_branch": one.head_branch,
        "head_sha": one.suite.head_sha,
        "path": one.path,
        "display_title": head.message.partition("\n")[0],
        "run_number": one.number,
        "event": one.event,
        "status": run_status(one),
        "conclusion": one.suite.conclusion,
        "workflow_id": one.workflow_id,
        "check_suite_id": one.suite.id,
        "check_suite_node_id": f"CS_{one.suite.id}",
        "url": url,
        "html_url": f"{html_url(state, repository)}/actions/runs/{one.id}",
        "pull_requests": pulls_with_head(state, repository, one.suite.head_sha),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "actor": user(state, one.actor),
        "run_attempt": one.attempt,
        "referenced_workflows": [],
        "run_started_at": stamp(one.created_at),
        "triggering_actor": user(state, one.actor),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": f"{api_url(state, repository)}/check-suites/{one.suite.id}",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "previous_attempt_url": None,
        "workflow_url": f"{api_url(state, repository)}/actions/workflows/{one.workflow_id}",
        "head_commit": simple_commit(head),
        "repository": minimal(state, repository),
        "head_repository": minimal(state, one.source),
    }


def workflow_run_in_delivery(state: State, repository: Repository, one: WorkflowRun, action: str) -> Json:
    """By its description, the delivery of a start alone does not have the title."""
    shown = workflow_run(state, repository, one)
    return {key: value for key, value in shown.items() if action != "in_progress" or key != "display_title"}


def job(state: State, repository: Repository, run: WorkflowRun, one: Job) -> Json:
    url = f"{api_url(state, repository)}/actions/jobs/{one.check.id}"
    return {
        "id": one.check.id,
        "run_id": run.id,
        "run_url": f"{api_url(state, repository)}/actions/runs/{run.id}",
        "node_id": f"CR_{one.check.id}",
        "head_sha": one.check.head_sha,
        "head_branch": run.head_branch,
        "workflow_name": run.name,
        "url": url,
        "html_url": f"{html_url(state, repository)}/actions/runs/{run.id}/job/{one.check.id}",
        "status": one.check.status,
        "conclusion": one.check.conclusion,
        "created_at": stamp(one.check.started_at),
        "started_at": stamp(one.check.started_at),
        "completed_at": stamp_or_none(one.check.completed_at),
        "name": one.check.name,
        "steps": [],
        "check_run_url": f"{api_url(state, repository)}/check-runs/{one.check.id}",
        "labels": ["ubuntu-latest"],
        "runner_id": 1,
        "runner_name": "playground",
        "runner_group_id": 1,
        "runner_group_name": "Default",
        "run_attempt": one.attempt,
    }


def artifact(state: State, repository: Repository, run: WorkflowRun, one: Artifact) -> Json:
    url = f"{api_url(state, repository)}/actions/artifacts/{one.id}"
    return {
        "id": one.id,
        "node_id": f"AR_{one.id}",
        "name": one.name,
        "size_in_bytes": len(one.data),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": one.expired,
        "created_at": stamp(one.created_at),
        "expires_at": None,
        "updated_at": stamp(one.created_at),
        "workflow_run": {
            "id": run.id,
            "repository_id": repository.id,
            "head_repository_id": run.source.id,
            "head_branch": run.head_branch,
            "head_sha": run.suite.head_sha,
        },
    }
