"""Taps that count: each once, however often it is pressed or delivered, and "not yet" among them."""

from datetime import UTC, datetime, timedelta

import pytest

from ghapp.core.run import Pause, State
from ghapp.playground.slack.deliveries import SlackDelivery
from ghapp.playground.slack.person import SlackPerson
from tests.scenarios.conftest import CONFIG, FILES
from tests.scenarios.office import ROOM, Office
from tests.scenarios.taps import merge_calls, ready, said_in
from tests.scenarios.town import DEMO, Town
from tests.scenarios.turns import bash, fix, report, script, tools, write
from tests.scenarios.wishes import citizen

WISH = "the answer is wrong, it must be 42"
PLAN = {"outcome": "done", "summary": "It holds the answer.", "steps": ["Write 42", "Check it"]}
WORKFLOW = ".github/workflows/more.yml"


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository whose runs have three turns."""
    return {**FILES, ".github/honk.yml": f"{CONFIG}budget: {{turns: 3, dollars: 1}}\n"}


@pytest.fixture
def ana(office: Office) -> SlackPerson:
    """Someone who may write to the repository."""
    return office.colleague("ana")


@pytest.fixture
def ben(office: Office) -> SlackPerson:
    """A colleague who may, too."""
    return office.colleague("ben")


def delivered_again(office: Office) -> None:
    """Slack sends what was pressed last once more, as if no answer had come."""
    office.slack.settle()
    pressed = [one for one in office.slack.deliveries.sent if one.kind == "interaction"]
    office.slack.deliveries.add(SlackDelivery("interaction", pressed[-1].payload, 1, "http_timeout"))


# --- not yet --------------------------------------------------------------------------------------------------------


def test_not_yet_leaves_it_open(town: Town, office: Office, ana: SlackPerson) -> None:
    """I am not sure: it stays open and says how to go on, asks no more, and my word merges it later."""
    town.world.clock = lambda: datetime.now(UTC) - timedelta(minutes=1)  # what I speak of was there before I do
    it = ready(office, ana)
    it.presses(ana, "Not yet")
    assert "Not yet, then. Later, say `merge` here" in it.told()
    town.later(400)
    assert not it.is_merged
    assert it.opened.itself.state == "open"
    assert it.opened.run.state is State.AWAITING_REVIEW
    assert not it.offers()
    ana.says(ROOM, "merge", it.ts)
    town.work()
    assert it.is_merged_once
    assert "merge" in town.next_comment(it.opened.issue)


def test_not_yet_answers_the_question_that_it_is_under(town: Town, office: Office, ana: SlackPerson) -> None:
    """There was a push and a new question; the old one's button, on a phone that is behind, leaves it alone."""
    it = ready(office, ana)
    old = it.button("Not yet")
    citizen(town, "octocat").push(it.opened.branch, {"answer.txt": "43\n"})
    town.work()
    town.ci_passes(it.opened)
    town.work()
    assert it.offers()
    ana.presses_old(old)
    town.work()
    assert it.offers()
    assert "Not yet, then" not in it.told()
    assert "over already" in office.slack.whispers(ana)[-1].shown
    assert not it.is_merged


def test_not_yet_is_no_strangers_word(town: Town, office: Office, ana: SlackPerson) -> None:
    """Who has no role on the repository does not take the question away from those who have."""
    it = ready(office, ana)
    nobody = office.colleague("nora", role="")
    it.presses(nobody, "Not yet")
    assert it.offers()
    assert "Not yet, then" not in it.told()
    assert "you have no such role" in office.slack.whispers(nobody)[-1].shown
    assert not it.is_merged


# --- once -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["at once", "afterwards"])
def test_a_press_that_slack_delivers_twice_merges_once(town: Town, office: Office, ana: SlackPerson, when: str) -> None:
    """Our answer was late, and Slack says the same again: nobody reads about it twice."""
    it, calls = ready(office, ana), merge_calls(town)
    office.press(ana, it.ts, "Merge")
    if when == "afterwards":
        town.work()
    delivered_again(office)
    town.work()
    assert it.is_merged_once
    assert calls == ["merge"]
    assert it.told().count("as @ana said") == 1
    assert "merged already" not in it.told()


def test_two_who_press_at_once_merge_once(town: Town, office: Office, ana: SlackPerson, ben: SlackPerson) -> None:
    """We both press before anything was done: the first is the one who merged it, the second reads that it is."""
    it, calls = ready(office, ana), merge_calls(town)
    press = it.button()
    ana.presses_old(press)
    ben.presses_old(press)
    town.work()
    assert it.is_merged_once
    assert calls == ["merge"]
    assert it.told().count("as @ana said") == 1
    assert it.told().count("is merged already") == 1


def test_a_second_press_while_github_merges_is_no_second_merge(
    town: Town, office: Office, ana: SlackPerson, ben: SlackPerson
) -> None:
    """My colleague presses in the very moment in which GitHub is asked to merge."""
    it, calls = ready(office, ana), merge_calls(town)
    press = it.button()

    def too() -> None:
        ben.presses_old(press)
        office.slack.settle()
        town.listen_elsewhere()

    town.world.faults.meanwhile("PUT", r"/pulls/\d+/merge$", too)
    it.presses(ana)
    assert it.is_merged_once
    assert calls == ["merge"]
    assert it.told().count("is merged already") == 1


# --- plan, budget, protected files ------------------------------------------------------------------------------------


def test_a_tap_has_the_plan_made(town: Town, office: Office, ana: SlackPerson, ben: SlackPerson) -> None:
    """I ask for a plan and read it, we both press: one run makes it, in the same talk."""
    with town.model(script(tools({"report": PLAN}))):
        ts = ana.mentions(ROOM, "plan how the answer becomes 42")
        town.work()
    assert town.run(1).kind == "plan"
    question = office.with_button(ts, "Do it")
    assert "2. Check it" in question.shown
    assert "planned" in town.status(1)
    assert "Write 42" in town.next_comment(1)
    press = ana.button(ROOM, question.ts, "Do it")
    with town.model(fix(shown=["Write 42"])):
        town.second()
        ana.presses_old(press)
        ben.presses_old(press)
        town.work()
    assert (town.run(1).kind, town.run(1).requester.login) == ("fix", "ana")
    assert town.world.read(DEMO, "answer.txt", town.run(1).branch) == "42\n"
    assert f"The pull request is open: #{town.the_pull().number}" in said_in(office, ts)
    assert "I am at it already" in said_in(office, ts)
    assert not any(one.text == "Do it" for message in office.talk(ts) for one in message.buttons)
    assert "waiting for CI" in town.status(1)


def test_not_yet_to_a_plan_begins_nothing(town: Town, office: Office, ana: SlackPerson) -> None:
    """I want to think about it: nothing starts, and `fix` in the talk goes on with it when I am ready."""
    with town.model(script(tools({"report": PLAN}))):
        ts = ana.mentions(ROOM, "plan how the answer becomes 42")
        town.work()
    office.press(ana, ts, "Not yet")
    town.work()
    assert town.run(1).kind == "plan"
    assert "or `fix` to go on with a plan" in said_in(office, ts)
    assert "planned" in town.status(1)
    town.second()
    ana.says(ROOM, "fix", ts)
    town.listen()
    assert town.run(1).kind == "fix"
    assert "queued" in town.status(1)
    town.said_on(1)


def test_a_tap_adds_budget_and_it_goes_on_where_it_was(town: Town, office: Office, ana: SlackPerson) -> None:
    """Three turns are over: one tap, delivered twice, adds five dollars once, and the same conversation goes on."""
    turns = (write("answer.txt", "42\n"), bash("echo two"), bash("echo three"), report())
    with town.model(script(*turns)) as model:
        ts = ana.mentions(ROOM, WISH)
        town.work()
        assert town.run(1).pause is Pause.BUDGET
        assert "paused" in town.status(1)
        office.press(ana, ts, "Add $5")
        delivered_again(office)
        town.work()
    assert [entry.turn for entry in model.log()] == [1, 2, 3, 4]
    assert town.run(1).budget.micros == 6_000_000
    assert said_in(office, ts).count("$5.00 more: this run may use $6.00 now.") == 1
    assert town.world.read(DEMO, "answer.txt", town.run(1).branch) == "42\n"
    assert not any(one.text == "Add $5" for message in office.talk(ts) for one in message.buttons)
    assert "waiting for CI" in town.status(1)


def test_two_who_add_budget_at_once_add_it_once(town: Town, office: Office, ana: SlackPerson) -> None:
    """Each sees the question and taps: five dollars are added, and the second is told that the pause is over."""
    ben = office.colleague("ben")
    turns = (write("answer.txt", "42\n"), bash("echo two"), bash("echo three"), report())
    with town.model(script(*turns)):
        ts = ana.mentions(ROOM, WISH)
        town.work()
        shown = office.with_button(ts, "Add $5")
        for one in (ana, ben):
            one.presses(ROOM, shown.ts, "Add $5")
        town.work()
    assert town.run(1).budget.micros == 6_000_000
    assert said_in(office, ts).count("$5.00 more: this run may use $6.00 now.") == 1
    assert said_in(office, ts).count("Nothing was added: that pause is over. The run may use $6.00.") == 1
    assert "waiting for CI" in town.status(1)


def test_a_maintainers_tap_lets_protected_files_through(town: Town, office: Office, ana: SlackPerson) -> None:
    """The question names the file; a maintainer lets it through, and the pull request says who did."""
    maintainer = office.colleague("mia", role="maintain")
    greedy = tools(
        {"write": {"path": WORKFLOW, "content": "on: [push]\n"}},
        {"write": {"path": "answer.txt", "content": "42\n"}},
    )
    with town.model(script(greedy, report())) as model:
        ts = ana.mentions(ROOM, WISH)
        town.work()
        assert town.run(1).pause is Pause.PROTECTED
        assert WORKFLOW in office.with_button(ts, "Let them through").shown
        assert "paused" in town.status(1)
        office.press(maintainer, ts, "Let them through")
        town.work()
    assert "These files go through" in said_in(office, ts)
    assert len(model.log()) == 2
    assert town.world.read(DEMO, WORKFLOW, town.run(1).branch) == "on: [push]\n"
    assert "@mia" in (town.the_pull().body or "").replace("\u2060", "")
    assert "waiting for CI" in town.status(1)
