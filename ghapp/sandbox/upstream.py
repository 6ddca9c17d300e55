"""The worker's own way to the internet: directly, or through the proxy that its environment names.

The proxy's address and password stay with the worker; what runs inside is told of neither.
"""

import asyncio
import base64
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from ghapp.sandbox.egress_rules import Refused
from ghapp.sandbox.sources import Source, joined, may_be_at

_CONNECTING = 30.0
_ANSWERING = 60.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Unreachable(OSError):
    """The server, or the proxy before it, does not answer; the message says what is wrong."""


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy of the operator's."""

    host: str
    port: int
    tls: bool
    authorization: tuple[tuple[bytes, bytes], ...] = ()

    async def open(self) -> Streams:
        """A connection to the proxy itself."""
        context = ssl.create_default_context() if self.tls else None
        return await asyncio.wait_for(asyncio.open_connection(self.host, self.port, ssl=context), _CONNECTING)


@dataclass(frozen=True)
class Upstream:
    """How the worker reaches servers; `environment` is its own, read for the usual variables."""

    environment: Mapping[str, str]

    def proxy(self, source: Source) -> Proxy | None:
        """The proxy on the way to a server, or None. Unreachable when the variable cannot be made use of."""
        value = self._variable(f"{source.scheme}_proxy") or self._variable("all_proxy")
        if not value or proxy_bypass_environment(source.address, {"no": self._variable("no_proxy")}):
            return None
        return _proxy(value if "://" in value else f"http://{value}")

    def _variable(self, name: str) -> str:
        return self.environment.get(name) or self.environment.get(name.upper()) or ""


async def connected(source: Source, proxy: Proxy | None) -> Streams:
    """A connection on which the server itself answers. Refused or Unreachable when there is none."""
    try:
        return await (_directly(source) if proxy is None else _through(proxy, source))
    except TimeoutError:
        raise Unreachable(f"{source.address} does not answer") from None


async def _directly(source: Source) -> Streams:
    """What is looked at is what is dialled: the name is resolved once, here."""
    loop = asyncio.get_running_loop()
    found = await asyncio.wait_for(loop.getaddrinfo(source.host, source.port, type=socket.SOCK_STREAM), _CONNECTING)
    numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = [number for number in numbers if may_be_at(source, number)]
    if not allowed:
        raise Refused(source.address, f"it leads into a private network ({', '.join(numbers)[:100]})")
    for number in allowed[:-1]:
        try:
            return await asyncio.wait_for(asyncio.open_connection(number, source.port), _CONNECTING)
        except OSError:
            continue  # the next address of the same server
    return await asyncio.wait_for(asyncio.open_connection(allowed[-1], source.port), _CONNECTING)


async def _through(proxy: Proxy, source: Source) -> Streams:
    reader, writer = await proxy.open()
    try:
        address = joined(source.host, source.port).encode()
        fields = b"".join(name + b": " + value + b"\r\n" for name, value in proxy.authorization)
        writer.write(b"CONNECT " + address + b" HTTP/1.1\r\nHost: " + address + b"\r\n" + fields + b"\r\n")
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _ANSWERING)
        status = answer.split(b" ", 2)[1:2]
        if status != [b"200"]:
            raise Unreachable(f"this machine's proxy does not lead to {source.address}")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.close()
        raise Unreachable("this machine's proxy does not answer as a proxy does") from None
    except BaseException:
        writer.close()
        raise
    return reader, writer


def _proxy(url: str) -> Proxy:
    try:
        parts = urlsplit(url)
        host, port, tls = parts.hostname, parts.port, parts.scheme == "https"
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise Unreachable("this machine's proxy is set to something that is no proxy of HTTP")
    return Proxy(host, port or (443 if tls else 80), tls, _authorization(parts.username, parts.password))


def _authorization(user: str | None, password: str | None) -> tuple[tuple[bytes, bytes], ...]:
    if user is None:
        return ()
    pair = base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode())
    return ((b"Proxy-Authorization", b"Basic " + pair),)
