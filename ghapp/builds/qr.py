"""The code that a phone's camera reads."""

from io import BytesIO

import segno

_SCALE = 8  # pixels for each square: sharp on a phone's screen, and under 2 kB
_QUIET = 4  # squares around it, as the standard asks for


def png(address: str) -> bytes:
    """A picture (PNG) of an address, black on white with its quiet zone."""
    drawn = BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="png", scale=_SCALE, border=_QUIET)
    return drawn.getvalue()
