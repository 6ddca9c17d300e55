"""`commits: verified`: GitHub makes and signs the commit; where it does not, plain git pushes it, and that is told."""

import pytest

from ghapp.playground.faults import Fault
from tests.scenarios.conftest import FILES
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix, report, script, write

CONFIG = f"{FILES['.github/honk.yml']}pull_request: {{commits: verified}}\n"


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository that wants verified commits."""
    return {**FILES, ".github/honk.yml": CONFIG}


def test_the_commit_is_github_s_own_and_verified(town: Town, octocat: Citizen) -> None:
    """I label an issue: the commit on the branch is signed by GitHub, has my change, and the status says so."""
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(fix()):
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert town.run(issue).verified
    assert "it is a verified commit" in town.status(issue)
    assert pull.head_sha in town.world.repo(DEMO).signed
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "42\n"
    assert "Co-authored-by: octocat" in town.world.repo(DEMO).bare.commit(pull.head_sha).message


def test_the_next_commit_stands_on_the_first(town: Town, octocat: Citizen) -> None:
    """I ask for more: the second commit is verified too, and nothing was rewritten."""
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(script(write("answer.txt", "42\n"), report(), write("answer.txt", "43\n"), report())):
        town.work()
        first = town.run(issue).head_sha
        octocat.comment(town.the_pull().number, "/honk fix make it 43")
        town.work()
    head = town.run(issue).head_sha
    assert town.world.repo(DEMO).bare.commit(head).parents == (first,)
    assert head in town.world.repo(DEMO).signed
    assert town.status(issue)


def test_where_github_does_not_sign_plain_git_pushes(town: Town, octocat: Citizen) -> None:
    """GitHub refuses to make the commit: it comes by plain git, and the status says which was used and why."""
    town.world.faults.add(Fault("POST", r"/git/commits$", status=422))
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(fix()):
        town.work()
    assert not town.run(issue).verified
    assert "pushed by plain git" in town.status(issue)
    assert town.run(issue).head_sha not in town.world.repo(DEMO).signed
    assert "waiting for CI" in town.status(issue)


def test_a_person_who_pushes_between_is_not_overwritten(town: Town, octocat: Citizen) -> None:
    """I push to the branch just before GitHub moves it: my commit stays, and is taken in."""
    again = (write("answer.txt", "43\n"), report())
    issue = octocat.open_issue()
    octocat.label(issue)
    with town.model(script(write("answer.txt", "42\n"), report(), *again, *again)):
        town.work()
        branch = town.run(issue).branch
        town.world.faults.meanwhile("PATCH", r"/git/refs/heads/", lambda: octocat.push(branch, {"other.txt": "mine\n"}))
        octocat.comment(town.the_pull().number, "/honk fix make it 43")
        town.work()
        town.later(31)
        town.later(61)
    assert town.world.read(DEMO, "other.txt", branch) == "mine\n"
    assert town.world.read(DEMO, "answer.txt", branch) == "43\n"
    assert town.status(issue)
