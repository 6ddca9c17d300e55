"""The room that all verbs work in: the state, its one lock, the clock, and the way out for events.

A verb changes the state under `lock` and calls `emit`; whoever listens to that event gets a signed delivery with the
state as it was at that moment.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from ghapp.playground.deliveries import Deliveries
from ghapp.playground.faults import Faults, Limits
from ghapp.playground.state import Actor, App, Installation, Repository, State
from ghapp.playground.views import people, repositories

Json = dict[str, Any]


class Descriptions(Protocol):
    """GitHub's published descriptions; every method answers the breaches it found, none when all is well."""

    used: set[str]

    def rest_request(self, method: str, template: str, query: Any, body: object | None) -> list[str]: ...

    def rest_response(self, method: str, template: str, status: int, body: object | None) -> list[str]: ...

    def delivery(self, event: str, payload: Any) -> list[str]: ...

    def graphql(self, document: str) -> list[str]: ...


class JobOutcome(Protocol):
    """How one job of a workflow ended; `conclusion` in GitHub's words, `artifacts` are zips by their names."""

    @property
    def name(self) -> str: ...
    @property
    def conclusion(self) -> str: ...
    @property
    def log(self) -> str: ...
    @property
    def artifacts(self) -> Mapping[str, bytes]: ...


class Outcome(Protocol):
    """How a workflow ended."""

    @property
    def conclusion(self) -> str: ...
    @property
    def jobs(self) -> Sequence[JobOutcome]: ...
    @property
    def problem(self) -> str: ...


Ci = Callable[[Path, str, str], Outcome]
"""Runs a workflow: the bare repository, the commit's sha, the text of the workflow file."""


class Turn:
    """The room's one lock. Who is last to let go of it after an event waits until what follows from that is done.

    GitHub does such things (auto-merge) on its own a moment later; here nobody ever sees the moment between.
    """

    def __init__(self, follow_up: Callable[[], None]) -> None:
        self._lock = threading.RLock()
        self._follow_up = follow_up
        self._depth = 0
        self.stirred = False

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while kind is None and self._depth == 1 and self.stirred:
                self.stirred = False
                self._follow_up()
        finally:
            self._depth -= 1
            self._lock.release()


class NotModelledError(Exception):
    """Something was asked that this playground does not know; the message says what."""


@dataclass(eq=False)
class Room:
    """`violations` must be empty at the end of a test; `emitted` names every event that happened, heard or not."""

    state: State
    data: Path
    contract: Descriptions | None = None
    ci: Ci | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    lock: Turn = field(init=False)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)
    violations: list[str] = field(default_factory=list)
    emitted: list[str] = field(default_factory=list)
    mergeable_unknown: int = 0
    """So many next reads of a pull request say `mergeable: null`, as GitHub does while it still computes."""
    attachments: dict[str, tuple[Repository, bytes]] = field(default_factory=dict)
    """Files that were dropped into texts of a repository, by name."""
    threads: list[threading.Thread] = field(default_factory=list)
    deliveries: Deliveries = field(init=False)

    def __post_init__(self) -> None:
        self.deliveries = Deliveries(self.state.next_id)
        self.lock = Turn(self.follow_up)

    def follow_up(self) -> None:
        """What happens by itself after an event; the world knows."""

    def now(self) -> datetime:
        return self.clock().replace(microsecond=0)

    def emit(self, event: str, repository: Repository, actor: Actor, payload: Json, only: App | None = None) -> None:
        """Tell every App that is installed on the repository and subscribed to this event (or `only` one of them)."""
        state, self.lock.stirred = self.state, True
        full = payload | {
            "repository": payload.get("repository") or repositories.repository(state, repository),
            "sender": people.user(state, actor.user),
        }
        if repository.owner.type == "Organization":
            full["organization"] = people.organization(state, repository.owner)
        self._check(event, full)
        for installation in state.installations_on(repository):
            if event in installation.events and only in (None, installation.app):
                mine = full | {"installation": {"id": installation.id, "node_id": installation.node_id}}
                self.deliveries.add(installation.app, event, mine, installation, repository.id)

    def emit_to_app(self, event: str, app: App, installation: Installation | None, payload: Json) -> None:
        """Tell one App what concerns itself: a ping, its installations."""
        self._check(event, payload)
        self.deliveries.add(app, event, payload, installation, None)

    def _check(self, event: str, payload: Json) -> None:
        action = payload.get("action")
        name = f"{event}.{action}" if action else event
        self.emitted.append(name)
        if self.contract is not None:
            self.violations += [f"delivery {name}: {breach}" for breach in self.contract.delivery(event, payload)]
