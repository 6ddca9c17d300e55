"""Checks of Apps and of workflows, statuses, logs and artifacts."""

import io
import threading
import zipfile
from pathlib import Path

import pytest
from github import Github

from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.ci import CiResult, JobResult
from ghapp.playground.server import Playground
from ghapp.playground.world import World
from tests.playground.playground_app import Api, Hook

DEMO = "/repos/octo/demo"
WORKFLOW = """
name: CI
on: [push]
jobs:
  tests: {runs-on: ubuntu-latest, steps: [{run: "true"}]}
  lint: {name: Lint all, runs-on: ubuntu-latest, steps: [{run: "true"}]}
"""


def push_workflow(world: World, branch: str = "topic", text: str = WORKFLOW) -> str:
    return world.person("mona").push("octo/demo", branch, {".github/workflows/ci.yml": text})


def run_of(world: World, sha: str) -> WorkflowRun:
    return next(run for run in world.repo("octo/demo").workflow_runs.values() if run.suite.head_sha == sha)


def test_check_run_of_the_app(playground: Playground, github: Github, api: Api, hook: Hook) -> None:
    """Made, moved on and completed by the App; the suite follows; annotations are kept."""
    repository = github.get_repo("octo/demo")
    sha = playground.world.person("mona").push("octo/demo", "topic", {"a": "b"})
    run = repository.create_check_run("honk", sha, status="in_progress", external_id="run-1")
    note = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "Hm"}
    output = {"title": "Good", "summary": "All is well", "annotations": [note]}
    run.edit(status="completed", conclusion="success", output=output)
    assert (run.status, run.conclusion, run.output.annotations_count) == ("completed", "success", 1)
    assert [one.message for one in run.get_annotations()] == ["Hm"]
    (suite,) = api.get(f"{DEMO}/commits/{sha}/check-suites")["check_suites"]
    assert (suite["app"]["slug"], suite["status"], suite["conclusion"]) == ("honk", "completed", "success")
    assert api.get(f"{DEMO}/check-suites/{suite['id']}")["head_sha"] == sha
    assert api.get(f"{DEMO}/check-suites/{suite['id']}/check-runs")["total_count"] == 1
    assert api.get(f"{DEMO}/check-runs/{run.id}")["external_id"] == "run-1"
    playground.world.settle()
    assert hook.names() == [
        "push",
        "check_suite.requested",
        "check_run.created",
        "check_run.completed",
        "check_suite.completed",
    ]


def test_app_leaves_the_checks_of_others(playground: Playground, api: Api) -> None:
    """Only its own can be changed; a newer run of one name takes the older one's place."""
    world = playground.world
    sha = world.person("mona").push("octo/demo", "topic", {"a": "b"})
    other = world.set_check("octo/demo", sha, "tests", "completed", "failure")
    api.patch(f"{DEMO}/check-runs/{other.id}", 403, name="mine")
    api.post(f"{DEMO}/check-runs", name="honk", head_sha=sha, status="completed", conclusion="failure")
    api.post(f"{DEMO}/check-runs", name="honk", head_sha=sha, status="completed", conclusion="success")
    shown = api.get(f"{DEMO}/commits/topic/check-runs")["check_runs"]
    assert {(run["name"], run["conclusion"]) for run in shown} == {("tests", "failure"), ("honk", "success")}
    assert api.get(f"{DEMO}/commits/topic/check-runs", filter="all")["total_count"] == 3
    assert api.get(f"{DEMO}/commits/topic/check-runs", check_name="tests")["total_count"] == 1


def test_statuses_come_together(playground: Playground, github: Github, api: Api, hook: Hook) -> None:
    """The newest of each context counts; all green is green."""
    sha = playground.world.person("mona").push("octo/demo", "topic", {"a": "b"})
    commit = github.get_repo("octo/demo").get_commit(sha)
    assert commit.get_combined_status().state == "pending"
    commit.create_status("failure", context="ci/a", description="red")
    commit.create_status("success", context="ci/b", target_url="http://127.0.0.1/b")
    assert commit.get_combined_status().state == "failure"
    commit.create_status("success", context="ci/a")
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("success", 2)
    assert len(api.get(f"{DEMO}/commits/{sha}/statuses")) == 3
    playground.world.settle()
    assert hook.last("status")["branches"][0]["name"] == "topic"


def test_a_status_names_the_bot_of_the_app_that_gave_it(playground: Playground, app: object, api: Api) -> None:
    """Its slug leads to the App, which everybody may see."""
    sha = playground.world.person("mona").push("octo/demo", "topic", {"a": "b"})
    playground.world.set_status("octo/demo", sha, "preview", "success", app="previewer")
    (status,) = api.get(f"{DEMO}/commits/{sha}/statuses")
    assert (status["creator"]["type"], status["creator"]["login"]) == ("Bot", "previewer[bot]")
    assert api.get("/apps/previewer")["slug"] == "previewer"
    api.get("/apps/nobody", 404)


def test_a_workflow_may_be_queued_without_jobs(playground: Playground, app: object, api: Api) -> None:
    """Its suite is there at once; its check runs come with the jobs."""
    world = playground.world
    world.keep_jobs_back("octo/demo")
    sha = push_workflow(world)
    suites = api.get(f"{DEMO}/commits/{sha}/check-suites")["check_suites"]
    (suite,) = [one for one in suites if one["app"]["slug"] == "github-actions"]
    assert (suite["status"], suite["latest_check_runs_count"]) == ("queued", 0)
    (run,) = api.get(f"{DEMO}/actions/runs", head_sha=sha)["workflow_runs"]
    assert run["status"] == "queued"
    for _ in range(2):
        world.make_jobs("octo/demo", sha)
        assert api.get(f"{DEMO}/commits/{sha}/check-runs")["total_count"] == 2


def test_workflow_waits_for_its_checks(playground: Playground, app: object, api: Api, hook: Hook) -> None:
    """Without a CI the jobs are queued, and settled by hand; the run and its suite follow."""
    world = playground.world
    sha = push_workflow(world)
    (run,) = api.get(f"{DEMO}/actions/runs", head_sha=sha)["workflow_runs"]
    assert (run["status"], run["name"], run["head_branch"]) == ("queued", "CI", "topic")
    assert [job["name"] for job in api.get(f"{DEMO}/actions/runs/{run['id']}/jobs")["jobs"]] == ["tests", "Lint all"]
    world.set_check("octo/demo", sha, "tests", "in_progress")
    assert api.get(f"{DEMO}/actions/runs/{run['id']}")["status"] == "in_progress"
    world.set_check("octo/demo", sha, "tests", "completed", "success")
    world.set_check("octo/demo", sha, "Lint all", "completed", "failure")
    assert api.get(f"{DEMO}/actions/runs/{run['id']}")["conclusion"] == "failure"
    assert world.check_outcomes("octo/demo", sha) == {"tests": "success", "Lint all": "failure"}
    world.settle()
    told = [name for name in hook.names() if name.startswith(("workflow_run", "check_suite.c"))]
    assert told == [
        "workflow_run.requested",
        "workflow_run.in_progress",
        "check_suite.completed",
        "workflow_run.completed",
    ]


def test_ci_runs_in_its_own_thread(playground: Playground, app: object, api: Api, hook: Hook) -> None:
    """The push is answered while the CI works; its jobs' conclusions and logs are the checks'."""
    world, go = playground.world, threading.Event()

    def ci(bare: Path, sha: str, workflow: str) -> CiResult:
        assert (bare / "HEAD").exists()
        assert workflow == WORKFLOW
        assert go.wait(20)
        return CiResult("failure", (JobResult("tests", "success", "fine\n"), JobResult("Lint all", "failure", "bad\n")))

    world.ci = ci
    sha = push_workflow(world)
    assert set(world.check_outcomes("octo/demo", sha).values()) == {"pending"}
    go.set()
    world.settle()
    assert world.check_outcomes("octo/demo", sha) == {"tests": "success", "Lint all": "failure"}
    job = api.get(f"{DEMO}/actions/runs/{run_of(world, sha).id}/jobs")["jobs"][1]
    assert api.get(f"{DEMO}/actions/jobs/{job['id']}")["conclusion"] == "failure"
    moved = api.get(f"{DEMO}/actions/jobs/{job['id']}/logs", 302)
    address = moved.headers["Location"]
    assert api.session.get(address, timeout=20).status_code == 400
    assert Api(address).get("").text == "bad\n"


def test_failed_jobs_run_again(playground: Playground, app: object, api: Api) -> None:
    """Only what failed is queued for the next attempt."""
    world = playground.world
    sha = push_workflow(world)
    world.set_check("octo/demo", sha, "tests", "completed", "success")
    world.set_check("octo/demo", sha, "Lint all", "completed", "failure")
    run = run_of(world, sha)
    api.post(f"{DEMO}/actions/runs/{run.id}/rerun-failed-jobs")
    assert world.check_outcomes("octo/demo", sha) == {"tests": "success", "Lint all": "pending"}
    assert api.get(f"{DEMO}/actions/runs/{run.id}")["run_attempt"] == 2
    world.set_check("octo/demo", sha, "Lint all", "completed", "success")
    assert api.get(f"{DEMO}/actions/runs/{run.id}")["conclusion"] == "success"


def test_broken_ci_is_a_failed_run_and_a_violation(playground: Playground, app: object) -> None:
    """An exception in the CI is neither swallowed nor left pending."""
    world = playground.world

    def ci(bare: Path, sha: str, workflow: str) -> CiResult:
        raise RuntimeError("no room")

    world.ci = ci
    sha = push_workflow(world)
    world.settle()
    assert set(world.check_outcomes("octo/demo", sha).values()) == {"failure"}
    assert world.violations == ["CI of octo/demo raised RuntimeError('no room')"]
    world.violations.clear()


@pytest.mark.parametrize("text", ["on: push\njobs: [", "on: push\n"])
def test_unreadable_workflow_fails_to_start(playground: Playground, app: object, text: str) -> None:
    """There is a run, without jobs, that ends as a start-up failure."""
    world = playground.world
    world.ci = lambda bare, sha, workflow: CiResult("startup_failure", (), "no workflow")
    sha = push_workflow(world, text=text)
    world.settle()
    assert run_of(world, sha).suite.conclusion == "startup_failure"


def test_artifacts_are_zips(playground: Playground, app: object, api: Api) -> None:
    """Listed by name and downloaded from an address without a token."""
    world = playground.world
    run = run_of(world, push_workflow(world))
    made = world.artifact("octo/demo", run.id, "apk", {"app.apk": b"bytes"})
    (shown,) = api.get(f"{DEMO}/actions/runs/{run.id}/artifacts", name="apk")["artifacts"]
    assert api.get(f"{DEMO}/actions/artifacts/{shown['id']}")["size_in_bytes"] == len(made.data)
    moved = api.get(f"{DEMO}/actions/artifacts/{shown['id']}/zip", 302)
    got = Api(moved.headers["Location"]).get("").content
    assert zipfile.ZipFile(io.BytesIO(got)).read("app.apk") == b"bytes"
    made.expired = True
    assert api.get(f"{DEMO}/actions/artifacts/{made.id}")["expired"] is True
    api.get(f"{DEMO}/actions/artifacts/{made.id}/zip", 410)


def test_what_a_job_uploads_is_kept_with_its_run(playground: Playground, app: object, api: Api) -> None:
    """The CI says what each job uploaded; it is there when the job's check ends."""
    world = playground.world
    world.ci = lambda bare, sha, text: CiResult("success", (JobResult("tests", "success", "", {"apk": b"zip"}),))
    run = run_of(world, push_workflow(world))
    world.settle()
    (shown,) = api.get(f"{DEMO}/actions/runs/{run.id}/artifacts")["artifacts"]
    assert (shown["name"], shown["size_in_bytes"], shown["workflow_run"]["id"]) == ("apk", 3, run.id)


def test_deployments_tell_how_they_go(playground: Playground, github: Github, api: Api, hook: Hook) -> None:
    """Made for a branch, with statuses newest first."""
    repository = github.get_repo("octo/demo")
    made = repository.create_deployment("main", environment="preview", description="Try it", auto_merge=False)
    made.create_status("in_progress")
    made.create_status("success", environment_url="http://127.0.0.1/app", description="up")
    assert [one.state for one in made.get_statuses()] == ["success", "in_progress"]
    assert [one["id"] for one in api.get(f"{DEMO}/deployments", environment="preview")] == [made.id]
    assert api.get(f"{DEMO}/deployments/{made.id}")["environment"] == "preview"
    playground.world.settle()
    assert hook.names() == ["deployment.created", "deployment_status.created", "deployment_status.created"]
