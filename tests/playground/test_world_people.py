"""What people do to comments of others, and who may."""

from collections.abc import Callable

import pytest

from ghapp.playground.server import Playground
from ghapp.playground.state import ROLES, Actor, Comment, Role
from ghapp.playground.verbs import issues
from ghapp.playground.world import World
from tests.playground.playground_app import Api, Hook

NAME = "octo/demo"
BODY = "Where it stands\n\n- [x] done\n- [ ] stop\n- [ ] merge when green `abc`\n1. [ ] stop twice\n"


@pytest.fixture
def comment(playground: Playground, app: object) -> Comment:
    """A comment of bob's with boxes."""
    bob = playground.world.person("bob")
    return bob.comment(NAME, bob.open_issue(NAME, "Broken").number, BODY)


def test_a_box_is_ticked(playground: Playground, comment: Comment, hook: Hook) -> None:
    """The first open one with the text; who ticked is the sender, and what it was before is told."""
    world = playground.world
    ada = world.person("ada", write=NAME)
    ada.tick(NAME, comment, "stop")
    assert comment.body == BODY.replace("- [ ] stop\n", "- [x] stop\n")
    world.settle()
    told = hook.last("issue_comment.edited")
    assert (told["sender"]["login"], told["comment"]["user"]["login"]) == ("ada", "bob")
    assert (told["changes"]["body"]["from"], told["comment"]["body"]) == (BODY, comment.body)
    ada.tick(NAME, comment, "stop")
    assert "1. [x] stop twice" in comment.body
    ada.untick(NAME, comment, "stop twice")
    assert comment.body == BODY.replace("- [ ] stop\n", "- [x] stop\n")


def test_a_box_that_is_not_there(comment: Comment, playground: Playground) -> None:
    """No such text, or it is ticked already."""
    ada = playground.world.person("ada", write=NAME)
    for text in ("nothing", "done"):
        with pytest.raises(LookupError):
            ada.tick(NAME, comment, text)
    with pytest.raises(LookupError):
        ada.untick(NAME, comment, "merge")
    assert comment.body == BODY


@pytest.mark.parametrize("role", ROLES)
def test_who_may_tick(playground: Playground, comment: Comment, role: Role, as_person: Callable[[str], Api]) -> None:
    """Those who may write, and the author: the verb knows what REST knows."""
    world = playground.world
    world.grant(NAME, "ada", role)
    may = role not in ("read", "triage")
    if may:
        world.person("ada").tick(NAME, comment, "stop")
    else:
        with pytest.raises(PermissionError):
            world.person("ada").tick(NAME, comment, "stop")
    address = f"/repos/{NAME}/issues/comments/{comment.id}"
    as_person("ada").patch(address, 200 if may else 403, body=BODY)
    world.person("bob").tick(NAME, comment, "merge")


def test_a_role_is_taken_away(playground: Playground, comment: Comment, api: Api) -> None:
    """What was granted is not there any more, for people and in what the API says of them."""
    world = playground.world
    ada = world.person("ada", admin=NAME)
    address = f"/repos/{NAME}/collaborators/ada/permission"
    assert api.get(address)["role_name"] == "admin"
    world.revoke(NAME, "ada")
    assert api.get(address)["role_name"] == "read"
    with pytest.raises(PermissionError):
        ada.tick(NAME, comment, "stop")


def test_the_apps_own_comment_is_ticked_by_people(playground: Playground, app: object, hook: Hook) -> None:
    """The author stays the App, the sender is the person."""
    world = playground.world
    ada = world.person("ada", write=NAME)
    issue = ada.open_issue(NAME, "Broken")
    said = _by_the_app(world, issue.number, "- [ ] retry\n")
    ada.tick(NAME, said, "retry")
    world.settle()
    told = hook.last("issue_comment.edited")
    assert told["sender"]["login"] == "ada"
    assert told["comment"]["performed_via_github_app"]["slug"] == "honk"


def _by_the_app(world: World, number: int, body: str) -> Comment:
    who = Actor(world.app.bot, world.app)
    return issues.comment(world, world.repo(NAME), who, world.issue(NAME, number), body)
