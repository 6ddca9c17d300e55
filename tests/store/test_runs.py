"""Runs in Redis: one open run a thread, epochs that fence, leases that end."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from redis import Redis

from ghapp.core.errors import StoreDown, Superseded
from ghapp.core.run import Conclusion, Run, State, advance, conclude
from ghapp.store.connection import connect, key
from ghapp.store.runs import Runs, UnknownRun
from tests.store.runs_of import REPOSITORY, run, thread


@pytest.fixture
def runs(redis: Redis) -> Runs:
    return Runs(redis)


def _at_work(runs: Runs, kept: Run, worker: str = "w1") -> Run:
    """The run, claimed by a worker that has begun."""
    begun = advance(runs.claim(kept.id, kept.epoch, worker), State.PREPARING, 1.0, "a worker is free")
    return runs.save(begun)


def _lease(redis: Redis, run_id: str = "r1") -> str | None:
    found = redis.get(key("lease", run_id))
    return found.decode() if isinstance(found, bytes) else None


def test_a_new_run_is_found_by_its_id_its_thread_and_its_page(runs: Runs) -> None:
    """What was created is read back as it was, in every way that there is to find it."""
    asked = run()
    assert runs.create(asked)
    assert runs.load("r1") == asked
    assert runs.last_run(thread()) == asked
    assert runs.by_page(asked.key) == asked
    assert runs.unfinished() == (asked,)


def test_what_was_never_kept_is_not_found(runs: Runs) -> None:
    """An unknown id raises; an unknown thread or page is None."""
    with pytest.raises(UnknownRun):
        runs.load("nobody")
    assert runs.last_run(thread(99)) is None
    assert runs.by_page("guess") is None
    assert runs.unfinished() == ()


def test_fifty_at_once_create_one_run(runs: Runs) -> None:
    """Of fifty concurrent creates on one thread exactly one wins, and it is the one that is open."""
    with ThreadPoolExecutor(50) as pool:
        won = list(pool.map(lambda number: runs.create(run(f"r{number}")), range(50)))
    assert won.count(True) == 1
    assert [item.id for item in runs.unfinished()] == [f"r{won.index(True)}"]


def test_threads_do_not_stand_in_each_others_way(runs: Runs) -> None:
    """Two issues each have a run of their own."""
    assert runs.create(run("a", number=1))
    assert runs.create(run("b", number=2))
    assert {item.id for item in runs.unfinished()} == {"a", "b"}


def test_a_thread_is_free_again_when_its_run_has_ended(runs: Runs) -> None:
    """After the end another run may be opened; the ended one stays readable."""
    runs.create(run("a"))
    runs.save(conclude(run("a"), Conclusion.CANCELLED, 2.0, "stop"))
    assert runs.create(run("b"))
    assert [item.id for item in runs.unfinished()] == ["b"]
    last = runs.last_run(thread())
    assert last is not None
    assert last.id == "b"
    assert runs.load("a").conclusion is Conclusion.CANCELLED


def test_a_run_that_ended_is_not_begun_again(runs: Runs) -> None:
    """The same trigger, seen a second time after the end, must not do the work a second time."""
    runs.create(run("a"))
    runs.save(conclude(run("a"), Conclusion.MERGED, 2.0, "merged"))
    assert not runs.create(run("a"))
    assert runs.load("a").is_done


def test_a_claimed_run_is_nobody_elses(runs: Runs) -> None:
    """While the lease is held a second claim is refused, also by the holder itself."""
    runs.create(run())
    assert runs.claim("r1", 0, "w1") == run()
    assert runs.is_held("r1")
    for worker in ("w1", "w2"):
        with pytest.raises(Superseded):
            runs.claim("r1", 0, worker)


def test_one_of_many_claims_wins(runs: Runs) -> None:
    """Workers that race for one attempt: one gets it."""
    runs.create(run())

    def claim(number: int) -> bool:
        try:
            runs.claim("r1", 0, f"w{number}")
        except Superseded:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(claim, range(20))).count(True) == 1


@pytest.mark.parametrize("epoch", [1, 7, -1])
def test_another_epoch_claims_nothing(runs: Runs, epoch: int) -> None:
    """Only the newest epoch is claimed."""
    runs.create(run())
    with pytest.raises(Superseded):
        runs.claim("r1", epoch, "w1")


def test_a_job_that_comes_late_finds_nothing_to_claim(runs: Runs) -> None:
    """A second job of an attempt that has parked its run, or ended it, must not start the work again."""
    runs.create(run())
    begun = _at_work(runs, run())
    begun = runs.save(replace(begun, state=State.AWAITING_CI))
    with pytest.raises(Superseded):
        runs.claim("r1", 0, "w2")
    runs.save(replace(begun, state=State.DONE))
    with pytest.raises(Superseded):
        runs.claim("r1", 0, "w2")


def test_a_lost_record_is_claimed_by_nobody(runs: Runs, redis: Redis) -> None:
    """An id in the queue whose record is gone is over."""
    with pytest.raises(Superseded):
        runs.claim("r1", 0, "w1")
    with pytest.raises(Superseded):
        runs.save(run())
    assert redis.dbsize() == 0


def test_the_newer_epoch_fences_the_older_out(runs: Runs) -> None:
    """After `supersede` nothing that carries the old epoch is written, renewed or claimed."""
    runs.create(run())
    begun = _at_work(runs, run())
    newer = runs.supersede(advance(begun, State.QUEUED, 2.0, "its worker was lost"))
    assert newer.epoch == 1
    for late in (lambda: runs.save(begun), lambda: runs.renew("r1", 0, "w1"), lambda: runs.supersede(begun)):
        with pytest.raises(Superseded):
            late()
    assert runs.load("r1") == newer
    assert not runs.is_held("r1")
    assert runs.claim("r1", 1, "w2") == newer


def test_two_that_supersede_at_once_make_one_new_epoch(runs: Runs) -> None:
    """Clocks on two machines that find the same lost worker hand out one attempt."""
    runs.create(run())

    def supersede(_number: int) -> bool:
        try:
            runs.supersede(run())
        except Superseded:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(supersede, range(10))).count(True) == 1
    assert runs.load("r1").epoch == 1


def test_a_lease_ends_by_itself(redis: Redis) -> None:
    """The lease has a time to live, and a renewal gives it back in full."""
    runs = Runs(redis, lease_seconds=1000)
    runs.create(run())
    _at_work(runs, run())
    assert 0 < redis.pttl(key("lease", "r1")) <= 1_000_000
    redis.pexpire(key("lease", "r1"), 5_000)
    runs.renew("r1", 0, "w1")
    assert redis.pttl(key("lease", "r1")) > 900_000


def test_a_worker_that_slept_goes_on_when_nobody_noticed(runs: Runs, redis: Redis) -> None:
    """The lease ran out and the epoch is still the newest: the attempt takes its lease again."""
    runs.create(run())
    _at_work(runs, run())
    redis.delete(key("lease", "r1"))
    runs.renew("r1", 0, "w1")
    assert _lease(redis) == "w1"


def test_a_worker_that_slept_finds_another_in_its_place(runs: Runs, redis: Redis) -> None:
    """The lease is somebody else's: renewing it is refused and changes nothing."""
    runs.create(run())
    _at_work(runs, run())
    redis.set(key("lease", "r1"), "w2")
    with pytest.raises(Superseded):
        runs.renew("r1", 0, "w1")
    assert _lease(redis) == "w2"


@pytest.mark.parametrize("state", [State.AWAITING_CI, State.QUEUED, State.PAUSED, State.DONE])
def test_an_attempt_that_parked_its_run_is_not_told_that_it_was_overtaken(
    runs: Runs, redis: Redis, state: State
) -> None:
    """Parking ends the lease; a renewal that comes a moment later is quiet and takes none."""
    runs.create(run())
    begun = _at_work(runs, run())
    runs.save(replace(begun, state=state))
    assert _lease(redis) is None
    runs.renew("r1", 0, "w1")
    assert _lease(redis) is None


def test_a_record_is_replaced_while_the_lease_goes_on(runs: Runs) -> None:
    """An active run is saved as often as needed under one lease."""
    runs.create(run())
    begun = _at_work(runs, run())
    begun = runs.save(replace(begun, notes=("one",)))
    runs.save(replace(begun, notes=("one", "two")))
    assert runs.load("r1").notes == ("one", "two")
    assert runs.is_held("r1")


def test_a_thread_keeps_its_newer_run_when_an_older_one_ends_late(runs: Runs, redis: Redis) -> None:
    """Ending a run frees its thread only if the thread's open run is that one."""
    runs.create(run("old"))
    redis.hset(key("thread", thread().key), "open", "new")
    runs.save(conclude(run("old"), Conclusion.CANCELLED, 2.0, "stop"))
    assert redis.hget(key("thread", thread().key), "open") == b"new"


def test_a_renamed_repository_keeps_its_runs(runs: Runs) -> None:
    """Threads go by the repository's id, so it is found by either name; a name in a question tells nothing new."""
    runs.create(run())
    renamed = replace(thread(), repository=replace(REPOSITORY, full_name="octo/renamed"))
    assert runs.last_run(renamed) == run()
    assert runs.load("r1") == run()


def test_a_store_that_is_away_is_named(stopped_url: str) -> None:
    """Every verb raises StoreDown when Redis does not answer."""
    runs = Runs(connect(stopped_url, patient=False))
    verbs: list[Callable[[], object]] = [
        lambda: runs.create(run()),
        lambda: runs.load("r1"),
        lambda: runs.save(run()),
        lambda: runs.supersede(run()),
        lambda: runs.claim("r1", 0, "w1"),
        lambda: runs.renew("r1", 0, "w1"),
        lambda: runs.last_run(thread()),
        lambda: runs.by_page("guess"),
        lambda: runs.unfinished(),
        lambda: runs.is_held("r1"),
    ]
    for verb in verbs:
        with pytest.raises(StoreDown):
            verb()


def test_nobody_writes_over_what_they_have_not_seen(runs: Runs) -> None:
    """Two hands with a copy of one record: the second is refused, whether it saves or takes over."""
    runs.create(run())
    begun = _at_work(runs, run())
    kept = runs.save(replace(begun, notes=("seen",)))
    with pytest.raises(Superseded):
        runs.save(replace(begun, pull=7))
    with pytest.raises(Superseded):
        runs.supersede(begun)
    assert runs.load("r1") == kept


def test_a_lost_record_is_passed_over(runs: Runs, redis: "Redis") -> None:
    """One record is gone from Redis: the others are still minded, and its thread has no run."""
    runs.create(run("kept", number=1))
    runs.create(run("lost", number=2))
    redis.delete("honk:run:lost")
    assert [one.id for one in runs.unfinished()] == ["kept"]
    assert runs.last_run(run("lost", number=2).thread) is None
