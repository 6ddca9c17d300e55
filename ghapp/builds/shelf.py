"""The files of builds on this machine: a cache, in which nothing is half there."""

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter

from ghapp.builds import screenshots
from ghapp.builds.archive import Archive, opened
from ghapp.builds.choosing import chosen
from ghapp.builds.directory import Member
from ghapp.builds.kinds import known
from ghapp.builds.making import making, remove, sweep_makings
from ghapp.builds.safety import Limits, refuse_odd
from ghapp.core.errors import TransientError, UserError
from ghapp.core.messages import shelf
from ghapp.core.ports import Taken
from ghapp.locks import alone, alone_if_free

_TAKEN = TypeAdapter(Taken)
_SHAPE = r"[A-Za-z0-9_-]{8,128}"  # of a token
_OURS = re.compile(rf"({_SHAPE})\.(?:build|pictures|lock)")
_FETCHED = "fetched"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Fetch = Callable[[Path], str | None]
"""Writes an archive, or a file that is in none, whose name it tells then."""


class FolderShelf:
    """The shelf (`ports.Shelf`) in a folder. Of anything, at most `most` bytes are taken.

    Besides what the port says, TransientError is raised when the disk is full, and ValueError for what is no token.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most

    def take(self, token: str, wanted: str, fetch: Fetch) -> Taken:
        """The one file of an archive that fits `wanted`, fetched unless it is here."""
        place = self._place(token, "build")
        with self._made(token, place, lambda folder: self._keep_build(folder, wanted, fetch)):
            return _TAKEN.validate_json((place / "taken.json").read_bytes())

    def take_pictures(self, token: str, fetch: Fetch) -> int:
        """The screenshots of an archive, fetched unless they are here."""
        place = self._place(token, "pictures")
        with self._made(token, place, lambda folder: self._keep_pictures(folder, fetch)):
            return len(list(place.iterdir()))

    def file(self, token: str) -> Path | None:
        """The file, whose name on disk is not its own."""
        return _if_there(self._place(token, "build") / "file") if _is_token(token) else None

    def picture(self, token: str, number: int) -> Path | None:
        """A screenshot, which ends in .png or .jpg as it is one."""
        if not _is_token(token):
            return None
        place = self._place(token, "pictures")
        return _if_there(place / f"{number}.png") or _if_there(place / f"{number}.jpg")

    def sweep(self, alive: Callable[[str], bool]) -> int:
        """Delete what belongs to no living token, and what dead makers left.

        What somebody is at work on is left to the next sweep: a build is taken before its page is kept.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        sweep_makings(self._folder)
        found = {match[1] for path in self._folder.iterdir() if (match := _OURS.fullmatch(path.name))}
        return sum(self._discard(token) for token in found if not alive(token))

    def _discard(self, token: str) -> bool:
        with alone_if_free(self._place(token, "lock")) as is_free:
            if is_free:
                remove(self._place(token, "build"))
                remove(self._place(token, "pictures"))
        return is_free

    def _place(self, token: str, what: str) -> Path:
        if not _is_token(token):
            raise ValueError("not the shape of a token")
        return self._folder / f"{token}.{what}"

    @contextmanager
    def _made(self, token: str, place: Path, keep: Callable[[Path], None]) -> Iterator[None]:
        """Fill a place unless it is there, and hold it in the block; who comes meanwhile waits, and fetches nothing."""
        with _disk_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            with alone(self._place(token, "lock")):
                if not place.is_dir():
                    with making(self._folder) as folder:
                        keep(folder)
                        folder.rename(place)
                yield

    def _keep_build(self, folder: Path, wanted: str, fetch: Fetch) -> None:
        name, file = self._fetched(folder, fetch), folder / "file"
        if name is None:
            with self._opened(folder) as archive:
                member = chosen(archive.files, wanted)
                _write(archive, member, file)
            name = member.base
        else:
            (folder / _FETCHED).rename(file)
        found = known(file, name, self._most)
        taken = Taken(name, found.kind, file.stat().st_size, found.title, found.identifier, found.version)
        (folder / "taken.json").write_bytes(_TAKEN.dump_json(taken))

    def _keep_pictures(self, folder: Path, fetch: Fetch) -> None:
        if self._fetched(folder, fetch) is None:
            with self._opened(folder) as archive:
                _write_pictures(screenshots.within(archive), folder)
        else:
            _write_pictures(screenshots.alone(folder / _FETCHED), folder)
            (folder / _FETCHED).unlink()

    def _fetched(self, folder: Path, fetch: Fetch) -> str | None:
        """What was fetched is in the folder, and on the disk; its name when it is no archive."""
        path = folder / _FETCHED
        name = fetch(path)
        if path.stat().st_size > self._most:
            raise UserError(shelf.too_large(self._most))
        if name is not None:
            refuse_odd(name)
            _sync(path)
        return name

    @contextmanager
    def _opened(self, folder: Path) -> Iterator[Archive]:
        """The archive that was fetched; deleted afterwards."""
        path = folder / _FETCHED
        with opened(path, Limits(self._most)) as archive:
            yield archive
        path.unlink()


def _write(archive: Archive, member: Member, to: Path) -> None:
    """Write a member to a file, and have it on the disk before anything is renamed."""
    with to.open("xb") as file:
        for chunk in archive.chunks(member):
            file.write(chunk)
    _sync(to)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _write_pictures(found: Iterator[tuple[str, bytes]], folder: Path) -> None:
    for number, (ending, content) in enumerate(found):
        (folder / f"{number}{ending}").write_bytes(content)


def _is_token(token: str) -> bool:
    return re.fullmatch(_SHAPE, token) is not None


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None


@contextmanager
def _disk_errors() -> Iterator[None]:
    """A full disk is for later; it leaves nothing behind."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise TransientError(shelf.disk_full()) from error
