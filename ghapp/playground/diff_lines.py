"""Lines of a diff: which of them a reviewer can remark on, and where a line has moved to since.

Pure over the patches that git made, which have three lines of context as GitHub's do.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Side = Literal["LEFT", "RIGHT"]

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class Line:
    """One line of a patch: its number on either side (None where it is not there), its hunk, counted from 0, and

    `position` as GitHub counts it, from the line after the first `@@`. `hunk_text` is the hunk down to this line.
    """

    old: int | None
    new: int | None
    hunk: int
    position: int
    hunk_text: str

    def number(self, side: Side) -> int | None:
        """Its number on one side."""
        return self.new if side == "RIGHT" else self.old


def lines_of(patch: str) -> Iterator[Line]:
    """Every line of a patch that a remark can stand beside."""
    old = new = hunk = -1
    text: list[str] = []
    for position, row in enumerate(patch.split("\n")):
        begins = _HUNK.match(row)
        if begins:
            old, new, hunk, text = int(begins[1]), int(begins[3]), hunk + 1, [row]
            continue
        if row.startswith("\\"):  # no newline at the end of the file
            continue
        text.append(row)
        in_old, in_new = not row.startswith("+"), not row.startswith("-")
        yield Line(old if in_old else None, new if in_new else None, hunk, position, "\n".join(text))
        old, new = old + in_old, new + in_new


def find(patch: str | None, side: Side, number: int) -> Line | None:
    """The line of this number on one side, or None where the diff does not show it."""
    return next((line for line in lines_of(patch or "") if line.number(side) == number), None)


def moved(patch: str | None, number: int) -> int | None:
    """The number that a line of the old side has on the new one; None when it was changed or removed."""
    shift = 0
    for begins in _HUNK.finditer(patch or ""):
        start, length, new, new_length = (int(group or 1) for group in begins.groups())
        if number < start:
            break
        if number < start + length:
            row = find(patch, "LEFT", number)
            return row.new if row else None
        shift = new + new_length - start - length
    return number + shift
