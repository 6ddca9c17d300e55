"""The files behind the pages of builds: those that this machine has, and fetched once more where it has not."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ghapp.core.builds import BuildPage
from ghapp.core.errors import Gone
from ghapp.core.events import Repository
from ghapp.core.ports import Artifacts, Shelf


@dataclass(frozen=True)
class BuildFiles:
    """Finds them. `artifacts` is asked for only when something has to be fetched; `most` is in bytes.

    Each verb raises Gone when GitHub has it no more, and what `Shelf.take` and `Artifacts.fetch` raise.
    """

    shelf: Shelf
    artifacts: Callable[[], Artifacts]
    most: int

    def file(self, page: BuildPage) -> Path:
        """The package itself."""
        found = self.shelf.file(page.token)
        if found is None:
            self.shelf.take(page.token, page.wanted, lambda to: self._fetch(page, page.build.artifact, to))
            found = self.shelf.file(page.token)
        return _there(found)

    def picture(self, page: BuildPage, number: int) -> Path:
        """A screenshot, counted from 0."""
        found = self.shelf.picture(page.token, number)
        if found is None and page.pictures_artifact:
            self.shelf.take_pictures(page.token, lambda to: self._fetch(page, page.pictures_artifact, to))
            found = self.shelf.picture(page.token, number)
        return _there(found)

    def _fetch(self, page: BuildPage, artifact: int, to: Path) -> str | None:
        repository = Repository(page.repository_id, page.full_name, page.installation)
        return self.artifacts().fetch(repository, artifact, to, self.most)


def _there(found: Path | None) -> Path:
    if found is None:
        raise Gone("this file is not kept any more")
    return found
