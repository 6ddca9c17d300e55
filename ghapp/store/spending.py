"""What runs and the router have spent, counted in Redis as it is spent.

It is kept apart from the record of a run, which is fenced: money is spent whoever's turn it is. Whoever reads a run
gets the count of the moment. Days are those of UTC.
"""

import secrets
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from redis import Redis

from ghapp.core.budget import MICROS, Usage
from ghapp.core.ports import Clock
from ghapp.core.run import Run
from ghapp.store.connection import DAY, key, store_errors, text

ROUTER = "router"
"""In place of a run's id, for what the router used."""
_KEEP = 90 * DAY
_COUNTED = tuple(field.name for field in fields(Usage))

# KEYS: the charge, usage, counters. ARGV: seconds to keep, micro-dollars, then names and counts of the usage. The
# client asks again when a connection is lost before the answer, so each charge has a name and is made once.
_CHARGE = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', 3600) then return 0 end
for at = 3, #ARGV, 2 do redis.call('HINCRBY', KEYS[2], ARGV[at], ARGV[at + 1]) end
for at = 3, #KEYS do redis.call('INCRBY', KEYS[at], ARGV[2]) end
for at = 2, #KEYS do redis.call('EXPIRE', KEYS[at], ARGV[1]) end
return 1
"""


@dataclass(frozen=True)
class Caps:
    """Limits in micro-dollars beyond a run's own: for an issue ever, and for each day. 0 is no limit."""

    issue: int = 50 * MICROS
    person: int = 100 * MICROS
    repository: int = 200 * MICROS
    day: int = 500 * MICROS


class Spending:
    """The count of all runs."""

    def __init__(self, redis: "Redis", clock: Clock, caps: Caps) -> None:
        self._redis, self._clock, self._caps = redis, clock, caps

    def account(self, run: Run) -> "RunAccount":
        """What this run's model calls are charged to."""
        return RunAccount(self._redis, self._clock, self._caps, run)

    def router(self) -> "RouterAccount":
        """What the router's questions are charged to."""
        return RouterAccount(self._redis, self._clock, self._caps)


def usage_of(redis: "Redis", run_id: str) -> Usage:
    """What a run has used so far."""
    with store_errors():
        found = redis.hgetall(_usage(run_id))
    return Usage(**{text(name): int(count) for name, count in found.items()})


class RunAccount:
    """The account of one run (`ports.Account`)."""

    def __init__(self, redis: "Redis", clock: Clock, caps: Caps, run: Run) -> None:
        self._redis, self._clock, self._caps, self._run = redis, clock, caps, run
        self._charge = redis.register_script(_CHARGE)

    def charge(self, usage: Usage) -> None:
        """Add it to all that it counts for, in one transaction."""
        counters = [counter for counter, _, _ in self._counters()]
        with store_errors():
            self._charge([_once(), _usage(self._run.id), *counters], _charged(usage))

    def closed(self) -> str | None:
        """The first limit that is reached, as a phrase: the run's own too, with what earlier attempts still charge."""
        if reason := self._run.budget.exceeded(usage_of(self._redis, self._run.id)):
            return reason
        counters = self._counters()
        with store_errors():
            found = self._redis.mget([counter for counter, _, _ in counters])
        for (_, cap, whose), spent in zip(counters, found, strict=True):
            if cap and int(spent or 0) >= cap:
                return f"the limit of ${cap / MICROS:.2f} {whose} is reached"
        return None

    def _counters(self) -> tuple[tuple[str, int, str], ...]:
        """Each counter with its cap and whose it is."""
        day = _day(self._clock)
        thread, person = self._run.thread, self._run.requester
        repository = thread.repository
        return (
            (key("spent", "issue", thread.key), self._caps.issue, "for this issue"),
            (key("spent", "person", str(person.id), day), self._caps.person, f"a day for @{person.login}"),
            (key("spent", "repository", str(repository.id), day), self._caps.repository, "a day for this repository"),
            _of_the_day(day, self._caps),
        )


class RouterAccount:
    """The account of the router (`ports.Account`). It is asked before there is a run, so the server's day pays."""

    def __init__(self, redis: "Redis", clock: Clock, caps: Caps) -> None:
        self._redis, self._clock, self._caps = redis, clock, caps
        self._charge = redis.register_script(_CHARGE)

    def charge(self, usage: Usage) -> None:
        """Add it to what the router used in all, and to the day."""
        counter, _, _ = _of_the_day(_day(self._clock), self._caps)
        with store_errors():
            self._charge([_once(), _usage(ROUTER), counter], _charged(usage))

    def closed(self) -> str | None:
        """The day's limit, as a phrase, when it is reached."""
        counter, cap, whose = _of_the_day(_day(self._clock), self._caps)
        with store_errors():
            spent = int(self._redis.get(counter) or 0)
        return f"the limit of ${cap / MICROS:.2f} {whose} is reached" if cap and spent >= cap else None


def _of_the_day(day: str, caps: Caps) -> tuple[str, int, str]:
    return key("spent", "day", day), caps.day, "a day for this server"


def _day(clock: Clock) -> str:
    return datetime.fromtimestamp(clock.now(), UTC).date().isoformat()


def _once() -> str:
    return key("charge", secrets.token_hex(16))


def _charged(usage: Usage) -> list[str | int]:
    counts: list[str | int] = [item for name in _COUNTED for item in (name, getattr(usage, name))]
    return [_KEEP, usage.micros, *counts]


def _usage(run_id: str) -> str:
    return key("usage", run_id)
