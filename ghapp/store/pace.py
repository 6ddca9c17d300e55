"""At most one edit of a status comment in five seconds; what was held back is remembered."""

from redis import Redis

from ghapp.store.connection import key, store_errors

SECONDS_BETWEEN_EDITS = 5.0


class Paces:
    """The pace of status comments (`ports.Pace`)."""

    def __init__(self, redis: "Redis", seconds: float = SECONDS_BETWEEN_EDITS) -> None:
        self._redis = redis
        self._ms = int(seconds * 1000)

    def allows(self, run_id: str) -> bool:
        """True at most once in five seconds for a run; an edit counts as owed until it is settled."""
        with store_errors():
            self._redis.sadd(key("owed"), run_id)
            return bool(self._redis.set(key("edited", run_id), "1", nx=True, px=self._ms))

    def owed(self) -> tuple[str, ...]:
        """Runs whose comment is behind."""
        with store_errors():
            return tuple(sorted(item.decode() for item in self._redis.smembers(key("owed"))))

    def settled(self, run_id: str) -> None:
        """The comment says what the record says."""
        with store_errors():
            self._redis.srem(key("owed"), run_id)
