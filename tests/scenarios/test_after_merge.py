"""After the merge: what merged means here, the base branch watched, and a way back."""

from dataclasses import replace

import pytest

from ghapp.core.run import Conclusion, State
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.wishes import configured, green, is_merged, main_of, said


@pytest.fixture
def pull(town: Town, octocat: Citizen) -> Opened:
    """A pull request that octocat asked for, merged by their word and watched."""
    pull = green(town, octocat)
    said(town, octocat, pull)
    assert is_merged(pull)
    assert pull.run.state is State.DEPLOYING
    return pull


def over(town: Town, pull: Opened) -> str:
    """The watch ends: its time is shortened in the record, for the intake goes by the machine's clock."""
    town.records.runs.save(replace(pull.run, watched_until=1.0))
    town.later(61)
    town.later(6)
    assert pull.run.state is State.DONE
    return pull.status


def test_what_merged_means_is_said_and_the_watch_ends(town: Town, pull: Opened) -> None:
    """The status says what was merged and that the base is watched; after a quiet time it ends as merged."""
    assert "is merged into `main`" in pull.status
    assert "I watch the base branch and deployments for 30 minutes" in pull.status
    town.reports(main_of(town), "test", "success")
    town.work()
    assert "Nothing is red on the base branch" in over(town, pull)
    assert pull.run.conclusion is Conclusion.MERGED


def test_red_on_the_base_alerts_who_asked(town: Town, octocat: Citizen, pull: Opened) -> None:
    """The merge turns main red: I am told once on the pull request, with the word that undoes it."""
    town.reports(main_of(town), "test", "failure")
    town.work()
    told = town.next_comment(pull.pull)
    assert told.startswith("@octocat")
    assert "test" in told
    assert "`/honk revert`" in told
    town.reports(main_of(town), "lint", "failure")
    town.work()
    assert town.said_on(pull.pull) == []
    status = over(town, pull)
    assert "The base branch has red checks: lint, test" in status
    assert "Revert it" in status


def test_what_was_red_before_alerts_nobody(town: Town, octocat: Citizen) -> None:
    """Main was red already: the merge is not to blame, and nobody is woken."""
    town.reports(main_of(town), "test", "failure")
    pull = green(town, octocat)
    said(town, octocat, pull)
    town.reports(main_of(town), "test", "failure")
    town.work()
    assert town.said_on(pull.pull) == []
    assert is_merged(pull)


def test_a_deployment_by_itself_is_told(town: Town, octocat: Citizen) -> None:
    """`merge.means: deployed`, and something deploys what was merged: the run ends as deployed."""
    configured(town, "merge: {means: deployed}\n")
    pull = green(town, octocat)
    said(town, octocat, pull)
    assert "Here that is deployed by itself." in pull.status
    deployment = town.second().deploy(DEMO, main_of(town), "production")
    town.world.deploy_status(DEMO, deployment.id, "success", "https://prod.example")
    town.work()
    assert "Deployed to `production`" in pull.status
    assert "It is deployed to `production`" in over(town, pull)
    assert pull.run.conclusion is Conclusion.DEPLOYED


def test_a_deployment_that_fails_alerts(town: Town, pull: Opened) -> None:
    """The deployment of what was merged fails: I am told once."""
    deployment = town.second().deploy(DEMO, main_of(town), "production")
    town.world.deploy_status(DEMO, deployment.id, "failure", "https://log.example")
    town.work()
    told = town.next_comment(pull.pull)
    assert "`production` ended as `failure`" in told
    assert "`/honk revert`" in told
    town.later(61)
    assert town.said_on(pull.pull) == []
    assert pull.status


def test_watch_zero_ends_at_once(town: Town, octocat: Citizen) -> None:
    """`merge.watch: 0`: merged is the end."""
    configured(town, "merge: {watch: 0, means: released}\n")
    pull = green(town, octocat)
    said(town, octocat, pull)
    town.work()
    assert pull.run.conclusion is Conclusion.MERGED
    assert "with the next release" in pull.status


def test_a_merge_by_hand_is_watched_too(town: Town, octocat: Citizen) -> None:
    """I press GitHub's button myself: what comes of it is watched just the same."""
    pull = green(town, octocat)
    octocat.merge(pull.pull)
    town.work()
    assert pull.run.merged_sha == main_of(town)
    town.reports(main_of(town), "test", "failure")
    town.work()
    assert "the base branch is red" in town.next_comment(pull.pull)
    assert is_merged(pull)
