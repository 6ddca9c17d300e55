"""What each repository is called now, and which installation sees it: both change, and its number does not.

Runs and talks are kept with what was true when they were written. They are read with what GitHub has told since, in
whatever state the run is: that is no part of its record, so nobody's writing is overtaken by it.
"""

from pydantic import TypeAdapter
from redis import Redis

from ghapp.core.events import ChatEvent, ChecksChanged, Happening, InstallationChanged, Repository, WordSaid
from ghapp.store.connection import DAY, key, store_errors

_KEEP = 90 * DAY
_REPOSITORY = TypeAdapter(Repository)


def learn(redis: "Redis", event: Happening) -> None:
    """Keep for 90 days what GitHub's event calls its repository; our own events repeat what was known. Or StoreDown."""
    if isinstance(event, ChatEvent | InstallationChanged | WordSaid):
        return
    if isinstance(event, ChecksChanged) and event.source == "poll":
        return
    repository = event.thread.repository
    with store_errors():
        redis.set(_name(repository), _REPOSITORY.dump_json(repository), ex=_KEEP)


def newest(redis: "Redis", repository: Repository) -> Repository:
    """The repository as it was told last. Raises StoreDown."""
    with store_errors():
        found = redis.get(_name(repository))
    return _REPOSITORY.validate_json(found) if found else repository


def _name(repository: Repository) -> str:
    return key("repository", repository.id)
