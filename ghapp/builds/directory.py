"""The directory of a zip archive: what it says is in it. Nothing of that is believed here, and nothing is unpacked.

By hand and not with zipfile: that makes an object of each entry before it can be asked how many there are, and takes
archives that two readers understand in two ways. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct, error
from typing import BinaryIO

from ghapp.core.errors import UserError
from ghapp.core.messages import shelf

_END = Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LOCATOR_MARK = b"PK\x06\x07"  # of the zip64 directory, 20 bytes before the end
_LOCATOR_SIZE = 20
_ENTRY = Struct("<4s6H3L5H2L")
_ENTRY_MARK = b"PK\x01\x02"
_FILE_MARK = b"PK\x03\x04"
_ZIP64_EXTRA = 1
_ALL_ONES = 0xFFFFFFFF  # "see zip64"
_MANY = 0xFFFF
_UTF8 = 0x800
_MAX_COMMENT = 0xFFFF
_MAX_DIRECTORY = 16 * 1024 * 1024


@dataclass(frozen=True)
class Member:
    """An entry, as the directory has it. `packed` and `size` in bytes, `at` is where its own header begins."""

    name: str
    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    at: int
    is_zip64: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it only names a folder."""
        return self.name.endswith("/") or stat.S_ISDIR(self.mode)

    @property
    def base(self) -> str:
        """The name without folders."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True)
class Directory:
    """All entries, and where the directory begins: no entry reaches further."""

    members: tuple[Member, ...]
    start: int


@dataclass(frozen=True)
class _End:
    count: int
    size: int
    start: int


def directory_of(file: BinaryIO, most: int) -> Directory:
    """Read the directory of an archive with at most `most` entries. UserError when it is none, or a damaged one."""
    end = _end_of(file)
    if end.count > most:
        raise UserError(shelf.too_many(most))
    if end.count == 0 and end.size == 0:
        raise UserError(shelf.empty_archive())
    if end.size > _MAX_DIRECTORY or end.size < end.count * _ENTRY.size:
        raise UserError(shelf.damaged())
    file.seek(end.start)
    try:
        return Directory(tuple(_entries(file.read(end.size), end.count)), end.start)
    except error as cut_off:
        raise UserError(shelf.damaged()) from cut_off


def _end_of(file: BinaryIO) -> _End:
    """The record at the end. Where a comment holds what looks like another one, readers differ: that is refused."""
    size = file.seek(0, 2)
    tail_at = max(0, size - _END.size - _MAX_COMMENT)
    file.seek(tail_at)
    tail = file.read(_END.size + _MAX_COMMENT)
    found = [at for at in _marks(tail) if at + _END.size + _comment_size(tail, at) == len(tail)]
    if len(found) != 1:
        file.seek(0)
        raise UserError(shelf.damaged() if found or file.read(4) == _FILE_MARK else shelf.no_archive())
    (at,) = found
    _, disk, first_disk, count_here, count, length, start, _ = _END.unpack_from(tail, at)
    locator = tail[max(0, at - _LOCATOR_SIZE) : at]
    if count != _MANY and (_ALL_ONES in (length, start) or locator.startswith(_LOCATOR_MARK)):
        raise UserError(shelf.zip64())
    # `count` of 0xFFFF is more than any limit here, whether or not the true one is written elsewhere.
    if count != _MANY and ((disk, first_disk, count_here) != (0, 0, count) or start + length != tail_at + at):
        raise UserError(shelf.damaged())
    return _End(count, length, start)


def _marks(tail: bytes) -> Iterator[int]:
    at = tail.find(_END_MARK)
    while 0 <= at <= len(tail) - _END.size:
        yield at
        at = tail.find(_END_MARK, at + 1)


def _comment_size(tail: bytes, at: int) -> int:
    size: int = _END.unpack_from(tail, at)[-1]
    return size


def _entries(data: bytes, count: int) -> Iterator[Member]:
    """All of them; UserError unless they fill the directory to the byte."""
    at = 0
    for _ in range(count):
        fields = _ENTRY.unpack_from(data, at)
        mark, _, _, flags, method, _, _, crc, packed, size, *lengths, disk, _, attributes, where = fields
        name_end = at + _ENTRY.size + lengths[0]
        extra_end = name_end + lengths[1]
        raw = data[at + _ENTRY.size : name_end]
        at = extra_end + lengths[2]
        if mark != _ENTRY_MARK or disk or at > len(data):
            raise UserError(shelf.damaged())
        is_zip64 = _ALL_ONES in (packed, size, where) or _has_zip64(data[name_end:extra_end])
        yield Member(_text(raw, flags), raw, flags, method, crc, packed, size, attributes >> 16, where, is_zip64)
    if at != len(data):
        raise UserError(shelf.damaged())


def _has_zip64(extra: bytes) -> bool:
    at = 0
    while at + 4 <= len(extra):
        if int.from_bytes(extra[at : at + 2], "little") == _ZIP64_EXTRA:
            return True
        at += 4 + int.from_bytes(extra[at + 2 : at + 4], "little")
    return False


def _text(raw: bytes, flags: int) -> str:
    """A name. Those without the mark for UTF-8 often are UTF-8 all the same."""
    try:
        return raw.decode()
    except UnicodeDecodeError as wrong:
        if flags & _UTF8:
            raise UserError(shelf.damaged()) from wrong
        return raw.decode("cp437")
