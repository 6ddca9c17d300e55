"""What a run's agent and its host have said, the work as it was then, and what people said to the agent meanwhile.

Conversation and work belong to the attempt that goes on with them, so each write compares the run's epoch in Redis
itself. Lines and bundles are kept for a month after the last of them. What people said stays as long as the run's
record: the run counts how many of these words its agent has got.

Everything is kept as text, so that it comes back alike whether or not the client decodes what it reads.
"""

import json
import logging
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence

from pydantic import TypeAdapter
from redis import Redis

from ghapp.core.errors import Superseded
from ghapp.core.ports import Said
from ghapp.core.run import Run
from ghapp.store.connection import DAY, key, store_errors, text

MAX_LINES = 8 * 2**20
"""Bytes of all lines of a conversation, in UTF-8 and before they are compressed."""
MAX_BUNDLE = 16 * 2**20
_KEEP = 30 * DAY
_SAID = TypeAdapter(Said)

# KEYS: run, conversation. ARGV: epoch, bytes of these lines, the lines, most bytes of all, seconds to keep. The run's
# record notes which attempt spoke last: when there are no lines after all, they were lost. What that attempt says then
# is a tail without its head and is not kept; the next attempt begins anew.
_APPEND = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
local total = tonumber(ARGV[2])
if redis.call('EXISTS', KEYS[2]) == 1 then
  total = total + tonumber(redis.call('HGET', KEYS[1], 'talk'))
elseif redis.call('HGET', KEYS[1], 'talked') == ARGV[1] then
  return 1
end
redis.call('HSET', KEYS[1], 'talked', ARGV[1], 'talk', total)
if total > tonumber(ARGV[4]) then
  redis.call('DEL', KEYS[2])
else
  redis.call('RPUSH', KEYS[2], ARGV[3])
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
return 1
"""

# KEYS: run, work. ARGV: epoch, bundle or nothing, seconds to keep. The one before goes in any case: it is not the work
# any more, and whoever took it up would undo what was done since.
_KEEP_WORK = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[2])
else
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
end
return 1
"""

# KEYS: run, words. ARGV: comment, what was said. Each word is numbered, for a hash has no order. Words to a run that
# has ended go when its record goes; the others get their time when it ends.
_SAY = """
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], redis.call('HLEN', KEYS[2]) .. ' ' .. ARGV[2])
local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[2], left) end
return 1
"""

log = logging.getLogger(__name__)


class Talks:
    """The conversations (`ports.Conversations`)."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._append = redis.register_script(_APPEND)
        self._keep_work = redis.register_script(_KEEP_WORK)
        self._say = redis.register_script(_SAY)

    def append(self, run: Run, lines: Sequence[str]) -> None:
        """Keep the next lines. Superseded when a newer attempt is out.

        A conversation of more than `MAX_LINES` is given up whole; the next attempt's begins anew.
        """
        size = sum(len(line.encode("utf-8", "surrogatepass")) for line in lines)
        packed = _packed(lines) if size <= MAX_LINES else ""
        with store_errors():
            kept = self._append([_run(run.id), _lines(run.id)], [run.epoch, size, packed, MAX_LINES, _KEEP])
        if not kept:
            raise Superseded(run.id)

    def lines(self, run_id: str) -> tuple[str, ...] | None:
        """All lines so far; empty when there was none, None when they became too many or too old and are gone."""
        with store_errors():
            if self._redis.hget(_run(run_id), "talked") is None:
                return ()
            pieces = self._redis.lrange(_lines(run_id), 0, -1)
        return tuple(line for piece in pieces for line in _unpacked(piece)) if pieces else None

    def keep_work(self, run: Run, bundle: bytes) -> None:
        """Keep a git bundle in place of the one before; none when it is empty, or of more than `MAX_BUNDLE` bytes.

        Empty means that nothing differs (any more). Superseded when a newer attempt is out.
        """
        if len(bundle) > MAX_BUNDLE:
            log.warning("the work of run %s is too large to be kept: %s bytes", run.id, len(bundle))
        kept = b64encode(bundle) if len(bundle) <= MAX_BUNDLE else b""
        with store_errors():
            if not self._keep_work([_run(run.id), key("work", run.id)], [run.epoch, kept, _KEEP]):
                raise Superseded(run.id)

    def work(self, run_id: str) -> bytes | None:
        """The bundle that was kept last; None when there is no work, or it is too large or too old and gone."""
        with store_errors():
            found = self._redis.get(key("work", run_id))
        return None if found is None else b64decode(found)

    def say(self, run_id: str, said: Said) -> bool:
        """Put a word in for the agent's next turn; False when this comment was put in before, or there is no run."""
        with store_errors():
            return bool(self._say([_run(run_id), words(run_id)], [said.comment, _SAID.dump_json(said)]))

    def said(self, run_id: str) -> tuple[Said, ...]:
        """All that was put in, oldest first."""
        with store_errors():
            found = self._redis.hvals(words(run_id))
        numbered = [text(word).partition(" ") for word in found]
        return tuple(_SAID.validate_json(word) for _, _, word in sorted(numbered, key=lambda parts: int(parts[0])))


def words(run_id: str) -> str:
    """The key of what people said to a run; it goes with the run's record."""
    return key("said", run_id)


def _run(run_id: str) -> str:
    return key("run", run_id)


def _lines(run_id: str) -> str:
    return key("lines", run_id)


def _packed(lines: Sequence[str]) -> bytes:
    return b64encode(zlib.compress(json.dumps(list(lines)).encode()))


def _unpacked(piece: bytes | str) -> list[str]:
    lines: list[str] = json.loads(zlib.decompress(b64decode(piece)))
    return lines
