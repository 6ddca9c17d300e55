"""Ways to hold the house at a chosen moment: a request that waits for its answer, a check that waits at a gate."""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ghapp.playground.faults import Fault

GATED = "rm -f /tmp/gate && mkfifo /tmp/gate && cat /tmp/gate && grep -q . state.txt"
"""A check that waits in its sandbox until the host opens the gate in the sandbox's /tmp."""


@dataclass(eq=False)
class Held(Fault):
    """The next request whose method and path match waits in the playground until it is let go, and is then served."""

    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def matches(self, method: str, path: str) -> bool:
        """Wait when it is the one; never a fault."""
        if super().matches(method, path):
            self.times -= 1
            self.reached.set()
            self.go.wait()
        return False


@contextmanager
def somebody_waits(data: Path) -> Iterator[bool]:
    """Whether a check waits at its gate below Honk's `data`; it waits on inside the block, and may pass after it."""
    held = [descriptor for gate in data.glob("runs/run-*/tmp/gate") if (descriptor := _hold(gate)) is not None]
    try:
        yield bool(held)
    finally:
        for descriptor in held:
            os.close(descriptor)


def _hold(gate: Path) -> int | None:
    try:
        return os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):  # nobody reads there, or the sandbox is gone
            return None
        raise
