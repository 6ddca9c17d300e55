"""The shelf of builds: whole or not there, once, and gone with its token."""

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ghapp.builds.shelf import FolderShelf
from ghapp.core.builds import BuildKind
from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.ports import Taken
from tests.builds.conftest import TOKEN
from tests.builds.packages import apk
from tests.builds.pictures import jpeg, png
from tests.builds.zips import DEFLATED, Entry, archive, fetch

OTHER = "another-token-of-ours"
GOOD = archive(Entry("build/app.apk", apk(), DEFLATED), Entry("build/output-metadata.json", b"{}"))


def fails(error: Exception) -> Callable[[Path], None]:
    """A fetch that writes something and then fails."""

    def write(to: Path) -> None:
        to.write_bytes(b"PK")
        raise error

    return write


def test_a_package_is_kept_as_it_was(shelf: FolderShelf) -> None:
    """Byte by byte, under the name that it had in the archive."""
    taken = shelf.take(TOKEN, "*.apk", fetch(GOOD))
    assert taken == Taken("app.apk", BuildKind.ANDROID, len(apk()))
    kept = shelf.file(TOKEN)
    assert kept is not None
    assert kept.read_bytes() == apk()


def test_twice_is_once(shelf: FolderShelf) -> None:
    """The second time nothing is fetched, and the answer is the same."""
    first = shelf.take(TOKEN, "*.apk", fetch(GOOD))
    assert shelf.take(TOKEN, "*.apk", fails(AssertionError("fetched again"))) == first


def test_two_who_come_at_once_fetch_once(shelf: FolderShelf) -> None:
    """A phone asks for parts of a file that this machine does not have yet."""
    fetched: list[Path] = []
    first_is_in, go_on = threading.Event(), threading.Event()

    def slow(to: Path) -> None:
        fetched.append(to)
        first_is_in.set()
        go_on.wait()
        to.write_bytes(GOOD)

    taken: list[Taken] = []
    threads = [threading.Thread(target=lambda: taken.append(shelf.take(TOKEN, "*.apk", slow))) for _ in range(3)]
    for thread in threads:
        thread.start()
    first_is_in.wait()
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1
    assert len(taken) == 3
    assert len(set(taken)) == 1


@pytest.mark.parametrize("error", [Gone("it expired"), UserError("too large"), TransientError("away"), KeyError("bug")])
def test_a_failed_fetch_leaves_nothing(shelf: FolderShelf, tmp_path: Path, error: Exception) -> None:
    """Whatever went wrong is told as it is, and the next try begins anew."""
    with pytest.raises(type(error)):
        shelf.take(TOKEN, "*.apk", fails(error))
    assert list((tmp_path / "world" / "shelf").iterdir()) == []
    assert shelf.take(TOKEN, "*.apk", fetch(GOOD)).file == "app.apk"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_is_full_for_the_archive(shelf: FolderShelf, tmp_path: Path) -> None:
    """It is for later, and nothing is half kept."""

    def to_a_full_disk(to: Path) -> None:
        Path("/dev/full").write_text("x")

    with pytest.raises(TransientError, match="the disk of this machine is full"):
        shelf.take(TOKEN, "*.apk", to_a_full_disk)
    assert list((tmp_path / "world" / "shelf").iterdir()) == []


def test_a_disk_that_is_full_for_the_file(shelf: FolderShelf, tmp_path: Path) -> None:
    """The archive came in, and what is in it does not fit any more."""
    large = os.urandom(400_000)
    content = archive(Entry("a.bin", large * 3, DEFLATED))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def then_full(to: Path) -> None:
        to.write_bytes(content)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))

    try:
        with pytest.raises(TransientError, match="the disk of this machine is full"):
            shelf.take(TOKEN, "*", then_full)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "world" / "shelf").iterdir()) == []


CRASH = """
import os, signal, sys
from pathlib import Path
from ghapp.builds.shelf import FolderShelf

def die(to):
    to.write_bytes(b"half an archive")
    os.kill(os.getpid(), signal.SIGKILL)

FolderShelf(Path(sys.argv[1]), 1_000_000).take(sys.argv[2], "*", die)
"""


def test_a_crash_leaves_nothing_that_counts(shelf: FolderShelf, tmp_path: Path) -> None:
    """A maker that is killed half way: its token has no file, the next take works, and a sweep cleans up."""
    folder = tmp_path / "world" / "shelf"
    died = subprocess.run([sys.executable, "-c", CRASH, folder, TOKEN], check=False)
    assert died.returncode == -signal.SIGKILL
    assert shelf.file(TOKEN) is None
    assert shelf.take(TOKEN, "*.apk", fetch(GOOD)).kind is BuildKind.ANDROID
    assert [path.name for path in folder.glob("making-*")] != []
    assert shelf.sweep(lambda token: True) == 0
    assert [path.name for path in folder.iterdir()] == [f"{TOKEN}.build"]


def test_a_sweep_leaves_makers_at_their_work(shelf: FolderShelf) -> None:
    """A clock that ticks while something is fetched."""

    def swept_meanwhile(to: Path) -> None:
        assert shelf.sweep(lambda token: True) == 0
        to.write_bytes(GOOD)

    assert shelf.take(TOKEN, "*.apk", swept_meanwhile).file == "app.apk"


def test_a_sweep_deletes_the_dead(shelf: FolderShelf, tmp_path: Path) -> None:
    """Files and screenshots of tokens that expired; nothing of the living, and nothing that is not ours."""
    shelf.take(TOKEN, "*.apk", fetch(GOOD))
    shelf.take_pictures(TOKEN, fetch(archive(Entry("1.png", png()))))
    shelf.take(OTHER, "*.apk", fetch(GOOD))
    stranger = tmp_path / "world" / "shelf" / "a file of the operator"
    stranger.touch()
    assert shelf.sweep(lambda token: token == OTHER) == 1
    assert (shelf.file(TOKEN), shelf.picture(TOKEN, 0)) == (None, None)
    assert shelf.file(OTHER) is not None
    assert stranger.exists()


def test_an_empty_machine_has_nothing_to_sweep(shelf: FolderShelf) -> None:
    """The clock may tick before there ever was a build."""
    assert shelf.sweep(lambda token: False) == 0


@pytest.mark.parametrize("token", ["", "../../etc", "a/b-long-enough", ".." * 5, "short", "x" * 129, "long-enough\n"])
def test_no_path_is_made_of_what_is_no_token(shelf: FolderShelf, tmp_path: Path, token: str) -> None:
    """A page that asks finds nothing; a use case that keeps has a defect."""
    assert shelf.file(token) is None
    assert shelf.picture(token, 0) is None
    with pytest.raises(ValueError, match="token"):
        shelf.take(token, "*", fetch(GOOD))
    with pytest.raises(ValueError, match="token"):
        shelf.take_pictures(token, fetch(GOOD))
    assert not (tmp_path / "world").exists()


@pytest.mark.parametrize(
    ("wanted", "names", "file"),
    [
        ("*.apk", ["a/app.apk", "readme.txt"], "app.apk"),
        ("APP-*.APK", ["app-release.apk", "lib.apk"], "app-release.apk"),
        ("app[1]?.zip", ["app[1]?.zip", "app1x.zip"], "app[1]?.zip"),
        ("nightly", ["site.tar.gz"], "site.tar.gz"),
        ("nightly", ["app.apk", "output-metadata.json"], "app.apk"),
        ("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", ["a" * 200], "a" * 200),
    ],
)
def test_the_file_that_fits_is_chosen(shelf: FolderShelf, wanted: str, names: list[str], file: str) -> None:
    """By its base name; when the pattern was the archive's name, it is the only file, or the only package."""
    assert shelf.take(TOKEN, wanted, fetch(archive(*(Entry(name, apk()) for name in names)))).file == file


def test_several_that_fit_are_a_question(shelf: FolderShelf) -> None:
    """No silent guess: the names are told, and that one of them belongs into the config."""
    content = archive(*(Entry(f"{number}/app.apk", apk()) for number in range(7)))
    with pytest.raises(UserError, match=r"several files fit `\*.apk`: `0/app.apk`, .*`4/app.apk` and 2 more"):
        shelf.take(TOKEN, "*.apk", fetch(content))


def test_none_that_fits_is_told(shelf: FolderShelf) -> None:
    """With what there is."""
    with pytest.raises(UserError, match=r"no file fits `\*.apk`; the archive has `a.txt`, `b.txt`"):
        shelf.take(TOKEN, "*.apk", fetch(archive(Entry("a.txt"), Entry("b.txt"))))


def test_screenshots_are_kept_in_order(shelf: FolderShelf) -> None:
    """PNG and JPEG by what they are, by name, at most eight."""
    content = archive(
        *(Entry(f"shots/{number:02}.png", jpeg() if number == 1 else png()) for number in range(12, 0, -1))
    )
    assert shelf.take_pictures(TOKEN, fetch(content)) == 8
    assert shelf.take_pictures(TOKEN, fails(AssertionError("fetched again"))) == 8
    first = shelf.picture(TOKEN, 0)
    assert first is not None
    assert (first.suffix, first.read_bytes()) == (".jpg", jpeg())
    assert shelf.picture(TOKEN, 7) is not None
    assert shelf.picture(TOKEN, 8) is None
    assert shelf.picture(TOKEN, -1) is None


@pytest.mark.parametrize(
    "content",
    [
        b"<svg onload='alert(1)'/>",
        b"GIF89a" + bytes(20),
        png(5_000, 5_000),
        png(0, 10),
        png()[:18],
        jpeg(60_000, 60_000),
    ],
    ids=["svg", "gif", "large", "flat", "cut", "huge"],
)
def test_what_is_no_screenshot_is_left_out(shelf: FolderShelf, content: bytes) -> None:
    """Whatever its name says; the others stay."""
    assert shelf.take_pictures(TOKEN, fetch(archive(Entry("a.png", content), Entry("b.png", png())))) == 1


def test_a_screenshot_that_is_too_heavy_is_left_out(shelf: FolderShelf) -> None:
    """Over five MiB."""
    heavy = png() + os.urandom(5 * 1024 * 1024)
    assert shelf.take_pictures(TOKEN, fetch(archive(Entry("a.png", heavy)))) == 0


def test_hostile_screenshots_leave_nothing(shelf: FolderShelf, tmp_path: Path) -> None:
    """Their archive is judged as any other."""
    with pytest.raises(UserError, match="leads out of its folder"):
        shelf.take_pictures(TOKEN, fetch(archive(Entry("a.png", png()), Entry("../b.png", png()))))
    assert list((tmp_path / "world" / "shelf").iterdir()) == []
