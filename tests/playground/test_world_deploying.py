"""Deployments: what a commit needs before, and what is told after."""

import pytest

from ghapp.playground.person import Person
from ghapp.playground.server import Playground
from tests.playground.playground_app import Api, Hook

NAME = "octo/demo"
DEMO = f"/repos/{NAME}"


@pytest.fixture
def mona(playground: Playground, app: object) -> Person:
    return playground.world.person("mona", write=NAME)


def test_checks_must_be_green_first(playground: Playground, mona: Person, api: Api) -> None:
    """All of them, or those that are named; none are asked of when the list is empty."""
    world = playground.world
    sha = mona.push(NAME, "main", {"a": "b"})
    assert api.post(f"{DEMO}/deployments", ref=sha)["sha"] == sha
    world.set_check(NAME, sha, "tests", "completed", "success")
    world.set_status(NAME, sha, "slow", "pending")
    assert "slow" in api.post(f"{DEMO}/deployments", 409, ref=sha)["message"]
    api.post(f"{DEMO}/deployments", ref=sha, required_contexts=["tests"])
    assert "other" in api.post(f"{DEMO}/deployments", 409, ref=sha, required_contexts=["tests", "other"])["message"]
    api.post(f"{DEMO}/deployments", ref=sha, required_contexts=[])
    world.set_status(NAME, sha, "slow", "success")
    world.set_check(NAME, sha, "optional", "completed", "skipped")
    api.post(f"{DEMO}/deployments", ref=sha)
    assert len(api.get(f"{DEMO}/deployments", sha=sha)) == 4
    assert api.get(f"{DEMO}/deployments", sha="0" * 40) == []


def test_a_branch_that_is_behind_takes_in_the_default_one(playground: Playground, mona: Person, api: Api) -> None:
    """In place of the deployment; asked again, it is made. A commit, and `auto_merge: false`, deploy what they say."""
    world = playground.world
    sha = mona.push(NAME, "topic", {"a": "b"})
    mona.push(NAME, "main", {"other": "text"})
    assert api.post(f"{DEMO}/deployments", ref=sha)["sha"] == sha
    assert api.post(f"{DEMO}/deployments", ref="topic", auto_merge=False)["sha"] == sha
    assert api.post(f"{DEMO}/deployments", 202, ref="topic") == {
        "message": "Auto-merged main into topic on deployment."
    }
    assert world.read(NAME, "other", "topic") == "text"
    made = api.post(f"{DEMO}/deployments", ref="topic")
    assert made["sha"] == world.repo(NAME).bare.branch("topic") != sha


def test_a_branch_that_conflicts_is_not_deployed(playground: Playground, mona: Person, api: Api) -> None:
    """409, in GitHub's words."""
    mona.push(NAME, "topic", {"README.md": "mine\n"})
    mona.push(NAME, "main", {"README.md": "theirs\n"})
    assert api.post(f"{DEMO}/deployments", 409, ref="topic")["message"] == "Conflict merging main into topic"
    assert playground.world.deployments(NAME) == []


def test_somebody_else_deploys(playground: Playground, mona: Person, api: Api, hook: Hook) -> None:
    """A workflow's deployment of the same commit is seen by its sha, and its statuses are told."""
    world = playground.world
    sha = mona.push(NAME, "main", {"a": "b"})
    made = world.deploy(NAME, "main", "staging")
    world.deploy_status(NAME, made.id, "in_progress")
    world.deploy_status(NAME, made.id, "failure", "http://127.0.0.1/log")
    (shown,) = api.get(f"{DEMO}/deployments", sha=sha)
    assert (shown["id"], shown["environment"], shown["creator"]["login"]) == (made.id, "staging", "deployer")
    statuses = api.get(f"{DEMO}/deployments/{made.id}/statuses")
    assert [one["state"] for one in statuses] == ["failure", "in_progress"]
    assert statuses[0]["environment_url"] == "http://127.0.0.1/log"
    world.settle()
    told = hook.last("deployment_status.created")
    assert (told["deployment"]["sha"], told["deployment_status"]["state"], told["sender"]["login"]) == (
        sha,
        "failure",
        "deployer",
    )
