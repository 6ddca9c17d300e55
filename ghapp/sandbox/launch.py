"""A script that starts a program in a jail, for libraries that start their program themselves.

The library chooses when, how often and with which arguments; it passes its pipes, closes every other descriptor, and
knows of what it started only the process's number. So the script opens for itself what bwrap needs, and each step
replaces the one before: the number is bwrap's in the end, and its death is the death of all inside.
"""

import json
import os
import shlex
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ghapp.sandbox.folders import remove
from ghapp.sandbox.jail import Jail, Machine, command_line, options
from ghapp.sandbox.marks import end_marked, kill
from ghapp.sandbox.overlay import Overlay
from ghapp.sandbox.process import pidfd

_ARGS, _STATUS = 3, 4
# The record is opened first: once the options are gone, no start that we have not seen comes up.
_SCRIPT = '#!/bin/sh\nexec {words} "$@" {status}>{started}/$$ {args}<{options}\n'


@contextmanager
def script(
    machine: Machine, jail: Jail, command: Sequence[str], folder: Path, overlay: Overlay | None
) -> Iterator[Path]:
    """A script in `folder` that runs the command in the jail with its own arguments added.

    The command dies with the thread that starts the script. When the block ends, all that was started is gone;
    TimeoutError when it does not die.
    """
    ours = Path(tempfile.mkdtemp(prefix="launch-", dir=folder))  # with mode 0700
    mark = f"{jail.mark}-{ours.name}"
    try:
        (ours / "started").mkdir()
        (ours / "options").write_bytes(options(machine, jail, _STATUS))
        words = command_line(machine, mark, command, _ARGS, overlay.entering() if overlay else ())
        yield _write(ours, words)
    finally:
        (ours / "options").unlink(missing_ok=True)
        for record in (ours / "started").iterdir():
            _end(record)
        end_marked(mark, str(ours))  # what bwrap left behind, and scripts that have come no further than their name
        remove(ours)


def _write(ours: Path, words: Sequence[str]) -> Path:
    text = _SCRIPT.format(
        words=shlex.join(words),
        status=_STATUS,
        started=shlex.quote(str(ours / "started")),
        args=_ARGS,
        options=shlex.quote(str(ours / "options")),
    )
    path = ours / "start"
    path.write_bytes(os.fsencode(text))
    path.chmod(0o700)
    return path


def _end(record: Path) -> None:
    """End one start, also half-way. Its record is named by the process's number, and holds what bwrap has reported."""
    outer = _process(int(record.name), lambda about: _holds(about, record))
    if outer is not None:
        kill(outer)
    told, whole, _ = record.read_bytes().partition(b"\n")
    if whole:
        said = json.loads(told)
        first = _process(said["child-pid"], lambda about: (about / "ns/pid").stat().st_ino == said["pid-namespace"])
        if first is not None:  # it lives on for a moment, while all that is inside is killed
            kill(first)


def _holds(about: Path, record: Path) -> bool:
    return os.path.samestat((about / f"fd/{_STATUS}").stat(), record.stat())


def _process(pid: int, is_ours: Callable[[Path], bool]) -> int | None:
    """A pidfd of a process; None when it has ended, and the number is free or somebody else's by now."""
    found = pidfd(pid)
    if found is None:
        return None
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        if is_ours(Path("/proc", str(pid))):
            return found
    os.close(found)
    return None
