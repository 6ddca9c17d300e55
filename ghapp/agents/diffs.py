"""A diff made to fit: every file stays in it, and the largest give way first.

To cut at the end would let a change hide behind a large file that stands before it.
"""

from __future__ import annotations

import re

_FILE = re.compile(r"^(?=diff --git )", re.MULTILINE)
"""Lines of a file's content begin with a sign or a blank, so none of them can begin a file."""

_LEAST = 400  # characters; enough for a file's header


def fitted(diff: str, limit: int) -> tuple[str, tuple[str, ...]]:
    """The diff in about `limit` characters, and the headings of the files that were cut (and of those left out)."""
    if len(diff) <= limit:
        return diff, ()
    files = [part for part in _FILE.split(diff) if part.strip()]
    share = _share(sorted(map(len, files)), limit)
    shown = len(files) if share >= _LEAST else max(1, limit // _LEAST)
    share = max(share, _LEAST)
    shortened = [_heading(part) for part in files[:shown] if len(part) > share]
    left_out = [f"{_heading(part)} (not shown at all)" for part in files[shown:]]
    return "".join(_cut(part, share) for part in files[:shown]), (*shortened, *left_out)


def _share(sizes: list[int], limit: int) -> int:
    """How much each file may take, so that all together take `limit`; small files leave their rest to large ones."""
    for index, size in enumerate(sizes):
        share = limit // (len(sizes) - index)
        if size > share:
            return share
        limit -= size
    return max(sizes, default=0)


def _cut(part: str, share: int) -> str:
    """A file's part of the diff, its middle left out when it is longer than its share."""
    if len(part) <= share:
        return part
    half = share // 2
    return f"{part[:half]}\n[… {len(part) - 2 * half} characters left out …]\n{part[len(part) - half :]}"


def _heading(part: str) -> str:
    return part.partition("\n")[0].removeprefix("diff --git ")[:300]
