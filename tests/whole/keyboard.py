"""A person at a terminal of a command: reads what it says, and types when asked."""

import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# The child's terminal is a real one, made by the standard library in a process of its own.
_SPAWN = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
_SECONDS = 120.0


class Keyboard:
    """`said` is all that the screen has shown."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.said = ""
        self._read_to = 0

    def until(self, text: str) -> None:
        """Read on until this is said, after what was waited for before."""
        while (at := self.said.find(text, self._read_to)) < 0:
            assert self._read(), f"{text!r} was not said:\n{self.said}"
        self._read_to = at + len(text)

    def type(self, line: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def end(self) -> int:
        """Read to the end; the exit status."""
        while self._read():
            pass
        return self.process.wait(_SECONDS)

    def _read(self) -> bool:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(_SECONDS), f"silent:\n{self.said}"
        new = os.read(self.process.stdout.fileno(), 65_536)
        self.said += new.decode(errors="replace").replace("\r\n", "\n")
        return bool(new)


@contextmanager
def keyboard(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Iterator[Keyboard]:
    """Start a command at a terminal; it has ended when the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SPAWN, *command],
        cwd=folder, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with process:
        try:
            yield Keyboard(process)
        finally:
            process.kill()
