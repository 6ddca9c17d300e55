"""What a run did, line by line, as a capped Redis stream that is kept for a month."""

from collections.abc import Iterable
from typing import Any

from redis import Redis

from ghapp.core.ports import Entry
from ghapp.store.connection import DAY, key, store_errors

MAX_ENTRIES = 10_000
MAX_TEXT = 16_384
"""Characters a line."""
_KEEP = 30 * DAY


class Streams:
    """The transcripts (`ports.Transcripts`)."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def append(self, run_id: str, kind: str, text: str) -> None:
        """Add a line; what is longer than `MAX_TEXT` is cut, and of more than `MAX_ENTRIES` the oldest go."""
        stream = key("transcript", run_id)
        line: dict[str, str | bytes] = {"kind": kind, "text": text[:MAX_TEXT].encode("utf-8", "replace")}
        with store_errors(), self._redis.pipeline() as pipeline:
            pipeline.xadd(stream, line, maxlen=MAX_ENTRIES, approximate=True)  # type: ignore[arg-type]
            pipeline.expire(stream, _KEEP)
            pipeline.execute()

    def read(self, run_id: str, after: str = "0") -> tuple[Entry, ...]:
        """The lines behind the id `after`, oldest first."""
        with store_errors():
            found: Any = self._redis.xrange(key("transcript", run_id), min=f"({after}" if after != "0" else "-")
        return _entries(found)

    def tail(self, run_id: str, count: int) -> tuple[Entry, ...]:
        """The newest `count` lines, oldest first."""
        with store_errors():
            found: Any = self._redis.xrevrange(key("transcript", run_id), count=count)
        return _entries(reversed(found))


def _entries(found: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            id=name.decode(),
            at=int(name.split(b"-")[0]) / 1000,
            kind=fields[b"kind"].decode(),
            text=fields[b"text"].decode(),
        )
        for name, fields in found
    )
