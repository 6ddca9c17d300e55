"""A repository gets another name: requests by the old one are led on, as at GitHub, until somebody else has it."""

import subprocess
from collections.abc import Callable

import pytest

from ghapp.playground.bare import environment
from ghapp.playground.server import Playground
from ghapp.playground.state import App
from ghapp.playground.verbs.accounts import TakenError
from ghapp.playground.world import World
from tests.playground.playground_app import Api, Hook

OLD, NEW = "octo/demo", "octo/renamed"
QUERY = 'query { repository(owner: "octo", name: "demo") { nameWithOwner } }'


@pytest.fixture
def world(playground: Playground, app: App) -> World:
    """With an issue in a repository that was renamed since."""
    world = playground.world
    world.person("mona", write=OLD).open_issue(OLD, "It is broken")
    world.rename_repository(OLD, "renamed")
    return world


def test_a_read_by_the_old_name_is_led_on(playground: Playground, world: World, api: Api) -> None:
    """301, with the whole question, to the number of the repository; there it is answered."""
    told = api.call("GET", f"/repos/{OLD}/issues", 301, params={"state": "closed", "labels": "bug"})
    place = f"/repositories/{world.repo(NEW).id}/issues"
    assert told["url"] == f"{playground.api_url}{place}?state=closed&labels=bug"
    assert api.get(place, state="closed") == []
    assert [one["title"] for one in api.get(place)] == ["It is broken"]
    assert api.get(f"/repos/{NEW}")["full_name"] == NEW


@pytest.mark.parametrize(
    ("verb", "path"), [("POST", "issues/1/comments"), ("PATCH", "issues/1"), ("DELETE", "issues/1/labels/bug")]
)
def test_a_write_by_the_old_name_is_not_done(world: World, api: Api, verb: str, path: str) -> None:
    """307, by which the client has to say it again where it leads: nothing has happened yet."""
    issue = world.issue(NEW, 1)
    told = api.call(verb, f"/repos/{OLD}/{path}", 307, json={"body": "hello"} if verb != "DELETE" else None)
    assert told["url"].endswith(f"/repositories/{world.repo(NEW).id}/{path}")
    assert (issue.body, world.comments(NEW, 1)) == (None, [])


def test_strangers_are_not_told_of_it(playground: Playground, app: App, as_person: Callable[[str], Api]) -> None:
    """A private repository is not there for them, by whichever name."""
    playground.world.repository("octo/secret", {"a": "b"}, private=True)
    playground.world.rename_repository("octo/secret", "hidden")
    as_person("eve").get("/repos/octo/secret", 404)


def test_graphql_finds_it_by_the_old_name(world: World, api: Api) -> None:
    """Without a word about it: `followRenames` is true."""
    assert api.query(QUERY)["data"]["repository"]["nameWithOwner"] == NEW


def test_graphql_has_its_own_words_for_a_limit(world: World, api: Api) -> None:
    """A 200 with an error, and nothing was done."""
    world.limits.requests_an_hour = 0
    (error,) = api.query(QUERY)["errors"]
    assert error["type"] == "RATE_LIMIT"


def test_the_old_name_may_be_taken(world: World, api: Api) -> None:
    """Then it means the new repository, and nothing is led on any more."""
    taken = world.repository(OLD, {"README.md": "another\n"})
    assert api.get(f"/repos/{OLD}")["id"] == taken.id
    assert world.repo(OLD) is taken
    with pytest.raises(TakenError):
        world.rename_repository(OLD, "renamed")


def test_git_is_led_on(playground: Playground, world: World) -> None:
    """Over HTTP the old address leads to the new one, for a git that follows."""
    found = subprocess.run(
        ["git", "ls-remote", f"{playground.base_url}/{OLD}.git", "refs/heads/main"],
        env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.split()[0] == world.repo(NEW).bare.branch("main")
    assert f"{NEW}.git" in found.stderr


def test_what_is_told_from_then_on_has_the_new_name(world: World, hook: Hook) -> None:
    """Each delivery names the repository as it is called then."""
    world.person("mona").comment(OLD, 1, "Still broken")
    world.settle()
    assert hook.last("issue_comment")["repository"]["full_name"] == NEW
    assert f"/{NEW}/issues/1" in hook.last("issue_comment")["comment"]["html_url"]
