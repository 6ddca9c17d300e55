"""What a run did, line by line, as a capped Redis stream that is kept for a month."""

from redis import Redis

from ghapp.core.ports import Entry
from ghapp.store.connection import DAY, key, store_errors

MAX_ENTRIES = 10_000
MAX_TEXT = 16_384


class Streams:
    """The transcripts (`ports.Transcripts`)."""

    def __init__(self, redis: "Redis", keep_days: int = 30) -> None:
        self._redis = redis
        self._keep = keep_days * DAY

    def append(self, run_id: str, kind: str, text: str) -> None:
        """Add a line; text beyond 16 KiB characters is cut."""
        stream = key("transcript", run_id)
        line = {"kind": kind, "text": text[:MAX_TEXT].encode("utf-8", "replace")}
        with store_errors():
            self._redis.xadd(stream, line, maxlen=MAX_ENTRIES, approximate=True)
            self._redis.expire(stream, self._keep)

    def read(self, run_id: str, after: str = "0") -> tuple[Entry, ...]:
        """The lines behind the id `after`, oldest first."""
        with store_errors():
            found = self._redis.xrange(key("transcript", run_id), min=f"({after}" if after != "0" else "-")
        return tuple(
            Entry(
                id=name.decode(),
                at=int(name.split(b"-")[0]) / 1000,
                kind=fields[b"kind"].decode(),
                text=fields[b"text"].decode("utf-8", "replace"),
            )
            for name, fields in found
        )
