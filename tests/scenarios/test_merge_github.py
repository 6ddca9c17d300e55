"""What GitHub does with a merge: its queue, its auto-merge, its own refusals, and answers that are lost."""

import pytest

from ghapp.core.run import State
from ghapp.playground.faults import Fault
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.wishes import citizen, for_auto_merge, green, is_merged, main_of, said


@pytest.fixture
def queued(town: Town, octocat: Citizen) -> Opened:
    """A green pull request in the merge queue, by octocat's word."""
    town.world.ruleset(DEMO, queue=True)
    pull = green(town, octocat)
    assert "in the merge queue" in said(town, octocat, pull)
    assert pull.part.queued is not None
    assert pull.run.state is State.MERGING
    assert "merge queue has it" in pull.status
    return pull


def test_the_queue_is_followed_until_it_merges(town: Town, octocat: Citizen, queued: Opened) -> None:
    """GitHub's queue passes: the run follows what was merged."""
    town.second().queue_passes(DEMO, queued.pull)
    town.work()
    assert is_merged(queued)
    assert queued.run.merged_sha == main_of(town)


def test_what_the_queue_throws_out_is_told(town: Town, octocat: Citizen, queued: Opened) -> None:
    """The queue's checks fail: I am told once, and nothing is queued again by itself."""
    town.second().queue_fails(DEMO, queued.pull)
    town.work()
    told = town.next_comment(queued.pull)
    assert "took it out of the merge queue" in told
    assert "@octocat" in told
    town.later(3700)
    assert queued.part.queued is None
    assert not is_merged(queued)


def test_a_push_while_it_is_queued_ends_the_wish(town: Town, octocat: Citizen, queued: Opened) -> None:
    """Somebody pushes to the queued branch: it leaves the queue, and both commits are named."""
    seen = queued.head
    later = octocat.push(queued.branch, {"answer.txt": "43\n"})
    town.work()
    told = town.next_comment(queued.pull)
    assert seen[:9] in told
    assert later[:9] in told
    assert queued.part.queued is None
    assert not is_merged(queued)


def test_stop_takes_it_out_of_the_queue(town: Town, octocat: Citizen, queued: Opened) -> None:
    """I say stop: GitHub's queue does not have it any more."""
    octocat.comment(queued.pull, "/honk stop")
    town.work()
    assert queued.part.queued is None
    assert not is_merged(queued)


def test_an_approval_withdrawn_in_the_queue_takes_it_out(town: Town, octocat: Citizen) -> None:
    """Ada's approval is dismissed and mine is there instead: GitHub would merge it, so Honk takes it out."""
    town.world.ruleset(DEMO, approvals=1, queue=True)
    pull = green(town, octocat)
    review = citizen(town, "ada").approve(pull.pull)
    assert "in the merge queue" in said(town, octocat, pull)
    octocat.approve(pull.pull)
    octocat.dismiss(pull.pull, review)
    town.work()
    assert "an approval is lacking" in town.next_comment(pull.pull)
    assert pull.part.queued is None
    assert not is_merged(pull)


def test_auto_merge_is_used_when_the_config_says_so(town: Town, octocat: Citizen) -> None:
    """`merge.auto` and a required check that runs: GitHub's auto-merge gets it, and merges it when it is green."""
    pull = for_auto_merge(town, octocat)
    assert "auto-merge has" in said(town, octocat, pull)
    assert pull.part.auto_merge is not None
    town.ci_passes(pull)
    town.world.follow_up()
    town.work()
    assert is_merged(pull)


def test_a_push_takes_it_back_from_auto_merge(town: Town, octocat: Citizen) -> None:
    """GitHub keeps auto-merge over a push of mine; Honk switches it off and names both commits."""
    pull = for_auto_merge(town, octocat)
    seen = pull.head
    said(town, octocat, pull)
    later = octocat.push(pull.branch, {"answer.txt": "43\n"})
    town.work()
    told = town.next_comment(pull.pull)
    assert seen[:9] in told
    assert later[:9] in told
    assert pull.part.auto_merge is None
    assert not is_merged(pull)


def test_without_the_config_the_wish_stays_ours(town: Town, octocat: Citizen) -> None:
    """Auto-merge is allowed at GitHub and not asked for by the config: Honk waits itself."""
    town.world.allow_auto_merge(DEMO)
    town.world.ruleset(DEMO, "main", "test")
    pull = town.opened(by=octocat)
    octocat.ready(pull.pull)
    said(town, octocat, pull)
    assert pull.part.auto_merge is None
    town.ci_passes(pull)
    town.work()
    assert is_merged(pull)


def test_a_rule_that_we_did_not_see_is_githubs_to_tell(town: Town, octocat: Citizen) -> None:
    """A rule comes in just before the merge: I read GitHub's sentence, and reviews are awaited again."""
    pull = green(town, octocat)
    town.world.faults.meanwhile("PUT", r"/pulls/\d+/merge$", lambda: town.world.protect(DEMO, "main", "audit"))
    assert 'Required status check "audit" is expected' in said(town, octocat, pull).replace("\\", "")
    assert not is_merged(pull)
    assert pull.run.state is State.AWAITING_REVIEW
    assert pull.run.wish is None


def test_a_lost_answer_is_found_out_by_reading(town: Town, octocat: Citizen) -> None:
    """GitHub merged, and its answer was lost on the way: it is merged once, and I am told so."""
    pull = green(town, octocat)
    town.world.faults.add(Fault("PUT", r"/pulls/\d+/merge$", how="lose_answer"))
    assert "Merged" in said(town, octocat, pull)
    assert is_merged(pull)
    assert pull.run.state is State.DEPLOYING
