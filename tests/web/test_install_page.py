"""The page that a person opens on the phone, for each kind of build, and when there is none."""

import plistlib
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from redis import Redis

from ghapp.core.builds import BuildKind, BuildState
from ghapp.core.errors import Gone, StoreDown, TransientError
from ghapp.core.picture_kinds import media_type
from tests.builds.packages import apk, ipa
from tests.builds.pictures import jpeg, png
from tests.builds.zips import Entry, archive, fetch
from tests.web.install_app import BUILD, PAGE, TOKEN, Install

HOSTILE = "</h1><script>alert(1)</script>\"'&{{ 7 * 7 }}"


@pytest.fixture
def install(redis: Redis, tmp_path: Path) -> Install:
    return Install(redis, tmp_path / "shelf")


def button(page: str) -> str:
    """Where the one big button leads."""
    (found,) = re.findall(r'<a class="action" href="([^"]*)"', page)
    return unescape(found)


def test_an_android_build_is_one_tap_away(install: Install) -> None:
    """The page says what it is, of which commit, what changed and until when; the button is the package."""
    install.put(BuildKind.ANDROID, "app.apk", apk(), title="Demo", version="1.2.3")
    page = install.text()
    for shown in ("Demo", "1a2b3c4", "Round the tip", "octo/demo #12", "version 1.2.3", "bytes", "31 December 2099"):
        assert shown in page
    assert button(page) == f"/b/{TOKEN}/app.apk"
    answer = install.open(button(page))
    assert answer.data == apk()
    assert answer.content_type == "application/vnd.android.package-archive"


def test_an_ios_build_is_installed_over_the_air(install: Install) -> None:
    """The button is Apple's link, it leads to the manifest, and that to the package, all on https."""
    page = install.put(
        BuildKind.IOS, "My Demo.ipa", ipa(), title="Demo <1>", identifier="com.example.demo", version="1.2.3"
    )
    link = urlsplit(button(install.text()))
    assert link.scheme == "itms-services"
    asked = parse_qs(link.query)
    assert asked["action"] == ["download-manifest"]
    (address,) = asked["url"]
    assert address == f"https://honk.example/b/{TOKEN}/manifest.plist"

    manifest = install.open(urlsplit(address).path)
    assert manifest.content_type.startswith("text/xml")
    (item,) = plistlib.loads(manifest.data)["items"]
    assert item["metadata"] == {
        "kind": "software",
        "bundle-identifier": "com.example.demo",
        "bundle-version": "1.2.3",
        "title": "Demo <1>",
    }
    (asset,) = item["assets"]
    assert asset == {"kind": "software-package", "url": f"https://honk.example/b/{TOKEN}/My%20Demo.ipa"}
    package = install.open(urlsplit(asset["url"]).path)
    assert (package.content_type, package.data) == ("application/octet-stream", ipa())
    assert page.build.size == len(ipa())


def test_ios_needs_https_and_the_page_says_so(install: Install) -> None:
    """No button that would do nothing."""
    install.root = "http://192.168.1.5:8000"
    install.put(BuildKind.IOS, "app.ipa", ipa(), identifier="a.b", version="1")
    page = install.text()
    assert "https addresses only" in page
    assert 'class="action"' not in page


def test_a_preview_opens_at_its_address(install: Install) -> None:
    """In the browser, which tells that site nothing about this page; the host is named."""
    install.put(BuildKind.WEB, url="https://pr-12.preview.example/start?a=1&b=2")
    page = install.text()
    assert button(page) == "https://pr-12.preview.example/start?a=1&b=2"
    assert 'rel="noopener noreferrer"' in page
    assert "pr-12.preview.example</p>" in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://h/x", "//h/x", "http://[", "https:///x", " ", ""]
)
def test_a_preview_that_is_not_on_the_web_has_no_button(install: Install, url: str) -> None:
    """Whatever a deployment says its address is."""
    install.put(BuildKind.WEB, url=url)
    page = install.text()
    assert 'class="action"' not in page
    assert "no address on the web" in page


def test_a_name_before_the_host_deceives_nobody(install: Install) -> None:
    """The host that is shown is the one that is opened."""
    install.put(BuildKind.WEB, url="https://github.com@evil.example/login")
    assert '<p class="small note">evil.example</p>' in install.text()


def test_anything_else_is_downloaded(install: Install) -> None:
    """Also what a browser would show: it is never shown in our name."""
    install.put(BuildKind.FILE, "index.html", b"<script>alert(1)</script>")
    answer = install.open(button(install.text()))
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_screenshots_are_shown(install: Install) -> None:
    """Each as what it is; there is none beyond the last."""
    install.files.shelf.take_pictures(TOKEN, fetch(archive(Entry("1.png", png()), Entry("2.png", jpeg()))))
    install.put(BuildKind.WEB, url="https://a.example", pictures=2)
    shown = re.findall(r'<img src="([^"]*screenshots[^"]*)"', install.text())
    answers = [install.open(address) for address in shown]
    assert [answer.content_type for answer in answers] == ["image/png", "image/jpeg"]
    assert [answer.data for answer in answers] == [png(), jpeg()]
    for other in ("2", "-1", "x", "0x1", "99999999999999999999"):
        assert install.open(f"/b/{TOKEN}/screenshots/{other}").status_code == 404


def test_the_code_is_a_picture_that_others_may_load(install: Install) -> None:
    """GitHub's proxy takes it for the card. https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-anonymized-urls"""
    install.put(BuildKind.WEB, url="https://a.example")
    answer = install.open(f"/b/{TOKEN}/page/qr.png")
    assert (answer.content_type, media_type(answer.data)) == ("image/png", "image/png")


def test_a_newer_build_is_a_tap_away(install: Install) -> None:
    """An old page stays what it is, and leads on; the newest page does not lead to itself."""
    old = install.put(BuildKind.ANDROID, "app.apk", apk(), state=BuildState.STALE)
    assert "newer commits than 1a2b3c4" in install.text()
    newer = replace(PAGE, token="the-token-of-the-next", build=replace(BUILD, token="the-token-of-the-next"))
    install.latest = newer
    assert 'There is a newer build. <a href="/b/the-token-of-the-next">' in install.text()
    install.latest = old
    assert "There is a newer build" not in install.text()


def test_unknown_expired_and_revoked_look_alike(install: Install) -> None:
    """One page for all, with one sentence; none of the addresses below tells more."""
    page = install.put(BuildKind.IOS, "app.ipa", ipa(), identifier="a.b", version="1", pictures=1)
    paths = ("", "/app.ipa", "/manifest.plist", "/page/qr.png", "/screenshots/0", "/nothing", "/a/b/c")
    unknown = {path: install.open(f"/b/another-token{path}") for path in paths}
    install.pages.revoke(TOKEN)
    revoked = {path: install.open(f"/b/{TOKEN}{path}") for path in paths}
    expired = replace(page, token="an-expired-token", build=replace(page.build, expires_at=1.0))
    install.pages.keep(expired)
    gone = {path: install.open(f"/b/an-expired-token{path}") for path in paths}
    answers = [*unknown.values(), *revoked.values(), *gone.values()]
    assert {(answer.status_code, answer.content_type) for answer in answers} == {(404, "text/html; charset=utf-8")}
    assert len({answer.data for answer in answers}) == 1
    assert "There is no build here" in answers[0].text
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


@pytest.mark.parametrize("path", ["/other.apk", "/app.apk/x", "/manifest.plist", "/..%2fapp.apk", "/taken.json"])
def test_a_page_has_no_other_files(install: Install, path: str) -> None:
    """Only the one that it names; and only iOS has a manifest."""
    install.put(BuildKind.ANDROID, "app.apk", apk())
    assert install.open(f"/b/{TOKEN}{path}").status_code == 404


def test_a_file_that_ci_dropped_is_told(install: Install) -> None:
    """The page is there, the file is not, and the sentence says why."""
    install.put(BuildKind.ANDROID, file="app.apk", size=5)
    install.files.missing = lambda: Gone("<b>CI has it no more</b>")
    answer = install.open(f"/b/{TOKEN}/app.apk")
    assert answer.status_code == 410
    assert "any more: &lt;b&gt;CI has it no more&lt;/b&gt;." in answer.text


@pytest.mark.parametrize("error", [TransientError("GitHub is away"), StoreDown("secret detail")])
def test_a_file_that_cannot_be_had_just_now_is_told(install: Install, error: Exception) -> None:
    """With when to come back, and nothing of what went wrong inside."""
    install.put(BuildKind.ANDROID, file="app.apk", size=5)
    install.files.missing = lambda: error
    answer = install.open(f"/b/{TOKEN}/app.apk")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Try again in a minute" in answer.text
    assert "detail" not in answer.text


def test_hostile_text_is_only_text(install: Install) -> None:
    """Titles, commits and versions are written by whoever changes the code."""
    page = install.put(BuildKind.IOS, "a.ipa", ipa(), title=HOSTILE, version=HOSTILE, identifier=HOSTILE, sha=HOSTILE)
    install.pages.keep(replace(page, full_name=HOSTILE, changed=HOSTILE))
    shown = install.text()
    assert "<script" not in shown
    assert "49" not in shown
    manifest = install.open(f"/b/{TOKEN}/manifest.plist").data
    (item,) = plistlib.loads(manifest)["items"]
    assert b"<script" not in manifest
    assert (item["metadata"]["title"], len(item["assets"])) == (HOSTILE, 1)


def test_nothing_of_a_page_is_from_elsewhere(install: Install) -> None:
    """It works where only this server can be reached, and without scripts."""
    install.put(BuildKind.ANDROID, "app.apk", apk(), pictures=1)
    page = install.text()
    assert "<script" not in page
    assert {address[0] for address in re.findall(r'(?:src|href)="([^"]*)"', page)} == {"/"}
    for style in re.findall(r'<link rel="stylesheet" href="([^"]*)"', page):
        assert install.open(style).status_code == 200
