"""Stands in the place of `ghapp.jobs` in the workers of tests/test_queue.py: the run's id says what happens."""

import os
import signal
from types import FrameType

from redis import Redis

STARTED = "test:started"
TOLD = "test:told"
NEVER = "test:never"


class Told(BaseException):
    """SIGTERM came; no `except Exception` on the way may swallow it, as in `ghapp.jobs`."""


def execute(run_id: str, epoch: int) -> None:
    """An attempt: it succeeds, fails, is killed, waits for what never comes, or waits to be told to end."""
    {"succeed": succeed, "fail": fail, "die": die, "wait": wait, "wait-to-be-told": wait_to_be_told}[run_id]()


def succeed() -> None:
    with _redis() as redis:
        redis.rpush(STARTED, "done")


def fail() -> None:
    raise RuntimeError("a defect")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait() -> None:
    with _redis() as redis:
        redis.rpush(STARTED, str(os.getpid()))
        redis.blpop([NEVER], timeout=60)


def wait_to_be_told() -> None:
    """As the real job does: the signal becomes an exception, and the work is given back."""

    def told(_signal: int, _frame: FrameType | None) -> None:
        raise Told

    signal.signal(signal.SIGTERM, told)
    try:
        wait()
    except Told:
        with _redis() as redis:
            redis.rpush(TOLD, "told")


def _redis() -> Redis:
    return Redis.from_url(os.environ["REDIS_URL"])
