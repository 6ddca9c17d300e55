"""`/honk deploy ENV`: by a GitHub deployment or a workflow, of what is merged or green, and followed to its end."""

import pytest

from ghapp.core.run import State
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.wishes import citizen, configured, green, main_of, said

CONFIG = """
deploy:
  staging: {role: write}
  production: {}
  flow: {role: write, workflow: deploy.yml, inputs: {commit: "{sha}"}}
"""
FLOW = """name: deploy
on:
  workflow_dispatch:
    inputs:
      commit: {required: true}
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
    - run: echo deploy
"""


@pytest.fixture
def pull(town: Town, octocat: Citizen) -> Opened:
    """A green pull request, in a repository with three environments."""
    town.base_moves({".github/workflows/deploy.yml": FLOW})
    configured(town, CONFIG)
    return green(town, octocat)


def answer(town: Town, pull: Opened) -> str:
    """The newest answer on the pull request, read again after it was edited."""
    found = [one for one in town.said(pull.pull) if "honk:deploy:" in one.body]
    town.said_on(pull.pull)
    return found[-1].body


def test_a_green_head_is_deployed_and_followed(town: Town, octocat: Citizen, pull: Opened) -> None:
    """I deploy the open pull request to staging: its head is deployed, and the answer goes on with it."""
    assert "`staging`" in said(town, octocat, pull, "/honk deploy staging")
    (made,) = town.world.deployments(DEMO)
    assert made.sha == pull.head
    town.deployed("staging", "in_progress")
    town.work()
    assert "in progress" in answer(town, pull)
    town.deployed("staging", "success", "https://staging.example")
    town.work()
    assert "✅" in answer(town, pull)
    assert "https://staging.example" in answer(town, pull)
    assert pull.run.state is State.AWAITING_REVIEW
    assert pull.status


def test_what_is_merged_is_deployed(town: Town, octocat: Citizen, pull: Opened) -> None:
    """After the merge it is the commit on main, once CI is green there: GitHub itself sees to that."""
    said(town, octocat, pull)
    assert "I could not act on this" in said(town, octocat, pull, "/honk deploy staging")
    town.ci_passes(main_of(town))
    assert main_of(town)[:9] in said(town, octocat, pull, "/honk deploy staging")
    (made,) = town.world.deployments(DEMO)
    assert made.sha == main_of(town)
    town.deployed("staging", "success")
    town.work()
    assert "✅" in answer(town, pull)
    assert pull.status


def test_a_workflow_deploys(town: Town, octocat: Citizen, pull: Opened) -> None:
    """The environment names a workflow: it runs with the commit as its input, and is followed."""
    assert "by the workflow `deploy.yml`" in said(town, octocat, pull, "/honk deploy flow")
    (started,) = [one for one in town.world.workflow_runs(DEMO) if one.event == "workflow_dispatch"]
    assert started.inputs == {"commit": pull.head}
    town.workflow_ends(started.id, "success")
    town.work()
    assert "✅" in answer(town, pull)
    assert pull.status


def test_a_deployment_that_fails_is_told(town: Town, octocat: Citizen, pull: Opened) -> None:
    """It fails: the answer shows it, and a new comment wakes me."""
    said(town, octocat, pull, "/honk deploy staging")
    town.deployed("staging", "failure", "https://log.example")
    town.work()
    alert = next(one for one in town.said_on(pull.pull) if "ended as `failure`" in one)
    assert alert.startswith("@octocat")
    assert "❌" in answer(town, pull)
    assert pull.status


def test_an_unknown_environment_is_refused(town: Town, octocat: Citizen, pull: Opened) -> None:
    """The config names three; I read which."""
    assert "I know `staging`" in said(town, octocat, pull, "/honk deploy moon")
    assert town.world.deployments(DEMO) == []


def test_red_or_running_ci_is_not_deployed(town: Town, octocat: Citizen, pull: Opened) -> None:
    """CI is red, then runs: nothing is deployed."""
    town.reports(pull.head, "test", None, "in_progress")
    assert "waits for test" in said(town, octocat, pull, "/honk deploy staging")
    assert town.world.deployments(DEMO) == []
    assert pull.status


def test_the_role_is_the_environments(town: Town, octocat: Citizen, pull: Opened) -> None:
    """Production is for maintainers."""
    assert "needs the role *maintain*" in said(town, octocat, pull, "/honk deploy production")
    mia = citizen(town, "mia", "maintain")
    assert "`production`" in said(town, mia, pull, "/honk deploy production")
    assert len(town.world.deployments(DEMO)) == 1


def test_one_at_a_time(town: Town, octocat: Citizen, pull: Opened) -> None:
    """While one goes on, a second word waits for it."""
    said(town, octocat, pull, "/honk deploy staging")
    assert "goes on" in said(town, octocat, pull, "/honk deploy staging")
    assert len(town.world.deployments(DEMO)) == 1
