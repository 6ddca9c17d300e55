"""RQ as the transport: ids go in, jobs come out. What is true stands in the run's record, not here.

The traps that this file works around were measured with RQ 3.0.0, and `tests/test_queue.py` holds them fast.
"""

import ctypes
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError, InvalidJobOperation, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from ghapp.core.errors import StoreDown

INTAKE = "honk-intake"
RUNS = "honk-runs"
JOBS = frozenset({"ghapp.jobs.intake", "ghapp.jobs.execute"})

_INTERVAL = 5
_JOB_TIMEOUT = 25 * 3600  # a budget has at most a day
_INTAKE_TIMEOUT = 600
_PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


class RqQueue:
    """The queue (`ports.Queue`). Jobs are named as text, so that whoever asks imports nothing of the work."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._intake = Queue(INTAKE, connection=redis, serializer=JSONSerializer)
        self._runs = Queue(RUNS, connection=redis, serializer=JSONSerializer)

    def intake(self, inbox: str, *, urgent: bool = False) -> None:
        """Have an inbox drained; before all others that wait when it is urgent.

        An extra job finds nothing and ends, so no uniqueness is asked of RQ.
        """
        with _store_errors():
            self._intake.enqueue_call(
                "ghapp.jobs.intake",
                (inbox,),
                timeout=_INTAKE_TIMEOUT,
                result_ttl=0,
                failure_ttl=3600,
                at_front=urgent,
            )

    def execute(self, run_id: str, epoch: int) -> None:
        """Have an attempt made. Run and epoch never repeat, so the id can be unique for ever."""
        try:
            with _store_errors():
                self._runs.enqueue_call(
                    "ghapp.jobs.execute",
                    (run_id, epoch),
                    job_id=_job_id(run_id, epoch),
                    timeout=_JOB_TIMEOUT,
                    result_ttl=0,
                    failure_ttl=1,
                    unique=True,
                )
        except DuplicateJobError:
            log.debug("attempt %s of run %s waits already", epoch, run_id)

    def has(self, run_id: str, epoch: int) -> bool:
        """Whether that attempt waits or runs."""
        try:
            with _store_errors():
                job = Job.fetch(_job_id(run_id, epoch), connection=self._redis, serializer=JSONSerializer)
                return job.get_status() in (JobStatus.QUEUED, JobStatus.STARTED)
        except (NoSuchJobError, InvalidJobOperation):  # the second when it ends between the two questions
            return False

    def place(self, run_id: str, epoch: int) -> int | None:
        """How many attempts wait before that one; None when it does not wait (any more)."""
        with _store_errors():
            return self._runs.get_job_position(_job_id(run_id, epoch))


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OutOfMemoryError, ReadOnlyError) as error:
        raise StoreDown("the queue does not answer") from error


def _job_id(run_id: str, epoch: int) -> str:
    return f"run-{run_id}-{epoch}"


class HonkWorker(Worker):
    """A worker whose death is noticed within seconds.

    RQ adds a fixed minute to every heartbeat; here it is three intervals. With two queue names a job that is popped
    and not yet started is lost when the worker dies, so a worker serves exactly one.
    """

    def get_heartbeat_ttl(self, job: Job, working_time: float = 0.0) -> int:
        """Three monitoring intervals, in seconds."""
        return 3 * _INTERVAL

    def handle_warm_shutdown_request(self) -> None:
        """Tell the work horse too, which gives its work back: RQ would wait for its end without limit.

        Platforms kill 10 to 30 seconds after they ask.
        """
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """What the forked work horse does: it first ties its life to the worker's.

        Whoever can write to Redis could have any function called, so only our own two are.
        """
        _die_with_parent(self.pid)
        if job.func_name not in JOBS:
            log.error("a job asks for %r, which is none of ours", job.func_name)
            os._exit(1)
        super().main_work_horse(job, queue)


def worker(redis: "Redis", queue: str) -> HonkWorker:
    """A worker for one queue, whose work horse dies with it."""
    return HonkWorker(
        [queue],
        connection=redis,
        serializer=JSONSerializer,
        job_monitoring_interval=_INTERVAL,
        maintenance_interval=_INTERVAL,
        worker_ttl=4 * _INTERVAL,
        disable_default_exception_handler=False,
    )


def _die_with_parent(parent: int | None) -> None:
    """A work horse whose parent is gone would run on, past its lease, beside its successor."""
    libc: Any = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above, and no signal will come
        os._exit(1)
