"""Unpacks a source archive that a stranger made: plain files and folders, nothing outside, nothing without end.

By hand and not with the ``data`` filter of tarfile, which Python 3.11 has only since 3.11.4 (Debian 12 ships 3.11.2).
"""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

MAX_BYTES = 300 * 1024 * 1024
MAX_FILES = 30_000


class ArchiveError(Exception):
    """The archive cannot be unpacked; the message is a sentence that says why."""


@dataclass(frozen=True)
class _Member:
    """One entry; ``open`` for files, ``target`` for symbolic links, neither for folders."""

    name: str
    size: int = 0
    executable: bool = False
    open: Callable[[], IO[bytes] | None] | None = None
    target: str = ""


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a tar or zip archive into ``into``; returns the one folder at its top. Raises ArchiveError."""
    into.mkdir(parents=True, exist_ok=True)
    root = into.resolve()
    with _members(archive) as members:
        count = size = 0
        for member in members:
            count, size = count + 1, size + member.size
            if count > MAX_FILES or size > MAX_BYTES:
                raise ArchiveError(f"{archive.name} holds more than {MAX_FILES} files or {MAX_BYTES} bytes.")
            _write(member, root, archive.name)
    _check_links(root, archive.name)
    tops = list(root.iterdir())
    if len(tops) != 1 or not tops[0].is_dir():
        raise ArchiveError(f"{archive.name} is no source archive: it should hold one folder at its top.")
    return tops[0]


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[_Member]]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened:
                yield _from_zip(opened)
        else:
            with tarfile.open(archive) as unzipped:
                yield _from_tar(unzipped, archive.name)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise ArchiveError(f"{archive.name} cannot be unpacked: {error}") from error


def _from_tar(opened: tarfile.TarFile, archive: str) -> Iterator[_Member]:
    for entry in opened:
        if entry.isdir():
            yield _Member(entry.name)
        elif entry.isfile():
            yield _Member(entry.name, entry.size, bool(entry.mode & 0o100), partial(opened.extractfile, entry))
        elif entry.issym():
            yield _Member(entry.name, target=entry.linkname)
        else:
            raise ArchiveError(f"{archive} holds {entry.name}, which is no file, no folder and no symbolic link.")


def _from_zip(opened: zipfile.ZipFile) -> Iterator[_Member]:
    for entry in opened.infolist():
        mode = entry.external_attr >> 16
        if entry.is_dir():
            yield _Member(entry.filename)
        elif stat.S_ISLNK(mode):
            yield _Member(entry.filename, target=opened.read(entry).decode(errors="replace"))
        else:
            yield _Member(entry.filename, entry.file_size, bool(mode & 0o100), partial(opened.open, entry))


def _write(member: _Member, root: Path, archive: str) -> None:
    name = PurePosixPath(member.name)
    path = root.joinpath(*name.parts)
    # An earlier entry may have made one of the folders a symbolic link.
    if name.is_absolute() or ".." in name.parts or not _inside(path.parent, root):
        raise ArchiveError(f"{archive} holds {member.name}, which would be written outside of its folder.")
    if member.target:
        _link(path, member.target, root, archive)
    elif member.open is None:
        path.mkdir(parents=True, exist_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        source = member.open()
        # "x" refuses a second entry of the same name, through a link too.
        with path.open("xb") as file:
            if source is not None:
                file.write(source.read(member.size))
        path.chmod(0o755 if member.executable else 0o644)


def _link(path: Path, target: str, root: Path, archive: str) -> None:
    if PurePosixPath(target).is_absolute() or not _inside(path.parent / target, root):
        raise ArchiveError(f"{archive} holds a link out of its folder: {path.name} -> {target}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def _check_links(root: Path, archive: str) -> None:
    """Judge all links again: what came after one may have changed where it leads."""
    for folder, folders, files in os.walk(root):
        for path in (Path(folder, name) for name in (*folders, *files)):
            if path.is_symlink() and not _inside(path, root):
                raise ArchiveError(f"{archive} holds a link out of its folder: {path.name} -> {path.readlink()}.")


def _inside(path: Path, root: Path) -> bool:
    # Unlike Path.resolve() of 3.11, realpath() is content with links in a circle.
    return Path(os.path.realpath(path)).is_relative_to(root)
