"""Repositories, people's rights, tokens and deliveries over the playground's HTTP."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest

from ghapp.core.errors import UserError
from ghapp.core.events import Actor, Repository
from ghapp.core.rights import Permission
from ghapp.github.app import GitHubApp
from ghapp.github.pages import next_page
from ghapp.github.repositories import GitHubRepositories
from ghapp.playground.world import World
from tests.github.front import Front
from tests.listening import listening as server


@pytest.fixture
def repositories(app: GitHubApp) -> GitHubRepositories:
    return GitHubRepositories(app)


def _actor(world: World, login: str) -> Actor:
    who = world.user(login)
    return Actor(who.id, login, who.type)


# --- rights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["read", "triage", "write", "maintain", "admin"])
def test_each_role_is_told_apart(repositories: GitHubRepositories, world: World, demo: Repository, role: str) -> None:
    """GitHub's old word calls triage read and maintain write; the role's name counts."""
    world.person("mona", **{role: "octo/demo"})
    assert repositories.permission(demo, _actor(world, "mona")) is Permission[role.upper()]


def test_a_stranger_may_read_what_is_public_and_nothing_else(
    repositories: GitHubRepositories, world: World, demo: Repository, other: Repository
) -> None:
    """Read is less than any verb needs."""
    stranger = _actor(world, "stranger")
    assert repositories.permission(demo, stranger) is Permission.READ
    assert repositories.permission(other, stranger) is Permission.NONE


@pytest.mark.parametrize("login", ["honk[bot]", "nobody", "octo", "a/b", "..", "a b?c#d"])
def test_apps_organizations_and_nobody_have_no_right(
    repositories: GitHubRepositories, world: World, demo: Repository, login: str
) -> None:
    """Whatever the name looks like, GitHub has no such collaborator."""
    known = world.state.user(login)
    assert repositories.permission(demo, Actor(known.id if known else 5, login, "Bot")) is Permission.NONE


def test_a_name_that_somebody_else_took_over_gives_nothing(
    repositories: GitHubRepositories, world: World, demo: Repository
) -> None:
    """The account that commented is gone and another has its name now: the id tells."""
    world.person("mona", admin="octo/demo")
    assert repositories.permission(demo, Actor(4_711, "mona")) is Permission.NONE


def test_a_deleted_user_has_no_right(repositories: GitHubRepositories, world: World, demo: Repository) -> None:
    """Their comments stay, their rights do not."""
    world.person("mona", admin="octo/demo")
    mona = _actor(world, "mona")
    del world.state.users["mona"]
    assert repositories.permission(demo, mona) is Permission.NONE


@pytest.mark.parametrize(("plain", "right"), [("write", Permission.WRITE), ("read", Permission.READ)])
def test_a_role_of_the_organizations_own_counts_as_what_it_is_built_on(
    repositories: GitHubRepositories, world: World, front: Front, demo: Repository, plain: str, right: Permission
) -> None:
    """A custom role's name is any word, even none of GitHub's."""
    mona = _actor(world, "mona")
    answer = {"permission": plain, "role_name": "release-captain", "user": {"id": mona.id, "login": "mona"}}
    front.says("GET .*/collaborators/mona/permission", "200 OK", answer)
    assert repositories.permission(demo, mona) is right


def test_an_unknown_word_is_no_right(
    repositories: GitHubRepositories, world: World, front: Front, demo: Repository
) -> None:
    """What GitHub may say some day is not taken for more than nothing; nor is a user who is null."""
    mona = _actor(world, "mona")
    request = "GET .*/collaborators/mona/permission"
    front.says(request, "200 OK", {"permission": "owner", "role_name": "owner", "user": {"id": mona.id}}, times=1)
    front.says(request, "200 OK", {"permission": "admin", "role_name": "admin", "user": None}, times=1)
    assert repositories.permission(demo, mona) is Permission.NONE
    assert repositories.permission(demo, mona) is Permission.NONE
    assert front.count(request) == 2


# --- files and git --------------------------------------------------------------------------------------------------


def test_a_file_of_the_default_branch_is_read(repositories: GitHubRepositories, world: World, demo: Repository) -> None:
    """Its bytes; what is missing, and what is a folder, is None."""
    assert repositories.default_branch(demo) == "main"
    assert repositories.read_file(demo, ".github/honk.yml") == b"version: 1\n"
    assert repositories.read_file(demo, ".github/none.yml") is None
    assert repositories.read_file(demo, ".github") is None


def test_an_empty_repository_has_no_files(repositories: GitHubRepositories, world: World, demo: Repository) -> None:
    """Not even a branch."""
    made = world.repository("octo/empty")
    empty = Repository(made.id, "octo/empty", demo.installation)
    assert repositories.read_file(empty, ".github/honk.yml") is None


def test_a_file_that_is_too_large_is_refused(repositories: GitHubRepositories, front: Front, demo: Repository) -> None:
    """Beyond 1 MiB GitHub leaves the content out; an empty configuration would be another one than was written."""
    answer = {"type": "file", "size": 2_000_000, "encoding": "none", "content": "", "name": "honk.yml", "sha": "0" * 40}
    front.says("GET .*/contents/.*", "200 OK", answer | {"path": ".github/honk.yml", "url": "http://127.0.0.1/x"})
    with pytest.raises(UserError, match="1 MiB"):
        repositories.read_file(demo, ".github/honk.yml")


def test_gits_token_opens_one_repository(
    repositories: GitHubRepositories, world: World, demo: Repository, other: Repository
) -> None:
    """Read and write where it is meant for, nothing next door, though the App is installed there too."""
    remote = repositories.remote(demo)
    assert remote.url == f"{world.state.base_url}/octo/demo.git"
    assert remote.token is not None
    token = world.state.tokens[remote.token]
    assert token.repository_ids == frozenset({demo.id})
    assert token.permissions == {"metadata": "read", "contents": "write"}
    assert "refs/heads/main" in _refs(remote.url, remote.token)
    with pytest.raises(subprocess.CalledProcessError):
        _refs(f"{world.state.base_url}/octo/other.git", remote.token)


def _refs(url: str, token: str) -> str:
    host, _, path = url.removeprefix("http://").partition("/")
    address = f"http://x-access-token:{token}@{host}/{path}"
    command = ["git", "-c", "credential.helper=", "ls-remote", address]
    environ = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "no_proxy": "*",
    }
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout


# --- installations --------------------------------------------------------------------------------------------------


def test_every_repository_that_the_app_sees_is_listed(
    repositories: GitHubRepositories, world: World, demo: Repository, other: Repository
) -> None:
    """Of all installations; where repositories were chosen, only those."""
    for name in ("hub/chosen", "hub/left"):
        world.repository(name, {"a": "a"})
    installation = world.install("hub", ["hub/chosen"])
    chosen = Repository(world.repo("hub/chosen").id, "hub/chosen", installation.id)
    assert set(repositories.installed()) == {demo, other, chosen}


def test_a_suspended_installation_is_left_out(
    repositories: GitHubRepositories, world: World, front: Front, demo: Repository
) -> None:
    """Its token would be refused, and its owner wants us to stay away."""
    rows = [{"id": demo.installation, "suspended_at": "2026-11-01T10:00:00Z"}]
    front.says("GET .*/app/installations", "200 OK", rows)
    assert repositories.installed() == ()
    assert front.count("POST .*/access_tokens") == 0


def test_one_broken_installation_does_not_hide_the_others(
    repositories: GitHubRepositories, front: Front, demo: Repository, other: Repository
) -> None:
    """It was removed between the list and the question."""
    rows = [{"id": 999_999, "suspended_at": None}, {"id": demo.installation, "suspended_at": None}]
    front.says("GET .*/app/installations", "200 OK", rows)
    assert set(repositories.installed()) == {demo, other}


def test_a_list_is_read_to_its_last_page(
    repositories: GitHubRepositories, world: World, front: Front, demo: Repository, other: Repository
) -> None:
    """As GitHub links the pages."""
    after = f'<{world.state.api}/installation/repositories?per_page=100&page=1>; rel="next", <x>; rel="last"'
    first = {"total_count": 3, "repositories": [{"id": 1, "full_name": "octo/first"}]}
    front.says("GET .*/installation/repositories", "200 OK", first, times=1, Link=after)
    names = [one.full_name for one in repositories.installed()]
    assert names == ["octo/first", "octo/demo", "octo/other"]


@pytest.mark.parametrize(
    ("link", "after"),
    [
        ("", None),
        ('<https://a/x?page=2>; rel="next"', "https://a/x?page=2"),
        ('<https://a/x?page=1>; rel="prev", <https://a/x?page=3>; rel="next"', "https://a/x?page=3"),
        ('<https://a/x?page=1>; rel="first"', None),
    ],
)
def test_the_next_page_is_where_github_says(link: str, after: str | None) -> None:
    """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""
    assert next_page(link) == after


# --- deliveries -----------------------------------------------------------------------------------------------------


@dataclass
class Hook:
    """Takes deliveries and answers each with `status`."""

    url: str = ""
    status: int = 503
    guids: list[str] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A web server on loopback that takes deliveries."""
    hook = Hook()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            hook.guids.append(self.headers["X-GitHub-Delivery"])
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with server(Taker) as address:
        hook.url = f"{address}/"
        yield hook


@pytest.fixture
def listening(world: World, hook: Hook) -> Hook:
    """The App hears of issues from now on."""
    world.app.hook_url = hook.url
    for installation in world.state.installations.values():
        installation.events = ("issues",)
    return hook


def test_what_failed_is_asked_for_again_until_it_arrives(
    repositories: GitHubRepositories, world: World, listening: Hook
) -> None:
    """Each lost delivery once, under its old id; what arrived, and what arrived later, is left alone."""
    mona = world.person("mona")
    for title in ("one", "two"):
        mona.open_issue("octo/demo", title)
    world.settle()
    listening.status = 202
    mona.open_issue("octo/demo", "three")
    world.settle()
    lost = listening.guids[:2]
    assert repositories.redeliver_failed(0.0) == 2
    world.settle()
    assert sorted(listening.guids[3:]) == sorted(lost)
    assert repositories.redeliver_failed(0.0) == 0


def test_a_redelivery_that_failed_too_is_asked_for_once_more(
    repositories: GitHubRepositories, world: World, listening: Hook
) -> None:
    """However often it failed, one new attempt is asked for at a time."""
    world.person("mona").open_issue("octo/demo", "one")
    world.settle()
    for _ in range(2):
        assert repositories.redeliver_failed(0.0) == 1
        world.settle()
    assert len(listening.guids) == 3
    assert len(set(listening.guids)) == 1


def test_what_failed_long_ago_is_left(repositories: GitHubRepositories, world: World, listening: Hook) -> None:
    """Only what is newer than the given time."""
    world.person("mona").open_issue("octo/demo", "one")
    world.settle()
    assert repositories.redeliver_failed(4e9) == 0
    assert len(listening.guids) == 1


def test_all_failed_deliveries_are_found_however_many(
    repositories: GitHubRepositories, world: World, listening: Hook
) -> None:
    """What failed may be behind more than a page of what arrived since."""
    mona = world.person("mona")
    mona.open_issue("octo/demo", "lost")
    world.settle()
    listening.status = 202
    for number in range(105):
        mona.open_issue("octo/demo", f"issue {number}")
    world.settle()
    assert repositories.redeliver_failed(0.0) == 1
    world.settle()
    assert listening.guids[-1] == listening.guids[0]
