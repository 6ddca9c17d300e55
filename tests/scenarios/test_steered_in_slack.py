"""A talk about a pull request: what is said there reaches the run, and a tap merges the commit that it names."""

import re

import pytest

from ghapp.core.chat import Speaker, Talk
from ghapp.core.config import PATH
from ghapp.core.run import Conclusion, State
from ghapp.playground.slack.person import SlackPerson
from tests.scenarios.conftest import CONFIG
from tests.scenarios.office import ROOM, Office
from tests.scenarios.opened import Opened
from tests.scenarios.town import Citizen, Town
from tests.scenarios.turns import script, write


@pytest.fixture
def opened(town: Town) -> Opened:
    """A pull request of ours that waits for CI."""
    return town.opened()


@pytest.fixture
def ana(office: Office) -> SlackPerson:
    """Someone who may write to the repository."""
    return office.colleague("ana")


@pytest.fixture
def ts(office: Office, town: Town, opened: Opened, ana: SlackPerson) -> str:
    """The first message of a talk that is about it."""
    first = ana.says(ROOM, "where is it?")
    talk = Talk(office.slack.team, office.slack.channel(ROOM).id, first)
    town.records.talks.bind(talk, town.thread(opened.issue), Speaker(office.slack.team, ana.id))
    return first


def green(town: Town, opened: Opened) -> None:
    """Its CI succeeds."""
    town.ci_passes(opened)
    town.work()
    assert opened.status


def test_one_tap_merges_what_is_green(town: Town, office: Office, opened: Opened, ana: SlackPerson, ts: str) -> None:
    """The question names the commit, the dialog what it means; a second tap merges nothing twice."""
    green(town, opened)
    question = office.with_button(ts, "Merge")
    assert opened.head[:7] in question.shown
    press = ana.button(ROOM, question.ts, "Merge")
    assert opened.head[:7] in str(press.button.confirm)
    ana.presses_old(press)
    ana.presses_old(press)
    town.work()
    assert opened.part.merged_at is not None
    assert opened.run.state is State.DEPLOYING
    assert sum("Merged: #" in told for told in office.told(ts)) == 1
    assert office.with_button(ts, "Revert")
    assert opened.status


def test_a_tap_of_somebody_without_the_right_is_refused(town: Town, office: Office, opened: Opened, ts: str) -> None:
    """Who presses is who counts, whoever asked."""
    green(town, opened)
    office.press(office.colleague("ben", role="triage"), ts, "Merge")
    town.work()
    assert opened.part.merged_at is None
    assert any("@ben, `merge` needs the role" in told.replace("\u2060", "") for told in office.told(ts))
    assert office.with_button(ts, "Merge")
    assert opened.status


def test_words_of_somebody_without_a_say_stay_in_slack(
    town: Town, office: Office, opened: Opened, ana: SlackPerson, ts: str
) -> None:
    """A colleague who has no role on the repository cannot have Honk write their words there; who has one can."""
    office.colleague("eve", role="").mentions(ROOM, "stop wasting time on this", ts)
    office.colleague("ben", role="triage").mentions(ROOM, "status", ts)
    town.work()
    said = "".join(town.said_on(opened.issue))
    assert "wasting time" not in said
    assert "ben" in said
    assert any("@eve, `stop` needs the role" in told.replace("\u2060", "") for told in office.told(ts))
    assert opened.status


def test_a_button_of_before_a_push_merges_nothing(
    town: Town, office: Office, opened: Opened, ana: SlackPerson, ts: str, octocat: Citizen
) -> None:
    """The head moved: the old question has lost its buttons, and one that was pressed all the same is refused."""
    green(town, opened)
    question = office.with_button(ts, "Merge")
    press = ana.button(ROOM, question.ts, "Merge")
    seen = opened.head
    octocat.push(opened.branch, {"answer.txt": "43\n"})
    town.work()
    assert not any(one.buttons and "Merge it?" in one.shown for one in office.talk(ts))
    ana.presses_old(press)
    town.work()
    assert opened.part.merged_at is None
    (why,) = [told for told in office.told(ts) if seen[:9] in told and opened.head[:9] in told]
    assert "say `merge` again" in why
    assert opened.status


@pytest.mark.parametrize("how", ["button", "sign", "word"])
def test_stop_ends_it(town: Town, office: Office, opened: Opened, ana: SlackPerson, ts: str, how: str) -> None:
    """The button, the sign on any message of ours, or the word."""
    town.later(6)
    assert opened.status
    told = office.with_button(ts, "🛑 Stop")
    match how:
        case "button":
            office.press(ana, ts, "🛑 Stop")
        case "sign":
            ana.reacts(ROOM, told.ts, "octagonal_sign")
        case _:
            ana.says(ROOM, "stop", ts)
    town.work()
    assert opened.run.conclusion is Conclusion.CANCELLED
    assert any("stopped" in told for told in office.told(ts))
    assert opened.status
    town.said_on(opened.issue)


def test_money_by_a_tap_says_who_gave_it_and_where(town: Town, office: Office, octocat: Citizen) -> None:
    """It is paused for money, and Ben taps Add $5: its notes name Ben and Slack, and no number of Slack's."""
    octocat.push("main", {PATH: CONFIG + "budget: {turns: 1}\n"})
    ana, ben = office.colleague("ana"), office.colleague("ben")
    with town.model(script(write("answer.txt", "42\n"))):
        first = ana.mentions(ROOM, "the answer is wrong, it must be 42")
        town.work()
        office.press(ben, first, "Add $5")
        town.listen()
    (note,) = [one for one in town.run(1).notes if "to the budget" in one]
    assert re.fullmatch(r"@ben added \$5\.00 to the budget \(in Slack, [-0-9]{10}T[:0-9]{8}[.][0-9]{6}Z\)\.", note)
    assert any("$5.00 more" in told for told in office.told(first))
    town.later(6)
    assert note.removeprefix("@") in town.status(1).replace("\u2060", "")
    town.said_on(1)


def test_what_is_said_in_the_talk_wakes_the_run(
    town: Town, office: Office, opened: Opened, ana: SlackPerson, ts: str
) -> None:
    """No command, no name: my words go to the agent, and are on the record at GitHub."""
    ana.says(ROOM, "make it 43, please", ts)
    town.listen()
    assert opened.run.state is State.QUEUED
    assert "make it 43, please" in opened.run.feedback
    assert "@ana says in Slack" in town.next_comment(opened.issue)
    assert opened.status


def test_what_is_said_to_somebody_else_is_left_alone(
    town: Town, office: Office, opened: Opened, ana: SlackPerson, ts: str
) -> None:
    """I ask a colleague, not Honk."""
    office.colleague("ben")
    ana.says(ROOM, "@ben what do you think?", ts)
    town.listen()
    assert opened.run.state is State.AWAITING_CI
    assert opened.run.feedback == ""
    assert opened.status


def test_a_word_about_a_run_needs_its_talk(town: Town, office: Office, ana: SlackPerson) -> None:
    """`merge`, said in the channel, is no wish for a change called merge."""
    ana.mentions(ROOM, "merge")
    town.listen()
    assert town.world.repo("octo/demo").issues == {}
    assert "in the thread of what it is about" in office.slack.whispers(ana)[0].shown
