"""The repository's config as it is now, on its default branch."""

from ghapp.core.config import PATH, Config
from ghapp.core.errors import UserError
from ghapp.core.events import Repository
from ghapp.core.ports import Repositories


def configured(repositories: Repositories, repository: Repository) -> tuple[Config, str]:
    """The config, and what is wrong with it: one that is not understood, or cannot be read, counts as the defaults."""
    try:
        return Config.parse(repositories.read_file(repository, PATH)), ""
    except UserError as error:
        return Config(), str(error)
