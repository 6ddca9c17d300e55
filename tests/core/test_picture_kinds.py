"""How large a JPEG is shown, whatever comes before the header that says it."""

import pytest

from ghapp.core.picture_kinds import pixels

HEADER = b"\xff\xc0\0\x11\x08\0\x02\0\x03"  # two lines of three
COMMENT = b"\xff\xfe\0\x02"  # an empty one


@pytest.mark.parametrize("before", [b"", b"\xff" * 100, COMMENT * 1_000, b"\xff\xe2\xff\xff" + b"p" * 65_533])
def test_what_a_camera_writes_before_the_size_is_skipped(before: bytes) -> None:
    """Bytes to fill up, comments, and profiles of 64 KB."""
    assert pixels(b"\xff\xd8" + before + HEADER) == (3, 2)


@pytest.mark.parametrize("piece", [b"\xff", COMMENT])
def test_a_size_behind_endless_filling_is_not_looked_for(piece: bytes) -> None:
    """Somebody who fills megabytes with it wants our time, and has no picture to show."""
    assert pixels(b"\xff\xd8" + piece * 4_000_000 + HEADER) is None
