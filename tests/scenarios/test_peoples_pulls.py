"""On somebody's own pull request: a change on their branch where that is allowed, and a review."""

from ghapp.core.run import Conclusion, State
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import report, script, tools, write
from tests.scenarios.wishes import configured


def reviewed(*remarks: dict[str, object]) -> dict[str, object]:
    """A review as the agent hands it in."""
    return tools({"report": {"outcome": "done", "summary": "One fault.", "remarks": list(remarks)}})


def test_fix_on_a_colleagues_pull_request_pushes_to_their_branch(town: Town, octocat: Citizen) -> None:
    """I ask on my own pull request: a commit on top of mine, on my branch, and it stays as ready as it was."""
    mine = octocat.push("mine", {"answer.txt": "40\n"})
    number = octocat.open_pull("mine")
    octocat.comment(number, "/honk fix make it 42")
    with town.model(script({**write("answer.txt", "42\n"), "shown": ["make it 42"]}, report())):
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.repo(DEMO).bare.commit(pull.head_sha).parents == (mine,)
    assert town.world.read(DEMO, "answer.txt", "mine") == "42\n"
    assert not pull.draft
    assert f"Works on #{number}" in town.status(number)
    town.ci_passes(pull.head_sha)
    town.work()
    assert "ready for review" in town.status(number)


def test_a_fork_that_lets_maintainers_edit_is_pushed_to(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """A stranger's fork lets maintainers edit: I ask, and the commit is on their branch; it is not deployed."""
    configured(town, "deploy: {staging: {role: write}}\n")
    fork = stranger.fork()
    theirs = stranger.push("topic", {"answer.txt": "40\n"}, to=fork)
    number = stranger.open_pull("stranger:topic", maintainer_can_modify=True)
    octocat.comment(number, "/honk fix make it 42")
    with town.model(script(write("answer.txt", "42\n"), report())):
        town.work()
    bare = town.world.repo(fork).bare
    assert bare.commit(bare.branch("topic") or "").parents == (theirs,)
    assert town.world.read(fork, "answer.txt", "topic") == "42\n"
    octocat.comment(number, "/honk deploy staging")
    town.work()
    assert "is in a fork" in town.next_comment(number)
    assert town.status(number)


def test_a_closed_fork_is_explained(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """The fork takes nothing from maintainers: I am told what would help, and nothing is begun."""
    stranger.fork()
    stranger.push("topic", {"answer.txt": "40\n"}, to="stranger/demo")
    number = stranger.open_pull("stranger:topic", maintainer_can_modify=False)
    octocat.comment(number, "/honk fix make it 42")
    town.work()
    assert "Allow edits by maintainers" in town.next_comment(number)


def test_the_default_branch_is_never_pushed_to(town: Town, octocat: Citizen) -> None:
    """A pull request from main into a release branch: its head is main, so nothing is pushed."""
    octocat.push("release", {"release.txt": "1\n"})
    town.base_moves({"news.txt": "hello\n"})
    number = octocat.open_pull("main", base="release")
    octocat.comment(number, "/honk fix make it 42")
    town.work()
    assert "default branch" in town.next_comment(number)


def test_a_stranger_cannot_have_their_own_pull_request_changed(town: Town, stranger: Citizen) -> None:
    """I may only read: fix and review on my own pull request are refused."""
    stranger.fork()
    stranger.push("topic", {"answer.txt": "40\n"}, to="stranger/demo")
    number = stranger.open_pull("stranger:topic")
    stranger.comment(number, "/honk fix make it 42")
    stranger.comment(number, "/honk review")
    town.work()
    assert "needs the role *write*" in town.next_comment(number)


def test_a_review_has_remarks_beside_lines_and_is_no_approval(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """I ask for a review of a stranger's pull request: a summary, a remark with a suggestion, never an approval."""
    stranger.fork()
    stranger.push("topic", {"answer.txt": "40\n"}, to="stranger/demo")
    number = stranger.open_pull("stranger:topic")
    octocat.comment(number, "/honk review")
    remark = {"path": "answer.txt", "line": 1, "weight": "high", "body": "Not 42.", "suggestion": "42"}
    with town.model(script({**reviewed(remark), "shown": ["+40"]})):
        town.work()
    review = town.next_review(number)
    assert review.verdict == "COMMENTED"
    assert "One fault." in review.body
    assert "no approval" in review.body
    assert "Not 42." in review.remarks[0].body
    assert "```suggestion\n42\n```" in review.remarks[0].body
    assert town.run(number).conclusion is Conclusion.ANSWERED
    assert town.status(number)


def test_a_push_while_it_is_reviewed_is_told(town: Town, octocat: Citizen) -> None:
    """I push while Honk reads: the review says which commit it is of."""
    octocat.push("mine", {"answer.txt": "40\n"})
    number = octocat.open_pull("mine")
    octocat.comment(number, "/honk review")
    with town.model(script(reviewed()), before={1: lambda: octocat.push("mine", {"answer.txt": "39\n"})}):
        town.work()
    assert "meanwhile the head is" in town.next_review(number).body
    assert town.status(number)


def test_closing_the_pull_request_calls_the_work_off(town: Town, octocat: Citizen) -> None:
    """I close my pull request before the work begins, and it is not begun."""
    octocat.push("mine", {"answer.txt": "40\n"})
    number = octocat.open_pull("mine")
    octocat.comment(number, "/honk fix make it 42")
    town.listen()
    assert town.run(number).state is State.QUEUED
    octocat.close(number)
    town.listen()
    town.work()
    assert town.run(number).conclusion is Conclusion.CLOSED
    assert town.status(number)
