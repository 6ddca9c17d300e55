"""Our own records, wired over one Redis. Apart from bootstrap/, for parts that need no more and start often."""

import time
from dataclasses import dataclass

from ghapp.core.budget import MICROS
from ghapp.queue import RqQueue
from ghapp.settings import Settings
from ghapp.store.build_pages import Pages
from ghapp.store.connection import connect
from ghapp.store.conversations import Talks
from ghapp.store.identities import ChatIdentities
from ghapp.store.inbox import Inboxes
from ghapp.store.pace import Paces
from ghapp.store.pauses import Pauses
from ghapp.store.results import BaseResults
from ghapp.store.runs import Runs
from ghapp.store.spending import Caps, Spending
from ghapp.store.talks import ChatTalks
from ghapp.store.transcripts import Streams


class SystemClock:
    """The machine's clock (`ports.Clock`)."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()


@dataclass(frozen=True)
class Records:
    """Our own records, over one Redis."""

    runs: Runs
    inbox: Inboxes
    transcripts: Streams
    pace: Paces
    results: BaseResults
    spending: Spending
    conversations: Talks
    queue: RqQueue
    talks: ChatTalks
    identities: ChatIdentities
    build_pages: Pages
    pauses: Pauses


def records(settings: Settings, *, patient: bool = True) -> Records:
    """The records; a patient connection rides out a short outage, an impatient one answers at once."""
    redis = connect(settings.redis_url, patient=patient)
    return Records(
        Runs(redis, settings.lease_seconds),
        Inboxes(redis, 2 * settings.lease_seconds),
        Streams(redis),
        Paces(redis),
        BaseResults(redis),
        Spending(redis, SystemClock(), _caps(settings)),
        Talks(redis),
        RqQueue(redis),
        ChatTalks(redis),
        ChatIdentities(redis),
        Pages(redis),
        Pauses(redis),
    )


def _caps(settings: Settings) -> Caps:
    dollars = (settings.issue_dollars, settings.person_dollars, settings.repository_dollars, settings.day_dollars)
    return Caps(*(round(limit * MICROS) for limit in dollars))
