"""Files that CI kept as they are, in no archive: taken as they come, and judged as any other."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ghapp.builds.shelf import FolderShelf
from ghapp.core.builds import BuildKind
from ghapp.core.errors import UserError
from ghapp.core.ports import Taken
from tests.builds.conftest import MOST, TOKEN
from tests.builds.packages import apk, ipa
from tests.builds.pictures import jpeg
from tests.builds.zips import Entry, archive


def bare(name: str, content: bytes) -> Callable[[Path], str]:
    """What fetches a file of this name from CI."""

    def write(to: Path) -> str:
        to.write_bytes(content)
        return name

    return write


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("app.apk", apk(), BuildKind.ANDROID),
        ("app.ipa", ipa(), BuildKind.IOS),
        ("site.tar.gz", b"\x1f\x8b", BuildKind.FILE),
        ("taken.json", b"{}", BuildKind.FILE),
        ("fetched", b"", BuildKind.FILE),
    ],
)
def test_a_file_is_kept_as_it_is(shelf: FolderShelf, name: str, content: bytes, kind: BuildKind) -> None:
    """Under its own name, and as what it is; twice is once."""
    taken = shelf.take(TOKEN, "*", bare(name, content))
    assert (taken.file, taken.kind, taken.size) == (name, kind, len(content))
    assert shelf.take(TOKEN, "*", bare("another", b"fetched again")) == taken
    kept = shelf.file(TOKEN)
    assert kept is not None
    assert kept.read_bytes() == content


def test_a_zip_that_is_told_to_be_a_file_is_not_opened(shelf: FolderShelf) -> None:
    """Whatever is in it is for whoever downloads it."""
    content = archive(Entry("../outside", b"x"))
    assert shelf.take(TOKEN, "*", bare("site.aab", content)) == Taken("site.aab", BuildKind.FILE, len(content))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../app.apk", "/etc/passwd", "a/b.apk", "a/", "C:app.apk", "a\\b.apk", "a\x00b", "a\nb", "x" * 256],
)
def test_a_name_that_leads_elsewhere_is_refused(shelf: FolderShelf, tmp_path: Path, name: str) -> None:
    """GitHub says it, and somebody's workflow said it to GitHub."""
    with pytest.raises(UserError, match=r"leads out of its folder|a name that is not plain"):
        shelf.take(TOKEN, "*", bare(name, apk()))
    assert list((tmp_path / "world" / "shelf").iterdir()) == []


@pytest.mark.parametrize("content", [b"no zip", archive(Entry("a.txt")), archive(Entry("../AndroidManifest.xml"))])
def test_a_package_that_is_none_is_refused(shelf: FolderShelf, tmp_path: Path, content: bytes) -> None:
    """It is looked into as one out of an archive is."""
    with pytest.raises(UserError, match=r"`app.apk` is no"):
        shelf.take(TOKEN, "*", bare("app.apk", content))
    assert list((tmp_path / "world" / "shelf").iterdir()) == []


def test_a_file_that_is_too_large_is_refused(shelf: FolderShelf, tmp_path: Path) -> None:
    """Also when whoever fetched it did not count."""

    def large(to: Path) -> str:
        with to.open("wb") as file:
            os.truncate(file.fileno(), MOST + 1)
        return "app.bin"

    with pytest.raises(UserError, match="it is larger than"):
        shelf.take(TOKEN, "*", large)
    assert list((tmp_path / "world" / "shelf").iterdir()) == []


def test_one_screenshot_needs_no_archive(shelf: FolderShelf) -> None:
    """By what it is, not by what it is called."""
    assert shelf.take_pictures(TOKEN, bare("shot.png", jpeg())) == 1
    shown = shelf.picture(TOKEN, 0)
    assert shown is not None
    assert (shown.suffix, shown.read_bytes()) == (".jpg", jpeg())


@pytest.mark.parametrize("content", [b"<svg/>", jpeg() + bytes(5 * 1024 * 1024)])
def test_what_is_no_picture_is_shown_nowhere(shelf: FolderShelf, content: bytes) -> None:
    """As in an archive."""
    assert shelf.take_pictures(TOKEN, bare("shot.png", content)) == 0
    assert shelf.picture(TOKEN, 0) is None
