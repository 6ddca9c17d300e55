"""Runs one command line to its end: feeds it, reads it, and sees to it that nothing of it is left.

bubblewrap dies with the thread that spawned it (`--die-with-parent` is PR_SET_PDEATHSIG, which follows the thread), so
spawn from the main thread or from one that outlives the command. https://man7.org/linux/man-pages/man2/prctl.2.html
"""

import json
import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence

from ghapp.core.errors import TransientError
from ghapp.core.ports import Completed
from ghapp.sandbox.jail import Jail, Machine, command_line, options
from ghapp.sandbox.overlay import Overlay

HEAD = 256 * 2**10
TAIL = 768 * 2**10
TIMED_OUT = 124  # as timeout(1) says it
_CHUNK = 64 * 2**10
DYING = 30.0  # seconds that killed processes may take to be gone


class Clipped:
    """Keeps the first and the last bytes of a stream of any length, and counts what lay between."""

    def __init__(self, head: int = HEAD, tail: int = TAIL) -> None:
        self._head_size, self._tail_size = head, tail
        self._head, self._tail = bytearray(), bytearray()
        self._dropped = 0

    def add(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        room = self._head_size - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        # Cut only now and then: moving the tail at each chunk would cost a copy of it each time.
        if len(self._tail) > 2 * self._tail_size:
            self._cut()

    def _cut(self) -> None:
        extra = max(0, len(self._tail) - self._tail_size)
        del self._tail[:extra]
        self._dropped += extra

    def text(self) -> str:
        """What was kept, as UTF-8 with bad bytes replaced."""
        self._cut()
        head, tail = self._head.decode(errors="replace"), self._tail.decode(errors="replace")
        return f"{head}\n[... {self._dropped} bytes left out ...]\n{tail}" if self._dropped else head + tail


def run(
    machine: Machine,
    jail: Jail,
    command: Sequence[str],
    *,
    overlay: Overlay | None = None,
    stdin: bytes = b"",
    timeout: float = 600,
) -> Completed:
    """Run a program in a jail until it ends or `timeout` seconds are over; then everything that it started is gone.

    TransientError when the sandbox itself does not come up: the message is what its programs said.
    """
    args, (status, status_inside) = os.memfd_create("honk-args"), os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _fill(args, options(machine, jail, status_inside))
        process = subprocess.Popen(
            command_line(machine, jail.mark, command, args, overlay.entering() if overlay else ()),
            cwd="/",
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(args, status_inside),
        )
        os.close(status_inside)
        status_inside = -1
        with process:
            return _Watch(process, stdin, status).until_end(timeout)
    finally:
        for descriptor in (args, status, status_inside):
            if descriptor >= 0:
                os.close(descriptor)


def _fill(descriptor: int, content: bytes) -> None:
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)


class _Watch:
    """One running sandbox, from its first byte to the last process's end."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes, status: int) -> None:
        assert process.stdout is not None
        assert process.stdin is not None
        self._process, self._in, self._out = process, process.stdin, process.stdout
        self._feed = memoryview(stdin)
        self._output = Clipped()
        self._status = status
        self._report = b""
        self._ended = -1  # a pidfd of bwrap
        self._first: int | None = None  # a pidfd of the sandbox's process number 1
        self._selector = selectors.DefaultSelector()

    def until_end(self, timeout: float) -> Completed:
        began = time.monotonic()
        try:
            self._listen()
            timed_out = not self._serve(began + timeout)
        finally:
            self._end()
        exit_code = TIMED_OUT if timed_out else self._exit_code()
        return Completed(exit_code, self._output.text(), time.monotonic() - began, timed_out)

    def _listen(self) -> None:
        self._ended = os.pidfd_open(self._process.pid)
        self._selector.register(self._ended, selectors.EVENT_READ)
        self._selector.register(self._status, selectors.EVENT_READ, self._read_status)
        for pipe, event, act in (
            (self._out, selectors.EVENT_READ, self._read),
            (self._in, selectors.EVENT_WRITE, self._write),
        ):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, event, act)

    def _serve(self, until: float) -> bool:
        """Move bytes until bwrap ends; False when the time is over first."""
        while (left := until - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                if key.fd == self._ended:
                    return True
                if not key.data():
                    self._selector.unregister(key.fileobj)
                    if key.data == self._write:
                        self._in.close()
        return False

    def _read(self) -> bool:
        """Take in some output; False at its end."""
        chunk = _take(self._out.fileno())
        self._output.add(chunk or b"")
        return chunk != b""

    def _read_status(self) -> bool:
        chunk = _take(self._status)
        self._report += chunk or b""
        if self._first is None and b"\n" in self._report:
            self._first = pidfd(json.loads(self._report.split(b"\n", 1)[0])["child-pid"])
        return chunk != b""

    def _write(self) -> bool:
        """Feed some input; False when there is no more, or nobody who wants it."""
        try:
            self._feed = self._feed[os.write(self._in.fileno(), self._feed[:_CHUNK]) :]
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False
        return bool(self._feed)

    def _end(self) -> None:
        """Kill what is left, wait for the end of the sandbox's process 1, and read what is still in the pipes.

        A process number 1 is not reported as ended before every other process of its namespace is gone.
        https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
        """
        self._selector.close()
        if self._ended >= 0:
            os.close(self._ended)
        # Not reaped yet, so the number is still ours, and so is the group, in which are those that bwrap has just made.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._read_status()
        if self._first is not None:
            gone = ends_within(self._first, DYING)
            os.close(self._first)
            if not gone:
                raise TimeoutError("the sandbox's processes do not die")
        while chunk := _take(self._out.fileno()):
            self._output.add(chunk)

    def _exit_code(self) -> int:
        """What bwrap reports of the program. It reports nothing when it could not start it."""
        for line in self._report.splitlines():
            if "exit-code" in (said := json.loads(line)):
                return int(said["exit-code"])
        raise TransientError(f"The sandbox did not come up: {self._output.text().strip()[-500:]}")


def _take(descriptor: int) -> bytes | None:
    """The next bytes; empty at the end, None when there are none yet."""
    try:
        return os.read(descriptor, _CHUNK)
    except BlockingIOError:
        return None


def ends_within(process: int, seconds: float) -> bool:
    """Wait for the end of the process of a pidfd; tells whether it came."""
    poll = select.poll()  # select() knows only the first 1,024 descriptors
    poll.register(process, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def pidfd(pid: int) -> int | None:
    """A descriptor of a process, or None when there is none of this number."""
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None
