"""The town's own verbs do what they say at GitHub, also those that few scenarios need."""

import pytest

from ghapp.playground.verbs.reviews import NotInDiffError, Remark
from tests.scenarios.town import DEMO, Citizen, Town


def test_a_stranger_comes_with_a_fork(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """They fork, push and open; the workflow waits until somebody lets it begin; a later push moves the head."""
    town.world.hold_workflows(DEMO)
    fork = stranger.fork()
    first = stranger.push("topic", {"answer.txt": "43\n"}, to=fork)
    number = stranger.open_pull("stranger:topic", maintainer_can_modify=False)
    assert town.world.check_outcomes(DEMO, first) == {}
    octocat.approve_workflow(first)
    town.ci_passes(first)
    assert town.world.check_outcomes(DEMO, first) == {"test": "success"}
    second = stranger.push("topic", {"answer.txt": "44\n"}, to=fork)
    pull = town.world.pull(DEMO, number).pull
    assert pull is not None
    assert (pull.head_sha, pull.source_owner.login, pull.maintainer_can_modify) == (second, stranger.login, False)
    with pytest.raises(AssertionError):
        octocat.approve_workflow(first)


def test_people_review_and_change_their_minds(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """Approved, objected, dismissed, answered, resolved; closed and opened again."""
    octocat.push("topic", {"answer.txt": "43\n"})
    number = octocat.open_pull("topic")
    town.second().grant(DEMO, "stranger", "write")
    stranger.approve(number)
    refusal = stranger.request_changes(number, "Not 43.", Remark("answer.txt", 1, "Why?"))
    stranger.dismiss(number, refusal)
    thread = stranger.remark(number, "answer.txt", 1, "And why not 42?")
    octocat.reply(number, thread, "True.")
    octocat.resolve(number, thread)
    pull = town.world.pull(DEMO, number).pull
    assert pull is not None
    assert [one.state for one in pull.reviews] == ["APPROVED", "DISMISSED", "COMMENTED", "COMMENTED"]
    assert [len(one.comments) for one in town.threads(number)] == [1, 2]
    assert thread.resolved_by is octocat.person.user
    with pytest.raises(NotInDiffError):
        stranger.remark(number, "answer.txt", 2, "There is no such line.")
    octocat.close(number)
    octocat.reopen(number)
    assert town.world.issue(DEMO, number).state == "open"


def test_machines_report(town: Town, octocat: Citizen) -> None:
    """Checks of several Apps with logs, statuses, deployments, and somebody who pushes to the default branch."""
    sha = octocat.push("topic", {"answer.txt": "43\n"})
    check = town.reports(sha, "test", "failure", log="43 is not 42\n")
    town.reports(sha, "scan", "success", app="other-ci", title="Nothing found")
    town.status_reports(sha, "ci/slow", "pending", "It waits")
    assert town.world.check_outcomes(DEMO, sha) == {"test": "failure", "scan": "success", "ci/slow": "pending"}
    (run,) = town.world.workflow_runs(DEMO, sha)
    assert [(job.check, job.log) for job in run.jobs] == [(check, "43 is not 42\n")]
    moved = town.base_moves({"other.txt": "text\n"})
    assert town.world.repo(DEMO).bare.branch("main") == moved
    (run,) = town.world.workflow_runs(DEMO, moved)
    town.workflow_ends(run.id)
    assert town.world.check_outcomes(DEMO, moved) == {"test": "success"}
    town.world.deploy(DEMO, "main", "staging")
    town.deployed("staging", "failure")
    assert [one.state for one in town.world.deployments(DEMO)[0].statuses] == ["failure"]


def test_boxes_are_ticked_by_those_who_may(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """In the status comment of what Honk has open; GitHub does not let a reader do it."""
    opened = town.opened()
    with pytest.raises(PermissionError):
        stranger.tick(opened.issue, "Stop")
    octocat.tick(opened.issue, "Stop")
    assert "- [x] Stop" in opened.status
    octocat.untick(opened.issue, "Stop")
    assert "- [ ] Stop" in opened.status
    assert town.said_on(opened.issue) == []
    town.pump()
    town.said_on(opened.issue)
