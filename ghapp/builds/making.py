"""Making something in a folder, so that it is there whole or not at all. What a dead maker left is swept."""

import secrets
import shutil
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from ghapp.locks import held_if_free, owned

_MAKING = "making-"


def making(parent: Path) -> AbstractContextManager[Path]:
    """A private folder to make something in, gone at the end unless it was renamed to its place in `parent`."""
    return owned(parent, _MAKING, shutil.rmtree)


def sweep_makings(parent: Path) -> None:
    """Remove what dead makers left."""
    for left in parent.glob(f"{_MAKING}*"):
        with held_if_free(left) as free:
            if free:
                shutil.rmtree(left, ignore_errors=True)  # another sweeper may be at it, too


def remove(folder: Path) -> None:
    """Take a folder out of sight at once, and away. It makes nothing for that: the disk may be full."""
    gone = folder.with_name(f"{_MAKING}{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)  # what is left of it is swept
