"""The web part in this process, over a real Valkey."""

from dataclasses import dataclass, field

from flask import Flask
from redis import Redis

from ghapp.core.errors import StoreDown
from ghapp.store.identities import ChatIdentities
from ghapp.store.inbox import Inboxes
from ghapp.store.runs import Runs
from ghapp.store.transcripts import Streams
from ghapp.web import create_app

SECRETS = ("It's a Secret to Everybody", "the one before")


@dataclass
class Wakes:
    """A queue that remembers which inboxes it was asked to have drained, and which of them first (`ports.Queue`)."""

    inboxes: list[str] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)
    is_down: bool = False

    def intake(self, inbox: str, *, urgent: bool = False) -> None:
        if self.is_down:
            raise StoreDown("the queue does not answer")
        self.inboxes.append(inbox)
        if urgent:
            self.urgent.append(inbox)

    def execute(self, run_id: str, epoch: int) -> None:
        raise AssertionError("the front door starts no run")

    def has(self, run_id: str, epoch: int) -> bool:
        raise AssertionError("the front door asks for no run")

    def place(self, run_id: str, epoch: int) -> int | None:
        raise AssertionError("the front door asks for no run")


def app_over(redis: Redis, wakes: Wakes) -> Flask:
    """The application, over this Redis."""
    return create_app(
        inbox=Inboxes(redis),
        queue=wakes,
        secrets=SECRETS,
        pages=Runs(redis),
        transcripts=Streams(redis),
        forget=ChatIdentities(redis).forget_user,
    )
