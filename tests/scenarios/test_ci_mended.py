"""What is ours is mended: by the agent with the log, by a command that is known for it, and not for ever."""

import pytest

from ghapp.core.run import NEEDS_HELP, State
from tests.scenarios.conftest import FILES
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix, report, script, write

AUTOFIX = (
    "setup: []\nverify: [{name: tests, run: sh check.sh}]\n"
    'ci: {settle: 0, autofix: [{check: "form*", run: "tr A-Z a-z < poem.txt > new && mv new poem.txt"}]}\n'
)
TOO_SMALL = "answer.txt: error: 42 is too small"


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository with a formatter that CI checks."""
    return {**FILES, ".github/honk.yml": AUTOFIX}


@pytest.fixture
def opened(town: Town) -> Opened:
    """A draft of ours whose CI has not begun."""
    return town.opened(files={"answer.txt": "42\n", "poem.txt": "MOON\n"})


def needs_help(opened: Opened) -> bool:
    return NEEDS_HELP in [label.name for label in opened.town.world.issue(DEMO, opened.issue).labels]


def test_the_agent_mends_what_ci_says(town: Town, opened: Opened) -> None:
    """The agent is told the check, the commit and the lines that matter; its commit is green."""
    first = opened.head
    shown = [f"CI is red on the commit {first}", "The check test fails", TOO_SMALL]
    with town.model(fix("43\n", shown=shown, not_shown=["downloading the internet"])):
        town.ci_fails(opened, log="downloading the internet\n" * 50 + "step\n" * 9 + TOO_SMALL)
        town.work()
    assert town.world.repo(DEMO).bare.commit(opened.head).parents == (first,)
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "43\n"
    assert "waiting for CI" in opened.status
    assert "**ours**" not in opened.status
    town.ci_passes(opened)
    town.work()
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_a_known_command_mends_without_a_model(town: Town, opened: Opened) -> None:
    """The formatter's check is red: its command runs, the commit is pushed, and no model was asked."""
    town.reports(opened.head, "format", "failure", summary="poem.txt: would reformat")
    town.ci_passes(opened)
    town.work()
    assert town.world.read(DEMO, "poem.txt", opened.branch) == "moon\n"
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "42\n"
    assert opened.run.usage.calls == 0
    assert opened.run.state is State.AWAITING_CI
    town.reports(opened.head, "format", "success")
    town.ci_passes(opened)
    town.work()
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_when_the_command_does_not_help_the_agent_is_asked(town: Town, opened: Opened) -> None:
    """The formatter's check stays red after its command: the second round is the agent's."""
    wrong = "poem.txt: error: needs a title"
    town.reports(opened.head, "format", "failure", summary=wrong)
    town.ci_passes(opened)
    town.work()
    second = opened.head
    with town.model(fix("43\n", shown=["The check format fails", "needs a title"])):
        town.reports(second, "format", "failure", summary=wrong)
        town.ci_passes(opened)
        town.work()
    assert town.world.repo(DEMO).bare.commit(opened.head).parents == (second,)
    assert "waiting for CI" in opened.status


def test_a_command_that_changes_nothing_leaves_it_to_the_agent(town: Town) -> None:
    """The poem is in small letters already, and the formatter's check is red all the same: the agent is told why."""
    opened = town.opened(files={"answer.txt": "42\n", "poem.txt": "moon\n"})
    with town.model(fix("43\n", shown=["The check format fails", "needs a title"])):
        town.reports(opened.head, "format", "failure", summary="poem.txt: error: needs a title")
        town.ci_passes(opened)
        town.work()
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "43\n"
    assert "waiting for CI" in opened.status


def test_with_something_else_red_the_agent_is_told_the_command(town: Town, opened: Opened) -> None:
    """The formatter's check and another are red: the agent gets both, with the command that mends the one."""
    known = "This command is known to mend it, when it is run last: tr A-Z a-z"
    with town.model(fix("43\n", shown=["The check format fails", known, TOO_SMALL])):
        town.reports(opened.head, "format", "failure", summary="poem.txt: would reformat")
        town.ci_fails(opened, log=TOO_SMALL)
        town.work()
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "43\n"
    assert "waiting for CI" in opened.status


def test_an_agent_that_finds_nothing_to_mend_hands_it_back(town: Town, opened: Opened) -> None:
    """The agent says that nothing of its own is wrong: the pull request stays, and it is my turn."""
    nothing = {**report(outcome="no_change", reason="CI itself is broken."), "shown": [TOO_SMALL]}
    with town.model(script(nothing)):
        town.ci_fails(opened, log=TOO_SMALL)
        town.work()
        town.later(301)
        town.later(6)
    assert opened.run.state is State.AWAITING_CI
    assert opened.part.draft
    assert needs_help(opened)
    assert "the last round changed nothing about it" in opened.status


def test_two_rounds_and_then_it_is_handed_back(town: Town, opened: Opened) -> None:
    """Each commit breaks something else; after two rounds it is a person's turn, with label, cause and log."""
    small, odd = write("answer.txt", "43\n", shown=["too small"]), write("answer.txt", "44\n", shown=["too odd"])
    with town.model(script(small, report(), odd, report())):
        for trouble in ("too small", "too odd", "too even"):
            town.ci_fails(opened, log=f"answer.txt: error: {trouble}")
            town.work()
    assert opened.part.draft
    assert opened.run.state is State.AWAITING_CI
    assert needs_help(opened)
    assert "CI is red: test. I hand it back: 2 rounds did not mend it." in opened.status
    assert "error: too even" in opened.status
    town.later(301)
    assert opened.run.state is State.AWAITING_CI


def test_no_progress_stops_early(town: Town, opened: Opened) -> None:
    """The first round leaves the very same failure: no second one is spent on it."""
    with town.model(fix("43\n")):
        town.ci_fails(opened, log=TOO_SMALL)
        town.work()
    town.ci_fails(opened, log=TOO_SMALL)
    town.work()
    assert len(opened.run.rounds) == 1
    assert needs_help(opened)
    assert "the last round changed nothing about it, so no other was tried" in opened.status


def test_a_persons_push_begins_anew(town: Town, octocat: Citizen, opened: Opened) -> None:
    """It was handed back to me; I push, CI is red again, and the agent takes up my commit with a fresh count."""
    with town.model(script(write("answer.txt", "43\n"), report(), write("answer.txt", "44\n"), report())):
        for _ in range(2):
            town.ci_fails(opened, log=TOO_SMALL)
            town.work()
        assert "I hand it back" in opened.status
        mine = octocat.push(opened.branch, {"mine.txt": "by hand\n"})
        town.work()
        assert "I hand it back" not in opened.status
        town.ci_fails(opened, log=TOO_SMALL)
        town.work()
    assert town.world.repo(DEMO).bare.commit(opened.head).parents == (mine,)
    assert town.world.read(DEMO, "mine.txt", opened.branch) == "by hand\n"
    assert len(opened.run.rounds) == 1
    assert "waiting for CI" in opened.status


def test_a_token_in_the_log_does_not_reach_the_agent(town: Town, opened: Opened) -> None:
    """A job prints a token: the agent is told which check failed, and that what it printed was left out."""
    token = "ghp_" + "a1B2" * 9
    with town.model(fix("43\n", shown=["The check test fails", "there was a secret in it"], not_shown=[token])):
        town.ci_fails(opened, log=f"answer.txt: error: pushed with {token}")
        town.work()
        town.ci_fails(opened, log=f"answer.txt: error: pushed with {token}")
        town.work()
    assert opened.status
