"""A pull request of Honk's under review, and time that passes on it: what was written there grows older."""

from dataclasses import replace
from datetime import timedelta

from ghapp.core.ledger import Fate
from tests.scenarios.opened import Opened
from tests.scenarios.town import Citizen, Town

FILE = "notes.txt"
TEXT = "41\n42\n43\n"


def under_review(town: Town) -> Opened:
    """A pull request with three lines to talk about."""
    return town.opened(files={FILE: TEXT})


def points(opened: Opened) -> list[tuple[str, str, Fate]]:
    """The ledger: name, author and fate of each point."""
    return [(one.name, one.author, one.fate) for one in opened.run.ledger]


def grows_quiet(opened: Opened, seconds: float = 75) -> None:
    """Let so many seconds pass in which nobody writes, and let Honk take in what it then should; nothing starts.

    Honk's own clock cannot be turned from outside, so what was written and what was planned move back instead.
    """
    for thread in opened.part.threads:
        for comment in thread.comments:
            comment.created_at -= timedelta(seconds=seconds)
    run = opened.run
    if run.look_at:
        opened.town.records.runs.save(replace(run, look_at=run.look_at - seconds))
    opened.town.tick()
    opened.town.listen()


def stopped(town: Town, opened: Opened, by: Citizen) -> str:
    """The last status of a run that somebody stops before anybody works on it."""
    town.forget_jobs()
    by.comment(opened.issue, "/honk stop")
    town.listen()
    town.later(6)
    return opened.status
