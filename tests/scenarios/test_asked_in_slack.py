"""Asking in Slack: from a message to a pull request that is merged by a tap."""

import pytest

from ghapp.core.run import State
from tests.scenarios.office import ROOM, Office
from tests.scenarios.town import Town
from tests.scenarios.turns import fix


def test_asked_built_and_merged_with_nothing_but_slack(town: Town, office: Office) -> None:
    """A mention becomes an issue and a pull request; when CI is green, one tap merges it."""
    ana = office.colleague("ana")
    with town.model(fix()):
        ts = ana.mentions(ROOM, "the answer is wrong, it must be 42")
        town.work()
    run = town.run(1)
    assert run.requester.login == "ana"
    assert "asked for this in" in town.world.issue("octo/demo", 1).body
    town.ci_passes(town.the_pull())
    town.work()
    print(office.told(ts))
    office.press(ana, ts, "Merge")
    town.work()
    print(office.told(ts))
    assert town.run(1).state is State.DEPLOYING
    print(town.said_on(1), town.said_on(2))
