"""What lies between two commits, for the gate and for people: read by plumbing, which obeys no configuration."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, cast

from ghapp.core.errors import UserError
from ghapp.core.gate import EXECUTABLE, FILE, LINK, Change, FileChange
from ghapp.git import blobs
from ghapp.git.process import Git, GitFailed, Limits

MAX_DIFF = 1_000_000
# Above what the gate lets out: beyond these, contents are not looked at, and sizes alone stop the change.
_MAX_BLOB = 8 * 2**20
_MAX_TOTAL = 48 * 2**20
# A few hundred bytes of nested trees can name more paths than there are atoms.
_LISTING = Limits(output=64 * 2**20, cpu=60, memory=4 * 2**30)
_LOOKED_AT = 8000  # where git itself looks for a NUL to tell binary files

_TEXTS = (FILE, EXECUTABLE)

Status = Literal["A", "M", "D", "T"]


@dataclass(frozen=True)
class _Entry:
    """One line of `diff-tree --raw`. https://git-scm.com/docs/diff-format"""

    path: str
    status: Status
    old_mode: str
    new_mode: str
    old: str
    new: str

    @property
    def texts(self) -> tuple[str | None, str | None]:
        """The blobs whose text is compared, of base and of head; None where there is nothing to read."""
        if self.old == self.new:
            return None, None
        return (self.old if self.old_mode in _TEXTS else None, self.new if self.new_mode in _TEXTS else None)


def change(git: Git, base: str, head: str) -> Change:
    """All files that differ, with both their texts, and how head comes from base."""
    entries = list(_entries(git, base, head))
    sizes = blobs.sizes(git, (sha for entry in entries for sha in (entry.old, entry.new)))
    known = blobs.contents(git, _readable(entries, sizes))
    parents = [line.split(" ")[1:] for line in git.text("rev-list", "--parents", f"{base}..{head}").splitlines()]
    return Change(
        files=tuple(_file(entry, sizes, known) for entry in entries),
        commits=len(parents),
        merges=sum(len(above) != 1 for above in parents),
        descends=git.succeeds("merge-base", "--is-ancestor", base, head),
    )


def diff(git: Git, base: str, head: str) -> str:
    """A unified diff of at most 1 MB, whole lines; bytes that are no UTF-8 are replaced."""
    output = git.run("diff-tree", "-r", "-p", "-M", "--no-color", "--no-textconv", "--no-ext-diff", base, head,
                     limits=Limits(output=MAX_DIFF))  # fmt: skip
    whole = output if len(output) < MAX_DIFF else output[: output.rfind(b"\n") + 1]
    return whole.decode(errors="replace")


def _entries(git: Git, base: str, head: str) -> Iterator[_Entry]:
    try:
        listed = git.run("diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", base, head, limits=_LISTING)
    except GitFailed as failure:
        raise UserError("The change is too large to look at.") from failure
    if len(listed) >= _LISTING.output:
        raise UserError("The change is too large to look at.")
    fields = listed.split(b"\0")
    for about, name in zip(fields[0::2], fields[1::2], strict=False):
        old_mode, new_mode, old, new, status = about.decode().removeprefix(":").split(" ")
        yield _Entry(os.fsdecode(name), cast(Status, status), old_mode, new_mode, old, new)


def _readable(entries: Sequence[_Entry], sizes: Mapping[str, int]) -> list[str]:
    """Targets of links and both sides of every text that changed, as far as there is room for them.

    Head's come first: what leaves must be looked at, whatever large files of base it takes away.
    """
    wanted = [entry.new for entry in entries if entry.new_mode == LINK]
    wanted += [entry.texts[1] for entry in entries if entry.texts[1]]
    wanted += [entry.texts[0] for entry in entries if entry.texts[0]]
    small = [sha for sha in dict.fromkeys(wanted) if sizes.get(sha, _MAX_BLOB + 1) <= _MAX_BLOB]
    total = accumulate(sizes[sha] for sha in small)
    return [sha for sha, so_far in zip(small, total, strict=True) if so_far <= _MAX_TOTAL]


def _file(entry: _Entry, sizes: Mapping[str, int], known: Mapping[str, bytes]) -> FileChange:
    target = known.get(entry.new) if entry.new_mode == LINK else None
    old, new = entry.texts
    return FileChange(
        path=entry.path,
        status=entry.status,
        old_mode=entry.old_mode,
        new_mode=entry.new_mode,
        size=sizes.get(entry.new, 0),
        link_target=os.fsdecode(target) if target is not None else None,
        before=_text(known.get(old)) if old else "",
        after=_text(known.get(new)) if new else "",
    )


def _text(content: bytes | None) -> str | None:
    """The content as text, or None for what was not read or has a NUL where git looks for one."""
    if content is None or b"\0" in content[:_LOOKED_AT]:
        return None
    return content.decode("utf-8", "surrogateescape")
