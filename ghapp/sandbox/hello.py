"""Reads the name that a TLS client asks for, out of the first bytes it sends. No I/O.

https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2 (ClientHello), https://www.rfc-editor.org/rfc/rfc6066#section-3
"""

from dataclasses import dataclass

MAX_HELLO = 32 * 2**10
_MAX_RECORDS = 16
_HANDSHAKE = 22
_CLIENT_HELLO = 1
_MAX_RECORD = 2**14
_SERVER_NAME = 0
_ENCRYPTED_CLIENT_HELLO = 0xFE0D


class NotTls(Exception):
    """What was sent is no ClientHello; the message says why."""


@dataclass(frozen=True)
class Hello:
    """What a ClientHello tells: the server's name (None when there is none), and whether it hides another inside."""

    name: str | None
    hides: bool


class _Bytes:
    """A cursor. Raises NotTls where there is less than is asked for."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def __bool__(self) -> bool:
        return self._at < len(self._content)

    def take(self, count: int) -> bytes:
        taken = self._content[self._at : self._at + count]
        if len(taken) < count:
            raise NotTls("its parts do not fit together")
        self._at += count
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """A field that is preceded by its own length in `size` bytes."""
        return self.take(self.number(size))


def hello(received: bytes) -> Hello | None:
    """The ClientHello that these bytes begin with; None while some of it is missing. NotTls when they are none."""
    message = bytearray()
    rest = received
    for _ in range(_MAX_RECORDS):  # it is read again with each piece that comes
        if len(rest) < 5:
            break
        kind, version, length = rest[0], rest[1], int.from_bytes(rest[3:5], "big")
        if kind != _HANDSHAKE or version != 3 or not 0 < length <= _MAX_RECORD:
            raise NotTls("it is no handshake of TLS")
        message += rest[5 : 5 + length]
        rest = rest[5 + length :]
        if len(message) >= 4:
            if message[0] != _CLIENT_HELLO:
                raise NotTls("it is no ClientHello")
            size = int.from_bytes(message[1:4], "big")
            if len(message) >= 4 + size:
                return _read(bytes(message[4 : 4 + size]))
    if (received and received[0] != _HANDSHAKE) or len(received) > MAX_HELLO or len(rest) >= 5:
        raise NotTls("it is no handshake of TLS")
    return None


def _read(body: bytes) -> Hello:
    fields = _Bytes(body)
    fields.take(2 + 32)  # version and random
    for size in (1, 2, 1):  # session, cipher suites, compression methods
        fields.vector(size)
    extensions = _Bytes(fields.vector(2)) if fields else _Bytes(b"")
    found: dict[int, bytes] = {}
    while extensions:
        kind, content = extensions.number(2), extensions.vector(2)
        if kind in found:
            raise NotTls("it says the same thing twice")
        found[kind] = content
    return Hello(_name(found.get(_SERVER_NAME)), _ENCRYPTED_CLIENT_HELLO in found)


def _name(content: bytes | None) -> str | None:
    if content is None:
        return None
    names = _Bytes(_Bytes(content).vector(2))
    kind, name = names.number(1), names.vector(2)
    if kind != 0 or names:
        raise NotTls("it names more than one server")
    return name.decode("ascii", "backslashreplace")
