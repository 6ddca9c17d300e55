"""Telling people, on GitHub and in the chat, and hearing them there."""

from ghapp.bootstrap.hub import GitHub, page
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering
from ghapp.records import Records, SystemClock
from ghapp.settings import Settings


def status(settings: Settings, kept: Records, hub: GitHub) -> Status:
    """The status comments."""
    clock = SystemClock()
    return Status(hub.issues, kept.runs, kept.conversations, kept.pace, clock, lambda key: page(settings, key))


def steering(kept: Records, telling: Status) -> Steering:
    """What passes words of people on to runs."""
    return Steering(kept.conversations, kept.runs, kept.queue, kept.transcripts, telling, SystemClock())
