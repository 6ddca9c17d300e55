"""Archives made byte by byte, so that they can say what no honest packer writes."""

import stat
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from struct import pack

STORED, DEFLATED = 0, 8
UTF8, ENCRYPTED = 0x800, 0x1
FILE, LINK, DEVICE = (kind | 0o644 for kind in (stat.S_IFREG, stat.S_IFLNK, stat.S_IFCHR))


@dataclass(frozen=True)
class Entry:
    """One entry. What is None is as it should be for the content."""

    name: str | bytes
    content: bytes = b""
    method: int = STORED
    mode: int = FILE
    flags: int = UTF8
    size: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    own_name: bytes | None = None
    extra: bytes = b""

    @property
    def raw(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    @property
    def body(self) -> bytes:
        """The content as it is in the archive."""
        if self.packed is not None:
            return self.packed
        return deflated(self.content) if self.method == DEFLATED else self.content

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The check sum, and the sizes packed and unpacked."""
        size = len(self.content) if self.size is None else self.size
        return zlib.crc32(self.content) if self.crc is None else self.crc, len(self.body), size

    def header(self) -> bytes:
        """What stands before the body."""
        name = self.raw if self.own_name is None else self.own_name
        return pack("<4s5H3L2H", b"PK\3\4", 20, self.flags, self.method, 0, 33, *self.numbers, len(name), 0) + name

    def listing(self, at: int) -> bytes:
        """Its place in the directory."""
        lengths = (len(self.raw), len(self.extra), 0, 0, 0)
        made_by, attributes = 3 << 8 | 20, self.mode << 16
        head = pack("<4s6H3L", b"PK\1\2", made_by, 20, self.flags, self.method, 0, 33, *self.numbers)
        return head + pack("<5H2L", *lengths, attributes, at) + self.raw + self.extra


def archive(*entries: Entry, count: int | None = None, comment: bytes = b"") -> bytes:
    """An archive of these, which says that there are `count`."""
    body, listings = bytearray(), bytearray()
    for entry in entries:
        listings += entry.listing(len(body))
        body += entry.header() + entry.body
    said = len(entries) if count is None else count
    return bytes(body + listings) + end(said, len(listings), len(body), comment)


def end(count: int, size: int, start: int, comment: bytes = b"") -> bytes:
    """The record that an archive ends with."""
    return pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, start, len(comment)) + comment


def deflated(content: bytes) -> bytes:
    """Packed, without the header of zlib."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(content) + engine.flush()


def zeros(megabytes: int) -> bytes:
    """So many MiB of zeros, deflated: one of them over and over, which costs no time to make."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = engine.compress(bytes(1024 * 1024)) + engine.flush(zlib.Z_FULL_FLUSH)
    return one * megabytes + engine.flush()


def fetch(content: bytes) -> Callable[[Path], None]:
    """What fetches this from CI."""

    def write(to: Path) -> None:
        to.write_bytes(content)

    return write
