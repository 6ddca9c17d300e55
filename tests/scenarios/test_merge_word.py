"""`/honk merge`: at once, parked until it may be, and only the commit that the person saw."""

import pytest

from ghapp.core.run import Conclusion, State
from ghapp.playground.faults import Fault
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.wishes import green, is_merged, main_of, pushed_back, said


@pytest.fixture
def pull(town: Town, octocat: Citizen) -> Opened:
    """A draft of Honk's that octocat asked for; its CI has not reported."""
    return town.opened(by=octocat)


def test_a_green_pull_request_is_merged_at_once(town: Town, octocat: Citizen) -> None:
    """CI is green and I say merge: that commit is merged, by squash, and I am told."""
    pull, base = green(town, octocat), main_of(town)
    head = pull.head
    assert f"Merged #{pull.pull} at `{head[:9]}` (squash)" in said(town, octocat, pull)
    assert is_merged(pull)
    assert town.world.repo(DEMO).bare.commit(main_of(town)).parents == (base,)
    assert town.world.read(DEMO, "answer.txt") == "42\n"
    assert pull.run.merged_sha == main_of(town)


def test_a_merge_waits_for_green_ci(town: Town, octocat: Citizen, pull: Opened) -> None:
    """I say merge while CI runs: I am told that it waits, the status says so, and green CI merges it."""
    assert "when CI is green" in said(town, octocat, pull)
    assert not is_merged(pull)
    assert f"@octocat wants `{pull.head[:9]}` merged" in pull.status
    town.ci_passes(pull)
    town.work()
    assert is_merged(pull)


def test_a_merge_said_on_the_issue_is_the_same(town: Town, octocat: Citizen) -> None:
    """The issue is where I am: the word counts there too."""
    pull = green(town, octocat)
    octocat.comment(pull.issue, "/honk merge")
    town.work()
    assert "Merged" in town.next_comment(pull.issue)
    assert is_merged(pull)


def test_a_ticked_box_merges_the_commit_it_names(town: Town, octocat: Citizen) -> None:
    """One tap on the status comment of a green pull request."""
    pull = green(town, octocat)
    octocat.tick(pull.issue, "Merge")
    town.work()
    assert "Merged" in town.next_comment(pull.issue)
    assert is_merged(pull)


# --- a push in every window -----------------------------------------------------------------------------------------


def test_a_push_before_the_word_is_read_refuses_it(town: Town, octocat: Citizen) -> None:
    """I say merge, and somebody pushes before Honk has read it: nothing is merged, and both commits are named."""
    pull = green(town, octocat)
    seen = pull.head
    octocat.comment(pull.pull, "/honk merge")
    later = octocat.push(pull.branch, {"answer.txt": "43\n"})
    town.work()
    told = town.next_comment(pull.pull)
    assert seen[:9] in told
    assert later[:9] in told
    assert pull.run.wish is None
    town.ci_passes(pull)
    town.work()
    assert not is_merged(pull)


def test_a_push_while_it_waits_cancels_it(town: Town, octocat: Citizen, pull: Opened) -> None:
    """The wish is parked, somebody pushes: it is gone, I am told both commits once, and green CI merges nothing."""
    seen = pull.head
    said(town, octocat, pull)
    later = octocat.push(pull.branch, {"answer.txt": "43\n"})
    town.work()
    told = town.next_comment(pull.pull)
    assert f"`{seen[:9]}`, and the head is `{later[:9]}` now" in told
    assert "@octocat" in told
    town.ci_passes(pull)
    town.work()
    assert not is_merged(pull)


def test_a_push_between_the_look_and_the_call_is_caught_by_the_call(town: Town, octocat: Citizen) -> None:
    """Everything was looked at, and just before GitHub merges somebody pushes: GitHub refuses, both are named."""
    pull = green(town, octocat)
    seen = pull.head

    def push() -> None:
        octocat.push(pull.branch, {"answer.txt": "43\n"})

    town.world.faults.meanwhile("PUT", r"/pulls/\d+/merge$", push)
    told = said(town, octocat, pull)
    assert seen[:9] in told
    assert pull.head[:9] in told
    assert pull.head != seen
    assert not is_merged(pull)
    assert pull.run.wish is None


def test_a_push_while_the_rules_are_read_is_seen(town: Town, octocat: Citizen) -> None:
    """The push falls between two of Honk's questions: the last one shows it, and nothing is merged."""
    pull = green(town, octocat)
    seen = pull.head
    town.world.faults.meanwhile("GET", r"/rules/branches/main$", lambda: octocat.push(pull.branch, {"a.txt": "a\n"}))
    assert seen[:9] in said(town, octocat, pull)
    assert not is_merged(pull)
    assert pull.run.wish is None


def test_a_box_of_an_older_commit_is_refused(town: Town, octocat: Citizen) -> None:
    """I tick the box that names the commit before the push: it is not what I would merge."""
    pull = green(town, octocat)
    seen = pull.head
    later = octocat.push(pull.branch, {"answer.txt": "43\n"})
    octocat.tick(pull.issue, "Merge")
    town.work()
    told = town.next_comment(pull.issue)
    assert seen[:9] in told
    assert later[:9] in told
    assert not is_merged(pull)


def test_a_force_push_back_and_forth_does_not_fool_it(town: Town, octocat: Citizen) -> None:
    """The head was another one when I said it, and is the old one again: only what I saw counts."""
    pull = green(town, octocat)
    first = pull.head
    second = octocat.push(pull.branch, {"answer.txt": "43\n"})
    octocat.comment(pull.pull, "/honk merge")
    town.second()
    pushed_back(town, octocat, pull.branch, first)
    town.work()
    told = town.next_comment(pull.pull)
    assert f"was `{second[:9]}`" in told
    assert not is_merged(pull)


def test_without_githubs_memory_our_own_commit_is_known(town: Town, octocat: Citizen) -> None:
    """GitHub does not tell what the head was; it is the one that Honk published before I spoke."""
    pull = green(town, octocat)
    town.world.faults.add(Fault("GET", r"/activity$", status=403))
    assert "Merged" in said(town, octocat, pull)
    assert is_merged(pull)


def test_without_githubs_memory_a_persons_commit_is_not(town: Town, octocat: Citizen) -> None:
    """The same, and the head is a commit of mine: Honk cannot tell when it came, and says what to do instead."""
    pull = green(town, octocat)
    octocat.push(pull.branch, {"answer.txt": "43\n"})
    town.ci_passes(pull)
    town.work()
    town.world.faults.add(Fault("GET", r"/activity$", status=403))
    assert "I cannot tell which commit" in said(town, octocat, pull)
    assert not is_merged(pull)
    octocat.tick(pull.issue, "Merge")
    town.work()
    assert "Merged" in town.next_comment(pull.issue)
    assert is_merged(pull)


# --- taking it back, and how it ends --------------------------------------------------------------------------------


def test_stop_takes_the_wish_back(town: Town, octocat: Citizen, pull: Opened) -> None:
    """I say merge, then stop: green CI merges nothing."""
    said(town, octocat, pull)
    octocat.comment(pull.pull, "/honk stop")
    town.work()
    town.ci_passes(pull)
    town.work()
    assert not is_merged(pull)
    assert pull.run.conclusion is Conclusion.CANCELLED


def test_closing_takes_the_wish_back(town: Town, octocat: Citizen, pull: Opened) -> None:
    """I say merge, then close the pull request: it ends as closed, and reopening it merges nothing."""
    said(town, octocat, pull)
    octocat.close(pull.pull)
    town.work()
    assert pull.run.conclusion is Conclusion.CLOSED
    octocat.reopen(pull.pull)
    town.ci_passes(pull)
    town.work()
    assert not is_merged(pull)


def test_who_merges_by_hand_is_not_in_the_way(town: Town, octocat: Citizen, pull: Opened) -> None:
    """The wish waits, and I press GitHub's own button: the run follows what was merged."""
    said(town, octocat, pull)
    octocat.ready(pull.pull)
    octocat.merge(pull.pull)
    town.work()
    assert is_merged(pull)
    assert pull.run.state is State.DEPLOYING
    assert pull.run.wish is None


def test_merge_twice_is_merged_once(town: Town, octocat: Citizen) -> None:
    """Two words in a row: the second one hears that it is done."""
    pull = green(town, octocat)
    octocat.comment(pull.pull, "/honk merge")
    octocat.comment(pull.pull, "/honk merge")
    town.work()
    assert "Merged" in town.next_comment(pull.pull)
    assert "merged" in town.next_comment(pull.pull)
    assert is_merged(pull)
