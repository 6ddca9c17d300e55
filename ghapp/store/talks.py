"""Which talk in the chat is about which thread on GitHub, which messages of ours stand in it or are still to be said
there, and who asked where.

All of it is kept for 90 days after it was last asked for or told.
"""

import json
import re
from collections import Counter
from dataclasses import replace
from typing import cast

from pydantic import TypeAdapter
from redis import Redis

from ghapp.core.chat import Speaker, Talk
from ghapp.core.events import Thread
from ghapp.store import names
from ghapp.store.connection import DAY, key, store_errors, text

KEEP = 90 * DAY
_THREAD = TypeAdapter(Thread)
_TALK = TypeAdapter(Talk)
_Rows = list[tuple[bytes | str, float]]
_TIMESTAMP = re.compile(r"[0-9]+\.[0-9]+")
"""What names a message in the chat; ids of files begin with a letter."""

# KEYS: talk, place of the thread, uses in the channel, uses by the person. ARGV: thread's key, thread, talk,
# repository, seconds to keep. The same once more is no second use, also when the repository has a new name.
_BIND = """
local before = redis.call('HGET', KEYS[1], 'about')
redis.call('HSET', KEYS[1], 'about', ARGV[1], 'thread', ARGV[2])
redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[5])
if before == ARGV[1] then return 0 end
for place = 3, 4 do
  redis.call('ZINCRBY', KEYS[place], 1, ARGV[4])
  redis.call('EXPIRE', KEYS[place], ARGV[5])
end
return 1
"""


class ChatTalks:
    """The talks (`ports.Talks`). Every verb raises StoreDown when Redis is away."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._bind = redis.register_script(_BIND)

    def bind(self, talk: Talk, thread: Thread, by: Speaker) -> None:
        """From now on the talk is about the thread, and the thread is told of there. Twice is once."""
        keys = [_talk(talk), _place(thread), _in_channel(talk), _by_person(by)]
        about, where = _THREAD.dump_json(thread), _TALK.dump_json(talk)
        with store_errors():
            self._bind(keys, [thread.key, about, where, thread.repository.id, KEEP])

    def thread(self, talk: Talk) -> Thread | None:
        """What the talk is about, its repository as it is called now."""
        found = self._field(talk, "thread")
        if found is None:
            return None
        thread = _THREAD.validate_json(found)
        with store_errors():
            self._redis.expire(_place(thread), KEEP)
        return replace(thread, repository=names.newest(self._redis, thread.repository))

    def of(self, thread: Thread) -> Talk | None:
        """Where the thread is told of."""
        with store_errors():
            found = self._redis.getex(_place(thread), ex=KEEP)
            if found is None:
                return None
            talk = _TALK.validate_json(found)
            self._redis.expire(_talk(talk), KEEP)
        return talk

    def find(self, talk: Talk) -> Talk | None:
        """The talk that holds this message of ours, when only its channel and timestamp (in `root`) are known."""
        with store_errors():
            found = self._redis.getex(_message(talk, talk.root), ex=KEEP)
        return None if found is None else Talk(talk.team, talk.channel, text(found))

    def keep(self, talk: Talk, name: str, value: str) -> None:
        """Remember something of the talk under a name. By what reads as a timestamp, `find` finds the talk."""
        with store_errors(), self._redis.pipeline() as all_of_it:
            all_of_it.hset(_talk(talk), _named(name), value)
            all_of_it.expire(_talk(talk), KEEP)
            if _TIMESTAMP.fullmatch(value):
                all_of_it.set(_message(talk, value), talk.root, ex=KEEP)
            all_of_it.execute()

    def kept(self, talk: Talk, name: str) -> str | None:
        """What was remembered last under the name."""
        return self._field(talk, _named(name))

    def owe(self, talk: Talk, name: str, words: str) -> None:
        """Remember words that are to be said in the talk, until something is kept under their name."""
        with store_errors(), self._redis.pipeline() as all_of_it:
            all_of_it.rpush(_unsaid(talk), json.dumps([name, words]))
            all_of_it.expire(_unsaid(talk), KEEP)
            all_of_it.execute()

    def owed(self, talk: Talk) -> tuple[tuple[str, str], ...]:
        """Names and words of what is still to be said, in the order in which it came; each name once."""
        with store_errors():
            rows = self._redis.lrange(_unsaid(talk), 0, -1)
        found: dict[str, str] = {}
        for row in rows:
            name, words = json.loads(row)
            if self.kept(talk, name) is None:
                found[name] = words
                continue
            with store_errors():
                self._redis.lrem(_unsaid(talk), 1, text(row))
        return tuple(found.items())

    def used(self, talk: Talk, speaker: Speaker) -> tuple[int, ...]:
        """Ids of the repositories that were asked about in this channel, or by this person, most often first."""
        counted: Counter[int] = Counter()
        with store_errors():
            for uses in (_in_channel(talk), _by_person(speaker)):
                rows = cast("_Rows", self._redis.zrange(uses, 0, -1, withscores=True))
                counted.update({int(repository): int(count) for repository, count in rows})
                self._redis.expire(uses, KEEP)
        return tuple(repository for repository, _ in counted.most_common())

    def _field(self, talk: Talk, field: str) -> str | None:
        with store_errors():
            found = self._redis.hget(_talk(talk), field)
            self._redis.expire(_talk(talk), KEEP)
        return None if found is None else text(found)


def _talk(talk: Talk) -> str:
    return key("talk", talk.key)


def _unsaid(talk: Talk) -> str:
    return key("unsaid", talk.key)


def _place(thread: Thread) -> str:
    return key("told-in", thread.key)


def _message(talk: Talk, ts: str) -> str:
    return key("message", talk.team, talk.channel, ts)


def _in_channel(talk: Talk) -> str:
    return key("used-in", talk.team, talk.channel)


def _by_person(speaker: Speaker) -> str:
    return key("used-by", speaker.key)


def _named(name: str) -> str:
    """No name is the field of what the talk is about."""
    return f"kept {name}"
