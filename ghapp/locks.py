"""Locks on files and folders. The kernel drops them when their holder dies, however it dies.

https://man7.org/linux/man-pages/man2/flock.2.html
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

_NEW = ".new-"


@contextmanager
def owned(parent: Path, prefix: str, remove: Callable[[Path], None]) -> Iterator[Path]:
    """A new folder in `parent` that we hold; removed at the end unless it was renamed away."""
    parent.mkdir(parents=True, exist_ok=True)
    # Made and locked out of the sweepers' sight: they look for `prefix` only.
    fresh = Path(tempfile.mkdtemp(prefix=_NEW, dir=parent))
    lock = os.open(fresh, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = fresh.rename(parent / f"{prefix}{fresh.name.removeprefix(_NEW)}")
        try:
            yield folder
        finally:
            if folder.exists():
                remove(folder)
    finally:
        os.close(lock)


def held_if_free(folder: Path) -> AbstractContextManager[bool]:
    """Hold a folder alone, if nobody else holds it and it is there; tells whether."""
    return _held(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)


def held_together(folder: Path) -> AbstractContextManager[bool]:
    """Hold a folder together with others; False when it is not there (any more)."""
    return _held(folder, fcntl.LOCK_SH)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for it. Its last holder takes it away."""
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
        path.unlink(missing_ok=True)
        os.close(lock)


@contextmanager
def alone_if_free(path: Path) -> Iterator[bool]:
    """The same without waiting: tells whether it is free. Where there is no lock file, nobody holds it."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield True
        return
    is_free = _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB) and _is_still(lock, path)
    try:
        yield is_free
    finally:
        if is_free:
            path.unlink(missing_ok=True)
        os.close(lock)


@contextmanager
def _held(folder: Path, how: int) -> Iterator[bool]:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _locked(lock, how) and _is_still(lock, folder)
    finally:
        os.close(lock)


def _locked(descriptor: int, how: int) -> bool:
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
