"""RQ as the transport: ids go in, jobs come out. What is true stands in the run's record, not here.

The traps that this file works around were measured with RQ 3.0.0, and `tests/test_queue.py` holds them fast.
"""

import ctypes
import logging
import os
import signal
from typing import Any

from redis import Redis
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

INTAKE = "honk-intake"
RUNS = "honk-runs"

_INTERVAL = 5
_JOB_TIMEOUT = 6 * 3600
_PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


class RqQueue:
    """The queue (`ports.Queue`). Jobs are named as text, so that whoever asks imports nothing of the work."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._intake = Queue(INTAKE, connection=redis, serializer=JSONSerializer)
        self._runs = Queue(RUNS, connection=redis, serializer=JSONSerializer)

    def intake(self, inbox: str) -> None:
        """Have an inbox drained. An extra job finds nothing and ends, so no uniqueness is asked of RQ."""
        self._intake.enqueue_call("ghapp.jobs.intake", (inbox,), timeout=600, result_ttl=0, failure_ttl=3600)

    def execute(self, run_id: str, epoch: int) -> None:
        """Have an attempt made. Run and epoch never repeat, so the id can be unique for ever."""
        try:
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
            job = Job.fetch(_job_id(run_id, epoch), connection=self._redis, serializer=JSONSerializer)
        except NoSuchJobError:
            return False
        return job.get_status() in (JobStatus.QUEUED, JobStatus.STARTED)

    def waiting(self) -> int:
        """How many attempts wait for a worker."""
        return len(self._runs)


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


def worker(redis: "Redis", queue: str) -> HonkWorker:
    """A worker for one queue, whose forked children die with it."""
    os.register_at_fork(after_in_child=_die_with_parent)
    return HonkWorker(
        [queue],
        connection=redis,
        serializer=JSONSerializer,
        job_monitoring_interval=_INTERVAL,
        maintenance_interval=_INTERVAL,
        worker_ttl=4 * _INTERVAL,
        disable_default_exception_handler=False,
    )


def _die_with_parent() -> None:
    """A work horse whose parent is gone would run on, past its lease, beside its successor."""
    libc: Any = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
