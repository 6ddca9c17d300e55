"""Misfortune as a setting of the world: answers that fail, connections that break, limits that are reached."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


@dataclass(eq=False)
class Fault:
    """The next `times` requests whose method and path match go wrong.

    `answer` refuses with `status` before anything happens. `lose_answer` does the work, then answers `status`.
    `cut` does the work, then breaks the connection without a word, so that the client cannot know. Git's requests
    (`\\.git/git-receive-pack$`) and those for files (`^/_logs/`) are always refused before anything happens.
    """

    method: str
    path: str
    how: Literal["answer", "lose_answer", "cut"] = "answer"
    status: int = 502
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)

    def matches(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in (method, "*") and re.search(self.path, path) is not None


@dataclass(eq=False)
class Meanwhile:
    """Something that happens in the world just before a request is served: before the one after `skip` that match."""

    method: str
    path: str
    act: Callable[[], object]
    skip: int = 0

    def matches(self, method: str, path: str) -> bool:
        return self.method in (method, "*") and re.search(self.path, path) is not None


@dataclass(eq=False)
class Faults:
    waiting: list[Fault] = field(default_factory=list)
    coming: list[Meanwhile] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        self.waiting.append(fault)
        return fault

    def meanwhile(self, method: str, path: str, act: Callable[[], object], skip: int = 0) -> Meanwhile:
        """Have something happen, once, just before a request is served."""
        self.coming.append(Meanwhile(method, path, act, skip))
        return self.coming[-1]

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that strikes this request; it is used up by one. What was to happen before it happens now."""
        for one in [each for each in self.coming if each.matches(method, path)]:
            one.skip -= 1
            if one.skip < 0:
                self.coming.remove(one)
                one.act()
        for fault in self.waiting:
            if fault.matches(method, path):
                fault.times -= 1
                return fault
        return None


@dataclass(eq=False)
class Limits:
    """Requests an hour for each bearer, and content writes a minute and an hour for each bearer.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """

    requests_an_hour: int = 5000
    writes_a_minute: int = 80
    writes_an_hour: int = 500
    _requests: dict[str, deque[datetime]] = field(default_factory=dict)
    _writes: dict[str, deque[datetime]] = field(default_factory=dict)

    def use(self, bearer: str, now: datetime) -> bool:
        """Count one request; False when the hour's are used up."""
        row = _recent(self._requests.setdefault(bearer, deque()), now - _HOUR)
        if len(row) >= self.requests_an_hour:
            return False
        row.append(now)
        return True

    def used(self, bearer: str) -> int:
        return len(self._requests.get(bearer, ()))

    def resets_at(self, bearer: str, now: datetime) -> int:
        """When the hour of this bearer ends, in seconds of Unix time."""
        row = self._requests.get(bearer)
        return int(((row[0] if row else now) + _HOUR).timestamp())

    def write(self, bearer: str, now: datetime) -> bool:
        """Count one content write; False when the secondary limit is reached."""
        row = _recent(self._writes.setdefault(bearer, deque()), now - _HOUR)
        if len(row) >= self.writes_an_hour or sum(at > now - _MINUTE for at in row) >= self.writes_a_minute:
            return False
        row.append(now)
        return True


def _recent(row: deque[datetime], oldest: datetime) -> deque[datetime]:
    while row and row[0] <= oldest:
        row.popleft()
    return row
