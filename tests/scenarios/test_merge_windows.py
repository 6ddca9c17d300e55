"""Merges in odd moments: two pull requests for one issue, checks that turn red unheard, a commit of ours in between."""

from dataclasses import replace

import pytest

from ghapp import bootstrap
from ghapp.core.run import Run, State
from ghapp.store.runs import Runs
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix, report, script, write
from tests.scenarios.wishes import configured, green, is_merged, said


class WorkerDied(BaseException):
    """It is gone; nobody catches this on the way."""


class Forgetful(Runs):
    """The store of runs, whose worker dies when it is to write down what it has pushed."""

    def save(self, run: Run) -> Run:
        """Keep it, unless that is the push."""
        if run.state is State.PUBLISHING and run.head_sha == run.candidate:
            raise WorkerDied
        return super().save(run)


def test_a_word_on_an_older_pull_request_merges_no_other(town: Town, octocat: Citizen) -> None:
    """I stopped the first and had it tried again: merge, said on the first, does not merge the second."""
    first = green(town, octocat)
    octocat.comment(first.pull, "/honk stop")
    town.work()
    octocat.comment(first.issue, "/honk retry")
    with town.model(fix("43\n")):
        town.work()
    second = town.run(first.issue).pull
    assert second not in (None, first.pull)
    part = town.pulls()[-1].pull
    assert part is not None
    town.ci_passes(part.head_sha)
    town.work()
    octocat.comment(first.pull, "/honk merge")
    town.work()
    assert f"#{second}" in town.next_comment(first.pull)
    assert part.merged_at is None
    assert not is_merged(first)
    assert town.status(first.issue)


def test_a_check_that_turned_red_unheard_holds_the_merge(town: Town, octocat: Citizen) -> None:
    """CI was green and is red by the time that I say merge, and no delivery told so: it is not merged."""
    pull = green(town, octocat)
    town.world.faults.meanwhile("GET", r"/activity", lambda: town.ci_fails(pull, "boom"))
    assert "when CI is green" in said(town, octocat, pull)
    assert not is_merged(pull)


def test_a_commit_of_ours_is_not_merged_by_a_wish_for_the_one_before(town: Town, octocat: Citizen) -> None:
    """Auto-merge has what I saw of mine, and I ask for a change: when that is pushed, GitHub has nothing in hand."""
    configured(town, "merge: {auto: true}\n")
    town.world.allow_auto_merge(DEMO)
    town.world.ruleset(DEMO, "main", "test")
    octocat.push("mine", {"answer.txt": "40\n"})
    number = octocat.open_pull("mine")
    octocat.comment(number, "/honk fix make it 42")
    with town.model(script(write("answer.txt", "42\n"), report())):
        town.work()
    part = town.the_pull().pull
    assert part is not None
    octocat.comment(number, "/honk merge")
    town.work()
    assert "auto-merge has" in town.next_comment(number)
    seen, in_hand = part.head_sha, list[bool]()
    town.world.faults.meanwhile("POST", r"git-receive-pack$", lambda: in_hand.append(part.auto_merge is not None))
    octocat.comment(number, "/honk fix make it 43")
    with town.model(script(write("answer.txt", "42\n"), report(), write("answer.txt", "43\n"), report())):
        town.work()
        town.later(6)
    assert in_hand == [False]
    assert seen[:9] in town.next_comment(number)
    assert part.merged_at is None
    assert town.status(number)


def test_an_update_that_was_pushed_and_not_written_down_carries_the_wish_on(town: Town, octocat: Citizen) -> None:
    """The base is taken in and pushed, and the worker dies before it notes that: the next one goes on from there."""
    pull = town.opened(by=octocat)
    said(town, octocat, pull)
    town.base_moves({"news.txt": "hello\n"})
    octocat.comment(pull.pull, "/honk update")
    town.listen()
    town.forget_jobs()
    work, run = bootstrap.execute(town.settings), pull.run
    with town.model():
        with pytest.raises(WorkerDied):
            replace(work, store=Forgetful(town.redis)).attempt(run.id, run.epoch, "a worker that dies")
        pushed = pull.head
        town.redis.delete(f"honk:lease:{run.id}")
        town.later(30)
        town.later(6)
    assert pull.head == pushed
    assert pull.run.wish is not None
    assert pull.run.wish.sha == pushed
    town.ci_passes(pull)
    town.work()
    assert is_merged(pull)
