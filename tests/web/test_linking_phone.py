"""The same pages in a real browser at phone size, which holds them to their own policy."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright
from redis import Redis

from ghapp.core.chat import Speaker
from ghapp.core.ports import Invitation
from ghapp.playground.world import World
from ghapp.store.identities import ChatIdentities
from tests.web.linking_app import app_with, served
from tests.web.web_over import Wakes

ANA = Speaker("T1", "U1")


@pytest.fixture
def phone() -> Iterator[Page]:
    """Debian's Chromium; what its console complains of fails the test."""
    complaints: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        yield page
        browser.close()
    assert complaints == []


def test_a_person_links_on_their_phone(phone: Page, world: World, redis: Redis, wakes: Wakes) -> None:
    """Four taps: sign in, be mona at GitHub, tick the box, link. No form and no way on is held back."""
    identities = ChatIdentities(redis)
    with served(lambda root: app_with(world, redis, wakes, root)) as root:
        world.app.callback_urls = (f"{root}/slack/linked",)
        phone.goto(f"{root}/slack/link/{identities.invite(Invitation(ANA, 'ana'))}")
        phone.tap("text=Sign in with GitHub")
        phone.tap("button:has-text('mona')")
        phone.wait_for_url(f"{root}/slack/confirm")
        phone.tap("button:has-text('Link ana')")
        assert phone.url == f"{root}/slack/confirm"
        assert identities.github(ANA) is None
        phone.tap("text=Both are me")
        phone.tap("button:has-text('Link ana to @mona')")
        phone.wait_for_selector("text=You are linked")
        assert identities.github(ANA) == world.user("mona").id
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
