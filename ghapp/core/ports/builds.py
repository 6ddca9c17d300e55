"""What the use cases need of builds: where CI left them, the shelf of files on this machine, and their pages."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ghapp.core.builds import BuildKind, BuildPage
from ghapp.core.events import Repository


@dataclass(frozen=True)
class Artifact:
    """An archive that a run of Actions kept. `size` in bytes, as GitHub has it; one that is `expired` is gone."""

    id: int
    name: str
    size: int
    expired: bool
    run: int


class Artifacts(Protocol):
    """Archives that Actions keeps."""

    def on(self, repository: Repository, sha: str) -> tuple[Artifact, ...]:
        """All of the runs on a commit, newest first; of runs for pull requests too, whose head it is."""
        ...

    def fetch(self, repository: Repository, artifact: int, to: Path, most: int) -> str | None:
        """Write the archive (a zip) to a file; the name of one that was kept as it is, and in no archive.

        UserError when it has more than `most` bytes, Gone when it expired.
        """
        ...


@dataclass(frozen=True)
class Taken:
    """What an archive had in it: the one file, what it is, and how many screenshots."""

    file: str
    kind: BuildKind
    size: int
    title: str = ""
    identifier: str = ""
    version: str = ""
    pictures: int = 0


class Shelf(Protocol):
    """The files of builds on this machine, a cache: each in a folder of its own, until its time is over."""

    def take(self, token: str, wanted: str, fetch: Callable[[Path], str | None]) -> Taken:
        """Fetch an archive and keep the one file whose name fits `wanted`, checked and typed. Twice is once.

        What `fetch` tells the name of is that file itself.
        UserError, with a sentence for people, for what is no such archive or not safe to open: nothing is kept then.
        """
        ...

    def take_pictures(self, token: str, fetch: Callable[[Path], str | None]) -> int:
        """Keep the screenshots of an archive, at most eight; how many. UserError as above."""
        ...

    def file(self, token: str) -> Path | None:
        """Where the file is, None when this machine does not have it."""
        ...

    def picture(self, token: str, number: int) -> Path | None:
        """A screenshot, counted from 0."""
        ...

    def sweep(self, alive: Callable[[str], bool]) -> int:
        """Delete the files of every token that is not alive; how many."""
        ...


class BuildPages(Protocol):
    """What each page of a build is about."""

    def keep(self, page: BuildPage) -> None:
        """Keep it until it expires."""
        ...

    def get(self, token: str) -> BuildPage | None:
        """None when it is unknown, expired or revoked."""
        ...

    def revoke(self, token: str) -> None:
        """Nobody opens it any more."""
        ...
