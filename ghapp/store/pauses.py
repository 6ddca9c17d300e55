"""Until when somebody else wants to hear nothing of us, known to all our processes."""

from redis import Redis

from ghapp.store.connection import key, store_errors


class Pauses:
    """The pauses, by name. Every verb raises StoreDown when Redis is away."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def begin(self, name: str, seconds: float) -> None:
        """From now on, for so many seconds."""
        with store_errors():
            self._redis.set(_pause(name), b"", px=max(1, int(seconds * 1000)))

    def left(self, name: str) -> float:
        """How many seconds are left; 0 when there is no pause."""
        with store_errors():
            return max(0, self._redis.pttl(_pause(name))) / 1000


def _pause(name: str) -> str:
    return key("pause", name)
