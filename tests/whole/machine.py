"""What runs and is mounted on this machine, read from /proc: to find a process by its command, and what was left."""

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Process:
    """One process; `command` is its command line, empty for a zombie."""

    pid: int
    parent: int
    command: str


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Meanwhile, whatever loses its parent below this process becomes its child, so that nothing hides.

    https://man7.org/linux/man-pages/man2/pr_set_child_subreaper.2const.html
    """
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def below(pid: int) -> list[Process]:
    """All living processes below `pid`, parents first."""
    found = [pid]
    everyone = list(_processes())
    for parent in found:
        found += [process.pid for process in everyone if process.parent == parent]
    by_pid = {process.pid: process for process in everyone}
    return [by_pid[one] for one in found[1:] if by_pid[one].command]


def kill(*pids: int) -> None:
    """End processes with SIGKILL as if at one moment: none can note the other's death."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):  # it died with its parent a moment ago
                os.kill(pid, number)


def mounts() -> set[str]:
    """The lines of the mount table of this process."""
    return set(Path("/proc/self/mountinfo").read_text().splitlines())


def _processes() -> Iterator[Process]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        yield Process(int(folder.name), parent, command)
