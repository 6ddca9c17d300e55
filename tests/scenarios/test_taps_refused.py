"""Taps that merge nothing and begin nothing, and what is said about them in the talk."""

import pytest

from ghapp.core.run import Pause, State
from ghapp.playground.slack.person import SlackPerson
from tests.scenarios.conftest import CONFIG, FILES
from tests.scenarios.office import ROOM, Office
from tests.scenarios.taps import merge_calls, ready, said_in
from tests.scenarios.town import DEMO, Town
from tests.scenarios.turns import bash, report, script, tools, write
from tests.scenarios.wishes import an_app_approves, citizen, configured

OURS = "answer.txt: error: 42 is too small"
"""What a check prints whose failure is the change's own."""
WISH = "the answer is wrong, it must be 42"
PLAN = {"outcome": "done", "summary": "It holds the answer.", "steps": ["Write 42", "Check it"]}


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository whose runs have three turns, and in which what is red is handed back at once."""
    config = CONFIG.replace("{settle: 0}", "{settle: 0, rounds: 0}")
    return {**FILES, ".github/honk.yml": f"{config}budget: {{turns: 3, dollars: 1, cap: 4}}\n"}


@pytest.fixture
def ana(office: Office) -> SlackPerson:
    """Someone who may write to the repository."""
    return office.colleague("ana")


@pytest.fixture
def ben(office: Office) -> SlackPerson:
    """A colleague who may only sort issues."""
    return office.colleague("ben", role="triage")


# --- red ------------------------------------------------------------------------------------------------------------


def test_a_required_check_that_turned_red_since_refuses_the_tap(town: Town, office: Office, ana: SlackPerson) -> None:
    """The question came when all was green; the check is red when I press: I read which, and what to say next."""
    town.world.ruleset(DEMO, "main", "test")
    it, calls = ready(office, ana), merge_calls(town)
    press = it.button()
    town.ci_fails(it.opened, OURS)
    ana.presses_old(press)
    town.work()
    assert "CI is red: test. `@honk fix …` has it repaired; when it is green, say `merge` again." in it.told()
    assert it.opened.run.wish is None
    assert not it.offers()
    town.later(400)
    assert not it.is_merged
    assert calls == []


def test_a_rerun_that_turns_red_ends_what_the_tap_asked_for(town: Town, office: Office, ana: SlackPerson) -> None:
    """Somebody has the green check run again, and I press: it waits for that, it fails, and I am told in the talk."""
    town.world.ruleset(DEMO, "main", "test")
    it, calls = ready(office, ana), merge_calls(town)
    press = it.button()
    town.reports(it.opened.head, "test", None, "in_progress")
    ana.presses_old(press)
    town.work()
    assert "I merge" in it.told()
    assert not it.is_merged
    town.ci_fails(it.opened, OURS)
    town.work()
    assert "CI is red: test" in it.told()
    assert it.opened.run.wish is None
    town.later(400)
    assert not it.is_merged
    assert calls == []
    assert "CI is red: test" in "".join(town.said_on(it.opened.pull))


def test_a_red_check_that_nobody_told_of_is_seen_at_the_tap(town: Town, office: Office, ana: SlackPerson) -> None:
    """GitHub's word about the red check is lost: the tap looks itself, merges nothing, and says why."""
    town.world.ruleset(DEMO, "main", "test")
    it, calls = ready(office, ana), merge_calls(town)
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    town.ci_fails(it.opened, OURS)
    town.world.settle(ci=False)
    town.world.app.hook_url = hook
    it.presses(ana)
    assert not it.is_merged
    assert "when the required test is green, from where the rules ask for it" in it.told()
    town.later(400)
    assert "CI is red: test" in it.told()
    assert not it.is_merged
    assert it.opened.run.wish is None
    assert calls == []
    town.said_on(it.opened.pull)


def test_a_check_that_turns_red_in_the_moment_of_the_merge(town: Town, office: Office, ana: SlackPerson) -> None:
    """All was looked at, and it turns red just before GitHub merges: GitHub says no, and I read that in the talk."""
    town.world.ruleset(DEMO, "main", "test")
    it = ready(office, ana)
    town.world.faults.meanwhile("PUT", r"/pulls/\d+/merge$", lambda: town.ci_fails(it.opened, OURS))
    it.presses(ana)
    assert "GitHub does not merge #2" in it.told()
    assert "When that is settled, say `merge` again." in it.told()
    assert not it.is_merged
    assert it.opened.run.wish is None


def test_what_is_being_mended_is_not_merged(town: Town, office: Office, ana: SlackPerson) -> None:
    """It turned red, and Honk is sent back to mend it: my tap on the old question says when to say it again."""
    configured(town, "")
    it, calls = ready(office, ana), merge_calls(town)
    press = it.button()
    town.ci_fails(it.opened, OURS)
    ana.presses_old(press)
    town.listen()
    assert it.opened.run.state is State.QUEUED
    assert "nothing was done. Say `merge` again when that is over." in it.told()
    assert it.opened.run.wish is None
    assert not it.is_merged
    assert calls == []


# --- approvals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("approver", ["nobody", "who asked", "a bot"])
def test_ones_own_approval_is_none(town: Town, office: Office, ana: SlackPerson, approver: str) -> None:
    """One approval is asked for: mine of my own wish, or a bot's, merges nothing; a colleague's does, once."""
    town.world.ruleset(DEMO, approvals=1)
    it, calls = ready(office, ana), merge_calls(town)
    if approver == "who asked":
        citizen(town, "ana").approve(it.opened.pull)
    elif approver == "a bot":
        an_app_approves(town, it.opened)
    press = it.button()
    it.presses(ana)
    assert "at 1 approval by people other than who asked for the change (0 so far)" in it.told()
    town.later(400)
    assert not it.is_merged
    assert calls == []
    citizen(town, "mia").approve(it.opened.pull)
    town.work()
    ana.presses_old(press)
    town.work()
    assert it.is_merged_once
    assert calls == ["merge"]


def test_an_approval_that_cannot_be_counted_refuses_the_tap(town: Town, office: Office, ana: SlackPerson) -> None:
    """How many are needed is hidden from Honk, and mine is the only one: it says why, and leaves the merge to us."""
    town.world.protect(DEMO, approvals=1)
    it, calls = ready(office, ana), merge_calls(town)
    citizen(town, "ana").approve(it.opened.pull)
    it.presses(ana)
    assert "ana approved, which does not count: neither who asked for the change nor an App" in it.told()
    assert "Please merge it yourself." in it.told()
    assert not it.is_merged
    assert it.opened.run.wish is None
    assert calls == []


# --- rights ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_not_begun_by_somebody_without_the_right(
    town: Town, office: Office, ana: SlackPerson, ben: SlackPerson
) -> None:
    """I may ask for a plan with triage, but not have it made: I am told the role, and the button stays."""
    with town.model(script(tools({"report": PLAN}))):
        ts = ben.mentions(ROOM, "plan how the answer becomes 42")
        town.work()
    office.press(ben, ts, "Do it")
    town.work()
    assert "`fix` needs the role write on this repository, and you have the role triage here" in said_in(office, ts)
    assert town.run(1).kind == "plan"
    assert office.with_button(ts, "Do it")
    assert town.pulls() == []
    assert "planned" in town.status(1)
    assert "Write 42" in town.next_comment(1)


def test_more_budget_takes_a_role(town: Town, office: Office, ana: SlackPerson, ben: SlackPerson) -> None:
    """It is paused: without write I add nothing, and above the repository's cap neither does who may write."""
    with town.model(script(write("answer.txt", "42\n"), bash("echo two"), bash("echo three"))):
        ts = ana.mentions(ROOM, WISH)
        town.work()
    assert town.run(1).pause is Pause.BUDGET
    office.press(ben, ts, "Add $5")
    town.work()
    assert "`budget` needs the role write" in said_in(office, ts)
    office.press(ana, ts, "Add $5")
    town.work()
    assert "Above $4.00 it takes the role maintain" in said_in(office, ts)
    assert town.run(1).state is State.PAUSED
    assert town.run(1).budget.micros == 1_000_000
    assert office.with_button(ts, "Add $5")
    assert "paused" in town.status(1)


def test_protected_files_take_a_maintainer(town: Town, office: Office, ana: SlackPerson) -> None:
    """The change adds a workflow: my write is not enough to let it through, and I read whose word it takes."""
    greedy = tools(
        {"write": {"path": ".github/workflows/more.yml", "content": "on: [push]\n"}},
        {"write": {"path": "answer.txt", "content": "42\n"}},
    )
    with town.model(script(greedy, report())):
        ts = ana.mentions(ROOM, WISH)
        town.work()
    assert "Someone with the role maintain lets them through" in office.with_button(ts, "Let them through").shown
    office.press(ana, ts, "Let them through")
    town.work()
    assert "`allow` needs the role maintain" in said_in(office, ts)
    assert town.run(1).pause is Pause.PROTECTED
    assert [name for name in town.world.repo(DEMO).bare.refs() if "honk/" in name] == []
    assert office.with_button(ts, "Let them through")
    assert "paused" in town.status(1)


def test_a_role_that_was_taken_away_merges_nothing(town: Town, office: Office, ana: SlackPerson) -> None:
    """I could write when the question came, and cannot when I press."""
    it, calls = ready(office, ana), merge_calls(town)
    town.world.grant(DEMO, "ana", "read")
    it.presses(ana)
    assert "@ana, `merge` needs the role write" in it.told()
    assert not it.is_merged
    assert it.offers()
    assert calls == []
