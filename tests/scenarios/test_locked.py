"""Locked conversations, in which GitHub lets no App comment or react: what is to be done is done all the same."""

from dataclasses import replace

import pytest

from ghapp.core.run import Conclusion, State
from ghapp.playground.faults import Fault
from tests.scenarios.building import ANDROID, building, builds_it, newest
from tests.scenarios.office import Office
from tests.scenarios.opened import Opened
from tests.scenarios.taps import ready
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix
from tests.scenarios.wishes import citizen, configured, for_auto_merge, green, is_merged, main_of, said


@pytest.fixture
def handed(town: Town, octocat: Citizen) -> Opened:
    """A pull request that GitHub's auto-merge has in hand by ada's word, and whose conversation was locked then."""
    pull = for_auto_merge(town, octocat)
    assert "auto-merge has" in said(town, citizen(town, "ada"), pull)
    assert pull.status
    octocat.lock(pull.pull)
    return pull


def test_work_begins_there(town: Town, octocat: Citizen) -> None:
    """I ask on a locked issue: nothing can be said there, and the pull request is opened all the same."""
    issue = octocat.open_issue("The answer is wrong", "It must be 42.")
    octocat.lock(issue)
    octocat.label(issue)
    with town.model(fix()):
        town.work()
    assert town.run(issue).state is State.AWAITING_CI
    assert town.the_pull().title == "The answer is wrong"
    assert town.said_on(issue) == []


def test_a_merge_wish_ends_there_with_the_role(town: Town, octocat: Citizen, handed: Opened) -> None:
    """Ada loses her role: nobody can be told there, and the wish is gone, also from GitHub's auto-merge."""
    town.world.grant(DEMO, "ada", "read")
    town.later(301)
    assert handed.run.wish is None
    assert handed.part.auto_merge is None
    town.ci_passes(handed)
    town.world.follow_up()
    town.work()
    assert not is_merged(handed)
    assert "@ada asked for it" in town.transcript(handed.issue)
    assert town.said_on(handed.pull) == []


def test_stop_stops_there_although_github_keeps_the_merge(town: Town, octocat: Citizen, handed: Opened) -> None:
    """I say stop, GitHub does not give the pull request back, and that cannot be said there: it ends all the same."""
    town.world.faults.add(Fault("POST", r"/graphql$", status=403))
    octocat.comment(handed.pull, "/honk stop")
    town.work()
    assert handed.run.conclusion is Conclusion.CANCELLED
    assert "stopped" in handed.status


def test_merge_is_carried_out_there(town: Town, octocat: Citizen) -> None:
    """Only the eyes and the answer are missing when I say merge."""
    pull = green(town, octocat)
    octocat.lock(pull.pull)
    octocat.comment(pull.pull, "/honk merge")
    town.work()
    assert is_merged(pull)
    assert town.said_on(pull.pull) == []


def test_the_watch_after_a_merge_ends_there(town: Town, octocat: Citizen) -> None:
    """Main goes red after the merge: the alert is not written, the status says it, and the watch comes to its end."""
    pull = green(town, octocat)
    said(town, octocat, pull)
    octocat.lock(pull.pull)
    town.reports(main_of(town), "test", "failure")
    town.work()
    assert "The base branch is red since the merge" in pull.status
    town.records.runs.save(replace(pull.run, watched_until=1.0))
    town.later(61)
    town.later(6)
    assert pull.run.state is State.DONE
    assert pull.status
    assert town.said_on(pull.pull) == []


def test_a_deployment_is_followed_to_its_end_there(town: Town, octocat: Citizen) -> None:
    """The deployment that I asked for fails: neither its answer nor the alert can be written, and it is known."""
    configured(town, "deploy: {staging: {role: write}}\n")
    pull = green(town, octocat)
    for number in (pull.issue, pull.pull):
        octocat.lock(number)
    octocat.comment(pull.pull, "/honk deploy staging")
    town.work()
    town.deployed("staging", "failure")
    town.work()
    assert pull.run.deployment is not None
    assert pull.run.deployment.state == "failure"
    assert pull.status
    assert town.said_on(pull.pull) == []


def test_a_build_is_kept_there(town: Town, octocat: Citizen) -> None:
    """CI builds the app: no card can be written, and its page is there."""
    pull = building(town, ANDROID)
    octocat.lock(pull.pull)
    builds_it(town, pull)
    town.work()
    assert town.records.build_pages.get(newest(pull).token)
    assert "ready for review" in pull.status
    assert town.said_on(pull.pull) == []


def test_stop_from_slack_stops_there(town: Town, office: Office) -> None:
    """My word cannot be put on record on the issue, and it counts."""
    ana = office.colleague("ana")
    it = ready(office, ana)
    citizen(town, "octocat").lock(it.opened.issue)
    ana.says("demo", "stop", it.ts)
    town.work()
    assert it.opened.run.conclusion is Conclusion.CANCELLED
    assert "stopped" in it.told()
    assert it.opened.status
    assert town.said_on(it.opened.issue) == []
