"""The files of a build's page, fetched again by a machine that does not have them (any more)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ghapp.core.builds import BuildPage
from ghapp.core.errors import Gone
from ghapp.core.events import Repository
from ghapp.core.messages import shelf as words
from ghapp.core.ports import Artifacts, Shelf


@dataclass(frozen=True)
class ShelvedFiles:
    """What a page serves. Raises UserError (Gone when CI has it no more) and TransientError as its parts do.

    `artifacts` may cost a token of an installation, so it is asked for only when something is to be fetched. At most
    `most` bytes are fetched at once.
    """

    shelf: Shelf
    artifacts: Callable[[BuildPage], Artifacts]
    most: int

    def file(self, page: BuildPage) -> Path:
        """Where its one file is."""
        if found := self.shelf.file(page.token):
            return found
        self.shelf.take(page.token, page.wanted, lambda to: self._fetch(page, page.build.artifact, to))
        return _there(self.shelf.file(page.token))

    def picture(self, page: BuildPage, number: int) -> Path:
        """Where a screenshot is, counted from 0; it ends in .png or .jpg."""
        if found := self.shelf.picture(page.token, number):
            return found
        if page.pictures_artifact:
            self.shelf.take_pictures(page.token, lambda to: self._fetch(page, page.pictures_artifact, to))
        return _there(self.shelf.picture(page.token, number))

    def _fetch(self, page: BuildPage, artifact: int, to: Path) -> None:
        repository = Repository(page.repository_id, page.full_name, page.installation)
        self.artifacts(page).fetch(repository, artifact, to, self.most)


def _there(path: Path | None) -> Path:
    if path is None:
        raise Gone(words.gone())
    return path
