"""The new side of a unified diff: the lines that a remark can lie on, and the diff with their numbers beside it.

Pure. A hunk is read by the lengths in its heading, because a line of a file may look like any heading.
https://git-scm.com/docs/diff-format#_generating_patch_text_with_p
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPED = re.compile(r"\\([0-7]{3}|.)")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}


@dataclass(frozen=True)
class _Line:
    """A line of a diff. `number` is where it stands on the new side of `path`; None where it does not."""

    raw: str
    in_hunk: bool = False
    path: str = ""
    number: int | None = None


def new_side(diff: str) -> dict[str, dict[int, str]]:
    """The lines that the diff adds, or shows around a change: by path and by number, without the sign."""
    sides: dict[str, dict[int, str]] = {}
    for line in _lines(diff):
        if line.number is not None:
            sides.setdefault(line.path, {})[line.number] = line.raw[1:]
    return sides


def with_numbers(diff: str) -> str:
    """The diff with the number of the new side before each line of a hunk, and blanks before a line that is gone."""
    return "\n".join(f"{line.number or '':>6} {line.raw}" if line.in_hunk else line.raw for line in _lines(diff))


def _lines(diff: str) -> Iterator[_Line]:
    path, number, old, new = "", 0, 0, 0
    for raw in diff.split("\n"):
        sign = raw[:1]
        if (old <= 0 and new <= 0) or sign not in ("+", "-", " ", "\\"):
            path, (old, number, new) = _heading(raw, path)
            yield _Line(raw)
            continue
        on_new = sign in ("+", " ")
        yield _Line(raw, True, path, number if on_new else None)
        number, new = number + on_new, new - on_new
        old -= sign in ("-", " ")


def _heading(raw: str, path: str) -> tuple[str, tuple[int, int, int]]:
    """The path that holds from here on; and of a hunk the old side's length, the new side's first line and length."""
    if raw.startswith("+++ "):
        return _path(raw[4:]), (0, 0, 0)
    if hunk := _HUNK.match(raw):
        return path, (int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1))
    return path, (0, 0, 0)


def _path(written: str) -> str:
    """A path as git writes it: behind `b/`, with a tab after one that has blanks, quoted like a C string when odd."""
    if written.startswith('"'):
        quoted = written.removeprefix('"').rpartition('"')[0]
        written = _ESCAPED.sub(lambda found: chr(_byte(found[1])), quoted.encode().decode("latin-1"))
        written = written.encode("latin-1").decode(errors="replace")
    return written.removesuffix("\t").removeprefix("b/")


def _byte(escape: str) -> int:
    return int(escape, 8) & 0xFF if len(escape) == 3 else _ESCAPES.get(escape, ord(escape))
