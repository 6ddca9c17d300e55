"""What a set-up command may ask of the way out: protocol without I/O.

A tunnel (CONNECT) to a listed server of https, or a GET or HEAD of a listed server of http, in absolute form.
https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6, https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ghapp.sandbox.hello import Hello
from ghapp.sandbox.sources import AllowList, Source, canonical, is_literal, joined

MAX_HEAD = 32 * 2**10
_SHOWN = 200
_LINE = re.compile(rb"([A-Z]{1,20}) ([\x21-\x7e]+) HTTP/1\.[01]")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*)")
_HOST = r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)"
_TUNNEL = re.compile(rf"{_HOST}:(?P<port>[0-9]{{1,5}})")
_PAGE = re.compile(rf"(?i:http)://{_HOST}(?::(?P<port>[0-9]{{1,5}}))?(?P<path>/[^#]*)?")
# Ours to say, or without meaning beyond one connection.
_DROPPED = frozenset(
    {b"connection", b"content-length", b"expect", b"host", b"keep-alive", b"proxy-authorization", b"proxy-connection",
     b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)  # fmt: skip
_NO_BODY = {b"content-length": (b"0",), b"transfer-encoding": ()}

Fields = list[tuple[bytes, bytes]]


class Refused(Exception):
    """Not let through. `address` is `host:port` as far as it could be read, always printable; the message says why."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(reason)
        self.address = address


@dataclass(frozen=True)
class Errand:
    """What is let through: a tunnel to a server, or (`method` given) one page of it."""

    source: Source
    method: str = ""
    path: str = ""
    fields: tuple[tuple[bytes, bytes], ...] = ()

    def request(self, *, by_proxy: bool = False, more: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
        """The head to send for the page; a proxy is told the whole address."""
        port = "" if self.source.port == 80 else f":{self.source.port}"
        host = f"[{self.source.host}]" if ":" in self.source.host else self.source.host
        target = f"http://{host}{port}{self.path}" if by_proxy else self.path
        fields = [(b"Host", f"{host}{port}".encode()), *self.fields, *more, (b"Connection", b"close")]
        lines = [f"{self.method} {target} HTTP/1.1".encode(), *(name + b": " + value for name, value in fields)]
        return b"\r\n".join(lines) + b"\r\n\r\n"


def errand(head: bytes, allowed: AllowList) -> Errand:
    """What a request's head (up to and with its empty line) asks for. Refused when it is not allowed."""
    line, *rest = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    if not (match := _LINE.fullmatch(line)):
        raise Refused(shown(line), "it is no request to a proxy")
    method, target = match[1].decode(), match[2].decode()
    if method == "CONNECT":
        if not (found := _TUNNEL.fullmatch(target)):
            raise Refused(shown(target), "it is no address")
        return Errand(_listed(allowed, "https", found["host"], int(found["port"])))
    if not (found := _PAGE.fullmatch(target)):
        raise Refused(shown(target), "it is no address of http")
    source = _listed(allowed, "http", found["host"], int(found["port"] or 80))
    if method not in ("GET", "HEAD"):
        raise Refused(source.address, f"{method} is not reading")
    return Errand(source, method, found["path"] or "/", tuple(_read_only(source, rest)))


def check_hello(source: Source, hello: Hello) -> None:
    """Refused unless the client asks for the server that it has dialled."""
    if hello.hides:
        raise Refused(source.address, "the name inside TLS is hidden")
    if is_literal(source.host) and hello.name is None:
        return
    if hello.name is None:
        raise Refused(source.address, "no name was asked for inside TLS")
    if canonical(hello.name) != source.host:
        raise Refused(f"{shown(hello.name)}:{source.port}", f"it was asked for inside TLS to {source.host}")


def shown(text: str | bytes) -> str:
    """What somebody inside wrote, as it can stand in a log: printable ASCII, not long."""
    plain = text.decode("latin-1") if isinstance(text, bytes) else text
    return plain[:_SHOWN].encode("unicode_escape").decode()[:_SHOWN]


def _listed(allowed: AllowList, scheme: str, host: str, port: int) -> Source:
    name = canonical(host)
    if name is None or not 0 < port < 2**16:
        raise Refused(shown(f"{host}:{port}"), "it is no address")
    if found := allowed.find(scheme, name, port):
        return found
    others = [each for each in allowed.sources if each.host == name]
    if others:
        wanted = " or ".join(sorted(f"{each.scheme} on port {each.port}" for each in others))
        raise Refused(joined(name, port), f"that host is known for {wanted} only")
    what = "an address instead of a name" if is_literal(name) else "no package registry that this machine knows"
    raise Refused(joined(name, port), f"it is {what}")


def _read_only(source: Source, lines: list[bytes]) -> Fields:
    """The fields that go along. Refused when there is a body, or when they cannot be read."""
    fields: Fields = []
    for line in lines:
        if not (match := _FIELD.fullmatch(line)):
            raise Refused(source.address, "its header fields cannot be read")
        name, value = match[1].lower(), match[2].strip()
        if name in _NO_BODY and value not in _NO_BODY[name]:
            raise Refused(source.address, "it sends something along")
        fields.append((match[1], value))
    return [(name, value) for name, value in fields if name.lower() not in _DROPPED]
