"""What code does by itself: take the newest base in, undo what was merged; and the agent, where code cannot."""

import pytest

from ghapp.core.merging import Method
from ghapp.core.run import Conclusion, State
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix, report, script, write
from tests.scenarios.wishes import pushed_back


def test_update_takes_the_base_in_without_a_model(town: Town, octocat: Citizen) -> None:
    """Main moved on, and I say update: a commit of both parents, proven, and only my change differs from main."""
    opened = town.opened(files={"answer.txt": "42\n"})
    moved = town.base_moves({"news.txt": "hello\n"})
    before = opened.head
    octocat.comment(opened.pull, "/honk update")
    with town.model():
        town.work()
    head = opened.head
    assert town.world.repo(DEMO).bare.commit(head).parents == (before, moved)
    assert town.world.read(DEMO, "news.txt", opened.branch) == "hello\n"
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "42\n"
    assert opened.run.state is State.AWAITING_CI
    assert "waiting for CI" in opened.status
    assert opened.run.findings == ()


def test_a_conflict_goes_to_the_agent(town: Town, octocat: Citizen) -> None:
    """Main changed the same line: the agent is told which file is in conflict, and resolves it."""
    opened = town.opened(files={"answer.txt": "42\n"})
    moved = town.base_moves({"answer.txt": "43\n"})
    before = opened.head
    octocat.comment(opened.pull, "/honk update")
    solving = {**write("answer.txt", "44\n"), "shown": ["- answer.txt"]}
    with town.model(script(solving, report("Both were meant."))):
        town.work()
    assert town.world.repo(DEMO).bare.commit(opened.head).parents == (before, moved)
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "44\n"
    assert "waiting for CI" in opened.status


def test_update_when_nothing_is_new(town: Town, octocat: Citizen) -> None:
    """The base has not moved: nothing is pushed, no model is asked, and the status says so."""
    opened = town.opened(files={"answer.txt": "42\n"})
    before = opened.head
    octocat.comment(opened.pull, "/honk update")
    with town.model():
        town.work()
    assert opened.head == before
    assert "nothing new" in opened.status


def test_a_person_who_updates_the_branch_by_hand_makes_the_base_newer(town: Town, octocat: Citizen) -> None:
    """I merge main into the branch, and then ask for more: main's own changes are not taken for Honk's."""
    opened = town.opened(files={"answer.txt": "42\n"})
    town.base_moves({".github/workflows/other.yml": "on: push\njobs: {}\n"})
    octocat.update_branch(opened.pull)
    town.work()
    octocat.comment(opened.pull, "/honk fix make it 43")
    with town.model(script(write("answer.txt", "43\n"), report())):
        town.work()
    assert opened.run.state is State.AWAITING_CI
    assert opened.run.findings == ()
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "43\n"
    assert opened.status


def test_revert_opens_a_pull_request_that_undoes_the_merge(town: Town, octocat: Citizen) -> None:
    """It was merged and I regret it: one word, and a pull request takes it back, without a model."""
    opened = town.opened(files={"answer.txt": "42\n"})
    town.ci_passes(opened)
    town.work()
    octocat.merge(opened.pull)
    town.work()
    assert town.world.read(DEMO, "answer.txt") == "42\n"
    octocat.comment(opened.pull, "/honk revert")
    with town.model():
        town.work()
    undo = town.pulls()[-1]
    assert undo.number != opened.pull
    assert undo.pull is not None
    assert town.world.read(DEMO, "answer.txt", undo.pull.head_ref) == "41\n"
    assert undo.title == f'Revert "{opened.itself.title}"'
    assert f"Reverts #{opened.pull}" in (undo.body or "")
    assert town.run(opened.issue).reverts == opened.pull
    assert "waiting for CI" in town.status(opened.issue)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_all_of_it_is_undone_however_it_was_merged(method: Method, town: Town, octocat: Citizen) -> None:
    """Two commits were merged, one way or another, and others came after them: revert undoes both, and no other."""
    opened = town.opened(files={"answer.txt": "42\n"})
    octocat.push(opened.branch, {"second.txt": "mine\n"})
    town.base_moves({"before.txt": "1\n"})
    octocat.ready(opened.pull)
    octocat.person.merge(DEMO, opened.pull, method)
    town.work()
    town.base_moves({"after.txt": "1\n"})
    octocat.comment(opened.pull, "/honk revert")
    with town.model():
        town.work()
    undo = town.pulls()[-1].pull
    assert undo is not None
    branch = undo.head_ref
    assert town.world.read(DEMO, "answer.txt", branch) == "41\n"
    assert town.world.read(DEMO, "second.txt", branch) is None
    assert town.world.read(DEMO, "before.txt", branch) == town.world.read(DEMO, "after.txt", branch) == "1\n"
    assert town.status(opened.issue)


def test_a_revert_in_conflict_goes_to_the_agent(town: Town, octocat: Citizen) -> None:
    """Main has changed the line since: the agent is told, and undoes what is meant."""
    opened = town.opened(files={"answer.txt": "42\n"})
    octocat.ready(opened.pull)
    octocat.merge(opened.pull)
    town.work()
    town.base_moves({"answer.txt": "50\n"})
    octocat.comment(opened.pull, "/honk revert")
    solving = {**write("answer.txt", "49\n"), "shown": ["- answer.txt"]}
    with town.model(script(solving, report("One less."))):
        town.work()
    undo = town.pulls()[-1].pull
    assert undo is not None
    assert town.world.read(DEMO, "answer.txt", undo.head_ref) == "49\n"
    assert town.status(opened.issue)


def test_nothing_is_reverted_that_is_not_merged(town: Town, octocat: Citizen) -> None:
    """I say revert on an open pull request, and am told what is needed."""
    opened = town.opened(files={"answer.txt": "42\n"})
    octocat.comment(opened.pull, "/honk revert")
    town.work()
    assert "merged" in town.next_comment(opened.pull)
    assert opened.run.state is State.AWAITING_CI
    assert opened.status


def test_a_fix_after_the_merge_begins_anew(town: Town, octocat: Citizen) -> None:
    """The base branch is still watched when I ask for something else on the issue: that is a new run."""
    opened = town.opened(files={"answer.txt": "42\n"})
    town.ci_passes(opened)
    town.work()
    octocat.merge(opened.pull)
    town.work()
    first = town.run(opened.issue)
    octocat.reopen(opened.issue)
    octocat.comment(opened.issue, "/honk fix make it 43")
    with town.model(fix("43\n")):
        town.work()
    assert town.run(opened.issue).id != first.id
    assert town.records.runs.load(first.id).conclusion is Conclusion.MERGED
    assert town.status(opened.issue)


def test_a_wish_does_not_ask_for_the_base_for_ever(town: Town, octocat: Citizen) -> None:
    """Main moved, so my merge takes it in first; main is put back meanwhile: I am told, and nothing goes in circles."""
    town.world.ruleset(DEMO, strict=True)
    opened = town.opened(files={"answer.txt": "42\n"})
    town.ci_passes(opened)
    town.work()
    before = town.world.repo(DEMO).bare.branch("main") or ""
    town.base_moves({"news.txt": "hello\n"})
    octocat.comment(opened.pull, "/honk merge")
    town.listen()
    assert opened.run.state is State.QUEUED
    assert "behind" in town.next_comment(opened.pull)
    pushed_back(town, octocat, "main", before)
    with town.model():
        town.work()
    assert opened.run.wish is None
    assert "Say it again, please" in opened.status
    assert opened.part.merged_at is None
