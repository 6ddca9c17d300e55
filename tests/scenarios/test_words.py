"""Words beside `fix`: a plan, a question, where it stands, how to stop; and the boxes that say it with one tap."""

import pytest

from ghapp.core.run import Conclusion, State
from ghapp.playground.state import Role
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix, report, script, tools, write

PLAN = tools(
    {
        "report": {
            "outcome": "done",
            "summary": "The file holds the answer.",
            "steps": ["Write 42 into `answer.txt`", "Rename the file", "Tell @everybody"],
            "assumptions": ["42 is decimal."],
        }
    }
)


def answered(text: str) -> dict[str, object]:
    """The last word of an agent that was asked."""
    return tools({"report": {"outcome": "done", "answer": text}})


def test_a_plan_has_boxes_and_fix_goes_on_from_it(town: Town, octocat: Citizen) -> None:
    """I ask for a plan, untick a step, and say fix: the agent is told which steps are wanted and which are not."""
    issue = octocat.open_issue()
    octocat.comment(issue, "/honk plan")
    with town.model(script(PLAN)):
        town.work()
    assert town.run(issue).conclusion is Conclusion.PLANNED
    plan = town.next_comment(issue)
    assert "- [x] Write 42 into `answer.txt`\n- [x] Rename the file\n- [x] Tell @⁠everybody" in plan
    assert "/honk fix" in plan
    assert "**Honk** · planned" in town.status(issue)
    assert town.pulls() == []
    octocat.untick(issue, "Rename the file")
    octocat.comment(issue, "/honk fix")
    wanted = ["on which people agreed:\n- Write 42 into", "Leave these steps of it out:\n- Rename the file"]
    with town.model(script({**write("answer.txt", "42\n"), "shown": wanted}, report())):
        town.work()
    assert town.next_comment(issue) == plan.replace("[x] Rename", "[ ] Rename")
    assert "waiting for CI" in town.status(issue)


def test_the_label_honk_plan_asks_for_a_plan(town: Town, octocat: Citizen) -> None:
    """I label an issue `honk:plan`, and get the plan."""
    issue = octocat.open_issue()
    octocat.label(issue, "honk:plan")
    with town.model(script(PLAN)):
        town.work()
    assert "### Plan" in town.next_comment(issue)
    assert town.status(issue)


def test_a_question_gets_an_answer_and_no_pull_request(town: Town, octocat: Citizen) -> None:
    """I ask something on an issue: the answer is a comment, and nothing of the agent's doings is kept."""
    issue = octocat.open_issue()
    octocat.comment(issue, "/honk ask what is the answer now?")
    asked = {
        **tools({"bash": {"command": "cat answer.txt; echo 43 > answer.txt"}}),
        "shown": ["what is the answer now?"],
    }
    with town.model(script(asked, answered("It is 41, see `answer.txt:1`."))):
        town.work()
    assert "It is 41, see `answer.txt:1`." in town.next_comment(issue)
    assert "**Honk** · answered" in town.status(issue)
    assert town.run(issue).conclusion is Conclusion.ANSWERED
    assert town.pulls() == []
    assert list(town.world.repo(DEMO).bare.refs()) == ["refs/heads/main"]


def test_a_question_on_our_open_pull_request_is_answered_there(town: Town, octocat: Citizen) -> None:
    """I ask why on the pull request: its own agent answers there, nothing is pushed, and CI is followed on."""
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(fix()):
        town.work()
    town.ci_passes(town.the_pull())
    town.work()
    head, number = town.run(issue).head_sha, town.the_pull().number
    ada = Citizen(town, town.world.person("ada", triage=DEMO))
    ada.comment(number, "/honk ask why 42?")
    asked = {**tools({"bash": {"command": "echo 43 > answer.txt"}}), "shown": ["why 42?"]}
    with town.model(script(write("answer.txt", "42\n"), report(), asked, answered("Because it was asked for."))):
        town.work()
        town.later(6)
    assert "Because it was asked for." in town.next_comment(number)
    assert town.run(issue).head_sha == head
    assert town.the_pull().pull is not None
    assert "ready for review" in town.status(issue)


def test_who_may_only_triage_may_plan_and_ask_and_nothing_else(town: Town) -> None:
    """I may triage: I get an answer, and for `fix` I am told which role it takes."""
    ada = Citizen(town, town.world.person("ada", triage=DEMO))
    issue = ada.open_issue()
    ada.comment(issue, "/honk ask what is it?")
    with town.model(script(answered("41."))):
        town.work()
    assert "41." in town.next_comment(issue)
    ada.comment(issue, "/honk fix")
    town.work()
    assert "needs the role *write*" in town.next_comment(issue)
    assert town.status(issue)


def test_status_tells_the_place_in_the_queue(town: Town, octocat: Citizen) -> None:
    """Two runs wait, and I ask about the second: one is before it."""
    first, second = octocat.open_issue("One"), octocat.open_issue("Two")
    octocat.label(first)
    town.listen()
    octocat.label(second)
    town.listen()
    octocat.comment(second, "/honk status")
    town.listen()
    assert "1 run is before it" in town.next_comment(second)
    for issue in (first, second):
        octocat.comment(issue, "/honk stop")
        town.listen()
        assert town.status(issue)


def test_stop_goes_before_all_that_waits(town: Town, octocat: Citizen) -> None:
    """Thirty other threads have news when I say stop: mine is the next that is looked at."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    others = [octocat.open_issue(f"Other {number}") for number in range(30)]
    for number in others:
        octocat.comment(number, "/honk help")
    town.world.settle(ci=False)
    octocat.comment(issue, "/honk stop")
    town.world.settle(ci=False)
    town.do_one()
    assert town.run(issue).conclusion is Conclusion.CANCELLED
    town.work()
    assert "**Honk** · stopped" in town.status(issue)
    for number in others:
        assert town.next_comment(number)


@pytest.mark.parametrize("label", ["Stop", "Retry"])
def test_a_tap_on_a_box_is_a_word(label: str, town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """I tick a box of the status comment on my phone, and it is done; a stranger's tap cannot happen at GitHub."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    town.status(issue)
    with pytest.raises(PermissionError):
        stranger.tick(issue, "Stop")
    octocat.tick(issue, "Stop")
    town.work()
    assert "**Honk** · stopped" in town.status(issue)
    assert "octocat said stop" in town.status(issue)
    if label == "Retry":
        octocat.tick(issue, "Try again")
        with town.model(fix()):
            town.work()
        assert "waiting for CI" in town.status(issue)


def test_a_tap_of_someone_who_lost_the_role_is_refused(town: Town, octocat: Citizen) -> None:
    """I tick stop, and my role is taken from me before Honk reads it: nothing is stopped, and I am told."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    town.status(issue)
    octocat.tick(issue, "Stop")
    town.world.grant(DEMO, "octocat", "read")
    town.listen()
    assert town.run(issue).state is State.QUEUED
    assert "needs the role *write*" in town.next_comment(issue)
    assert "- [ ] Stop" in town.status(issue)
    town.world.grant(DEMO, "octocat", "write")
    octocat.comment(issue, "/honk stop")
    town.work()
    assert town.status(issue)


@pytest.mark.parametrize(("body", "kept"), [("/honk fix", "triage"), ("/honk ask what is it?", "read")])
def test_a_role_that_is_withdrawn_while_the_run_waits_is_missed(
    body: str, kept: Role, town: Town, octocat: Citizen
) -> None:
    """I ask, and before a worker is free my role is taken from me: nothing is begun, and the status says why."""
    issue = octocat.open_issue()
    octocat.comment(issue, body)
    town.listen()
    town.world.grant(DEMO, "octocat", kept)
    with town.model():
        town.work()
    assert town.run(issue).conclusion is Conclusion.CANCELLED
    assert "does not have the role" in town.status(issue)


def test_a_question_that_fails_leaves_the_pull_request_as_it_was(town: Town, octocat: Citizen) -> None:
    """I ask, and the agent finds no answer in the turns it has: the pull request is followed on, and I am told."""
    opened = town.opened(files={"answer.txt": "42\n"})
    octocat.comment(opened.pull, "/honk ask why?")
    with town.model(script(*[tools({"bash": {"command": "cat answer.txt"}})] * 40)):
        town.work()
        town.later(6)
    assert opened.run.state is State.AWAITING_CI
    assert "I did not get to this" in town.next_comment(opened.pull)
    assert "The question could not be answered" in opened.status
