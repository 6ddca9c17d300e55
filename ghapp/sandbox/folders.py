"""Folders that belong to one process at a time, and that are really gone when it is done.

The owner holds a `flock` on the folder itself; the kernel drops it when the owner dies, however it dies. What is found
without a lock has no owner and is swept. https://man7.org/linux/man-pages/man2/flock.2.html
"""

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ghapp.sandbox.marks import end_marked


@contextmanager
def owned(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder in `parent`, ours alone; removed at the end unless it was renamed away."""
    parent.mkdir(parents=True, exist_ok=True)
    # Made and locked out of the sweepers' sight: they look for `prefix` only.
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=parent))
    lock = os.open(fresh, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = fresh.rename(parent / f"{prefix}{fresh.name.removeprefix('.new-')}")
        try:
            yield folder
        finally:
            remove(folder)
    finally:
        os.close(lock)


def sweep(parent: Path, prefix: str) -> None:
    """Remove the folders whose owner died, and end the jails that are marked with their names."""
    for folder in parent.glob(f"{prefix}*"):
        with locked_if_free(folder) as free:
            if free:
                end_marked(folder.name)
                remove(folder)


@contextmanager
def locked_if_free(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock alone, if nobody else holds it and it is there; tells whether."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _lock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB) and _is_still(lock, folder)
    finally:
        os.close(lock)


@contextmanager
def shared(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock together with others; False when it is not there (any more)."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _lock(lock, fcntl.LOCK_SH) and _is_still(lock, folder)
    finally:
        os.close(lock)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for it. The last one takes the file away."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_still(lock, path):
            break
        os.close(lock)  # the one before us has taken it away while we waited
    try:
        yield
    finally:
        path.unlink()
        os.close(lock)


def remove(folder: Path) -> None:
    """Remove a folder and all in it, closed to its owner or deeper than a path may be long. No link is followed."""
    if subprocess.run(["rm", "-rf", "--", folder], check=False, capture_output=True).returncode == 0:
        return
    subprocess.run(["chmod", "-R", "u+rwX", "--", folder], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", "--", folder], check=True, capture_output=True)


def _lock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        return False
    return True


def _is_still(descriptor: int, path: Path) -> bool:
    """Whether the name still leads to what was opened: it may have been renamed or removed before we had the lock."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
