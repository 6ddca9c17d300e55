"""The connection to Redis, and what its failures are called here."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from ghapp.core.errors import StoreDown

PREFIX = "honk:"
DAY = 86_400


def connect(url: str, *, patient: bool) -> "Redis":
    """A client for `url` (redis://, rediss:// or unix://).

    A patient one rides out about a minute of outage, as workers should: with RQ's defaults a busy worker exits when
    Redis is away for five seconds. An impatient one answers at once, as a web request should.
    """
    retry = Retry(ExponentialBackoff(cap=2), 60 if patient else 1)
    return Redis.from_url(url, retry=retry, socket_connect_timeout=2, health_check_interval=30)


@contextmanager
def store_errors() -> Iterator[None]:
    """Name every loss of Redis `StoreDown`."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise StoreDown("the store does not answer") from error


def key(*parts: object) -> str:
    """A key of ours, parts joined by colons."""
    return PREFIX + ":".join(str(part) for part in parts)
