"""Runs that wait for a person's word, and go on where they were: on this machine, or on another."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ghapp.core.run import Conclusion, Pause
from tests.scenarios.conftest import CONFIG
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import bash, fix, report, script, tools, write

WORKFLOW = ".github/workflows/more.yml"


@pytest.fixture
def admin(town: Town) -> Citizen:
    """Someone who may do everything here."""
    return Citizen(town, town.world.person("admin", admin=DEMO))


Move = Callable[[], None]


@pytest.fixture(params=["here", "on another machine"])
def move(request: pytest.FixtureRequest, town: Town) -> Move:
    """From now on attempts are made there: mirror and caches are as they were, or all new."""

    def go() -> None:
        if request.param != "here":
            town.environ.setenv("HONK_DATA", str(town.data / "another-machine"))

    return go


def test_a_spent_budget_pauses_and_more_of_it_goes_on(town: Town, octocat: Citizen, move: Move) -> None:
    """Three turns are allowed: the work is kept on its branch, I am asked, and the same conversation goes on."""
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {turns: 3, dollars: 1}\n"})
    issue = octocat.open_issue()
    octocat.label(issue)
    again = {**report(), "shown": ["Your work on issue 1 of the repository octo/demo goes on."]}
    with town.model(script(write("answer.txt", "42\n"), bash("echo two"), bash("echo three"), again)) as model:
        town.work()
        assert "**Honk** · paused" in town.status(issue)
        assert "the limit of 3 turns is reached" in town.status(issue)
        assert "`/honk budget +5`, and it goes on where it was" in town.status(issue)
        assert f"What was done is on the branch `{town.run(issue).branch}`." in town.status(issue)
        assert town.world.read(DEMO, "answer.txt", town.run(issue).branch) == "42\n"
        assert town.pulls() == []
        move()
        octocat.comment(issue, "/honk budget +1")
        town.work()
    assert town.next_comment(issue).startswith("$1.00 more: this run may use $2.00 now.")
    assert [entry.turn for entry in model.log()] == [1, 2, 3, 4]
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "42\n"
    assert "waiting for CI" in town.status(issue)


def test_time_that_is_over_ends_a_run(town: Town, octocat: Citizen) -> None:
    """It had no minute left: nobody is asked for more money, and I read why it ended."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    run = town.run(issue)
    town.records.runs.save(replace(run, budget=replace(run.budget, seconds=0)))
    with town.model(fix()):
        town.work()
    assert town.run(issue).conclusion is Conclusion.TIMED_OUT
    assert "**Honk** · out of time" in town.status(issue)
    assert "the limit of 0 minutes is reached" in town.status(issue)
    assert town.pulls() == []


def test_a_protected_file_waits_for_a_maintainer(town: Town, octocat: Citizen, admin: Citizen, move: Move) -> None:
    """The change adds a workflow: nothing leaves before a maintainer allows it, and the pull request says who did."""
    issue = octocat.open_issue()
    octocat.label(issue)
    greedy = tools(
        {"write": {"path": WORKFLOW, "content": "on: [push]\n"}},
        {"write": {"path": "answer.txt", "content": "42\n"}},
    )
    with town.model(script(greedy, report())) as model:
        town.work()
        assert "**Honk** · paused" in town.status(issue)
        assert town.run(issue).pause is Pause.PROTECTED
        assert "what only someone with the role maintain may let through" in town.status(issue)
        assert f"- `{WORKFLOW}`" in town.status(issue)
        assert [name for name in town.world.repo(DEMO).bare.refs() if "honk/" in name] == []
        octocat.comment(issue, "/honk allow")
        town.work()
        assert "needs the role *maintain*" in town.next_comment(issue)
        move()
        admin.comment(issue, "/honk allow")
        town.work()
    assert "These files go through" in town.next_comment(issue)
    assert len(model.log()) == 2
    pull = town.the_pull()
    assert pull.pull is not None
    assert town.world.read(DEMO, WORKFLOW, pull.pull.head_ref) == "on: [push]\n"
    assert "admin" in (pull.body or "")
    assert "waiting for CI" in town.status(issue)


def test_a_workflow_is_not_kept_on_a_branch_either(town: Town, octocat: Citizen) -> None:
    """The budget ends while a workflow is changed: CI would run what is on a branch, so nothing is pushed."""
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {turns: 1}\n"})
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(script(write(WORKFLOW, "on: [push]\n"), report())):
        town.work()
    assert "**Honk** · paused" in town.status(issue)
    assert f"What was done is not on a branch, because it touches {WORKFLOW}." in town.status(issue)
    assert [name for name in town.world.repo(DEMO).bare.refs() if "honk/" in name] == []


def test_a_paused_run_can_be_stopped(town: Town, octocat: Citizen) -> None:
    """I do not want to pay more, and say stop: it ends, and the work stays on its branch."""
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {turns: 1}\n"})
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(script(write("answer.txt", "42\n"), report())):
        town.work()
        octocat.comment(issue, "/honk stop")
        town.work()
    assert "**Honk** · stopped" in town.status(issue)
    assert town.world.read(DEMO, "answer.txt", town.run(issue).branch) == "42\n"
    assert town.run(issue).conclusion is Conclusion.CANCELLED


def test_spending_is_told_at_half_and_at_four_fifths(town: Town, octocat: Citizen) -> None:
    """As the turns go, the status says how many of them are used, before they are all gone."""
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {turns: 5}\n"})
    issue = octocat.open_issue()
    octocat.label(issue)
    seen: list[str] = []

    def look() -> None:
        town.redis.delete(f"honk:edited:{town.run(issue).id}")
        seen.append(town.status(issue))

    turns = (write("answer.txt", "42\n"), bash("echo 2"), bash("echo 3"), bash("echo 4"), report())
    with town.model(script(*turns), before={3: look, 4: look, 5: look}):
        town.work()
    assert "turns used" not in seen[0]
    assert "3 of 5 turns used" in seen[1]
    assert "**4 of 5 turns used**" in seen[2]
    assert "waiting for CI" in town.status(issue)


def test_a_lost_conversation_is_stood_in_for(town: Town, octocat: Citizen) -> None:
    """The store forgot what was said: the agent is told what was done, I am told that it forgot, and it goes on."""
    octocat.push("main", {".github/honk.yml": CONFIG + "budget: {turns: 1}\n"})
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(script(write("answer.txt", "42\n"))):
        town.work()
        town.redis.delete(f"honk:lines:{town.run(issue).id}")
        octocat.comment(issue, "/honk budget +1")
        town.listen()
    anew = {**report(), "shown": ["# The answer is wrong", "The diff against the base commit:", "+42"]}
    with town.model(script(anew)):
        town.work()
    assert town.next_comment(issue)
    assert "The conversation with the agent was lost." in town.status(issue)
    assert "waiting for CI" in town.status(issue)
