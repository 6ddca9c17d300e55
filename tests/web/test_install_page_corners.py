"""The install page where names, ranges, addresses and moments are unlucky or unkind."""

import socket
from pathlib import Path

import pytest
from redis import Redis

from ghapp.core.builds import BuildKind, BuildPage
from tests.builds.packages import apk
from tests.web.install_app import TOKEN, Files, Install
from tests.web.test_install_page import button

CONTENT = bytes(range(256))


@pytest.fixture
def install(redis: Redis, tmp_path: Path) -> Install:
    return Install(redis, tmp_path / "shelf")


@pytest.mark.parametrize("name", ["qr.png", "manifest.plist", "screenshots", "page", "file"])
def test_a_file_may_be_called_as_one_of_our_own(install: Install, name: str) -> None:
    """What the button leads to is the file, and the code is still the code."""
    install.put(BuildKind.FILE, name, CONTENT)
    page = install.text()
    answer = install.open(button(page))
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    (code,) = [address for address in page.split('"') if address.endswith("qr.png") and address != button(page)]
    assert install.open(code).data.startswith(b"\x89PNG")


@pytest.mark.parametrize("asked", ["lines=0-1", "bytes=x", "bytes=0-1,4-5", "", "bytes", "bytes=0-1,x"])
def test_what_is_no_single_part_is_the_whole(install: Install, asked: str) -> None:
    """A unit that we do not know has to be ignored, and several parts at once may be.

    https://www.rfc-editor.org/rfc/rfc9110#section-14.2
    """
    install.put(BuildKind.FILE, "app.bin", CONTENT)
    answer = install.open(f"/b/{TOKEN}/app.bin", Range=asked)
    assert (answer.status_code, answer.data) == (200, CONTENT)


@pytest.mark.parametrize("asked", ["bytes=256-", f"bytes={'9' * 30}-", f"bytes={'9' * 5_000}-", "bytes=-0"])
def test_a_part_beyond_the_end_is_refused(install: Install, asked: str) -> None:
    """However large the number is."""
    install.put(BuildKind.FILE, "app.bin", CONTENT)
    answer = install.open(f"/b/{TOKEN}/app.bin", Range=asked)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */256")


@pytest.mark.parametrize("asked", [f"bytes=-{'9' * 30}", f"bytes=0-{'9' * 30}", "bytes= 0-255", "Bytes=0-255"])
def test_a_part_may_be_all_of_it(install: Install, asked: str) -> None:
    """A suffix that is longer than the file is the file."""
    install.put(BuildKind.FILE, "app.bin", CONTENT)
    answer = install.open(f"/b/{TOKEN}/app.bin", Range=asked)
    assert answer.status_code in (200, 206)
    assert answer.data == CONTENT


@pytest.mark.parametrize("url", [r"https://evil.example\@bank.example/", r"https://evil.example\.bank.example"])
def test_a_back_slash_deceives_nobody(install: Install, url: str) -> None:
    """Browsers take it for a slash, and would open another host than the one that is shown."""
    install.put(BuildKind.WEB, url=url)
    page = install.text()
    assert "no address on the web" in page
    assert 'class="action"' not in page


@pytest.mark.parametrize("asked", ["", "bytes=0-"])
def test_a_phone_that_stops_reading_holds_no_thread_for_ever(install: Install, asked: str) -> None:
    """It went into a tunnel: gunicorn would wait for it, and after a few of those hear no webhook any more."""
    install.put(BuildKind.FILE, "app.bin", bytes(8_000_000))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        install.client().get(
            f"/b/{TOKEN}/app.bin", headers={"Range": asked}, environ_overrides={"gunicorn.socket": ours}, buffered=True
        )
        assert ours.gettimeout() == 60


class Broken(Files):
    """A defect of ours."""

    def file(self, page: BuildPage) -> Path:
        raise KeyError("a defect")


def test_a_defect_is_logged_without_the_address(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the log learns what broke and where, and cannot open the page."""
    install.put(BuildKind.ANDROID, "app.apk", apk())
    install.files = Broken(install.files.shelf)
    assert install.open(f"/b/{TOKEN}/app.apk").status_code == 500
    (told,) = caplog.records
    assert "builds.package" in told.getMessage()
    assert "a defect" in caplog.text
    assert TOKEN not in caplog.text


class Swept(Files):
    """A sweep comes just when a file was found."""

    def file(self, page: BuildPage) -> Path:
        found = super().file(page)
        self.shelf.sweep(lambda token: False)
        return found

    def picture(self, page: BuildPage, number: int) -> Path:
        found = super().picture(page, number)
        self.shelf.sweep(lambda token: False)
        return found


def test_a_file_that_is_swept_in_this_moment_is_gone(install: Install) -> None:
    """Its page had expired: that is told as at any other moment."""
    install.put(BuildKind.ANDROID, "app.apk", apk())
    install.files = Swept(install.files.shelf)
    answer = install.open(f"/b/{TOKEN}/app.apk")
    assert answer.status_code == 404
    assert "There is no build here" in answer.text
