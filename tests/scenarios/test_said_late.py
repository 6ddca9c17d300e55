"""What could not be said in Slack for a moment is said when it can be, in the order in which it came."""

import pytest

from ghapp.core.run import Conclusion
from ghapp.playground.slack.person import SlackPerson
from tests.scenarios.office import Office
from tests.scenarios.taps import Ready, ready
from tests.scenarios.town import DEMO, Citizen, Town


@pytest.fixture
def waiting(town: Town, office: Office) -> Ready:
    """A pull request that ana wants merged, and that waits for an approval."""
    ana: SlackPerson = office.colleague("ana")
    town.world.ruleset(DEMO, approvals=1)
    it = ready(office, ana)
    it.presses(ana)
    assert "at 1 approval" in it.told()
    return it


def pushed(town: Town, by: Citizen, it: Ready) -> str:
    """Somebody pushes to the branch, and Honk looks at it once; the new head."""
    head = by.push(it.opened.branch, {"answer.txt": "43\n"})
    town.pump()
    assert it.opened.run.wish is None
    assert head[:9] in town.next_comment(it.opened.pull)
    return head


def test_a_refusal_is_said_after_slacks_pause(town: Town, octocat: Citizen, waiting: Ready) -> None:
    """A push ends my wish while Slack asks us to wait: I read it in the talk a little later, and once."""
    town.chats[0].limit("chat.postMessage")
    head = pushed(town, octocat, waiting)
    assert head[:9] not in waiting.told()
    town.pauses_are_over()
    town.later(6)
    assert waiting.told().count(head[:9]) == 1
    town.later(6)
    assert waiting.told().count(head[:9]) == 1
    assert town.redis.hgetall("honk:owed") == {}
    assert waiting.opened.status


def test_what_slack_will_never_take_is_let_go(town: Town, octocat: Citizen, waiting: Ready) -> None:
    """Slack does not want the words at all: what comes after them is said all the same."""
    town.chats[0].fail("chat.postMessage", "msg_too_long")
    head = pushed(town, octocat, waiting)
    town.later(6)
    assert head[:9] not in waiting.told()
    assert town.redis.hgetall("honk:owed") == {}
    town.ci_passes(waiting.opened)
    town.work()
    assert waiting.offers()
    assert waiting.opened.status


def test_a_word_counts_where_slack_takes_no_eyes(town: Town, office: Office) -> None:
    """The reaction to my word is refused, and my word is heard: it is only a courtesy."""
    it = ready(office, office.colleague("ana"))
    office.slack.fail("reactions.add", "missing_scope")
    it.asker.says("demo", "stop", it.ts)
    town.work()
    assert it.opened.run.conclusion is Conclusion.CANCELLED
    assert it.opened.status
    town.said_on(it.opened.issue)
