"""A shelf in a folder, and the proof that a refusal left nothing behind."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ghapp.builds.shelf import FolderShelf
from ghapp.core.errors import UserError
from tests.builds.zips import fetch

MOST = 64 * 1024 * 1024
TOKEN = "an-unguessable-token"

Refused = Callable[[bytes], str]


@pytest.fixture
def shelf(tmp_path: Path) -> FolderShelf:
    return FolderShelf(tmp_path / "world" / "shelf", MOST)


@pytest.fixture
def refused(tmp_path: Path, shelf: FolderShelf) -> Refused:
    """Offers an archive for `*.apk`; it must be refused with the word that is given back, and leave nothing."""

    def offer(content: bytes) -> str:
        with pytest.raises(UserError) as refusal:
            shelf.take(TOKEN, "*.apk", fetch(content))
        assert shelf.file(TOKEN) is None
        assert list((tmp_path / "world").rglob("*")) == [tmp_path / "world" / "shelf"]
        return str(refusal.value)

    return offer
