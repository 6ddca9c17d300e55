"""Where builds come from besides CI's archives: deployments, checks, workflows that are started; and screenshots."""

from urllib.request import urlopen

import pytest

from ghapp.core.builds import BuildKind, BuildState
from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.faults import Fault
from tests.scenarios.building import PNG, building, builds_it, card, cards, leaves, newest, package, page
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town

FLOW = """name: app
on: workflow_dispatch
jobs: {app: {runs-on: ubuntu-latest, steps: [{run: make app}]}}
"""
PREVIEW = "https://preview.example/42"


def deploys(town: Town, pull: Opened, environment: str = "Preview") -> None:
    """Somebody's service deploys the head."""
    town.second().deploy(DEMO, pull.head, environment)


def started(town: Town) -> list[WorkflowRun]:
    """The runs that somebody started by hand."""
    return [one for one in town.world.workflow_runs(DEMO) if one.event == "workflow_dispatch"]


# --- deployments ----------------------------------------------------------------------------------------------------


def test_a_deployments_address_is_the_preview(town: Town) -> None:
    """It is there when the deployment is, also before CI is over; the page leads to it."""
    pull = building(town, "{name: Site, deployment: preview}")
    deploys(town, pull)
    town.deployed("Preview", "in_progress")
    town.work()
    assert cards(town, pull) == []
    town.deployed("Preview", "success", PREVIEW)
    town.work()
    build = newest(pull)
    assert (build.state, build.kind, build.url) == (BuildState.READY, BuildKind.WEB, PREVIEW)
    assert f"[Open Site]({page(town, build)})" in card(town, pull)
    assert PREVIEW in urlopen(page(town, build)).read().decode()  # noqa: S310 - our own address


def test_a_deployment_that_failed_says_so(town: Town) -> None:
    """And when it is deployed again, the card has it."""
    pull = building(town, "{name: Site, deployment: preview}")
    deploys(town, pull)
    town.deployed("Preview", "failure")
    town.work()
    assert "the deployment to `preview` ended as `failure`" in card(town, pull)
    deploys(town, pull)
    town.deployed("Preview", "success", PREVIEW)
    town.work()
    assert "[Open Site]" in card(town, pull)


def test_nothing_is_deployed(town: Town) -> None:
    """CI is over: I read where it was deployed instead."""
    pull = building(town, "{name: Site, deployment: preview}")
    deploys(town, pull, "docs")
    town.ci_passes(pull)
    town.work()
    assert "nothing was deployed to `preview`. It was deployed to `docs`." in card(town, pull)


# --- checks ---------------------------------------------------------------------------------------------------------


def test_a_checks_details_lead_to_the_preview(town: Town) -> None:
    """A service reports a status with its address."""
    pull = building(town, '{name: Site, check: "deploy/*"}')
    town.status_reports(pull.head, "deploy/site", "pending", url=PREVIEW)
    town.work()
    assert cards(town, pull) == []
    town.status_reports(pull.head, "deploy/site", "success", url=PREVIEW)
    town.work()
    assert newest(pull).url == PREVIEW
    assert "[Open Site]" in card(town, pull)


def test_what_is_no_address_is_no_preview(town: Town) -> None:
    """A status of anybody's may claim one."""
    pull = building(town, '{name: Site, check: "deploy/*"}')
    town.status_reports(pull.head, "deploy/site", "success", url="javascript:alert(1)")
    town.work()
    assert "the check `deploy/site` names no address" in card(town, pull)


def test_a_check_that_failed_or_is_not_there_is_told(town: Town) -> None:
    """First nobody reports it, then it fails."""
    pull = building(town, '{name: Site, check: "deploy/*"}', ci="{settle: 0, rounds: 0}")
    town.ci_passes(pull)
    town.work()
    assert "no check reports that fits `deploy/*`" in card(town, pull)
    town.reports(pull.head, "deploy/site", "failure", log="Error: no quota")
    town.work()
    assert "the check `deploy/site` failed" in card(town, pull)


# --- workflows ------------------------------------------------------------------------------------------------------


@pytest.fixture
def flow(town: Town) -> Opened:
    """A pull request of a repository with a workflow that builds its app."""
    town.base_moves({".github/workflows/app.yml": FLOW})
    return building(town, '{name: Android, artifact: "*.apk", workflow: app.yml}')


def test_a_workflow_is_started_once_for_each_head(town: Town, octocat: Citizen, flow: Opened) -> None:
    """On the branch, for my push anew; what it leaves is the build, and what other runs leave is not."""
    leaves(town, flow, "app.apk", {"app.apk": package("of CI")})
    town.ci_passes(flow)
    town.work()
    town.later(400)
    (run,) = started(town)
    assert (run.head_branch, run.suite.head_sha) == (flow.branch, flow.head)
    made = town.world.artifact(DEMO, run.id, "android", {"app.apk": package()})
    town.workflow_ends(run.id)
    town.work()
    assert newest(flow).artifact == made.id
    assert "[Install Android]" in card(town, flow)
    octocat.push(flow.branch, {"answer.txt": "43\n"})
    town.work()
    assert [one.suite.head_sha for one in started(town)] == [run.suite.head_sha, flow.head]
    assert "a newer commit is being built" in card(town, flow)


def test_a_workflow_that_fails_is_told_and_started_again_on_my_word(town: Town, octocat: Citizen, flow: Opened) -> None:
    """I say `/honk build` when I have mended the runner."""
    town.ci_passes(flow)
    town.work()
    (first,) = started(town)
    for _ in range(2):  # Honk itself has it run again once
        town.workflow_ends(first.id, "cancelled")
        town.work()
    assert "the workflow `app.yml` ended as `cancelled`" in card(town, flow)
    octocat.comment(flow.pull, "/honk build")
    town.work()
    _, second = started(town)
    assert "it is being built" in card(town, flow)
    town.world.artifact(DEMO, second.id, "app.apk", {"app.apk": package()})
    town.workflow_ends(second.id)
    town.work()
    assert "[Install Android]" in card(town, flow)


def test_a_workflow_that_leaves_nothing_is_told(town: Town, flow: Opened) -> None:
    """It is over and green."""
    town.ci_passes(flow)
    town.work()
    town.workflow_ends(started(town)[0].id)
    town.work()
    assert "the workflow `app.yml` is over and left nothing that fits `*.apk`" in card(town, flow)


def test_a_workflow_that_cannot_be_started_is_told_once(town: Town) -> None:
    """There is no such file; it is not tried at each look."""
    pull = building(town, '{name: Android, artifact: "*.apk", workflow: gone.yml}')
    town.ci_passes(pull)
    town.work()
    assert "the workflow `gone.yml` was not started" in card(town, pull)
    again: list[str] = []
    town.world.faults.meanwhile("POST", "dispatches$", lambda: again.append("asked"))
    town.later(3_700)
    assert again == []


# --- screenshots ----------------------------------------------------------------------------------------------------


def test_screenshots_come_with_the_build(town: Town) -> None:
    """Those that CI made are on the card, small, and lead to the page."""
    pull = building(town, '{name: Android, artifact: "*.apk", screenshots: "shots-*"}')
    leaves(town, pull, "shots-phone", {"1.png": PNG, "notes.txt": b"no picture"})
    builds_it(town, pull)
    town.work()
    build = newest(pull)
    assert build.pictures == 1
    at = page(town, build)
    assert f'<a href="{at}"><img src="{at}/screenshots/0"' in card(town, pull)
    assert urlopen(f"{at}/screenshots/0").read() == PNG  # noqa: S310 - our own address


def test_screenshots_may_come_later(town: Town) -> None:
    """Another job makes them: they are added, and the package is not fetched again."""
    pull = building(town, '{name: Android, artifact: "*.apk", screenshots: "shots-*"}')
    builds_it(town, pull)
    town.work()
    build = newest(pull)
    assert "screenshots" not in card(town, pull)
    made = leaves(town, pull, "shots-phone", {"1.png": PNG})
    town.world.faults.add(Fault("GET", rf"/artifacts/(?!{made.id}/)\d+/zip$", status=500, times=1))
    town.reports(pull.head, "ui", "success")
    town.work()
    assert (newest(pull).token, newest(pull).pictures) == (build.token, 1)
    assert "screenshots/0" in card(town, pull)


def test_bad_screenshots_cost_only_themselves(town: Town) -> None:
    """What is called so is no archive: the package is there."""
    pull = building(town, '{name: Android, artifact: "*.apk", screenshots: "shots-*"}')
    leaves(town, pull, "shots-phone", b"no zip")
    builds_it(town, pull)
    town.work()
    assert newest(pull).pictures == 0
    assert "[Install Android]" in card(town, pull)
