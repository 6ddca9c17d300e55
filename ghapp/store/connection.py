"""The connection to Redis, and what its failures are called here."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from ghapp.core.errors import StoreDown, UserError

PREFIX = "honk:"
DAY = 86_400
_PATIENCE = 60
_HASTY_SECONDS = 5


def connect(url: str, *, patient: bool) -> "Redis":
    """A client for `url` (redis://, rediss:// or unix://).

    A patient one rides out about a minute of outage, as workers should: with RQ's defaults a busy worker exits when
    Redis is away for five seconds. An impatient one gives up within seconds, as a web request should, also when the
    server takes the connection and then says nothing. Raises UserError when `url` is none of these.
    """
    if not url.startswith(("redis://", "rediss://", "unix://")):  # its value may hold a password
        raise UserError("REDIS_URL cannot be read: it begins with redis://, rediss:// or unix://")
    if patient:
        retry = Retry(ExponentialBackoff(cap=2), _PATIENCE)
        return Redis.from_url(url, retry=retry, socket_connect_timeout=2, health_check_interval=30)
    retry = Retry(ExponentialBackoff(cap=0.1), 1)
    return Redis.from_url(url, retry=retry, socket_connect_timeout=2, socket_timeout=_HASTY_SECONDS)


@contextmanager
def store_errors() -> Iterator[None]:
    """Name every loss of Redis `StoreDown`, and every refusal to write: it is full, a replica, or cannot save."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise StoreDown("the store does not answer") from error
    except (OutOfMemoryError, ReadOnlyError) as error:
        raise StoreDown("the store takes nothing") from error
    except ResponseError as error:
        # Valkey's word for a disk that it cannot write to; redis-py has no class of its own for it.
        if not str(error).startswith("MISCONF"):
            raise
        raise StoreDown("the store cannot save") from error


def key(*parts: object) -> str:
    """A key of ours, parts joined by colons."""
    return PREFIX + ":".join(str(part) for part in parts)


def text(found: bytes | str) -> str:
    """What Redis sent, as text."""
    return found.decode() if isinstance(found, bytes) else found
