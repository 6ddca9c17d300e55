"""A second model looks at the change: it advises, or it sends the work back and in the end leaves it to a person."""

from typing import Any

import pytest

from ghapp.core.run import Conclusion
from ghapp.playground.script import Script
from tests.scenarios.conftest import CONFIG
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import report, script, tools, write

ASKED = "Judge whether the diff does what the request asks for."
BLOCKING = CONFIG + "judge: {mode: block, model: claude-opus-5-5}\n"


def verdict(word: str, *reasons: str) -> dict[str, Any]:
    """The judge's answer."""
    return tools({"verdict": {"verdict": word, "reasons": [*reasons]}})


def judge(diff: str, word: str, *reasons: str) -> Script:
    """A judge who answers so to a change with this in it."""
    return script({**verdict(word, *reasons), "shown": [ASKED]}, name=f"0-{word}", when=diff)


@pytest.fixture
def issue(town: Town, octocat: Citizen) -> int:
    """An issue that is worked on, where the judge is asked and only advises."""
    town.environ.setenv("HONK_JUDGE", "advise")
    number = octocat.open_issue()
    octocat.label(number)
    return number


def test_a_judge_that_advises_is_read_in_the_pull_request(town: Town, issue: int) -> None:
    """The judge objects, and only says so: the pull request goes its way with these words in it."""
    work = script(write("answer.txt", "42\n"), report(), name="1")
    with town.model(judge("+42", "veto", "It is 42 in decimal only."), work):
        town.work()
    assert "It is 42 in decimal only." in (town.the_pull().body or "")
    assert "waiting for CI" in town.status(issue)


def test_a_veto_sends_the_work_back_once(town: Town, octocat: Citizen, issue: int) -> None:
    """The repository lets the judge block: its reasons reach the agent, and the better work is accepted."""
    octocat.push("main", {".github/honk.yml": BLOCKING})
    told = {**write("answer.txt", "42\n"), "shown": ["A second model looked at your change", "Not negative, please."]}
    work = script(write("answer.txt", "43\n"), report(), told, report(), name="1")
    with town.model(judge("+43", "veto", "Not negative, please."), judge("+42", "accept", "That is it."), work):
        town.work()
    assert "It had sent the change back" in (town.the_pull().body or "")
    assert town.run(issue).vetoes == 1
    assert "waiting for CI" in town.status(issue)


def test_a_second_veto_leaves_it_to_a_person(town: Town, octocat: Citizen, issue: int) -> None:
    """The agent insists, and so does the judge: the pull request stays a draft with its reasons, for a person."""
    octocat.push("main", {".github/honk.yml": BLOCKING})
    work = script(write("answer.txt", "43\n"), report(), report(), name="1")
    with town.model(judge("+43", "veto", "It was to be 42."), work):
        town.work()
    pull = town.the_pull()
    assert pull.pull is not None
    assert pull.pull.draft
    assert "It was to be 42." in (pull.body or "")
    assert "honk:needs-help" in [label.name for label in town.world.issue(DEMO, issue).labels]
    assert town.run(issue).vetoes == 2
    assert town.run(issue).conclusion is Conclusion.REJECTED
    assert "The judge objects" in town.status(issue)


def test_a_judge_who_is_away_stands_in_nobodys_way(town: Town, octocat: Citizen, issue: int) -> None:
    """The judge's model refuses to answer: that is noted, and the change goes on without it."""
    octocat.push("main", {".github/honk.yml": BLOCKING})
    away = script({"stop": "refusal"}, name="0", when=ASKED)
    with town.model(away, script(write("answer.txt", "42\n"), report(), name="1")):
        town.work()
    assert "waiting for CI" in town.status(issue)
