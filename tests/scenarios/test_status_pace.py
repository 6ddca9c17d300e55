"""The status comment: one, edited in place, and seldom."""

from time import monotonic

from ghapp.playground.faults import Fault
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix


def test_a_run_edits_its_comment_at_most_once_in_five_seconds(town: Town, octocat: Citizen) -> None:
    """It goes through seven states, however quickly; what is owed at its end follows with the clock."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    queued, begun = town.world.emitted.count("issue_comment.edited"), monotonic()
    with town.model(fix()):
        town.pump()
    edits = town.world.emitted.count("issue_comment.edited") - queued
    assert 1 <= edits <= 1 + (monotonic() - begun) // 5
    town.later(6)
    assert "waiting for CI" in town.status(issue)


def test_a_status_comment_that_a_person_deleted_is_written_anew(town: Town, octocat: Citizen) -> None:
    """I delete the status comment in the middle, and the next word comes as a new one."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    octocat.delete_comment(town.said(issue)[0])
    with town.model(fix()):
        town.work()
    assert len(town.said(issue)) == 1
    assert "waiting for CI" in town.status(issue)


def test_what_cannot_be_said_to_one_issue_is_said_to_the_others(town: Town, octocat: Citizen) -> None:
    """One conversation is locked: its comment is let go, and the other issue's comment is written all the same."""
    locked, other = octocat.open_issue("Locked"), octocat.open_issue("Other")
    octocat.label(locked)
    octocat.label(other)
    town.listen()
    octocat.unlabel(locked)
    octocat.unlabel(other)
    town.world.faults.add(Fault("PATCH", r"/issues/comments/", status=403, times=1))
    town.listen()
    town.work()
    assert sorted("stopped" in town.status(issue) for issue in (locked, other)) == [False, True]
    assert town.redis.hgetall("honk:owed") == {}
    assert town.world.repo(DEMO)


def test_a_comment_that_is_owed_by_nobody_is_let_go(town: Town, octocat: Citizen) -> None:
    """The record of a run is lost while its comment is behind: the clock goes on, also to what it asks GitHub."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    lost = town.run(issue).id
    assert town.records.pace.allows(lost)
    town.redis.delete(f"honk:run:{lost}")
    town.later(6, sweep=True)
    assert town.redis.hgetall("honk:owed") == {}
    assert "queued" in town.status(issue)
