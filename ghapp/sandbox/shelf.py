"""Caches on disk: folders of one kind, each under the key of what is in it.

Each is made under another name and renamed when it is whole, so that what has the name is complete, however the maker
died. Who uses one holds its lock together with others; who removes it must hold it alone.
"""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ghapp import locks
from ghapp.sandbox.folders import owned, remove, sweep

_MAKING = "making-"


@dataclass(frozen=True)
class Shelf:
    """The folders `kind`-KEY in `folder`; at most `keep` stay, the longest unused go first, one in use never."""

    folder: Path
    kind: str
    keep: int

    def path(self, key: str) -> Path:
        """Where the folder of a key is, once it is made."""
        return self.folder / f"{self.kind}-{key}"

    def alone(self, path: Path) -> AbstractContextManager[None]:
        """Wait until nobody else makes it or takes it up."""
        return locks.alone(path.with_suffix(".lock"))

    def making(self) -> AbstractContextManager[Path]:
        """A folder to make one in; to be renamed when it is whole."""
        return owned(self.folder, _MAKING)

    def held(self, path: Path) -> AbstractContextManager[bool]:
        """Keep it from being removed; False when it is gone already, or was never there."""
        return locks.held_together(path)

    def drop_unused(self, latest: Path) -> None:
        """Make room after `latest` was used. What dead makers left goes as well."""
        os.utime(latest)
        sweep(self.folder, _MAKING)
        found = [path for path in self.folder.glob(f"{self.kind}-*") if path.suffix != ".lock" and path != latest]
        found.sort(key=_last_used, reverse=True)
        for path in found[max(0, self.keep - 1) :]:
            self.drop(path)

    def drop(self, path: Path) -> bool:
        """Remove it unless it is in use; tells whether.

        The rename takes it from sight at once; a half-removed one is swept with what dead makers left.
        """
        with locks.held_if_free(path) as free:
            if free:
                remove(path.rename(self.folder / f"{_MAKING}{path.name}"))
        return free


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
