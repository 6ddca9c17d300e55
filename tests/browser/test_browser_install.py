"""The install page on a phone: the first thing to see is what to tap, and it does what it says."""

import plistlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from playwright.sync_api import Browser
from redis import Redis

from ghapp.core.builds import BuildKind, BuildState
from tests.browser.builds_app import PACKAGES, Builds, install_pages
from tests.browser.phone import IPHONE, Phone, a_phone, app_screens


@pytest.fixture
def builds(redis: Redis, tmp_path: Path) -> Iterator[Builds]:
    with install_pages(redis, tmp_path / "shelf") as made:
        yield made


@pytest.mark.parametrize("kind", [BuildKind.ANDROID, BuildKind.FILE])
def test_a_tap_brings_the_file(phone: Phone, builds: Builds, kind: BuildKind) -> None:
    """The big button is on the first screen, and what it brings is what CI made, under its name."""
    name, content = PACKAGES[kind]
    phone.open(builds.address(builds.make(kind)))
    label = "Install" if kind == BuildKind.ANDROID else "Download"
    assert phone.is_in_sight(phone.page.get_by_role("link", name=label))
    assert phone.is_narrow()
    phone.shot(f"install-{kind}")
    with phone.page.expect_download() as coming:
        phone.tap(label)
    assert Path(coming.value.path()).read_bytes() == content
    assert coming.value.suggested_filename == name
    assert "1a2b3c4" in phone.text()
    assert "Tips are rounded to the nearest cent" in phone.text()


def test_an_iphone_is_led_to_the_package(browser: Browser, shots: Path, redis: Redis, tmp_path: Path) -> None:
    """Over https, the button is the link that iOS installs by: to a manifest, and from there to the package itself."""
    with install_pages(redis, tmp_path / "shelf", https=True) as builds, a_phone(browser, shots, IPHONE) as phone:
        phone.open(builds.address(builds.make(BuildKind.IOS, identifier="com.example.bistro")))
        button = phone.page.get_by_role("link", name="Install")
        assert phone.is_in_sight(button)
        assert phone.is_narrow()
        phone.shot("install-ios")
        link = urlsplit(button.get_attribute("href") or "")
        asked = {name: value for name, (value,) in parse_qs(link.query).items()}
        assert (link.scheme, asked["action"]) == ("itms-services", "download-manifest")
        manifest = phone.page.request.get(asked["url"])
        (item,) = plistlib.loads(manifest.body())["items"]
        assert item["metadata"]["bundle-identifier"] == "com.example.bistro"
        package = phone.page.request.get(item["assets"][0]["url"])
        assert package.body() == PACKAGES[BuildKind.IOS][1]


def test_an_iphone_without_https_is_told_why_not(phone: Phone, builds: Builds) -> None:
    """Over http there is no button that iOS would refuse, but what is missing."""
    phone.open(builds.address(builds.make(BuildKind.IOS)))
    assert phone.page.get_by_role("link", name="Install").count() == 0
    assert "iOS installs apps from https addresses only" in phone.text()
    assert phone.is_narrow()


def test_a_preview_opens(phone: Phone, builds: Builds) -> None:
    """The button leads to where the web app runs; its host is said before the tap."""
    other = builds.make(BuildKind.FILE)
    address = builds.address(other).replace("127.0.0.1", "localhost")
    phone.open(builds.address(builds.make(BuildKind.WEB, url=address)))
    assert "localhost" in phone.text()
    phone.shot("install-web")
    phone.tap("Open the preview")
    phone.page.wait_for_url(address)


def test_an_older_build_leads_to_the_newer(phone: Phone, builds: Builds) -> None:
    """On the page of a build that was overtaken, the way to the newest is on the first screen."""
    older = builds.make(BuildKind.ANDROID, state=BuildState.STALE)
    newer = builds.make(BuildKind.ANDROID)
    phone.open(builds.address(older))
    assert phone.is_in_sight(phone.page.get_by_role("link", name="Go to it"))
    phone.shot("install-stale")
    phone.tap("Go to it")
    phone.page.wait_for_url(builds.address(newer))
    assert phone.page.get_by_role("link", name="Go to it").count() == 0


def test_screenshots_are_looked_through_within_the_page(phone: Phone, builds: Builds) -> None:
    """Screenshots of CI's are in a row of their own, which is moved sideways while the page stays."""
    bill, paid = app_screens(phone)
    phone.open(builds.address(builds.make(BuildKind.ANDROID, bill, paid, bill)))
    row = phone.page.locator(".pictures")
    for picture in row.locator("img").all():
        picture.evaluate("one => one.decode()")
    assert row.evaluate("one => one.scrollWidth > one.clientWidth")
    assert phone.is_narrow()
    assert phone.is_in_sight(phone.page.get_by_role("link", name="Install"))
    phone.shot("install-screenshots")


def test_on_a_desk_a_phone_reads_the_code(phone: Phone, builds: Builds) -> None:
    """A wide screen shows the QR code of this very page; a phone's does not need it."""
    page = builds.make(BuildKind.ANDROID)
    phone.open(builds.address(page))
    code = phone.page.get_by_alt_text("QR code of this page")
    assert not code.is_visible()
    phone.page.set_viewport_size({"width": 1200, "height": 900})
    assert code.is_visible()
    shown = phone.page.request.get(f"{builds.address(page)}/page/qr.png").body()
    drawn = BytesIO()
    segno.make(builds.address(page), error="m", micro=False).save(drawn, kind="png", scale=8, border=4)
    assert shown == drawn.getvalue()
    code.evaluate("one => one.decode()")
    phone.shot("install-desk")


def test_names_of_others_are_only_text(phone: Phone, builds: Builds) -> None:
    """A title or a version that is markup, or has no end, is text within the screen."""
    evil = "<script>alert(1)</script>" + 60 * "W"
    phone.open(builds.address(builds.make(BuildKind.ANDROID, title=evil, version=evil)))
    assert evil in phone.text()
    assert phone.page.locator("script").count() == 0
    assert phone.is_narrow()


def test_a_page_that_is_over_says_so(phone: Phone, builds: Builds) -> None:
    """After it was revoked, the address has a sentence for me and no button."""
    page = builds.make(BuildKind.ANDROID)
    builds.pages.revoke(page.token)
    phone.open(builds.address(page))
    assert "There is no build here." in phone.text()
    assert phone.page.get_by_role("link").count() == 0
    phone.shot("install-over")
    phone.problems.clear()  # the console tells of the 404
