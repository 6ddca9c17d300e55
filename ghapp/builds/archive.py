"""An archive that was found safe, and the bytes of what is in it, counted and checked while they come."""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import Struct, error
from typing import BinaryIO

from ghapp.builds.directory import Directory, Member, directory_of
from ghapp.builds.safety import DEFLATED, Limits, refuse_unsafe
from ghapp.core.errors import UserError
from ghapp.core.messages import shelf

_LOCAL = Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\x03\x04"
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Archive:
    """The files of an open archive, folders left out. `starts` is where the bytes of each begin."""

    file: BinaryIO
    files: tuple[Member, ...]
    starts: Mapping[Member, int]

    def chunks(self, member: Member) -> Iterator[bytes]:
        """The contents, never more than `member.size`. UserError, at the latest at the end, when they are not that."""
        packed = _packed(self.file, self.starts[member], member.packed)
        crc = count = 0
        for chunk in _inflated(packed) if member.method == DEFLATED else packed:
            crc, count = zlib.crc32(chunk, crc), count + len(chunk)
            if count > member.size:
                raise UserError(shelf.lies(member.name))
            yield chunk
        if (count, crc) != (member.size, member.crc):
            raise UserError(shelf.damaged())


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Archive]:
    """Look through an archive and open it. UserError unless all of it is safe."""
    with path.open("rb") as file:
        directory = directory_of(file, limits.entries)
        refuse_unsafe(directory.members, limits)
        starts = _starts(file, directory)
        yield Archive(file, tuple(member for member in directory.members if not member.is_folder), starts)


def _starts(file: BinaryIO, directory: Directory) -> dict[Member, int]:
    """Where the contents of each begin. UserError where entries overlap, or have another name of their own.

    https://www.bamsoftware.com/hacks/zipbomb/
    """
    starts: dict[Member, int] = {}
    free_from = 0
    for member in sorted(directory.members, key=lambda member: member.at):
        if member.at < free_from:
            raise UserError(shelf.overlapping())
        starts[member] = start = _start(file, member)
        free_from = start + member.packed
    if free_from > directory.start:
        raise UserError(shelf.overlapping())
    return starts


def _start(file: BinaryIO, member: Member) -> int:
    file.seek(member.at)
    try:
        mark, _, flags, method, _, _, _, _, _, name_size, extra_size = _LOCAL.unpack(file.read(_LOCAL.size))
    except error as cut_off:
        raise UserError(shelf.damaged()) from cut_off
    # What another reader goes by must be what was judged.
    same = (method, flags & 1, file.read(name_size)) == (member.method, member.flags & 1, member.raw)
    if mark != _LOCAL_MARK or not same:
        raise UserError(shelf.damaged())
    return int(member.at + _LOCAL.size + name_size + extra_size)


def _packed(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    """The bytes as they are in the archive."""
    for at in range(start, start + size, _CHUNK):
        file.seek(at)  # each time, for two members may be read in turn
        yield file.read(min(_CHUNK, start + size - at))


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Inflate in pieces of at most 64 KiB, whatever they would come to. UserError when the stream is not whole."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while not engine.eof:
            data = engine.unconsumed_tail or next(packed, b"")
            chunk = engine.decompress(data, _CHUNK)
            if not data and not chunk:
                raise UserError(shelf.damaged())
            yield chunk
    except zlib.error as broken:
        raise UserError(shelf.damaged()) from broken
    if engine.unused_data or next(packed, b""):
        raise UserError(shelf.damaged())
