"""Commits that GitHub signs, and a fork's address, over the playground's HTTP."""

import pytest

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Repository
from ghapp.github.app import GitHubApp
from ghapp.github.repositories import GitHubRepositories
from ghapp.playground.bare import Commit
from ghapp.playground.faults import Fault
from ghapp.playground.world import World
from tests.github.front import Front

BRANCH = "honk/1-abc"
MESSAGE = "Mend it\n\nCo-authored-by: mona"


@pytest.fixture
def repositories(app: GitHubApp) -> GitHubRepositories:
    return GitHubRepositories(app)


@pytest.fixture
def lent(world: World) -> str:
    """A commit that GitHub has, and that no branch of ours has."""
    return world.person("mona", write="octo/demo").push("octo/demo", "elsewhere", {"a.txt": "a"}, MESSAGE)


def _head(world: World, branch: str) -> str:
    return world.repo("octo/demo").bare.refs()[f"refs/heads/{branch}"]


def _commit(world: World, sha: str) -> Commit:
    return world.repo("octo/demo").bare.commit(sha)


def _more(world: World, name: str, onto: str) -> str:
    """Another commit that GitHub has, on top of `onto`."""
    world.repo("octo/demo").bare.set_ref(f"refs/heads/{name}", onto)
    return world.person("mona").push("octo/demo", name, {"b.txt": "b"}, "More")


def test_a_signed_commit_has_the_tree_and_is_github_own(
    repositories: GitHubRepositories, world: World, demo: Repository, lent: str
) -> None:
    """The same files and another name; the new branch is on it, and GitHub vouches for it."""
    made = repositories.sign(demo, BRANCH, lent)
    assert made != lent
    assert made in world.repo("octo/demo").signed
    commit = _commit(world, made)
    assert commit.tree == _commit(world, lent).tree
    assert list(commit.parents) == [_head(world, "main")]
    assert commit.message.rstrip("\n") == MESSAGE
    assert commit.author.name == "honk[bot]"
    assert _head(world, BRANCH) == made


def test_a_branch_that_is_there_moves_forward(
    repositories: GitHubRepositories, world: World, demo: Repository, lent: str
) -> None:
    """The next attempt's commit stands on the first's, whatever the branch is called."""
    first = repositories.sign(demo, "honk/1-a#b%20c", lent)
    second = repositories.sign(demo, "honk/1-a#b%20c", _more(world, "next", first))
    assert _head(world, "honk/1-a#b%20c") == second
    assert list(_commit(world, second).parents) == [first]


def test_what_somebody_pushed_meanwhile_is_never_left_out(
    repositories: GitHubRepositories, world: World, demo: Repository, lent: str
) -> None:
    """The branch would not move forward: GitHub refuses, and the person's commit stays."""
    first = repositories.sign(demo, BRANCH, lent)
    theirs = world.person("mona").push("octo/demo", BRANCH, {"b.txt": "b"})
    with pytest.raises(UserError, match="fast forward"):
        repositories.sign(demo, BRANCH, _more(world, "next", first))
    assert _head(world, BRANCH) == theirs


def test_what_github_does_not_sign_moves_nothing(
    repositories: GitHubRepositories, world: World, front: Front, demo: Repository, lent: str
) -> None:
    """The reason is GitHub's; whoever asked pushes plainly instead."""
    answer = {"sha": lent, "verification": {"verified": False, "reason": "unsigned"}}
    front.says("POST .*/git/commits", "201 Created", answer)
    with pytest.raises(UserError, match="unsigned"):
        repositories.sign(demo, BRANCH, lent)
    assert f"refs/heads/{BRANCH}" not in world.repo("octo/demo").bare.refs()


def test_a_refused_branch_is_told(
    repositories: GitHubRepositories, world: World, front: Front, demo: Repository, lent: str
) -> None:
    """A rule of the repository may forbid it; GitHub's sentence reaches the person."""
    front.says("POST .*/git/refs", "422 Unprocessable Entity", {"message": "Repository rule violations found"})
    with pytest.raises(UserError, match="rule violations"):
        repositories.sign(demo, BRANCH, lent)


@pytest.mark.parametrize("request_", ["/git/refs$", "/git/commits$"])
def test_an_answer_that_was_lost_makes_no_second_commit_on_the_branch(
    repositories: GitHubRepositories, world: World, demo: Repository, lent: str, request_: str
) -> None:
    """Asking again finds what was done, or does it; the branch has one commit."""
    world.faults.add(Fault("POST", request_, how="lose_answer"))
    with pytest.raises(TransientError):
        repositories.sign(demo, BRANCH, lent)
    made = repositories.sign(demo, BRANCH, lent)
    assert _head(world, BRANCH) == made == repositories.sign(demo, BRANCH, lent)
    assert list(_commit(world, made).parents) == [_head(world, "main")]


def test_a_commit_that_github_does_not_have_is_named(
    repositories: GitHubRepositories, world: World, demo: Repository
) -> None:
    """It was not lent, or is gone."""
    with pytest.raises(Gone):
        repositories.sign(demo, BRANCH, "0" * 40)


def test_a_fork_is_reached_with_the_token_of_the_base(
    repositories: GitHubRepositories, world: World, demo: Repository
) -> None:
    """Its own address, and a token that opens no more than the repository that we are installed on."""
    fork = world.fork("octo/demo", "mona")
    remote = repositories.remote(demo, fork.full_name)
    assert remote.url == f"{world.state.base_url}/mona/demo.git"
    assert remote.token is not None
    assert world.state.tokens[remote.token].repository_ids == frozenset({demo.id})
