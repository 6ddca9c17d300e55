"""Small changes for the tests of the gate: both sides of each file as text, with the indentation taken off."""

from collections.abc import Mapping
from textwrap import dedent

from ghapp.core.gate import FILE, Change, FileChange, Finding, Limits, inspect

Sides = Mapping[str, tuple[str | None, str | None]]
"""Path -> its text before and after, None where it does not exist."""


def change(sides: Sides) -> Change:
    """The change that these files make."""
    return Change(tuple(_file(path, *texts) for path, texts in sides.items()))


def findings(sides: Sides) -> tuple[Finding, ...]:
    """What the gate says of it."""
    return inspect(change(sides), Limits())


def _file(path: str, before: str | None, after: str | None) -> FileChange:
    old, new = (dedent(text).lstrip("\n") if text else "" for text in (before, after))
    status = "A" if before is None else "D" if after is None else "M"
    modes = ("000000" if before is None else FILE, "000000" if after is None else FILE)
    return FileChange(path, status, *modes, size=len(new), before=old, after=new)  # type: ignore[arg-type]
