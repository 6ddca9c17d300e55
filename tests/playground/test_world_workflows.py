"""Workflows beyond a push: waiting for approval, run again, started by hand; and what CIs say of a commit."""

from collections.abc import Callable

import pytest

from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.person import Person
from ghapp.playground.server import Playground
from ghapp.playground.world import World
from tests.playground.playground_app import Api, Hook

NAME = "octo/demo"
DEMO = f"/repos/{NAME}"
CI = ".github/workflows/ci.yml"
WORKFLOW = """
name: CI
on: [push, pull_request]
jobs:
  tests: {runs-on: ubuntu-latest, steps: [{run: "true"}]}
  lint: {runs-on: ubuntu-latest, steps: [{run: "true"}]}
"""
DEPLOY = """
name: Deploy
on:
  workflow_dispatch:
    inputs:
      environment: {required: true}
      reason: {required: false}
jobs:
  ship: {runs-on: ubuntu-latest, steps: [{run: "true"}]}
"""


@pytest.fixture
def mona(playground: Playground, app: object) -> Person:
    """Someone who may write, in a repository with two workflows."""
    mona = playground.world.person("mona", write=NAME)
    mona.push(NAME, "main", {CI: WORKFLOW, ".github/workflows/deploy.yml": DEPLOY})
    return mona


def the_run(world: World, sha: str) -> WorkflowRun:
    (run,) = world.workflow_runs(NAME, sha)
    return run


def test_a_run_waits_for_approval(playground: Playground, mona: Person, api: Api, hook: Hook) -> None:
    """It ends as `action_required` without any check; approved, it begins as if it had just been asked for."""
    world = playground.world
    world.hold_workflows(NAME)
    sha = mona.push(NAME, "topic", {"a": "b"})
    (shown,) = api.get(f"{DEMO}/actions/runs", head_sha=sha)["workflow_runs"]
    assert (shown["status"], shown["conclusion"]) == ("completed", "action_required")
    assert api.get(f"{DEMO}/actions/runs/{shown['id']}/jobs")["total_count"] == 0
    assert api.get(f"{DEMO}/commits/{sha}/check-runs")["total_count"] == 0
    waiting = api.get(f"{DEMO}/commits/{sha}/check-suites")["check_suites"]
    assert [(one["app"]["slug"], one["conclusion"]) for one in waiting if one["conclusion"]] == [
        ("github-actions", "action_required")
    ]
    world.settle()
    assert hook.last("check_suite.completed")["check_suite"]["conclusion"] == "action_required"
    mona.approve_workflow(NAME, the_run(world, sha))
    assert world.check_outcomes(NAME, sha) == {"tests": "pending", "lint": "pending"}
    world.end_run(NAME, shown["id"], "success")
    assert api.get(f"{DEMO}/actions/runs/{shown['id']}")["conclusion"] == "success"
    with pytest.raises(ValueError, match="does not wait"):
        mona.approve_workflow(NAME, the_run(world, sha))


def test_the_default_branch_waits_for_nobody(playground: Playground, mona: Person, api: Api) -> None:
    """Held are other branches only; and what is held is not run again."""
    world = playground.world
    world.hold_workflows(NAME)
    assert the_run(world, mona.push(NAME, "main", {"a": "b"})).jobs
    held = the_run(world, mona.push(NAME, "topic", {"a": "c"}))
    api.post(f"{DEMO}/actions/runs/{held.id}/rerun-failed-jobs", 403)
    assert "not from a fork" in api.post(f"{DEMO}/actions/runs/{held.id}/approve", 403)["message"]


def test_a_run_of_a_fork_is_approved_by_rest(playground: Playground, mona: Person, api: Api, hook: Hook) -> None:
    """Its run belongs to the base repository, names the fork, and no pull request."""
    world = playground.world
    eve = world.person("eve")
    eve.fork(NAME)
    world.hold_workflows(NAME)
    sha = eve.push("eve/demo", "topic", {"a": "b"})
    assert world.workflow_runs(NAME, sha) == []
    eve.open_pull(NAME, "Change", "eve:topic")
    (shown,) = api.get(f"{DEMO}/actions/runs", event="pull_request", status="action_required")["workflow_runs"]
    assert (shown["head_sha"], shown["head_branch"], shown["head_repository"]["full_name"], shown["pull_requests"]) == (
        sha,
        "topic",
        "eve/demo",
        [],
    )
    api.post(f"{DEMO}/actions/runs/{shown['id']}/approve")
    assert api.get(f"{DEMO}/actions/runs/{shown['id']}")["status"] == "queued"
    api.post(f"{DEMO}/actions/runs/{shown['id']}/approve", 403)
    newer = eve.push("eve/demo", "topic", {"a": "c"})
    assert the_run(world, newer).event == "pull_request"


def test_failed_jobs_get_new_checks(playground: Playground, mona: Person, api: Api, hook: Hook) -> None:
    """Run again: the failed name gets a new check run and job in its suite, with its own log; what passed stays."""
    world = playground.world
    sha = mona.push(NAME, "topic", {"a": "b"})
    run = the_run(world, sha)
    address = f"{DEMO}/actions/runs/{run.id}"
    api.post(f"{address}/rerun-failed-jobs", 403)
    world.set_check(NAME, sha, "lint", "completed", "success")
    first = world.set_check(NAME, sha, "tests", "completed", "failure")
    world.set_log(NAME, first, "timed out\n")
    api.post(f"{address}/rerun-failed-jobs")
    second = world.set_check(NAME, sha, "tests", "in_progress")
    world.set_log(NAME, second, "fine\n")
    assert second.id != first.id
    assert second.suite is first.suite
    assert (first.conclusion, world.check_outcomes(NAME, sha)) == ("failure", {"tests": "pending", "lint": "success"})
    world.set_check(NAME, sha, "tests", "completed", "success")
    assert (api.get(address)["conclusion"], api.get(address)["run_attempt"]) == ("success", 2)
    latest = api.get(f"{address}/jobs", filter="latest")["jobs"]
    assert {(one["name"], one["run_attempt"]) for one in latest} == {("tests", 2), ("lint", 1)}
    assert api.get(f"{address}/jobs", filter="all")["total_count"] == 3
    shown = api.get(f"{DEMO}/commits/{sha}/check-runs")["check_runs"]
    assert {one["id"] for one in shown if one["name"] == "tests"} == {second.id}
    logs = [api.get(f"{DEMO}/actions/jobs/{one.id}/logs", 302).headers["Location"] for one in (first, second)]
    assert [Api(address).get("").text for address in logs] == ["timed out\n", "fine\n"]
    world.settle()
    told = [
        one[2]["workflow_run"] for one in hook.heard if one[0] == "workflow_run" and one[2]["action"] == "completed"
    ]
    mine = [(one["run_attempt"], one["conclusion"]) for one in told if one["id"] == run.id]
    assert mine == [(1, "failure"), (2, "success")]


@pytest.mark.parametrize("named", ["deploy.yml", "number"])
def test_a_workflow_is_started_by_hand(playground: Playground, mona: Person, api: Api, named: str) -> None:
    """204 says nothing more; asked for, the answer names the run; both are listed and ended by hand."""
    world = playground.world
    address = f"{DEMO}/actions/workflows/deploy.yml/dispatches"
    api.post(address, 204, ref="main", inputs={"environment": "production"})
    if named == "number":
        (run,) = [one for one in world.workflow_runs(NAME) if one.event == "workflow_dispatch"]
        address = f"{DEMO}/actions/workflows/{run.workflow_id}/dispatches"
    inputs = {"environment": "staging", "reason": "try"}
    made = api.post(address, 200, ref="main", inputs=inputs, return_run_details=True)
    assert made["html_url"].endswith(f"/octo/demo/actions/runs/{made['workflow_run_id']}")
    rows = api.get(f"{DEMO}/actions/runs", event="workflow_dispatch", branch="main")["workflow_runs"]
    assert [(one["status"], one["path"], one["run_number"]) for one in rows] == [
        ("queued", ".github/workflows/deploy.yml", 2),
        ("queued", ".github/workflows/deploy.yml", 1),
    ]
    assert rows[0]["id"] == made["workflow_run_id"]
    assert world.repo(NAME).workflow_runs[made["workflow_run_id"]].inputs == inputs
    world.end_run(NAME, made["workflow_run_id"], "failure")
    assert [
        one["conclusion"] for one in api.get(f"{DEMO}/actions/runs", event="workflow_dispatch")["workflow_runs"]
    ] == [
        "failure",
        None,
    ]


def test_what_cannot_be_started_by_hand(mona: Person, api: Api, as_person: Callable[[str], Api]) -> None:
    """Another workflow, one that is not there, an unknown branch, wrong inputs, and somebody without the right."""
    address, given = f"{DEMO}/actions/workflows/deploy.yml/dispatches", {"inputs": {"environment": "x"}}
    assert "trigger" in api.post(f"{DEMO}/actions/workflows/ci.yml/dispatches", 422, ref="main")["message"]
    api.post(f"{DEMO}/actions/workflows/other.yml/dispatches", 404, ref="main")
    assert api.post(address, 422, ref="nowhere", **given)["message"] == "No ref found for: nowhere"
    assert "'environment' not provided" in api.post(address, 422, ref="main")["message"]
    assert '"speed"' in api.post(address, 422, ref="main", inputs={"environment": "x", "speed": "1"})["message"]
    as_person("eve").post(address, 403, ref="main", **given)


def test_after_a_merge_the_default_branch_runs(playground: Playground, mona: Person, api: Api) -> None:
    """As after a push: the merge's commit has its own run and checks."""
    world = playground.world
    mona.push(NAME, "topic", {"a": "b"})
    sha = mona.merge(NAME, mona.open_pull(NAME, "Change", "topic").number)
    run = the_run(world, sha)
    assert (run.event, run.head_branch) == ("push", "main")
    assert world.check_outcomes(NAME, sha) == {"tests": "pending", "lint": "pending"}


def test_checks_of_several_apps(playground: Playground, mona: Person, api: Api, hook: Hook) -> None:
    """Another App's check of the same name is a check of its own, with a suite, texts and annotations of its own."""
    world = playground.world
    sha = mona.push(NAME, "topic", {"a": "b"})
    note = {"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "Not b"}
    world.set_check(NAME, sha, "tests", "completed", "success")
    theirs = world.set_check(
        NAME, sha, "tests", "completed", "failure", app="other-ci", title="1 failed", summary="Bad", annotations=[note]
    )
    again = world.set_check(NAME, sha, "tests", "completed", "failure", app="other-ci", text="More")
    assert again is theirs
    rows = api.get(f"{DEMO}/commits/{sha}/check-runs", check_name="tests")["check_runs"]
    assert {(one["app"]["slug"], one["conclusion"]) for one in rows} == {
        ("github-actions", "success"),
        ("other-ci", "failure"),
    }
    output = api.get(f"{DEMO}/check-runs/{theirs.id}")["output"]
    assert (output["title"], output["summary"], output["text"], output["annotations_count"]) == (
        "1 failed",
        "Bad",
        "More",
        1,
    )
    assert [one["message"] for one in api.get(f"{DEMO}/check-runs/{theirs.id}/annotations")] == ["Not b"]
    world.settle()
    assert hook.last("check_run.completed")["check_run"]["app"]["slug"] == "other-ci"


def test_a_status_with_a_description(playground: Playground, mona: Person, api: Api, hook: Hook) -> None:
    """By a service's own account."""
    world = playground.world
    sha = mona.push(NAME, "topic", {"a": "b"})
    world.set_status(NAME, sha, "ci/build", "error", "Out of disk", url="http://127.0.0.1/1")
    (shown,) = api.get(f"{DEMO}/commits/{sha}/status")["statuses"]
    assert (shown["state"], shown["description"], shown["target_url"]) == ("error", "Out of disk", "http://127.0.0.1/1")
    world.settle()
    assert hook.last("status")["sender"]["login"] == "status-bot"


def test_two_workflows_with_a_job_of_one_name(playground: Playground, mona: Person, api: Api) -> None:
    """Both checks are listed, and the red one is not hidden by the green one that came later."""
    world = playground.world
    other = WORKFLOW.replace("name: CI", "name: Nightly")
    sha = mona.push(NAME, "topic", {".github/workflows/nightly.yml": other})
    first, second = world.workflow_runs(NAME, sha)
    world.end_run(NAME, first.id, "failure")
    world.end_run(NAME, second.id, "success")
    rows = api.get(f"{DEMO}/commits/{sha}/check-runs", check_name="tests")["check_runs"]
    assert sorted(one["conclusion"] for one in rows) == ["failure", "success"]
    assert world.check_outcomes(NAME, sha) == {"tests": "failure", "lint": "failure"}
