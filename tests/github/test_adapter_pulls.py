"""Pull requests over the playground's HTTP."""

from dataclasses import replace

import pytest

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Actor, Repository
from ghapp.core.ports import GHOST, Pull
from ghapp.github.app import GitHubApp
from ghapp.github.pulls import GitHubPulls
from ghapp.playground.faults import Fault
from ghapp.playground.world import World
from tests.github.front import Front

BRANCH = "honk/1-abc"


@pytest.fixture
def pulls(app: GitHubApp) -> GitHubPulls:
    return GitHubPulls(app)


@pytest.fixture
def head(world: World) -> str:
    """The head of our branch, one commit ahead of main."""
    return world.person("mona", write="octo/demo").push("octo/demo", BRANCH, {"a.txt": "a"})


def _opened(pulls: GitHubPulls, demo: Repository) -> Pull:
    return pulls.open(demo, branch=BRANCH, base="main", title="Mend it", body="Closes #1.")


def test_a_pull_request_is_opened_as_a_draft(pulls: GitHubPulls, world: World, demo: Repository, head: str) -> None:
    """What comes back is what can be found, and read, from then on."""
    opened = _opened(pulls, demo)
    url = f"{world.state.base_url}/octo/demo/pull/{opened.number}"
    bot = world.user("honk[bot]")
    expected = Pull(
        number=opened.number,
        head_branch=BRANCH,
        head_sha=head,
        base_branch="main",
        open=True,
        draft=True,
        merged=False,
        title="Mend it",
        body="Closes #1.",
        url=url,
        author=Actor(bot.id, "honk[bot]", "Bot"),
        head_repository="octo/demo",
        writable=True,
        base_sha=world.repo("octo/demo").bare.resolve("main") or "",
    )
    assert opened == expected
    assert pulls.find(demo, BRANCH) == expected
    assert pulls.read(demo, opened.number) == expected


def test_opening_twice_is_opening_once(pulls: GitHubPulls, world: World, demo: Repository, head: str) -> None:
    """A second attempt finds the first one's pull request."""
    assert _opened(pulls, demo) == _opened(pulls, demo)
    assert len(world.pulls("octo/demo")) == 1


@pytest.mark.parametrize("how", ["cut", "lose_answer"])
def test_a_lost_answer_makes_no_second_pull_request(
    pulls: GitHubPulls, world: World, front: Front, demo: Repository, head: str, how: str
) -> None:
    """The POST is not repeated by itself, and the next attempt finds what it made."""
    world.faults.add(Fault("POST", "/pulls$", how=how))  # type: ignore[arg-type]
    with pytest.raises(TransientError):
        _opened(pulls, demo)
    assert front.count("POST .*/pulls") == 1
    (made,) = world.pulls("octo/demo")
    assert _opened(pulls, demo).number == made.number
    assert len(world.pulls("octo/demo")) == 1


def test_without_drafts_it_is_opened_ready(pulls: GitHubPulls, front: Front, demo: Repository, head: str) -> None:
    """A private repository on a free plan has no drafts; the work is not lost for that."""
    refusal = {
        "message": "Validation Failed",
        "errors": [{"message": "Draft pull requests are not supported in this repository."}],
    }
    front.says("POST .*/pulls", "422 Unprocessable Entity", refusal, times=1)
    opened = _opened(pulls, demo)
    assert opened.open
    assert not opened.draft


def test_a_refusal_is_told_in_githubs_words(pulls: GitHubPulls, demo: Repository) -> None:
    """The branch does not exist: a person reads which field GitHub minds."""
    with pytest.raises(UserError, match="Validation Failed"):
        _opened(pulls, demo)


def test_the_newest_is_found_open_or_closed(pulls: GitHubPulls, world: World, demo: Repository, head: str) -> None:
    """A branch may have had several; an open one counts, and so does a closed one when it is the newest."""
    assert pulls.find(demo, BRANCH) is None
    first = _opened(pulls, demo)
    world.person("mona").close("octo/demo", first.number)
    found = pulls.find(demo, BRANCH)
    assert found is not None
    assert (found.number, found.open) == (first.number, False)
    second = _opened(pulls, demo)
    assert second.number != first.number
    assert pulls.find(demo, BRANCH) == second


def test_the_body_is_replaced(pulls: GitHubPulls, world: World, demo: Repository, head: str) -> None:
    """Nothing else changes by it."""
    opened = _opened(pulls, demo)
    pulls.edit_body(demo, opened.number, "Another.\n")
    assert pulls.read(demo, opened.number) == replace(opened, body="Another.\n")


def test_ready_twice_is_ready_once(pulls: GitHubPulls, world: World, demo: Repository, head: str) -> None:
    """Out of draft, and no second word about it."""
    opened = _opened(pulls, demo)
    pulls.mark_ready(demo, opened.number)
    pulls.mark_ready(demo, opened.number)
    assert not pulls.read(demo, opened.number).draft
    assert world.emitted.count("pull_request.ready_for_review") == 1


def test_a_draft_twice_is_a_draft_once(pulls: GitHubPulls, world: World, demo: Repository, head: str) -> None:
    """Back to draft, no second word about it, and ready again afterwards."""
    opened = _opened(pulls, demo)
    pulls.mark_ready(demo, opened.number)
    pulls.mark_draft(demo, opened.number)
    pulls.mark_draft(demo, opened.number)
    assert pulls.read(demo, opened.number).draft
    assert world.emitted.count("pull_request.converted_to_draft") == 1
    pulls.mark_ready(demo, opened.number)
    assert not pulls.read(demo, opened.number).draft


def test_a_merged_pull_request_says_so(pulls: GitHubPulls, world: World, demo: Repository, head: str) -> None:
    """Merged is closed, and more: what it became on the base; before that GitHub shows a trial merge there."""
    opened = _opened(pulls, demo)
    pulls.mark_ready(demo, opened.number)
    assert pulls.read(demo, opened.number).merged_sha == ""
    world.person("mona").merge("octo/demo", opened.number)
    found = pulls.read(demo, opened.number)
    assert (found.open, found.merged) == (False, True)
    assert found.merged_sha == world.repo("octo/demo").bare.resolve("main")


@pytest.mark.parametrize("allowed", [True, False])
def test_a_fork_is_written_to_where_its_author_lets_us(
    pulls: GitHubPulls, world: World, demo: Repository, allowed: bool
) -> None:
    """Whose it is, where its branch is, and whether maintainers may edit it."""
    number = _from_fork(world, allowed=allowed)
    found = pulls.read(demo, number)
    assert (found.author.login, found.head_repository, found.head_branch) == ("mona", "mona/demo", "topic")
    assert found.writable is allowed


def test_a_fork_that_is_gone_is_nowhere(pulls: GitHubPulls, world: World, demo: Repository) -> None:
    """The pull request stays and can be read; there is nothing to push to."""
    number = _from_fork(world, allowed=True)
    world.delete_repository("mona/demo")
    found = pulls.read(demo, number)
    assert (found.head_repository, found.writable) == (None, False)


def test_a_pull_request_of_nobody_is_a_ghosts(
    pulls: GitHubPulls, world: World, front: Front, demo: Repository, head: str
) -> None:
    """Its author deleted the account: GitHub shows null."""
    opened = _opened(pulls, demo)
    end = {"ref": "main", "sha": head, "repo": {"id": demo.id, "full_name": demo.full_name}}
    answer = {
        "number": opened.number,
        "user": None,
        "state": "open",
        "draft": False,
        "merged_at": None,
        "merge_commit_sha": None,
        "title": "Mend it",
        "body": None,
        "html_url": opened.url,
        "head": end,
        "base": end,
    }
    front.says("GET .*/pulls/[0-9]+", "200 OK", answer)
    found = pulls.read(demo, opened.number)
    assert (found.author, found.body, found.writable) == (GHOST, "", True)


def _from_fork(world: World, *, allowed: bool) -> int:
    """The number of mona's pull request from her fork."""
    mona = world.person("mona")
    world.fork("octo/demo", "mona")
    mona.push("mona/demo", "topic", {"a.txt": "a"})
    return mona.open_pull("octo/demo", "From afar", "mona:topic", maintainer_can_modify=allowed).number


def test_ours_are_the_apps_own_from_our_branches(pulls: GitHubPulls, world: World, demo: Repository, head: str) -> None:
    """A person's pull request from such a branch is theirs, and the App's own from another is none of ours."""
    mona = world.person("mona")
    mona.push("octo/demo", "honk/2-theirs", {"b.txt": "b"})
    mona.open_pull("octo/demo", "Theirs", "honk/2-theirs")
    mona.push("octo/demo", "topic", {"c.txt": "c"})
    pulls.open(demo, branch="topic", base="main", title="Another branch", body="")
    ours = _opened(pulls, demo)
    assert pulls.ours(demo) == (ours,)
    mona.close("octo/demo", ours.number)
    assert pulls.ours(demo) == ()


def test_the_files_that_it_touches_are_listed(
    pulls: GitHubPulls, world: World, front: Front, demo: Repository, head: str
) -> None:
    """To the last page; a file that is gone counts too."""
    mona = world.person("mona")
    mona.push("octo/demo", BRANCH, {f"many/{number:03}.txt": "x" for number in range(105)} | {"README.md": None})
    files = pulls.files(demo, _opened(pulls, demo).number)
    assert set(files) == {"README.md", "a.txt", *(f"many/{number:03}.txt" for number in range(105))}
    assert front.count("GET .*/files") == 2


def test_what_is_not_there_is_named(pulls: GitHubPulls, demo: Repository) -> None:
    """404 is an answer, not a failure."""
    with pytest.raises(Gone):
        pulls.read(demo, 999)
