"""The shape of what leaves: descent, sizes, paths, modes, links and secrets. But for binary files, all of it blocks."""

from bisect import bisect_left
from collections.abc import Iterator

from ghapp.core import paths
from ghapp.core.gate.change import EXECUTABLE, FILE, LINK, SUBMODULE, Change, FileChange
from ghapp.core.gate.findings import Finding, Limits, Rule, block, note, shown
from ghapp.core.leaks import Watch


def inspect(change: Change, limits: Limits, watch: Watch) -> Iterator[Finding]:
    """What no change may have, whoever asks for it."""
    yield from _descent(change)
    yield from _sizes(change, limits)
    for file in change.files:
        if file.stays:
            yield from _file(file, limits, watch)
    yield from _replaced_folders(change, watch)


def _descent(change: Change) -> Iterator[Finding]:
    if not change.descends or (change.files and change.commits < 1):
        yield block(Rule.DESCENT, "", "the work is not built on the base commit")
    if change.merges:
        yield block(Rule.DESCENT, "", f"{change.merges} of the commits are merges or have no parent")


def _sizes(change: Change, limits: Limits) -> Iterator[Finding]:
    total = sum(file.size for file in change.files if file.stays)
    if len(change.files) > limits.files:
        yield block(Rule.SIZE, "", f"{len(change.files)} files are changed, {limits.files} may be")
    if total > limits.total_bytes:
        yield block(Rule.SIZE, "", f"the changed files have {total:,} bytes, {limits.total_bytes:,} may be")


def _replaced_folders(change: Change, watch: Watch) -> Iterator[Finding]:
    """A link in place of a folder: whatever is written to the folder from then on goes elsewhere."""
    names = sorted(file.path for file in change.files)
    for file in change.files:
        if file.stays and file.new_mode == LINK:
            inside = f"{file.path}/"
            place = bisect_left(names, inside)
            if place < len(names) and names[place].startswith(inside):
                yield block(Rule.LINK, shown(file, watch), "a link takes the place of a folder")


def _file(file: FileChange, limits: Limits, watch: Watch) -> Iterator[Finding]:
    name = shown(file, watch)
    yield from _shape(file, name)
    if file.size > limits.file_bytes:
        yield block(Rule.SIZE, name, f"{file.size:,} bytes, {limits.file_bytes:,} may be")
    yield from _secrets(file, name, watch)


def _shape(file: FileChange, name: str) -> Iterator[Finding]:
    """Path, mode and target of what head has."""
    if trouble := paths.trouble(file.path):
        yield block(Rule.PATH, name, trouble)
    if file.new_mode == LINK:
        target = paths.link_trouble(file.path, file.link_target or "")
        if target:
            yield block(Rule.LINK, name, target)
    elif file.new_mode not in (FILE, EXECUTABLE, SUBMODULE):
        yield block(Rule.MODE, name, "neither a file nor a link")
    if file.after is None:
        yield note(Rule.BINARY, name, "a binary file; nobody looked into it")


def _secrets(file: FileChange, name: str, watch: Watch) -> Iterator[Finding]:
    for leak in watch.find(file.path):
        yield block(Rule.SECRET, name, f"{leak.kind} in the path")
    for leak in watch.find(file.link_target or ""):
        yield block(Rule.SECRET, name, f"{leak.kind} in the target of the link")
    for leak in watch.find("\n".join(file.added)):
        yield block(Rule.SECRET, name, f"{leak.kind} in added line {leak.line}")
