"""RQ as we use it: each trap that `ghapp/queue.py` works around is held fast here, with real worker processes."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from ghapp.core.errors import StoreDown
from ghapp.queue import INTAKE, RUNS, RqQueue, worker
from ghapp.store.connection import connect
from ghapp.supervisor import embedded_valkey
from tests.queue_jobs import STARTED, TOLD

WORK = """
import sys
from tests import queue_jobs
sys.modules["ghapp.jobs"] = queue_jobs
from ghapp.queue import RUNS, worker
from ghapp.store.connection import connect
worker(connect(sys.argv[1], patient=True), RUNS).work(burst=sys.argv[2] == "burst", logging_level="WARNING")
"""


@pytest.fixture
def queue(redis: Redis) -> RqQueue:
    return RqQueue(redis)


def _waiting(redis: Redis) -> list[Job]:
    """The attempts that wait for a worker."""
    return Queue(RUNS, connection=redis, serializer=JSONSerializer).jobs


def _job(redis: Redis, run_id: str = "r1", epoch: int = 0) -> Job:
    return Job.fetch(f"run-{run_id}-{epoch}", connection=redis, serializer=JSONSerializer)


@contextmanager
def _worker(url: str, how: str) -> Iterator["subprocess.Popen[str]"]:
    """A worker of the runs' queue in a process of its own, ended by its pid if it is still there."""
    paths = [str(Path(__file__).parents[1]), *sys.path]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(paths), "REDIS_URL": url}
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, url, how],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _burst(url: str) -> str:
    """Let a worker do all that waits, and end; what it said."""
    with _worker(url, "burst") as process:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return said


def _started(url: str) -> str:
    """What the work horse said when it was at work."""
    with Redis.from_url(url) as redis:
        found = redis.blpop([STARTED], timeout=60)
    assert isinstance(found, list | tuple)
    return str(found[1], "ascii")


def _ended(descriptor: int, seconds: float) -> bool:
    """Whether the process behind a pidfd ends within so many seconds."""
    ready, _, _ = select.select([descriptor], [], [], seconds)
    return bool(ready)


# --- what is asked --------------------------------------------------------------------------------------------------


def test_only_ids_go_into_the_queue(redis: Redis, queue: RqQueue) -> None:
    """JSON, by a serializer that runs nothing when it reads: whoever writes to Redis runs no code here."""
    queue.execute("r1", 3)
    job = _job(redis, epoch=3)
    assert json.loads(job.data) == ["ghapp.jobs.execute", None, ["r1", 3], {}]
    queue.intake("7:12")
    (waiting,) = Queue(INTAKE, connection=redis, serializer=JSONSerializer).jobs
    assert json.loads(waiting.data) == ["ghapp.jobs.intake", None, ["7:12"], {}]


def test_asking_twice_is_asking_once(redis: Redis, queue: RqQueue) -> None:
    """Twenty clocks that find the same queued run hand out one job."""
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: queue.execute("r1", 0), range(20)))
    assert len(_waiting(redis)) == 1


def test_each_attempt_has_a_job_of_its_own(redis: Redis, queue: RqQueue) -> None:
    """Another epoch, and another run, are asked for beside."""
    queue.execute("r1", 0)
    queue.execute("r1", 1)
    queue.execute("r2", 0)
    assert len(_waiting(redis)) == 3
    assert [queue.has("r1", 0), queue.has("r1", 1), queue.has("r1", 2), queue.has("r3", 0)] == [
        True,
        True,
        False,
        False,
    ]


def test_what_is_urgent_comes_first(redis: Redis, queue: RqQueue) -> None:
    """A word to stop does not wait behind what others have said; the rest keeps its order."""
    queue.intake("7:1")
    queue.intake("7:2")
    queue.intake("7:3", urgent=True)
    waiting = Queue(INTAKE, connection=redis, serializer=JSONSerializer).jobs
    assert [job.args for job in waiting] == [["7:3"], ["7:1"], ["7:2"]]


def test_an_attempt_knows_its_place(redis: Redis, redis_url: str, queue: RqQueue) -> None:
    """How many wait before it, while it waits; who asks for one that is at work, or for none, gets none."""
    for run_id in ("wait", "r2", "r3"):
        queue.execute(run_id, 0)
    assert [queue.place(run_id, 0) for run_id in ("wait", "r2", "r3")] == [0, 1, 2]
    assert queue.place("r2", 1) is None
    with _worker(redis_url, "stay"):
        _started(redis_url)
        assert [queue.place(run_id, 0) for run_id in ("wait", "r2", "r3")] == [None, 0, 1]


def test_a_worker_serves_one_queue(redis: Redis) -> None:
    """With two a job that was popped and not yet begun is lost when the worker dies."""
    assert worker(redis, RUNS).queue_names() == [RUNS]


def test_a_dead_worker_is_noticed_within_three_intervals(redis: Redis, queue: RqQueue) -> None:
    """RQ would add a fixed minute to each heartbeat."""
    queue.execute("r1", 0)
    assert worker(redis, RUNS).get_heartbeat_ttl(_job(redis)) == 15


def test_a_store_that_is_away_is_named(tmp_path: Path) -> None:
    """Every verb raises StoreDown when Redis does not answer, or takes nothing."""
    with embedded_valkey(tmp_path) as url:
        queue = RqQueue(connect(url, patient=False))
        with connect(url, patient=False) as redis:
            redis.config_set("maxmemory", "1")
        with pytest.raises(StoreDown):
            queue.intake("7:12")
        with pytest.raises(StoreDown):
            queue.execute("r1", 0)
    with pytest.raises(StoreDown):
        queue.intake("7:12")
    with pytest.raises(StoreDown):
        queue.execute("r1", 0)
    with pytest.raises(StoreDown):
        queue.has("r1", 0)


# --- what becomes of it ---------------------------------------------------------------------------------------------


def test_what_was_done_leaves_nothing(redis: Redis, redis_url: str, queue: RqQueue) -> None:
    """After success the job is gone, so the same id may be asked for again; by default RQ would block it for 500 s."""
    queue.execute("succeed", 0)
    _burst(redis_url)
    assert redis.lrange(STARTED, 0, -1) == [b"done"]
    assert not queue.has("succeed", 0)
    assert not redis.exists("rq:job:run-succeed-0")
    queue.execute("succeed", 0)
    assert len(_waiting(redis)) == 1


@pytest.mark.parametrize("what", ["fail", "die"])
def test_what_failed_blocks_nothing(redis: Redis, redis_url: str, queue: RqQueue, what: str) -> None:
    """A raised defect and a killed work horse both end the job; RQ would keep its id for a year."""
    queue.execute(what, 0)
    said = _burst(redis_url)
    assert ("a defect" if what == "fail" else "terminated unexpectedly") in said
    assert not queue.has(what, 0)
    assert redis.ttl(f"rq:job:run-{what}-0") <= 1
    redis.delete(f"rq:job:run-{what}-0")  # the second is over
    queue.execute(what, 0)
    assert queue.has(what, 0)


def test_the_work_horse_dies_with_its_worker(redis: Redis, redis_url: str, queue: RqQueue) -> None:
    """RQ alone would let it run on, past its lease, beside its successor."""
    queue.execute("wait", 0)
    with _worker(redis_url, "stay") as process:
        horse = os.pidfd_open(int(_started(redis_url)))
        try:
            assert queue.has("wait", 0)
            assert _job(redis, "wait").get_status() is JobStatus.STARTED
            assert not _ended(horse, 0)
            process.kill()
            assert _ended(horse, 20)
        finally:
            os.close(horse)


def test_a_lost_attempt_is_given_up_by_the_next_workers_round(redis: Redis, redis_url: str, queue: RqQueue) -> None:
    """The job of a killed worker counts as at work until its heartbeat is over, then as failed."""
    queue.execute("wait", 0)
    with _worker(redis_url, "stay") as process:
        _started(redis_url)
        process.kill()
        process.wait()
    registry = Queue(RUNS, connection=redis, serializer=JSONSerializer).started_job_registry
    assert queue.has("wait", 0)
    rows: Any = redis.zrange(registry.key, 0, -1, withscores=True)
    ((_, over),) = rows
    registry.cleanup(timestamp=over + 1)
    assert not queue.has("wait", 0)


def test_a_worker_that_is_asked_to_end_tells_its_work_horse(redis: Redis, redis_url: str, queue: RqQueue) -> None:
    """RQ would wait for the job's end without limit, and the platform would kill it in the middle."""
    queue.execute("wait-to-be-told", 0)
    with _worker(redis_url, "stay") as process:
        _started(redis_url)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert redis.lrange(TOLD, 0, -1) == [b"told"]


def test_an_idle_worker_ends_when_asked(redis: Redis, redis_url: str, queue: RqQueue) -> None:
    """At once, for it has nothing to give back."""
    queue.execute("succeed", 0)
    with _worker(redis_url, "stay") as process:
        assert _started(redis_url) == "done"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0


def test_only_our_own_two_functions_are_called(redis: Redis, redis_url: str) -> None:
    """Whoever can write to Redis could otherwise have any function of this machine called."""
    Queue(RUNS, connection=redis, serializer=JSONSerializer).enqueue_call("os._exit", (0,), result_ttl=0)
    assert "none of ours" in _burst(redis_url)
