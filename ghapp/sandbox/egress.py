"""The only way out of a set-up: a proxy on the host, behind a Unix socket that is shown inside.

It leads to the listed package registries and nowhere else; whatever else is dialled is refused, logged and kept. TLS
is not opened: what is looked at is the name that is dialled, the name inside the first message of TLS, the address it
leads to, and how much is sent. One event loop in a thread of its own serves one set-up.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ghapp.sandbox.egress_rules import MAX_HEAD, Errand, Refused, check_hello, errand
from ghapp.sandbox.hello import MAX_HELLO, Hello, NotTls, hello
from ghapp.sandbox.sources import AllowList
from ghapp.sandbox.upstream import Streams, Upstream, connected

log = logging.getLogger(__name__)

_CHUNK = 64 * 2**10
_SAYING = 30.0  # seconds for a request's head, and for the first message of TLS
_MAX_KEPT = 50


@dataclass(frozen=True)
class Limits:
    """What one set-up may use: connections at a time (more wait, up to `waiting`), and bytes in each direction."""

    connections: int = 64
    waiting: int = 512
    up: int = 64 * 2**20
    down: int = 16 * 2**30


@dataclass
class Egress:
    """The way out while it is open. `refused` are reasons by `host:port`, each once."""

    socket: Path
    refused: dict[str, str] = field(default_factory=dict)

    def note(self, refused: Refused) -> None:
        """Keep and log a refusal; somebody who dials ever new names fills neither memory nor log."""
        if refused.address not in self.refused and len(self.refused) < _MAX_KEPT:
            self.refused[refused.address] = str(refused)
            log.warning("set-up did not reach %s: %s", refused.address, refused)


@contextmanager
def opened(folder: Path, allowed: AllowList, upstream: Upstream, limits: Limits | None = None) -> Iterator[Egress]:
    """Listen on a socket in `folder`, a folder of ours, until the block ends; then what is underway is cut."""
    egress = Egress(folder / "egress.sock")
    ours, stop = socket.socketpair()
    with ours, stop, _listening(egress.socket) as server, ThreadPoolExecutor(1, "honk-egress") as pool:
        stop.setblocking(False)
        session = _Session(egress, allowed, upstream, limits or Limits())
        done = pool.submit(lambda: asyncio.run(session.listen(server, stop)))
        try:
            yield egress
        finally:
            ours.close()
            done.result()


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """By way of a descriptor: a socket's path has 107 characters at most.

    https://man7.org/linux/man-pages/man7/unix.7.html
    """
    folder = os.open(path.parent, os.O_PATH | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{folder}/{path.name}")
            server.listen(128)
            yield server
    finally:
        path.unlink(missing_ok=True)
        os.close(folder)


class _Session:
    """Answers the callers of one set-up."""

    def __init__(self, egress: Egress, allowed: AllowList, upstream: Upstream, limits: Limits) -> None:
        self._egress, self._allowed, self._upstream, self._limits = egress, allowed, upstream, limits
        self._up, self._down = limits.up, limits.down
        self._room = asyncio.Semaphore(limits.connections)
        self._callers: set[asyncio.Task[None]] = set()

    async def listen(self, server: socket.socket, stop: socket.socket) -> None:
        """Serve until the other end of `stop` is closed."""
        loop = asyncio.get_running_loop()

        def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self._callers) >= self._limits.waiting:
                writer.close()
                return
            caller = loop.create_task(self._meet(reader, writer))
            self._callers.add(caller)
            caller.add_done_callback(self._callers.discard)

        async with await asyncio.start_unix_server(welcome, sock=server, limit=MAX_HEAD):
            await loop.sock_recv(stop, 1)
            for caller in self._callers:
                caller.cancel()
            await asyncio.gather(*self._callers, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._room:
                await self._serve(reader, writer)
        except Refused as refused:
            self._egress.note(refused)
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass  # the caller or the server went away, or what was said has no end
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SAYING)
        try:
            wanted, request, other = await self._open(head)
        except Refused as refused:
            self._egress.note(refused)  # before the answer: who has that may end
            await _answer(writer, b"403 Forbidden", f"{refused.address} is not reachable from set-up: {refused}")
            return
        except OSError as error:
            log.warning("set-up's way out does not lead on: %s", error)
            await _answer(writer, b"502 Bad Gateway", str(error))
            return
        log.info("set-up reaches %s", wanted.source.address)
        try:
            if request:
                await self._fetch(wanted, request, writer, other)
            else:
                await self._tunnel(wanted, (reader, writer), other)
        finally:
            other[1].close()

    async def _open(self, head: bytes) -> tuple[Errand, bytes, Streams]:
        """What is wanted, the request to make for it (empty for a tunnel), and the connection."""
        wanted = errand(head, self._allowed)
        proxy = self._upstream.proxy(wanted.source)
        if not wanted.method:
            return wanted, b"", await connected(wanted.source, proxy)
        if proxy is None:
            return wanted, wanted.request(), await connected(wanted.source, None)
        return wanted, wanted.request(by_proxy=True, more=proxy.authorization), await proxy.open()

    async def _fetch(self, wanted: Errand, request: bytes, writer: asyncio.StreamWriter, other: Streams) -> None:
        """One request and its answer; what the caller says after it is not listened to."""
        self._count_up(wanted, len(request))
        other[1].write(request)
        await self._receive(wanted, other[0], writer)

    async def _tunnel(self, wanted: Errand, caller: Streams, other: Streams) -> None:
        reader, writer = caller
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        first = await _first_message(wanted, reader)
        self._count_up(wanted, len(first))
        other[1].write(first)
        up = asyncio.create_task(self._send(wanted, reader, other[1]))
        down = asyncio.create_task(self._receive(wanted, other[0], writer))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            if not down.done():
                await up  # a caller that has said all still listens; one that sent too much does not
            await down
        finally:
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _send(self, wanted: Errand, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            self._count_up(wanted, len(chunk))
            writer.write(chunk)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()

    async def _receive(self, wanted: Errand, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            self._down -= len(chunk)
            if self._down < 0:
                raise Refused(wanted.source.address, "set-up has fetched more than it may")
            writer.write(chunk)
            await writer.drain()

    def _count_up(self, wanted: Errand, sent: int) -> None:
        self._up -= sent
        if self._up < 0:
            raise Refused(wanted.source.address, "set-up has sent more than it may")


async def _first_message(wanted: Errand, reader: asyncio.StreamReader) -> bytes:
    """What the caller of a tunnel says first: a ClientHello for the server that it dialled. Refused otherwise."""
    received, said = b"", None
    async with asyncio.timeout(_SAYING):
        while said is None:
            chunk = await reader.read(MAX_HELLO)
            if not chunk:
                raise EOFError
            received += chunk
            said = _hello(wanted, received)
    check_hello(wanted.source, said)
    return received


def _hello(wanted: Errand, received: bytes) -> Hello | None:
    try:
        return hello(received)
    except NotTls as error:
        raise Refused(wanted.source.address, f"no TLS was spoken: {error}") from None


async def _answer(writer: asyncio.StreamWriter, status: bytes, text: str) -> None:
    """Say why, as long as no tunnel is open."""
    body = text.encode() + b"\n"
    head = b"HTTP/1.1 " + status + b"\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
    with suppress(OSError):
        writer.write(head + str(len(body)).encode() + b"\r\n\r\n" + body)
        await writer.drain()
