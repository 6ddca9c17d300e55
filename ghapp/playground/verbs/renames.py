"""Repositories get another name. Addresses with the old one lead to the new, until somebody takes the old one.

https://docs.github.com/en/repositories/creating-and-managing-repositories/renaming-a-repository
"""

from ghapp.playground.bare import Bare
from ghapp.playground.room import Room
from ghapp.playground.state import Repository
from ghapp.playground.verbs.accounts import TakenError


def rename(room: Room, repository: Repository, name: str) -> None:
    """Give a repository of the same owner another name. Raises TakenError.

    Nobody is told: GitHub sends `repository`, to which no App here is subscribed.
    """
    state = room.state
    with room.lock:
        before, after = repository.full_name.lower(), f"{repository.owner.login}/{name}".lower()
        if state.repository(after):
            raise TakenError(f"{after} exists already")
        place = repository.bare.path.with_name(f"{name}.git")
        repository.bare.path.rename(place)
        repository.bare, repository.name = Bare(place), name
        state.repositories[after] = state.repositories.pop(before)
        state.renamed[before] = repository
