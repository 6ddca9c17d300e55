"""Forks: repositories of other owners that share a history, and whose branches pull requests come from."""

import shutil

from ghapp.playground.room import Room
from ghapp.playground.state import Repository, User
from ghapp.playground.verbs import accounts


def fork(room: Room, repository: Repository, owner: User) -> Repository:
    """Give someone a repository of the same name with all its branches. Raises TakenError when they have one."""
    with room.lock:
        full_name = f"{owner.login}/{repository.name}"
        made = accounts.repository(
            room, full_name, private=repository.private, default_branch=repository.default_branch
        )
        made.parent = repository
        made.bare.take(repository.bare, "refs/heads/*:refs/heads/*")
        return made


def of(room: Room, repository: Repository, login: str) -> Repository | None:
    """The repository that `login:branch` means in a pull request to this one: itself, or this owner's fork of it."""
    if login.lower() == repository.owner.login.lower():
        return repository
    known = [one for one in room.state.repositories.values() if one.parent is repository]
    return next((one for one in known if one.owner.login.lower() == login.lower()), None)


def delete(room: Room, repository: Repository) -> None:
    """Delete a repository. Pull requests from it stay open with the commits that they have, and without a source.

    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/working-with-forks
    """
    with room.lock:
        del room.state.repositories[repository.full_name.lower()]
        for other in room.state.repositories.values():
            other.parent = None if other.parent is repository else other.parent
            for _, pull in other.pulls():
                pull.source = None if pull.source is repository else pull.source
        shutil.rmtree(repository.bare.path)


def lent_branches(fork_: Repository) -> dict[str, Repository]:
    """Branches of a fork that those who may write to its parent may push to, each with that parent.

    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/working-with-forks/allowing-changes-to-a-pull-request-branch-created-from-a-fork
    """
    base = fork_.parent
    if base is None:
        return {}
    rows = base.pulls()
    return {
        pull.head_ref: base
        for issue, pull in rows
        if issue.state == "open" and pull.source is fork_ and pull.maintainer_can_modify
    }
