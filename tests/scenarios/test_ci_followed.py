"""After the pull request is open: its checks, its head and its end are followed."""

import pytest

from ghapp.core.run import Conclusion
from ghapp.playground.state import Pull
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix


@pytest.fixture
def opened(town: Town) -> Opened:
    """A draft of ours whose CI has not begun."""
    return town.opened()


@pytest.fixture
def issue(opened: Opened) -> int:
    """The issue that it answers."""
    return opened.issue


@pytest.fixture
def pull(opened: Opened) -> Pull:
    """Its pull request."""
    return opened.part


def test_red_ci_stays_a_draft_until_a_rerun_is_green(town: Town, issue: int, pull: Pull) -> None:
    """CI fails: the draft stays, status and pull request name the check; its rerun turns green, and it is ready."""
    town.ci_fails(town.the_pull())
    town.listen()
    town.later(6)
    assert pull.draft
    assert "| test | ❌ failure |" in (town.the_pull().body or "")
    assert "| test | ⏳ queued |" in town.status(issue)
    assert "test: **running once more**" in town.status(issue)
    town.reports(pull.head_sha, "test", None, "in_progress")
    town.later(301)  # GitHub sends nothing for this
    town.later(6)
    assert "⏳ in_progress" in town.status(issue)
    town.ci_passes(town.the_pull())
    town.work()
    assert not pull.draft
    assert "ready for review" in town.status(issue)
    assert "| test | ✅ success |" in (town.the_pull().body or "")


def test_who_puts_it_back_to_draft_is_not_overruled(town: Town, octocat: Citizen, issue: int, pull: Pull) -> None:
    """I put the green pull request back to draft for a reason of mine, and Honk leaves it there."""
    town.ci_passes(town.the_pull())
    town.work()
    octocat.ready(town.the_pull().number, draft=True)
    town.work()
    town.later(120)
    assert pull.draft
    assert town.status(issue)


def test_an_event_that_was_lost_is_made_up_for_by_the_clock(town: Town, issue: int, pull: Pull) -> None:
    """GitHub's word about the green check never arrives, and minutes later it is ready all the same."""
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    town.ci_passes(town.the_pull())
    town.pump()
    assert pull.draft
    town.later(301)
    town.world.app.hook_url = hook
    assert not pull.draft
    town.later(6)
    assert "ready for review" in town.status(issue)


def test_a_persons_push_is_followed_and_not_overwritten(town: Town, octocat: Citizen, issue: int, pull: Pull) -> None:
    """I push to Honk's branch: my commit stays, and its CI is what counts from then on."""
    first = pull.head_sha
    mine = octocat.push(pull.head_ref, {"answer.txt": "43\n"})
    town.reports(first, "test", "success")
    town.work()
    assert pull.draft
    assert town.run(issue).head_sha == mine
    town.ci_passes(town.the_pull())
    town.work()
    assert not pull.draft
    assert town.world.repo(DEMO).bare.branch(pull.head_ref) == mine
    assert "ready for review" in town.status(issue)


def test_a_closed_pull_request_ends_the_run(town: Town, octocat: Citizen, issue: int, pull: Pull) -> None:
    """I close the pull request, and the run ends as closed, with its branch left alone."""
    octocat.close(town.the_pull().number)
    town.work()
    assert town.run(issue).conclusion is Conclusion.CLOSED
    assert "**Honk** · closed" in town.status(issue)
    assert "was closed without a merge" in town.status(issue)
    assert town.world.repo(DEMO).bare.branch(pull.head_ref) == pull.head_sha


def test_a_merge_by_hand_closes_the_issue(town: Town, octocat: Citizen, issue: int, pull: Pull) -> None:
    """I merge the ready pull request: the issue is closed by it, and the status says merged."""
    town.ci_passes(town.the_pull())
    town.work()
    octocat.merge(town.the_pull().number)
    town.work()
    assert town.world.issue(DEMO, issue).state == "closed"
    assert "**Honk** · merged" in town.status(issue)
    assert town.world.read(DEMO, "answer.txt") == "42\n"


def test_closing_the_issue_ends_the_run_and_leaves_its_pull_request_to_people(
    town: Town, octocat: Citizen, issue: int, pull: Pull
) -> None:
    """I close the issue while its pull request is open: I read that the work ends, and the draft stays as it is."""
    octocat.comment(issue, "/honk merge")
    town.work()
    assert "when CI is green" in town.next_comment(issue)
    octocat.close(issue)
    town.work()
    assert "**Honk** · closed" in town.status(issue)
    assert "octocat closed the issue" in town.status(issue)
    town.ci_passes(town.the_pull())
    town.work()
    assert pull.draft
    assert town.the_pull().state == "open"


def test_a_command_on_our_pull_request_counts_for_its_issue(town: Town, octocat: Citizen, issue: int) -> None:
    """I say stop on the pull request, and then retry there: a new run works on the issue's own words."""
    octocat.comment(town.the_pull().number, "/honk stop")
    town.work()
    assert "**Honk** · stopped" in town.status(issue)
    octocat.comment(town.the_pull().number, "/honk retry")
    with town.model(fix("44\n", shown=["# The answer is wrong\nIt must be 42."], not_shown=["honk:pull"])):
        town.work()
    assert len(town.pulls()) == 2
    assert "waiting for CI" in town.status(issue)


def test_what_people_wrote_into_the_body_stays(town: Town, octocat: Citizen, issue: int, pull: Pull) -> None:
    """I add a line to the pull request's description; when CI ends, only its table changes."""
    number = town.the_pull().number
    octocat.edit_issue(number, body="Seen by me.\n\n" + (town.the_pull().body or ""))
    town.ci_passes(town.the_pull())
    town.work()
    body = town.the_pull().body or ""
    assert body.startswith("Seen by me.")
    assert "| test | ✅ success |" in body
    assert town.status(issue)
