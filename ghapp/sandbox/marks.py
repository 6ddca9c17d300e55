"""Finds jails by a word on their command line, and ends them.

bubblewrap leaves its child behind when it is killed while it makes it, and outlives a parent that dies before it has
asked to die with it. Nobody then knows the number of what is left; but what bwrap was started with stays on its
command line, and on that of its child, for as long as they live.
"""

import os
import signal
from contextlib import suppress
from pathlib import Path

from ghapp.sandbox.process import DYING, ends_within, pidfd


def end_marked(*marks: str) -> None:
    """Kill all with a word on its command line that begins with one of the marks, and wait for their end.

    What other users run stays.
    """
    words = tuple(os.fsencode(mark) for mark in marks)
    while killed := [process for about in Path("/proc").glob("[0-9]*") if (process := _killed(about, words))]:
        for process in killed:
            wait(process)


def kill(process: int) -> None:
    """Kill the process of a pidfd, and wait for its end; the pidfd is closed."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(process, signal.SIGKILL)
    wait(process)


def wait(process: int) -> None:
    """Wait for the end of a killed process, by its pidfd, which is closed. TimeoutError when it does not die."""
    try:
        if not ends_within(process, DYING):
            raise TimeoutError("the sandbox's processes do not die")
    finally:
        os.close(process)


def _killed(about: Path, marks: tuple[bytes, ...]) -> int | None:
    """Kill a process if it bears one of the marks; its pidfd."""
    if not _bears(about, marks) or (process := pidfd(int(about.name))) is None:
        return None
    # Between the look and the pidfd the number may have changed hands.
    if _bears(about, marks):
        with suppress(ProcessLookupError, PermissionError):
            signal.pidfd_send_signal(process, signal.SIGKILL)
            return process
    os.close(process)
    return None


def _bears(about: Path, marks: tuple[bytes, ...]) -> bool:
    try:
        words = (about / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return any(word.startswith(marks) for word in words)
