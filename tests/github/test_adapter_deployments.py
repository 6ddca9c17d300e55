"""Deployments and workflows that deploy, over the playground's HTTP."""

import pytest

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.ports import Deployed
from ghapp.github.app import GitHubApp
from ghapp.github.deployments import GitHubDeployments
from ghapp.playground.faults import Fault
from ghapp.playground.world import World
from tests.github.front import Front

WORKFLOW = """
name: Ship
on:
  workflow_dispatch:
    inputs:
      environment:
        required: true
jobs:
  ship:
    runs-on: ubuntu-latest
    steps:
      - run: make ship
"""
INPUTS = {"environment": "staging"}


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited, instead of waiting."""
    return []


@pytest.fixture
def deployments(app: GitHubApp, pauses: list[float]) -> GitHubDeployments:
    return GitHubDeployments(app, pause=pauses.append)


@pytest.fixture
def sha(world: World) -> str:
    """The head of main, which has a workflow to be started by hand."""
    return world.person("mona", write="octo/demo").push("octo/demo", "main", {".github/workflows/ship.yml": WORKFLOW})


# --- deployments ----------------------------------------------------------------------------------------------------


def test_a_deployment_is_asked_for_and_followed(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str
) -> None:
    """Of that very commit; nobody said anything yet, then it goes on, then it can be looked at."""
    number = deployments.create(demo, sha, "staging")
    (made,) = world.deployments("octo/demo")
    assert (made.id, made.sha, made.environment) == (number, sha, "staging")
    assert deployments.read(demo, number) == Deployed(number, "staging", "pending", "", over=False)
    world.deploy_status("octo/demo", number, "in_progress")
    assert not deployments.read(demo, number).over
    world.deploy_status("octo/demo", number, "success", "https://staging.example")
    found = deployments.read(demo, number)
    assert found == Deployed(number, "staging", "success", "https://staging.example", over=True)
    assert not found.failed


@pytest.mark.parametrize(("state", "failed"), [("failure", True), ("error", True), ("inactive", False)])
def test_a_deployment_ends_well_or_badly(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str, state: str, failed: bool
) -> None:
    """One that another has replaced did not fail."""
    number = deployments.create(demo, sha, "staging")
    world.deploy_status("octo/demo", number, state)
    found = deployments.read(demo, number)
    assert (found.over, found.failed) == (True, failed)


def test_red_checks_keep_a_commit_from_being_deployed(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str
) -> None:
    """GitHub's own default; its sentence says what is missing."""
    world.set_status("octo/demo", sha, "ci/old", "failure")
    with pytest.raises(UserError, match="Commit status checks failed"):
        deployments.create(demo, sha, "staging")
    assert world.deployments("octo/demo") == []


def test_a_branch_is_never_merged_for_a_deployment(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str
) -> None:
    """A commit that is behind main is deployed as it is: GitHub's default would deploy another."""
    mona = world.person("mona")
    behind = mona.push("octo/demo", "topic", {"a.txt": "a"})
    mona.push("octo/demo", "main", {"b.txt": "b"})
    deployments.create(demo, behind, "staging")
    assert [one.sha for one in world.deployments("octo/demo")] == [behind]
    assert world.repo("octo/demo").bare.resolve("topic") == behind


def test_a_deployment_whose_answer_was_lost_is_found_again(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str
) -> None:
    """Asking again deploys nothing twice; when it is over, the same commit may be deployed once more."""
    world.faults.add(Fault("POST", "/deployments$", how="lose_answer"))
    with pytest.raises(TransientError):
        deployments.create(demo, sha, "staging")
    (made,) = world.deployments("octo/demo")
    assert deployments.create(demo, sha, "staging") == made.id
    assert deployments.create(demo, sha, "production") != made.id
    world.deploy_status("octo/demo", made.id, "failure")
    assert deployments.create(demo, sha, "staging") != made.id


def test_somebody_elses_deployment_is_not_ours(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str
) -> None:
    """That one goes on already does not answer our own wish."""
    theirs = world.deploy("octo/demo", sha, "staging")
    assert deployments.create(demo, sha, "staging") != theirs.id


def test_the_newest_deployment_of_each_environment_counts(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str
) -> None:
    """Whoever asked for it; those of other commits are left out."""
    assert deployments.of(demo, sha) == ()
    first = world.deploy("octo/demo", sha, "production")
    world.deploy_status("octo/demo", first.id, "failure")
    second = world.deploy("octo/demo", sha, "production")
    world.deploy_status("octo/demo", second.id, "success", "https://demo.example")
    ours = deployments.create(demo, sha, "beta")
    other = world.person("mona").push("octo/demo", "main", {"b.txt": "b"})
    world.deploy("octo/demo", other, "production")
    assert deployments.of(demo, sha) == (
        Deployed(ours, "beta", "pending", "", over=False),
        Deployed(second.id, "production", "success", "https://demo.example", over=True),
    )


def test_a_deployment_that_is_not_there_is_named(deployments: GitHubDeployments, demo: Repository) -> None:
    """404 is an answer, not a failure."""
    with pytest.raises(Gone):
        deployments.read(demo, 999)


# --- workflows ------------------------------------------------------------------------------------------------------


def test_a_workflow_is_started_and_followed(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str, pauses: list[float]
) -> None:
    """GitHub says which run it became; how that ends is how the deployment ends."""
    number = deployments.dispatch(demo, "ship.yml", "main", INPUTS)
    (run,) = world.workflow_runs("octo/demo", sha)
    assert (run.id, run.event, run.inputs) == (number, "workflow_dispatch", INPUTS)
    url = f"{world.state.base_url}/octo/demo/actions/runs/{number}"
    assert deployments.read_run(demo, number) == Deployed(number, "Ship", "queued", url, over=False)
    world.end_run("octo/demo", number, "failure")
    found = deployments.read_run(demo, number)
    assert (found.state, found.over, found.failed) == ("failure", True, True)
    assert pauses == []


def test_a_server_that_does_not_say_which_run_is_asked(
    deployments: GitHubDeployments, world: World, front: Front, demo: Repository, sha: str, pauses: list[float]
) -> None:
    """An older GitHub answers 204; the run shows a moment later, and an earlier one is not taken for it."""
    earlier = deployments.dispatch(demo, "ship.yml", "main", INPUTS)
    front.says("POST .*/dispatches", "204 No Content", b"")
    runs = {"total_count": 1, "workflow_runs": [{"id": earlier, "path": ".github/workflows/ship.yml"}]}
    front.says("GET .*/actions/runs", "200 OK", runs, times=2)
    later = {"id": earlier + 7, "path": ".github/workflows/ship.yml@refs/heads/main"}
    another = {"id": earlier + 9, "path": ".github/workflows/unship.yml"}
    front.says("GET .*/actions/runs", "200 OK", {"total_count": 3, "workflow_runs": [another, later]})
    assert deployments.dispatch(demo, "ship.yml", "main", INPUTS) == earlier + 7
    assert len(pauses) == 1


def test_a_start_whose_answer_was_lost_is_found(
    deployments: GitHubDeployments, world: World, demo: Repository, sha: str
) -> None:
    """A second try would deploy twice; what did not begin is told as such."""
    world.faults.add(Fault("POST", "/dispatches$", how="lose_answer"))
    number = deployments.dispatch(demo, "ship.yml", "main", INPUTS)
    assert [run.id for run in world.workflow_runs("octo/demo", sha)] == [number]
    world.faults.add(Fault("POST", "/dispatches$", status=502))
    with pytest.raises(TransientError):
        deployments.dispatch(demo, "ship.yml", "main", INPUTS)
    assert len(world.workflow_runs("octo/demo", sha)) == 1


def test_a_run_that_never_shows_is_told(
    deployments: GitHubDeployments, front: Front, demo: Repository, sha: str, pauses: list[float]
) -> None:
    """After some looks the person hears of it, instead of a second start."""
    front.says("POST .*/dispatches", "204 No Content", b"")
    with pytest.raises(UserError, match="shows no run"):
        deployments.dispatch(demo, "ship.yml", "main", INPUTS)
    assert front.count("POST .*/dispatches") == 1
    assert len(pauses) == 10


@pytest.mark.parametrize(
    ("workflow", "ref", "inputs", "words"),
    [
        ("none.yml", "main", INPUTS, "Not Found"),
        ("ship.yml", "gone", INPUTS, "No ref found"),
        ("ship.yml", "main", {"colour": "red"}, "Unexpected inputs"),
        ("ship.yml", "main", {}, "not provided"),
    ],
)
def test_a_workflow_that_cannot_be_started_is_told(
    deployments: GitHubDeployments,
    demo: Repository,
    sha: str,
    workflow: str,
    ref: str,
    inputs: dict[str, str],
    words: str,
) -> None:
    """In GitHub's words: no such file, branch or input."""
    with pytest.raises(UserError, match=words):
        deployments.dispatch(demo, workflow, ref, inputs)
