"""Processes of the whole house die at chosen moments; whatever dies, one issue becomes one pull request."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from ghapp.core.budget import NOTHING_USED
from ghapp.core.events import Thread
from ghapp.core.run import Run, State
from ghapp.store.connection import key
from ghapp.store.spending import usage_of
from tests.held_model import asserted_paid
from tests.whole.holding import GATED, Held
from tests.whole.house import House, house, tiny_files
from tests.whole.machine import Process, adopting_orphans, below, kill

pytestmark = pytest.mark.xdist_group("crashes")

Way = Callable[[Process], None]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all, in which a worker counts as lost after three seconds."""
    folder = tmp_path_factory.mktemp("house")
    with adopting_orphans(), house(folder, HONK_LEASE_SECONDS="3", HONK_TICK_SECONDS="1") as home:
        yield home


def the_whole_group(worker: Process) -> None:
    """The worker and all below it, as the kernel does when memory is short or the machine goes."""
    kill(worker.pid, *(process.pid for process in below(worker.pid)))


def the_parent_alone(worker: Process) -> None:
    """Only RQ's worker; the work horse must not go on beside its successor."""
    horses = [process.pid for process in below(worker.pid)]
    kill(worker.pid)
    assert horses


def the_horse_alone(worker: Process) -> None:
    """Only the forked work horse; the worker lives on."""
    kill(below(worker.pid)[0].pid)


def asserted_single(home: House, thread: Thread, run: Run) -> None:
    """One pull request, one branch, one status comment, and the work in it."""
    name = thread.repository.full_name
    assert [pull.number for pull in home.world.pulls(name)] == [run.pull]
    branches = [ref for ref in home.world.repo(name).bare.refs() if ref.startswith("refs/heads/honk/")]
    assert branches == [f"refs/heads/{run.branch}"]
    assert len(home.world.comments(name, thread.number)) == 1
    assert home.world.read(name, "state.txt", run.branch) == "fixed\n"
    asserted_all_paid(home)


def asserted_all_paid(home: House) -> None:
    """What all runs of the house were charged is what its model has counted, whatever was killed."""
    assert home.stage.model is not None
    with Redis.from_url(home.stage.environ["REDIS_URL"]) as redis:
        ids = [name.decode().rpartition(":")[2] for name in redis.scan_iter(key("usage", "*"))]
        charged = sum((usage_of(redis, run_id) for run_id in ids), NOTHING_USED)
    asserted_paid(charged, home.stage.model.spent(), home.stage.settings.model)


@pytest.mark.parametrize(
    ("state", "way"),
    [
        (State.PREPARING, the_whole_group),
        (State.PREPARING, the_parent_alone),
        (State.CODING, the_whole_group),
        (State.CODING, the_parent_alone),
        (State.CODING, the_horse_alone),
        (State.VERIFYING, the_whole_group),
        (State.VERIFYING, the_parent_alone),
    ],
)
def test_a_worker_killed_in_a_sandbox_ends_in_one_pull(home: House, state: State, way: Way) -> None:
    """A worker is lost while a command of its run is on; the next one does the work again."""
    name = home.repository(f"{state}-{way.__name__}", tiny_files(GATED))
    thread = home.ask(name)
    with home.held_in(thread, state):
        way(home.part("worker"))
    run = home.until_ready(thread)
    assert run.recoveries == 1
    asserted_single(home, thread, run)


def test_a_worker_killed_while_judging_ends_in_one_pull(home: House) -> None:
    """A worker is lost between the proof and the commit that it makes."""
    thread = home.ask(home.repository("judging", tiny_files(GATED)))
    with home.held_in(thread, State.VERIFYING) as run:
        clock = home.part("clock")
        os.kill(clock.pid, signal.SIGSTOP)  # else it may write the comment before the worker does
        with Redis.from_url(home.stage.environ["REDIS_URL"]) as redis:
            redis.delete(key("edited", run.id))
        held = home.world.faults.add(Held("PATCH", r"/issues/comments/\d+$"))
        assert isinstance(held, Held)
    assert held.reached.wait(60)
    assert home.runs.load(run.id).state is State.JUDGING
    the_whole_group(home.part("worker"))
    held.go.set()
    os.kill(clock.pid, signal.SIGCONT)
    run = home.until_ready(thread)
    assert run.recoveries == 1
    asserted_single(home, thread, run)


@pytest.mark.parametrize(
    ("moment", "method", "path"),
    [
        ("before-push", "POST", r"\.git/git-receive-pack$"),
        ("before-pull", "POST", r"/pulls$"),
        ("after-pull", "POST", r"/check-runs$"),
    ],
)
def test_a_worker_killed_while_publishing_ends_in_one_pull(home: House, moment: str, method: str, path: str) -> None:
    """A worker is lost between any two effects on GitHub; what was done is found again, not done twice."""
    name = home.repository(moment, tiny_files())
    with holding(home, method, f"/{name}{path}" if "git" in path else path) as held:
        thread = home.ask(name)
        assert held.reached.wait(120)
        run = home.runs.last_run(thread)
        assert run is not None
        assert run.state is State.PUBLISHING
        the_whole_group(home.part("worker"))
    run = home.until_ready(thread)
    assert run.recoveries == 1
    asserted_single(home, thread, run)


def test_intake_killed_while_draining_ends_in_one_pull(home: House) -> None:
    """The event stays in its inbox until it was acted on, and is acted on again."""
    name = home.repository("intake", tiny_files())
    with holding(home, "POST", r"/issues/\d+/comments$") as held:
        thread = home.ask(name)
        assert held.reached.wait(60)
        the_whole_group(home.part("intake"))
    asserted_single(home, thread, home.until_ready(thread))


def test_what_the_front_door_missed_is_asked_for_again(home: House) -> None:
    """A delivery that found no web part is redelivered at the clock's first sweep."""
    name = home.repository("web", tiny_files())
    the_whole_group(home.part("web"))
    thread = home.ask(name)
    home.world.settle()
    home.until_open()
    assert home.runs.last_run(thread) is None
    the_whole_group(home.part("clock"))
    asserted_single(home, thread, home.until_ready(thread))


def test_a_worker_that_is_asked_to_end_gives_its_run_back(home: House) -> None:
    """SIGTERM in the middle of a run: it ends at once, and the run waits for the next worker, not counted as lost."""
    thread = home.ask(home.repository("asked-to-end", tiny_files(GATED)))
    with home.held_in(thread, State.CODING) as run:
        worker = home.part("worker")
        os.kill(worker.pid, signal.SIGTERM)
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        waiting = home.runs.load(run.id)
        assert waiting.state is State.QUEUED
        assert waiting.reason == "its worker was asked to end"
    run = home.until_ready(thread)
    assert (run.recoveries, run.epoch) == (0, 1)
    asserted_single(home, thread, run)


@contextmanager
def holding(home: House, method: str, path: str) -> Iterator[Held]:
    """The next such request waits; it is let go at the end, as if its answer came too late."""
    held = Held(method, path)
    home.world.faults.add(held)
    try:
        yield held
    finally:
        held.go.set()
