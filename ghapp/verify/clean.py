"""Makes a tool's output fit to be read by people and models: plain text, short paths, nothing said twice."""

import re
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby

_MAX_LINE = 500
# ECMA-48: CSI and OSC sequences, then any other escape of two characters.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)|[ -/]*[0-~])")
# Controls other than tab and newline, and the marks that reorder or hide text on a page.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
# A path without the folder that is looked for is kept as group 1 and passed as a whole: looking again from each of its
# slashes takes seconds for a line of slashes.
_PATHS = (
    (re.compile(r"(?:file://)?/workspace/"), ""),
    (re.compile(r"/workspace\b(?![/.-]\w)"), "."),
    (re.compile(r"/\S*?/(?:site|dist)-packages/|(/\S*)"), ".../"),
    (re.compile(r"/\S*?/lib/python3\.\d+/|(/\S*)"), ".../"),
    (re.compile(r"/\S*?/node_modules/|(/\S*)"), "node_modules/"),
    (re.compile(r"/\S*?/registry/src/[^/\s]+/|(/\S*)"), ".../"),
)


def lines(output: str) -> list[str]:
    """The output as plain lines of at most 500 characters, as a terminal would have left them."""
    return [_line(raw) for raw in output.replace("\r\n", "\n").split("\n")]


def folded(found: Iterable[str]) -> Iterator[str]:
    """Equal lines in a row as one line and a count; blank lines in a row as one."""
    for line, group in groupby(found):
        count = sum(1 for _ in group)
        yield line if count == 1 or not line.strip() else f"{line}  (x{count})"


def cut(found: list[str], budget: int) -> str:
    """The lines as one text of at most `budget` bytes of UTF-8: three fifths from the front, the rest from the end."""
    sizes = [len(line.encode()) + 1 for line in found]
    if sum(sizes) <= budget:
        return "\n".join(found)
    room = budget - 40
    front = _fitting(sizes, room * 3 // 5)
    back = _fitting(sizes[front:][::-1], room - sum(sizes[:front]))
    left_out = len(found) - front - back
    return "\n".join([*found[:front], f"… {left_out} lines left out …", *found[len(found) - back :]])


def _fitting(sizes: list[int], room: int) -> int:
    for count, size in enumerate(sizes):
        room -= size
        if room < 0:
            return count
    return len(sizes)


def _shortened(short: str, found: re.Match[str]) -> str:
    return found[1] if found.lastindex else short


def _line(raw: str) -> str:
    # A progress bar rewrites its line; what stands there last is what a person saw.
    text = raw[-20_000:].rstrip("\r").rpartition("\r")[2]
    text = _CONTROLS.sub("", _ESCAPES.sub("", text)).rstrip()
    for pattern, short in _PATHS:
        text = pattern.sub(partial(_shortened, short), text)
    return text if len(text) <= _MAX_LINE else f"{text[: _MAX_LINE - 1]}…"
