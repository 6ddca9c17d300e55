"""The pages for linking accounts, and the page of a run, in a browser that holds them to their own policy."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from ghapp.core.chat import Speaker
from ghapp.core.ports import Invitation
from ghapp.playground.server import Playground
from ghapp.playground.world import World
from ghapp.store.identities import ChatIdentities
from ghapp.store.runs import Runs
from ghapp.store.transcripts import Streams
from tests.browser.phone import Phone
from tests.web.linking_app import app_with, served
from tests.web.test_run_pages import HOSTILE, KEY, RUN
from tests.web.web_over import Wakes, app_over

ANA = Speaker("T1", "U1")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A GitHub to whose App mona and octocat can sign in."""
    with Playground(tmp_path / "playground") as running:
        running.world.register_app()
        running.world.person("mona")
        running.world.person("octocat")
        yield running.world
        assert running.world.violations == []


@pytest.fixture
def root(world: World, redis: Redis) -> Iterator[str]:
    """The web part with the pages for linking."""
    with served(lambda root: app_with(world, redis, Wakes(), root)) as address:
        world.app.callback_urls = (f"{address}/slack/linked",)
        yield address


def test_a_person_links_on_their_phone(phone: Phone, world: World, redis: Redis, root: str) -> None:
    """Four taps: sign in, be mona at GitHub, tick the box, link. No form and no way on is held back."""
    identities = ChatIdentities(redis)
    link = f"{root}/slack/link/{identities.invite(Invitation(ANA, 'ana'))}"
    phone.open(link)
    assert phone.is_narrow()
    assert phone.is_in_sight(phone.page.get_by_role("button", name="Sign in with GitHub"))
    phone.shot("link-begin")
    phone.tap("Sign in with GitHub")
    phone.tap("mona")
    phone.page.wait_for_url(f"{root}/slack/confirm")
    assert phone.is_narrow()
    phone.shot("link-review")
    phone.tap("Link ana to @mona")  # the browser asks for the box first
    assert phone.page.url == f"{root}/slack/confirm"
    assert identities.github(ANA) is None
    phone.page.get_by_text("Both are me").tap()
    phone.tap("Link ana to @mona")
    phone.wait_for("You are linked")
    assert identities.github(ANA) == world.user("mona").id
    phone.shot("link-done")
    assert phone.problems == []
    phone.open(link)
    assert "used already" in phone.text()
    phone.problems.clear()  # the console tells of the 404


def test_a_person_changes_their_mind_at_github(phone: Phone, redis: Redis, root: str) -> None:
    """Cancel leads back to a page that says that nothing was linked, and where one begins again."""
    identities = ChatIdentities(redis)
    phone.open(f"{root}/slack/link/{identities.invite(Invitation(ANA, 'ana'))}")
    phone.tap("Sign in with GitHub")
    phone.tap("Cancel")
    phone.wait_for("Nothing was linked.")
    assert identities.github(ANA) is None
    phone.problems.clear()  # the console tells of the 400
    phone.tap("Begin again")
    phone.wait_for("This link is for one Slack account")


def test_the_page_of_a_run_fits_a_phone(phone: Phone, redis: Redis) -> None:
    """Long lines and texts of others stay within the screen, and do nothing."""
    Runs(redis).create(replace(RUN, request=replace(RUN.request, title=HOSTILE), reason="W" * 200))
    Streams(redis).append(RUN.id, "tool", f"{HOSTILE} {'x' * 500}")
    with served(lambda root: app_over(redis, Wakes())) as address:
        phone.open(f"{address}/runs/{KEY}")
        assert HOSTILE in phone.text()
        assert phone.page.locator("script").count() == 0
        assert phone.is_narrow()
        phone.shot("run")
