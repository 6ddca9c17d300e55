"""What kind of picture some bytes are and how large it is shown, by their first bytes and whatever they are called.

The model's service refuses a whole request for one picture that it does not take, so that is found out here.
https://docs.claude.com/en/docs/build-with-claude/vision
"""

from struct import error, unpack_from

_STEPS = 4_000  # bytes to fill up and segments before the frame header of a JPEG; real ones have a few dozen
PNG, JPEG, GIF, WEBP = "image/png", "image/jpeg", "image/gif", "image/webp"


def media_type(content: bytes) -> str | None:
    """One of the four kinds that the model takes, or None."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    return WEBP if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def pixels(content: bytes) -> tuple[int, int] | None:
    """Width and height, or None when the bytes do not tell."""
    try:
        match media_type(content):
            case "image/png":
                return _pair(unpack_from(">II", content, 16))
            case "image/gif":
                return _pair(unpack_from("<HH", content, 6))
            case "image/jpeg":
                return _of_jpeg(content)
            case "image/webp":
                return _of_webp(content)
            case _:
                return None
    except error:  # it ends too early
        return None


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    return values[0], values[1]


def _of_jpeg(content: bytes) -> tuple[int, int] | None:
    """In the first frame header (SOF). https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1.1.3 and B.2.2"""
    at = 2
    for _ in range(_STEPS):
        if content[at : at + 1] != b"\xff":
            return None
        marker, length = unpack_from(">BH", content, at + 1)
        if marker == 0xFF:  # a byte to fill up
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = unpack_from(">HH", content, at + 5)
            return width, height
        else:
            at += 2 + length
    return None


def _of_webp(content: bytes) -> tuple[int, int] | None:
    """In the first chunk, of which there are three kinds. https://developers.google.com/speed/webp/docs/riff_container"""
    match content[12:16]:
        case b"VP8X":
            return _side(content, 24), _side(content, 27)
        case b"VP8L":
            (bits,) = unpack_from("<I", content, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None


def _side(content: bytes, at: int) -> int:
    """A side of the canvas: three bytes, one less than it is."""
    low, high = unpack_from("<HB", content, at)
    side: int = (high << 16 | low) + 1
    return side
