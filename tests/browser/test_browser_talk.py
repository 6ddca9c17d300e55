"""The talk in Slack with Honk's own cards, as a phone shows it; and the two pictures of the documentation.

`HONK_SCREENSHOTS=docs pytest tests/browser/test_browser_talk.py` makes `docs/phone-*.png` anew. They are the same on
each day and each machine with the fonts of `make test`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from redis import Redis

from ghapp.core.builds import BuildKind, BuildPage
from ghapp.playground.slack import pages
from tests.browser import talks
from tests.browser.builds_app import Builds, install_pages
from tests.browser.phone import SIZE, Phone, a_phone, app_screens
from tests.playground.slack_scene import Scene, scene

MOST_BYTES = 150_000
"""Of a picture in the documentation."""

_ONE_DAY = """
for (const one of document.querySelectorAll(".by small")) one.textContent = "08:14";
for (const one of document.querySelectorAll("footer .small")) one.textContent = one.textContent.replace(
  /until .* UTC/, "until 7 December 2026, 08:14 UTC");
"""


@pytest.fixture
def phone(browser: Browser, shots: Path) -> Iterator[Phone]:
    """A phone whose pictures are small enough to be kept with the code."""
    with a_phone(browser, shots, scale=1.5) as one:
        yield one


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene(blueprints=lambda slack: [pages.blueprint(slack)]) as made:
        yield made


@pytest.fixture
def builds(redis: Redis, tmp_path: Path) -> Iterator[Builds]:
    with install_pages(redis, tmp_path / "shelf") as made:
        yield made


@pytest.fixture
def page(phone: Phone, builds: Builds) -> BuildPage:
    """The build of an Android app with two screenshots."""
    return builds.make(BuildKind.ANDROID, *app_screens(phone), size=12_300_000)


def _ask(phone: Phone, here: Scene) -> str:
    """Ana asks in #general, and opens her thread; its timestamp."""
    phone.open(f"{here.slack.base_url}/as/{here.ana.id}/{here.general.id}")
    phone.page.get_by_label("Message").fill("@Honk the tip on the bill is one cent too high")
    phone.send("Send")
    (said,) = here.slack.messages("general")
    phone.open(f"{here.slack.base_url}/as/{here.ana.id}/{here.general.id}/{said.ts}")
    return said.ts


def test_ask_try_and_merge(phone: Phone, here: Scene, redis: Redis, builds: Builds, page: BuildPage) -> None:
    """The cards come by themselves; the build's link opens its page, and the tap on Merge names the commit."""
    ts = _ask(phone, here)
    talks.bind(here, redis, ts)
    telling, opened = talks.telling(here, redis, builds), talks.opened(page)
    telling.progress(opened)
    phone.wait_for("waiting for CI")
    telling.milestones(opened)
    telling.builds(opened)
    telling.progress(talks.ready(opened))
    telling.milestones(talks.ready(opened))
    phone.wait_for("Merge it?")
    assert phone.is_narrow()
    for picture in phone.page.locator("figure img").all():
        picture.evaluate("one => one.decode()")
    assert phone.page.get_by_alt_text("QR code that opens the page of Bistro").count() == 1
    phone.page.evaluate(_ONE_DAY)
    phone.page.set_viewport_size({"width": SIZE[0], "height": phone.page.evaluate("document.body.scrollHeight")})
    assert phone.shot("phone-slack").stat().st_size < MOST_BYTES
    here.forget()
    phone.tap("Merge")
    phone.send("Merge", phone.page.locator(".ask:popover-open"))
    here.slack.settle()
    (pressed,) = here.ear.payloads
    assert [(one["action_id"], one["value"]) for one in pressed["actions"]] == [("honk:merge", page.build.sha)]
    with phone.page.expect_popup() as leads:
        phone.tap("Install Bistro")
    leads.value.wait_for_url(builds.address(page))


def test_the_build_on_the_phone(phone: Phone, builds: Builds, page: BuildPage) -> None:
    """What opens from the talk: what it is, one button, and how it looks."""
    phone.open(builds.address(page))
    for picture in phone.page.locator(".pictures img").all():
        picture.evaluate("one => one.decode()")
    assert phone.is_in_sight(phone.page.get_by_role("link", name="Install"))
    phone.page.evaluate(_ONE_DAY)
    assert phone.shot("phone-install").stat().st_size < MOST_BYTES
