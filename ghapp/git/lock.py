"""One writer per mirror, across threads and processes."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ghapp.core.errors import TransientError

_LOOK_EVERY = 0.05


@contextmanager
def locked(path: Path, patience: float = 600) -> Iterator[int]:
    """Hold an exclusive `flock` on `path`; yields its descriptor. TransientError after `patience` seconds.

    Hand the descriptor on to the git that writes: when this process is killed, its git lives on for a moment, and the
    lock must live as long. https://man7.org/linux/man-pages/man2/flock.2.html
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait(descriptor, patience)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait(descriptor: int, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TransientError("another run has held this repository's mirror for too long") from None
            time.sleep(_LOOK_EVERY)
