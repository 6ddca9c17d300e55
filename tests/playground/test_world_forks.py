"""Forks: pull requests from them, what is told of them, and who may push to them."""

import base64
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ghapp.playground.bare import environment
from ghapp.playground.person import Person
from ghapp.playground.server import Playground
from ghapp.playground.state import App
from ghapp.playground.verbs import accounts
from ghapp.playground.world import World
from tests.playground.playground_app import Api, Hook

NAME, FORK = "octo/demo", "eve/demo"
DEMO = f"/repos/{NAME}"
CHANGE = {"src/app.py": "print('eve')\n"}
QUERY = """query($number: Int!) { repository(owner: "octo", name: "demo") { pullRequest(number: $number) {
    headRefOid headRefName isCrossRepository maintainerCanModify mergeable headRepository { nameWithOwner isFork } }
} }"""


@pytest.fixture
def eve(playground: Playground, app: App) -> Person:
    """Someone who may only read `octo/demo`, and who has forked it."""
    eve = playground.world.person("eve")
    eve.fork(NAME)
    return eve


@pytest.fixture
def number(eve: Person) -> int:
    """Their pull request, which lets maintainers edit."""
    eve.push(FORK, "topic", CHANGE)
    return eve.open_pull(NAME, "Change it", "eve:topic").number


def push(playground: Playground, folder: Path, token: str, branch: str, full_name: str = FORK) -> str:
    """Commit and push by real git as whoever has the token; what git said on its error output, empty when it worked."""
    folder = folder / "clone"
    folder.mkdir()
    address = f"{playground.base_url}/{full_name}.git"
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    settings = (f"http.extraHeader=Authorization: Basic {basic}", "user.name=A", "user.email=a@b.invalid")
    config = [part for setting in settings for part in ("-c", setting)]
    for arguments in (
        ["clone", "--quiet", address, "."],
        ["checkout", "--quiet", "-B", branch, "origin/topic"],
        ["commit", "--quiet", "--allow-empty", "-m", "Mend it"],
        ["push", "--quiet", "origin", branch],
    ):
        run = ["git", *config, *arguments]
        done = subprocess.run(run, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr
    return ""


def app_token(world: World, app: App) -> str:
    installation = next(one for one in world.state.installations.values() if one.app is app)
    return accounts.installation_token(world, installation, installation.permissions, None).value


def test_a_fork_shares_the_history(playground: Playground, eve: Person, as_person: Callable[[str], Api]) -> None:
    """It has the same commits under its owner's name, and says what it is a fork of."""
    world = playground.world
    assert world.repo(FORK).bare.branch("main") == world.repo(NAME).bare.branch("main")
    shown = as_person("eve").get(f"/repos/{FORK}")
    assert (shown["fork"], shown["parent"]["full_name"], shown["source"]["full_name"]) == (True, NAME, NAME)
    assert as_person("eve").get(DEMO)["fork"] is False


def test_a_pull_request_from_a_fork(playground: Playground, api: Api, hook: Hook, number: int) -> None:
    """Its head is in the fork, its commits are in the base repository too, and GraphQL knows the same head."""
    shown = api.get(f"{DEMO}/pulls/{number}")
    assert (shown["head"]["label"], shown["head"]["repo"]["full_name"]) == ("eve:topic", FORK)
    assert (shown["base"]["repo"]["full_name"], shown["maintainer_can_modify"]) == (NAME, True)
    assert [one["filename"] for one in api.get(f"{DEMO}/pulls/{number}/files")] == ["src/app.py"]
    head = shown["head"]["sha"]
    assert playground.world.repo(NAME).bare.refs("refs/pull") == {f"refs/pull/{number}/head": head}
    assert api.query(QUERY, number=number)["data"]["repository"]["pullRequest"] == {
        "headRefOid": head,
        "headRefName": "topic",
        "isCrossRepository": True,
        "maintainerCanModify": True,
        "headRepository": {"nameWithOwner": FORK, "isFork": True},
        "mergeable": "MERGEABLE",
    }
    playground.world.settle()
    told = hook.last("pull_request.opened")["pull_request"]["head"]
    assert (told["repo"]["full_name"], told["repo"]["fork"]) == (FORK, True)
    assert [one["number"] for one in api.get(f"{DEMO}/pulls", head="eve:topic")] == [number]
    assert api.get(f"{DEMO}/pulls", head="octo:topic") == []


def test_a_push_to_the_fork_moves_the_pull_request(
    playground: Playground, eve: Person, api: Api, hook: Hook, number: int
) -> None:
    """The base repository is told of the new head only: no push and no check suite of the fork's."""
    before = api.get(f"{DEMO}/pulls/{number}")["head"]["sha"]
    after = eve.push(FORK, "topic", {"more.txt": "more\n"})
    playground.world.settle()
    assert hook.names() == ["pull_request.opened", "pull_request.synchronize"]
    told = hook.last("pull_request.synchronize")
    assert (told["before"], told["after"], told["repository"]["full_name"]) == (before, after, NAME)
    assert playground.world.repo(NAME).bare.refs("refs/pull")[f"refs/pull/{number}/head"] == after
    assert api.get(f"{DEMO}/commits/{after}")["sha"] == after


def test_opened_by_rest(playground: Playground, eve: Person, as_person: Callable[[str], Api]) -> None:
    """Its owner says `owner:branch`; a second one, a branch that is not there and a stranger's fork are refused."""
    eve.push(FORK, "topic", CHANGE)
    mine, given = as_person("eve"), {"title": "Change it", "base": "main"}
    world = playground.world
    world.grant(NAME, "eve", "write")
    made = mine.post(f"{DEMO}/pulls", head="eve:topic", maintainer_can_modify=False, **given)
    assert (made["head"]["label"], made["maintainer_can_modify"]) == ("eve:topic", False)
    again = mine.post(f"{DEMO}/pulls", 422, head="eve:topic", **given)
    assert again["errors"][0]["message"] == "A pull request already exists for eve:topic."
    mine.post(f"{DEMO}/pulls", 422, head="eve:nowhere", **given)
    mine.post(f"{DEMO}/pulls", 422, head="nobody:topic", **given)
    with pytest.raises(LookupError):
        eve.open_pull(NAME, "x", "nobody:topic")


def test_checks_name_no_pull_request_of_a_fork(playground: Playground, api: Api, hook: Hook, number: int) -> None:
    """A check on its head can be made, and neither it nor its suite names a branch or a pull request."""
    head = api.get(f"{DEMO}/pulls/{number}")["head"]["sha"]
    made = api.post(f"{DEMO}/check-runs", name="honk", head_sha=head, status="completed", conclusion="success")
    assert made["pull_requests"] == []
    playground.world.settle()
    suite = hook.last("check_suite.completed")["check_suite"]
    assert (suite["head_branch"], suite["pull_requests"]) == (None, [])
    assert hook.last("check_run.completed")["check_run"]["pull_requests"] == []


def test_a_merge_says_where_it_came_from(playground: Playground, number: int) -> None:
    """A person merges it, and the commit names the fork's owner."""
    world = playground.world
    sha = world.person("octo").merge(NAME, number)
    assert world.read(NAME, "src/app.py") == "print('eve')\n"
    assert "from eve/topic" in world.repo(NAME).bare.commit(sha).message


def test_the_base_is_taken_into_the_fork(playground: Playground, api: Api, number: int) -> None:
    """Updating the branch pushes to the fork."""
    world = playground.world
    world.person("octo").push(NAME, "main", {"other.txt": "text\n"})
    api.put(f"{DEMO}/pulls/{number}/update-branch", 202)
    assert world.read(FORK, "other.txt", "topic") == "text\n"
    assert world.repo(FORK).bare.branch("topic") == api.get(f"{DEMO}/pulls/{number}")["head"]["sha"]
    assert world.repo(NAME).bare.branch("topic") is None


def test_the_app_pushes_where_maintainers_may_edit(
    playground: Playground, app: App, api: Api, hook: Hook, number: int, tmp_path: Path
) -> None:
    """Its token for the base repository is enough for the branch, and the pull request follows."""
    world = playground.world
    before = world.repo(FORK).bare.branch("topic")
    assert push(playground, tmp_path, app_token(world, app), "topic") == ""
    after = world.repo(FORK).bare.branch("topic")
    assert after not in (None, before)
    assert api.get(f"{DEMO}/pulls/{number}")["head"]["sha"] == after
    world.settle()
    assert hook.last("pull_request.synchronize")["sender"]["login"] == "honk[bot]"


def test_the_app_pushes_to_no_other_branch_of_a_fork(
    playground: Playground, app: App, number: int, tmp_path: Path
) -> None:
    """Another branch of the same fork is refused, and stays unmade."""
    token = app_token(playground.world, app)
    assert "You are not allowed to push to this branch." in push(playground, tmp_path, token, "other")
    assert playground.world.repo(FORK).bare.branch("other") is None


@pytest.mark.parametrize("why", ["not allowed", "closed", "another repository's token"])
def test_the_app_does_not_push_to_a_fork_that_is_not_lent(
    playground: Playground, app: App, eve: Person, tmp_path: Path, why: str
) -> None:
    """403 where maintainers may not edit, where the pull request is closed, and for a token of other repositories."""
    world = playground.world
    eve.push(FORK, "topic", CHANGE)
    pull = eve.open_pull(NAME, "Change it", "eve:topic", maintainer_can_modify=why != "not allowed")
    token = app_token(world, app)
    if why == "closed":
        eve.close(NAME, pull.number)
    if why == "another repository's token":
        installation = next(one for one in world.state.installations.values() if one.app is app)
        other = world.repository("octo/other", {"a": "b"}).id
        token = accounts.installation_token(world, installation, app.permissions, frozenset({other})).value
    assert "error: 403" in push(playground, tmp_path, token, "topic")


def test_a_maintainer_pushes_to_the_fork_and_a_reader_does_not(
    playground: Playground, number: int, tmp_path: Path
) -> None:
    """People with write access to the base repository may as well; others may not."""
    world = playground.world
    for name in ("ada", "bob"):
        (tmp_path / name).mkdir()
    assert push(playground, tmp_path / "ada", world.person("ada", write=NAME).token(), "topic") == ""
    assert "error: 403" in push(playground, tmp_path / "bob", world.person("bob").token(), "topic")


def test_a_fork_that_is_deleted_leaves_the_pull_request(
    playground: Playground, api: Api, hook: Hook, number: int
) -> None:
    """It stays open with its commits; its head has no repository any more, in answers and in deliveries."""
    world = playground.world
    world.delete_repository(FORK)
    shown = api.get(f"{DEMO}/pulls/{number}")
    assert (shown["state"], shown["head"]["repo"], shown["head"]["label"]) == ("open", None, "eve:topic")
    assert shown["mergeable"] is True
    answer = api.query(QUERY, number=number)["data"]["repository"]["pullRequest"]
    assert (answer["headRepository"], answer["isCrossRepository"]) == (None, True)
    assert [one["head"]["repo"] for one in api.get(f"{DEMO}/pulls")] == [None]
    world.person("octo").label(NAME, number, "bug")
    api.get(f"/repos/{FORK}", 404)
    world.settle()
    assert hook.last("pull_request.labeled")["pull_request"]["head"]["repo"] is None
    api.patch(f"{DEMO}/pulls/{number}", state="closed")
    api.patch(f"{DEMO}/pulls/{number}", 422, state="open")


def test_a_branch_that_is_deleted_in_the_fork_closes_it(playground: Playground, eve: Person, number: int) -> None:
    """As in the repository itself."""
    mine = Api(playground.api_url, eve.token())
    mine.delete(f"/repos/{FORK}/git/refs/heads/topic")
    mine.session.close()
    assert playground.world.issue(NAME, number).state == "closed"
