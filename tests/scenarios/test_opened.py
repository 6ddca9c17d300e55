"""The short cut of the scenarios: a pull request that is open already stands as publishing would have left it."""

from dataclasses import fields

import pytest

from ghapp.core.run import State
from ghapp.playground.state import Actor
from ghapp.playground.verbs import reviews
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix

DIFFERS = {
    "ci", "id", "key", "thread", "trigger", "created_at", "epoch", "version", "history", "status_comment", "base_sha",
    "candidate", "prompt", "published", "head_sha", "pull", "usage", "evidence", "heard", "reason",
    "quiet_since", "look_at", "notes", "request", "means",
}  # fmt: skip
"""What belongs to each run alone: names, times, costs, and the first look at its CI."""


def test_it_is_as_a_real_run_leaves_it(town: Town, octocat: Citizen) -> None:
    """I compare it with one that an engine worked on: the same state, and the same in every field that could agree."""
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(fix()):
        town.work()
    real, short = town.run(issue), town.opened(by=octocat)
    assert short.run.state is State.AWAITING_CI
    same = [one.name for one in fields(real) if one.name not in DIFFERS]
    assert {name: getattr(short.run, name) for name in same} == {name: getattr(real, name) for name in same}
    assert [step.state for step in short.run.history] == [step.state for step in real.history]
    assert "waiting for CI" in town.status(issue)
    assert "waiting for CI" in short.status


def test_it_is_followed_from_there(town: Town) -> None:
    """Its CI turns green, and it leaves draft."""
    opened = town.opened()
    assert opened.part.draft
    assert town.world.read(DEMO, "answer.txt", opened.branch) == "42\n"
    town.ci_passes(opened)
    town.work()
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_what_honk_says_in_a_thread_must_be_read(town: Town, octocat: Citizen) -> None:
    """A reply of Honk's that no test looked at is found at the end, and one that was is not."""
    opened = town.opened()
    thread = octocat.remark(opened.pull, "answer.txt", 1, "Why 42?")
    world = town.world
    honk = Actor(world.app.bot, world.app)
    reviews.reply(world, world.repo(DEMO), honk, opened.itself, thread, "<!-- honk:x -->\nIt is the answer.")
    assert "<!-- honk:x -->\nIt is the answer." in town.unread()
    assert town.next_reply(opened.pull) == "It is the answer."
    assert town.replies(thread) == ["It is the answer."]
    with pytest.raises(pytest.fail.Exception):
        town.next_reply(opened.pull)
    town.pump()
    assert opened.status
    assert town.unread() == []
