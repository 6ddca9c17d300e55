"""What happened on each thread, kept until somebody acted on it.

A delivery is stored whole in one script: its id, its meaning, the event in the thread's inbox and the mark that the
thread wants attention. Only then may the front door say 202.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from redis import Redis

from ghapp.core.events import (
    ChatEvent,
    ChecksChanged,
    Event,
    Happening,
    InstallationChanged,
    Repository,
    Thread,
    ThreadEvent,
    inbox_key,
    meaning,
)
from ghapp.store import names
from ghapp.store.connection import DAY, key, store_errors, text

log = logging.getLogger(__name__)

_EVENT: TypeAdapter[Happening] = TypeAdapter(Annotated[Happening, Field(discriminator="kind")])
LOCK_SECONDS = 60.0
_REMEMBER_DELIVERY = 4 * DAY
"""GitHub keeps a delivery for three days, and can send it again for as long."""
_REMEMBER_MEANING = 30 * DAY
_FOLLOW_COMMIT = 30 * DAY
"""So long checks report on a commit; whoever follows it for longer says so again."""
_MOST_DEATHS = 2
"""So many readers may die over one event by chance; what has ended one more of them would go on for ever."""
_LONGEST_PAUSE = 3600  # seconds, which is when GitHub's limits begin anew

# KEYS: delivery, meaning, inbox, wanted. ARGV: event, thread, seconds to remember a delivery, and a meaning (0: none).
# A hint that waits already need not wait twice; the first in line may be in somebody's hands, so it does not count.
_ADD = """
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[3]) then return 0 end
if ARGV[4] ~= '0' and not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[4]) then return 0 end
if redis.call('LLEN', KEYS[3]) > 1 and redis.call('LINDEX', KEYS[3], -1) == ARGV[1] then return 1 end
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('SADD', KEYS[4], ARGV[2])
return 1
"""

# KEYS: lock, begun. ARGV: token, lock in ms, seconds to remember. Takes hold, and tells how many readers have begun
# since the last one let go, this one included; 0 when another holds it.
_HOLD = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local begun = redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return begun
"""

# KEYS: lock, inbox, wanted, begun. ARGV: token, thread. Lets go; the thread stays wanted while there is mail.
_RELEASE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[4])
if redis.call('LLEN', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[2]) end
return 1
"""

# KEYS: lock, inbox. ARGV: token, lock in ms. The oldest event, and the lock for longer.
_PEEK = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('LINDEX', KEYS[2], 0)
"""

# KEYS: lock, inbox. ARGV: token.
_POP = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('LPOP', KEYS[2]) end
return 1
"""

# KEYS: lock, inbox, unreadable. ARGV: token. Out of the way, and kept for whoever looks into it.
_SET_ASIDE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('RPUSH', KEYS[3], redis.call('LPOP', KEYS[2]))
  redis.call('LTRIM', KEYS[3], -100, -1)
end
return 1
"""


class Mailbox:
    """One thread's mail while we hold it (`ports.Mail`)."""

    def __init__(self, redis: "Redis", thread_key: str, token: str, lock_ms: int) -> None:
        self._redis = redis
        self._lock_ms = lock_ms
        self._keys = [key("reading", thread_key), key("inbox", thread_key)]
        self._token = token

    def peek(self) -> Happening | None:
        """The oldest event that was not acted on; None also when the hold was lost.

        What another version of Honk stored and this one cannot read would block the thread for ever: it is set aside.
        """
        while (found := self._oldest()) is not None:
            try:
                return _EVENT.validate_json(found)
            except ValidationError:
                log.exception("an event in %s cannot be read and was set aside", self._keys[1])
                self.set_aside()
        return None

    def set_aside(self) -> None:
        """Take the oldest event out, and keep it for whoever looks into it."""
        with store_errors():
            self._redis.eval(_SET_ASIDE, 3, *self._keys, key("unreadable"), self._token)

    def after(self) -> Happening | None:
        """The event after the oldest one; None when there is none (yet), or it cannot be read."""
        with store_errors():
            found = self._redis.lindex(self._keys[1], 1)
        try:
            return _EVENT.validate_json(found) if found else None
        except ValidationError:
            return None

    def _oldest(self) -> bytes | None:
        with store_errors():
            found: bytes | None = self._redis.eval(_PEEK, 2, *self._keys, self._token, str(self._lock_ms))
        return found

    def done(self) -> None:
        """The event of `peek` was acted on."""
        with store_errors():
            self._redis.eval(_POP, 2, *self._keys, self._token)


class Inboxes:
    """Every thread's inbox (`ports.Inbox`). A reader that died blocks its thread for `lock_seconds`."""

    def __init__(self, redis: "Redis", lock_seconds: float = LOCK_SECONDS) -> None:
        self._redis = redis
        self._lock_ms = int(lock_seconds * 1000)
        self._add = redis.register_script(_ADD)

    def add(self, delivery: str, event: Happening) -> str | None:
        """Store one delivery; its inbox, or None when it, or what it means, was stored before. Raises StoreDown.

        None also for checks of a commit that no thread follows, of which nothing is kept.
        """
        with store_errors():
            found = event if isinstance(event, InstallationChanged | ChatEvent) else self._in_its_thread(event)
            if found is None:
                return None
            means = meaning(found)
            box = inbox_key(found)
            keys = [key("delivery", delivery), key("meaning", means), key("inbox", box), key("wanted")]
            remember = _REMEMBER_MEANING if means else 0
            is_new = self._add(keys, [_EVENT.dump_json(found), box, _REMEMBER_DELIVERY, remember])
        if not is_new:
            return None
        names.learn(self._redis, found)
        return box

    def _in_its_thread(self, event: ThreadEvent) -> Event | None:
        """An event on our pull request belongs to the issue's thread, one on a commit to whoever follows it."""
        thread = event.thread
        number = self._follower(event) or self._redis.hget(key("alias", thread.repository.id), str(thread.number))
        if number is None:
            return event if thread.number else None
        return replace(event, thread=replace(thread, number=int(number)))

    def _follower(self, event: ThreadEvent) -> bytes | str | None:
        if not isinstance(event, ChecksChanged):
            return None
        return self._redis.get(key("follow", event.thread.repository.id, event.head_sha))

    def alias(self, repository: Repository, pull: int, issue: int) -> None:
        """From now on, what happens on the pull request belongs to the issue's thread."""
        with store_errors():
            self._redis.hset(key("alias", repository.id), str(pull), str(issue))

    def thread_of(self, repository: Repository, number: int) -> Thread:
        """The thread to which an issue or a pull request belongs."""
        with store_errors():
            found = self._redis.hget(key("alias", repository.id), str(number))
        return Thread(repository, int(found) if found else number)

    def follow(self, thread: Thread, sha: str) -> None:
        """For 30 days from now on, what happens on the commit belongs to the thread, on whatever branch it is.

        A thread that follows a commit after another takes it over.
        """
        with store_errors():
            self._redis.set(key("follow", thread.repository.id, sha), str(thread.number), ex=_FOLLOW_COMMIT)

    def wanted(self) -> tuple[str, ...]:
        """Keys of the threads that wait to be drained, but for those put off."""
        with store_errors():
            found = sorted(map(text, self._redis.smembers(key("wanted"))))
            put_off = self._redis.mget([key("put-off", one) for one in found]) if found else []
        return tuple(one for one, later in zip(found, put_off, strict=True) if later is None)

    def put_off(self, inbox: str, seconds: float) -> None:
        """Leave it out of `wanted` for so long, an hour at the most."""
        with store_errors():
            self._redis.set(key("put-off", inbox), b"", px=max(1, int(min(seconds, _LONGEST_PAUSE) * 1000)))

    @contextmanager
    def drain(self, thread_key: str) -> Iterator[Mailbox | None]:
        """One thread's mail, for one reader at a time; None when another reads it."""
        token = secrets.token_hex(8)
        lock, begun = key("reading", thread_key), key("begun", thread_key)
        with store_errors():
            readers = int(self._redis.eval(_HOLD, 2, lock, begun, token, str(self._lock_ms), str(DAY)))
        if not readers:
            yield None
            return
        mail = Mailbox(self._redis, thread_key, token, self._lock_ms)
        try:
            if readers - 1 > _MOST_DEATHS:
                log.error("an event in %s was the last that %d readers saw, and was set aside", thread_key, readers - 1)
                mail.set_aside()
                with store_errors():
                    self._redis.set(begun, 1, ex=DAY)
            yield mail
        finally:
            with store_errors():
                keys = (lock, key("inbox", thread_key), key("wanted"), begun)
                self._redis.eval(_RELEASE, 4, *keys, token, thread_key)
