"""Sweeps of the shelf while somebody is at work on it, and when there is no room left to work in."""

import subprocess
import sys
from pathlib import Path

import pytest

from ghapp.builds.shelf import FolderShelf
from tests.builds.conftest import TOKEN
from tests.builds.packages import apk
from tests.builds.zips import Entry, archive, fetch

GOOD = archive(Entry("app.apk", apk()))


def test_a_sweep_leaves_alone_what_is_being_fetched(shelf: FolderShelf) -> None:
    """A build is fetched before its page is kept; its token is nobody's yet, and its lock is in use."""

    def swept_meanwhile(to: Path) -> None:
        assert shelf.sweep(lambda token: False) == 0
        to.write_bytes(GOOD)

    assert shelf.take(TOKEN, "*.apk", swept_meanwhile).file == "app.apk"
    assert shelf.file(TOKEN) is not None
    assert shelf.sweep(lambda token: False) == 1
    assert shelf.file(TOKEN) is None


def test_nobody_fetches_beside_another_after_a_sweep(shelf: FolderShelf, tmp_path: Path) -> None:
    """The lock that one holds stays the lock that all others see."""
    lock = tmp_path / "world" / "shelf" / f"{TOKEN}.lock"

    def swept_meanwhile(to: Path) -> None:
        before = lock.stat().st_ino
        shelf.sweep(lambda token: False)
        assert lock.stat().st_ino == before
        to.write_bytes(GOOD)

    shelf.take(TOKEN, "*.apk", swept_meanwhile)
    assert not lock.exists()


def test_what_a_dead_maker_left_of_a_dead_token_goes(shelf: FolderShelf, tmp_path: Path) -> None:
    """Nobody holds the lock of a maker that was killed."""
    shelf.take(TOKEN, "*.apk", fetch(GOOD))
    (tmp_path / "world" / "shelf" / f"{TOKEN}.lock").touch()
    assert shelf.sweep(lambda token: False) == 1
    assert list((tmp_path / "world" / "shelf").iterdir()) == []


FULL = """
import sys
from pathlib import Path
from ghapp.builds.shelf import FolderShelf

folder = Path(sys.argv[1])
(folder / "an-unguessable-token.build").mkdir()
(folder / "an-unguessable-token.build" / "file").touch()
number = 0
try:
    while True:
        (folder / f"{number}").mkdir()
        number += 1
except OSError:
    pass
print(FolderShelf(folder, 1).sweep(lambda token: False), (folder / "an-unguessable-token.build").exists())
"""
TINY = ["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o nr_inodes=20 tmpfs "$1" && shift && exec "$@"', "sh"]


@pytest.mark.skipif(
    subprocess.run([*TINY, "/mnt", "true"], check=False, capture_output=True).returncode != 0,
    reason="needs a file system of its own",
)
def test_a_sweep_makes_room_where_there_is_none(tmp_path: Path) -> None:
    """On a disk that takes not even one more folder, the dead still go: that is what helps."""
    folder = str(tmp_path)
    swept = subprocess.run([*TINY, folder, sys.executable, "-c", FULL, folder], check=False, capture_output=True)
    assert (swept.stdout.decode(), swept.stderr.decode()) == ("1 False\n", "")
