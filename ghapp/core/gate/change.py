"""What the gate is told of a change: values that an adapter fills from a bare repository."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal

FILE, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
MAX_TEXT = 2**20
"""Characters of a text that the rules on tests and checks read; secrets are looked for in all of it."""
MAX_COMPARED = 4 * 2**20
"""Characters that they read of a whole change: some seconds, with whatever text."""
MAX_LINE = 2_000
"""Characters of a line that they read."""


@dataclass(frozen=True)
class FileChange:
    """One path that differs between base and head, without looking for renames.

    `status` is git's: Added, Modified, Deleted, or Type changed. Modes are git's six digits, `000000` for none. `size`
    is the new content's in bytes. `before` and `after` are the texts of base and head: empty where there is no such
    file, a link, a submodule, or nothing but a mode changed; None for what is binary or was too large to be read. In
    `path`, `link_target` and the texts, bytes that are not UTF-8 are surrogates (`surrogateescape`).
    """

    path: str
    status: Literal["A", "M", "D", "T"]
    old_mode: str = "000000"
    new_mode: str = "000000"
    size: int = 0
    link_target: str | None = None
    before: str | None = ""
    after: str | None = ""

    @property
    def stays(self) -> bool:
        """Whether head has this path."""
        return self.status != "D"

    @property
    def is_compared(self) -> bool:
        """Whether both sides were read, and are short enough for the rules on tests and checks."""
        return all(text is not None and len(text) <= MAX_TEXT for text in (self.before, self.after))

    @cached_property
    def added(self) -> tuple[str, ...]:
        """Lines of head that base does not have, in head's order."""
        return tuple(_surplus(self.after or "", self.before or ""))

    @cached_property
    def removed(self) -> tuple[str, ...]:
        """Lines of base that head does not have, in base's order."""
        return tuple(_surplus(self.before or "", self.after or ""))


@dataclass(frozen=True)
class Change:
    """Everything between base and head.

    `commits` is how many head has that base has not, `merges` how many of them have other than one parent, and
    `descends` whether base is an ancestor of head.
    """

    files: tuple[FileChange, ...]
    commits: int = 1
    merges: int = 0
    descends: bool = True

    @cached_property
    def compared(self) -> tuple[FileChange, ...]:
        """The files of which both sides are read by the rules on tests and checks, as far as there is room."""
        readable = [file for file in self.files if file.is_compared]
        total = accumulate(len(file.before or "") + len(file.after or "") for file in readable)
        return tuple(file for file, so_far in zip(readable, total, strict=True) if so_far <= MAX_COMPARED)


def _surplus(text: str, other: str) -> list[str]:
    """Lines of `text` beyond those of `other`, counted rather than aligned.

    A diff can be led to take quadratic time, or by attributes to show nothing at all. Counting cannot; a line that
    only moves is not an added one.
    """
    lines = text.removesuffix("\n").split("\n") if text else []
    left = Counter(lines)
    left.subtract(other.removesuffix("\n").split("\n") if other else [])
    found = []
    for line in reversed(lines):
        if left[line] > 0:
            left[line] -= 1
            found.append(line)
    found.reverse()
    return found
