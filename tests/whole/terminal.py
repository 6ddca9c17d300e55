"""`honk` as it is typed: in a process of its own, with an environment that has nothing of ours but what is given.

The engine is the quicker one, without a judge, unless a test says otherwise.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.whole.keyboard import Keyboard, keyboard

ROOT = Path(__file__).parent.parent.parent
_SECONDS = 300
_END_SECONDS = 60
_PATIENCE = 180.0


@dataclass(frozen=True)
class Terminal:
    """`here` is the working folder, `temporary` is TMPDIR, `environ` what the operator has set."""

    here: Path
    temporary: Path
    environ: dict[str, str] = field(default_factory=dict)

    def honk(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            self._command(arguments), cwd=self.here, env=self._environ(), capture_output=True, text=True,
            timeout=_SECONDS, check=False,
        )  # fmt: skip

    @contextmanager
    def staying(self, *arguments: str, status: int = 0) -> Iterator[Path]:
        """A command that stays up, and the file of what it says; at the end of the block it is asked to end, and must
        do so with this exit status.
        """
        said = self.here.parent / f"{arguments[0]}.log"
        with said.open("wb") as output:
            process = subprocess.Popen(
                self._command(arguments), cwd=self.here, env=self._environ(), stdout=output, stderr=subprocess.STDOUT
            )
        try:
            yield said
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_END_SECONDS)
            finally:
                process.kill()
        assert process.returncode == status, said.read_text()

    @contextmanager
    def typing(self, *arguments: str) -> Iterator[Keyboard]:
        """A command that asks, and the person who answers."""
        with keyboard(self._command(arguments), self.here, self._environ()) as person:
            yield person

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "ghapp", *arguments]

    def _environ(self) -> Mapping[str, str]:
        kept = {name: text for name, text in os.environ.items() if name in ("HOME", "PATH") or name.startswith("PIP_")}
        return {
            **kept,
            "HONK_ENGINE": "messages",
            "HONK_JUDGE": "off",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self.temporary),
            **self.environ,
        }


def said_in_one_line(done: "subprocess.CompletedProcess[str]") -> str:
    """What a command that failed said: exit status 1 and one line, no traceback."""
    assert done.returncode == 1, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    return line


def until(found: Callable[[], Any]) -> Any:
    """What `found` finds at last; a server that is not up yet counts as nothing found."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            if something := found():
                return something
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not happen")
