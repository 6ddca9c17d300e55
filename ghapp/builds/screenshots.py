"""Which pictures of an archive are shown beside a build."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ghapp.builds.archive import Archive
from ghapp.core.picture_kinds import JPEG, PNG, media_type, pixels

MOST = 8
_MAX_BYTES = 5 * 1024 * 1024
_MAX_PIXELS = 20_000_000
_LOOKED_AT = 50
_ENDINGS = {PNG: ".png", JPEG: ".jpg"}


def within(archive: Archive) -> Iterator[tuple[str, bytes]]:
    """The first eight by name that are PNG or JPEG, small enough to show: how each ends, and its content.

    UserError when one is damaged within the archive; a picture that is none, or is too large, is left out.
    """
    named = (member for member in archive.files if member.base.casefold().endswith((".png", ".jpg", ".jpeg")))
    small = sorted((member for member in named if member.size <= _MAX_BYTES), key=lambda member: member.name)
    found = (b"".join(archive.chunks(member)) for member in small[:_LOOKED_AT])
    return islice(((ending, content) for content in found if (ending := _ending(content))), MOST)


def alone(path: Path) -> Iterator[tuple[str, bytes]]:
    """The same of a picture that is in no archive."""
    content = path.read_bytes() if path.stat().st_size <= _MAX_BYTES else b""
    if ending := _ending(content):
        yield ending, content


def _ending(content: bytes) -> str | None:
    """By its first bytes, whatever it is called; None for what is not to be shown."""
    size = pixels(content)
    if size is None or not 0 < size[0] * size[1] <= _MAX_PIXELS:
        return None
    return _ENDINGS.get(media_type(content) or "")
