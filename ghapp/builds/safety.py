"""What makes an archive unsafe as a whole, whichever entry one wants of it."""

import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ghapp.builds.directory import Member
from ghapp.core.errors import UserError
from ghapp.core.messages import shelf

STORED, DEFLATED = 0, 8
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # itself, strongly, or its place in the directory
_ROOTED = re.compile(r"/|[A-Za-z]:")
_NOT_PLAIN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MAX_PATH, _MAX_NAME = 4_096, 255
_PLAIN_KINDS = (0, stat.S_IFREG, stat.S_IFDIR)  # 0 where the packer knew no modes
_BOMB_RATIO = 200
_HARMLESS = 4 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What is taken: entries, and bytes of each.

    `folded` has names count as the same when some file system takes them so. Packages are never unpacked by us, and in
    sound ones of Android there are names that differ in letter case only.
    """

    most: int
    entries: int = 10_000
    folded: bool = True


def refuse_unsafe(members: Sequence[Member], limits: Limits) -> None:
    """Raise UserError with the first reason to leave an archive alone."""
    seen: set[str] = set()
    for member in members:
        if why := _trouble(member, limits):
            raise UserError(why)
        name = _same(member.name) if limits.folded else member.name
        if name in seen:
            raise UserError(shelf.twice(member.name))
        seen.add(name)


def refuse_odd(name: str) -> None:
    """Raise UserError for what is no plain name of a file."""
    if why := _trouble_with_name(name) or (shelf.outside(name) if "/" in name else None):
        raise UserError(why)


def _trouble(member: Member, limits: Limits) -> str | None:
    if why := _trouble_with_name(member.name):
        return why
    if stat.S_IFMT(member.mode) not in _PLAIN_KINDS:
        return shelf.no_plain_file(member.name)
    if member.flags & _ENCRYPTED:
        return shelf.encrypted(member.name)
    if member.is_zip64:
        return shelf.zip64()
    if member.method not in (STORED, DEFLATED):
        return shelf.unknown_method(member.name)
    if member.size > limits.most or member.packed > limits.most:
        return shelf.too_large(limits.most)
    if member.size > max(_HARMLESS, member.packed * _BOMB_RATIO):
        return shelf.bomb(member.name)
    return None


def _trouble_with_name(name: str) -> str | None:
    parts = name.removesuffix("/").split("/")
    if _ROOTED.match(name) or "\\" in name or ".." in parts:
        return shelf.outside(name)
    if "" in parts or "." in parts or _NOT_PLAIN.search(name):
        return shelf.odd_name(name)
    if len(name) > _MAX_PATH or any(len(part.encode()) > _MAX_NAME for part in parts):
        return shelf.odd_name(name)
    return None


def _same(name: str) -> str:
    """A name as forgiving file systems compare it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name.removesuffix("/")).casefold())
