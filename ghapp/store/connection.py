"""The connection to Redis, and what its failures are called here."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import AuthenticationError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from ghapp.core.errors import StoreDown, UserError

PREFIX = "honk:"
DAY = 86_400
_PATIENCE = 60
_HASTY_SECONDS = 5

log = logging.getLogger(__name__)


def connect(url: str, *, patient: bool) -> "Redis":
    """A client for `url` (redis://, rediss:// or unix://).

    A patient one rides out not quite two minutes of outage, as workers should: with RQ's defaults a busy worker exits
    when Redis is away for five seconds. An impatient one gives up within seconds, as a web request should, also when
    the server takes the connection and then says nothing. Raises UserError when `url` is none of these, or no address.
    """
    if not url.startswith(("redis://", "rediss://", "unix://")):  # its value may hold a password
        raise UserError("REDIS_URL cannot be read: it begins with redis://, rediss:// or unix://")
    try:
        if patient:
            retry = Retry(ExponentialBackoff(cap=2), _PATIENCE)
            return Redis.from_url(url, retry=retry, socket_connect_timeout=2, health_check_interval=30)
        retry = Retry(ExponentialBackoff(cap=0.1), 1)
        return Redis.from_url(url, retry=retry, socket_connect_timeout=2, socket_timeout=_HASTY_SECONDS)
    except ValueError:  # not told with its words, nor as its cause: it repeats parts of the address
        raise UserError("REDIS_URL cannot be read: it is no address such as redis://HOST:PORT/0") from None


def wait_for(client: "Redis", url: str) -> None:
    """Return once the server of `url` answers `client`; when that is not at once, the log says what is waited for.

    Raises UserError when it does not answer in the time that the client has, or answers that it does not let us in.
    """
    try:
        with connect(url, patient=False) as hasty:
            _ping(hasty)
    except (RedisConnectionError, RedisTimeoutError):
        log.warning("waiting for Redis at %s", _place(client))
        try:
            _ping(client)
        except (RedisConnectionError, RedisTimeoutError) as error:
            raise UserError(f"Redis at {_place(client)} does not answer. Start it, or correct REDIS_URL.") from error


def _ping(client: "Redis") -> None:
    try:
        client.ping()
    except (AuthenticationError, ResponseError) as error:
        raise UserError(f"Redis at {_place(client)} refuses us: {error}") from error


def _place(client: "Redis") -> str:
    """Where it connects to, without user and password."""
    found = client.get_connection_kwargs()
    return str(found.get("path") or f"{found.get('host', 'localhost')}:{found.get('port', 6379)}")


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
