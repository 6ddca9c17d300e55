"""Pictures that are only what a look at their first bytes tells."""

from struct import pack


def png(width: int = 390, height: int = 844) -> bytes:
    """The beginning of a PNG."""
    return b"\x89PNG\r\n\x1a\n" + pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\2\0\0\0"


def jpeg(width: int = 390, height: int = 844) -> bytes:
    """The beginning of a JPEG."""
    return b"\xff\xd8\xff\xc0" + pack(">HBHH", 11, 8, height, width) + b"\1\1\x11\0"
