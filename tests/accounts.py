"""A run that may spend something, and an account that keeps what is charged to it."""

from __future__ import annotations

from collections.abc import Callable

from ghapp.core.budget import NOTHING_USED, Budget, Usage
from ghapp.core.events import Actor, Repository, Thread
from ghapp.core.run import Request, Run, Trigger


def run_of(budget: Budget | None = None, usage: Usage = NOTHING_USED) -> Run:
    """A run with this budget, which has used so much of it."""
    return Run(
        id="run",
        key="",
        thread=Thread(Repository(1, "ada/engine", 1), 7),
        requester=Actor(1, "ada"),
        trigger=Trigger(at=""),
        request=Request("", ""),
        created_at=0.0,
        budget=budget or Budget(),
        usage=usage,
    )


class Charges:
    """An account (`ports.Account`) without limits of its own; `charge` may be another function."""

    def __init__(self, charge: Callable[[Usage], object] | None = None) -> None:
        self.charged: list[Usage] = []
        self._charge = charge or self.charged.append

    def charge(self, usage: Usage) -> None:
        """Keep it, or do what the test wants."""
        self._charge(usage)

    def closed(self) -> str | None:
        """There is no limit but the budget's."""
        return None
