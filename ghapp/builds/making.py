"""Making something in a folder, so that it is there whole or not at all, and one maker at a time.

The maker holds a lock on its folder, which the kernel drops however the maker dies; what is found without one is swept.
https://man7.org/linux/man-pages/man2/flock.2.html
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NEW, _MAKING = ".new-", "making-"


@contextmanager
def making(parent: Path) -> Iterator[Path]:
    """A private folder to make something in, gone at the end unless it was renamed to its place in `parent`."""
    # Made and locked out of the sweepers' sight: they look for making- only.
    fresh = Path(tempfile.mkdtemp(prefix=_NEW, dir=parent))
    lock = os.open(fresh, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = fresh.rename(parent / f"{_MAKING}{fresh.name.removeprefix(_NEW)}")
        try:
            yield folder
        finally:
            if folder.exists():
                shutil.rmtree(folder)
    finally:
        os.close(lock)


def sweep_makings(parent: Path) -> None:
    """Remove what dead makers left."""
    for left in parent.glob(f"{_MAKING}*"):
        with _locked_if_free(left) as free:
            if free:
                shutil.rmtree(left, ignore_errors=True)  # another sweeper may be at it, too


def remove(folder: Path) -> None:
    """Take a folder out of sight at once, and away. It makes nothing for that: the disk may be full."""
    gone = folder.with_name(f"{_MAKING}{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)  # what is left of it is swept


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for it. Its last holder takes it away."""
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
    is_free = _locked(lock) and _is_still(lock, path)
    try:
        yield is_free
    finally:
        if is_free:
            path.unlink(missing_ok=True)
        os.close(lock)


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextmanager
def _locked_if_free(folder: Path) -> Iterator[bool]:
    """Hold a maker's folder, if its maker is dead and it is there; tells whether."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _locked(lock)
    finally:
        os.close(lock)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
