"""Workers that die or freeze: whatever was begun ends in exactly one pull request."""

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ghapp import bootstrap
from ghapp.core.run import MAX_RECOVERIES, Conclusion, Run, State
from ghapp.playground.faults import Fault
from ghapp.store.conversations import Talks
from ghapp.store.runs import Runs
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import bash, fix, report, script, write


class WorkerDied(BaseException):
    """It is gone; nobody catches this on the way."""


class DyingStore(Runs):
    """The store of runs, in whose hands a worker dies once the run is in a given state."""

    die_in: State

    def save(self, run: Run) -> Run:
        """Keep it, and die."""
        kept = super().save(run)
        if run.state is self.die_in:
            raise WorkerDied
        return kept


def _attempt_that_dies(town: Town, issue: int, state: State) -> None:
    run = town.run(issue)
    work = bootstrap.execute(town.settings)
    store = DyingStore(town.redis)
    store.die_in = state
    with pytest.raises(WorkerDied):
        replace(work, store=store).attempt(run.id, run.epoch, "a worker that dies")
    town.redis.delete(f"honk:lease:{run.id}")  # nobody renews it any more


@pytest.mark.parametrize(
    "state", [State.PREPARING, State.CODING, State.VERIFYING, State.JUDGING, State.PUBLISHING], ids=str
)
def test_a_worker_lost_in_any_state_costs_nothing_but_time(state: State, town: Town, octocat: Citizen) -> None:
    """The worker dies in the middle; the next one brings it to one pull request, and the comment is the same one."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    town.forget_jobs()
    goes_on = report()  # a conversation that had its report already is taken up once more
    with town.model(script(write("answer.txt", "42\n"), report(), goes_on)):
        _attempt_that_dies(town, issue, state)
        assert town.run(issue).state is state
        town.later(30)
    town.later(6)
    assert len(town.pulls()) == len(town.said(issue)) == 1
    assert town.run(issue).epoch == town.run(issue).recoveries == 1
    assert "waiting for CI" in town.status(issue)


def test_a_run_whose_workers_keep_dying_is_given_up(town: Town, octocat: Citizen) -> None:
    """Every worker dies on it; after six it ends as failed, and says why."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    for _ in range(MAX_RECOVERIES + 1):
        town.forget_jobs()
        _attempt_that_dies(town, issue, State.PREPARING)
        town.tick()
    town.forget_jobs()
    town.work()
    assert town.run(issue).conclusion is Conclusion.FAILED
    assert "Its worker was lost 6 times." in town.status(issue)


def test_a_frozen_worker_that_wakes_up_writes_nothing(town: Town, octocat: Citizen) -> None:
    """A worker sleeps through its lease while the model answers; another does all the work; the sleeper then ends."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    first, done = town.run(issue), threading.Event()

    def another_worker_does_it_all() -> None:
        while town.run(issue).epoch == first.epoch:  # its lease is really renewed meanwhile
            town.redis.delete(f"honk:lease:{first.id}")
            town.tick()
        second = town.run(issue)
        assert (second.epoch, second.state) == (1, State.QUEUED)
        bootstrap.execute(town.settings).attempt(second.id, second.epoch, "the other worker")
        done.set()

    turns = (write("answer.txt", "42\n"), report())
    with town.model(script(*turns), before={2: another_worker_does_it_all}):
        town.pump()
        assert done.wait(60)
    town.work()
    assert len(town.pulls()) == len(town.said(issue)) == 1
    run = town.run(issue)
    assert (run.epoch, run.state) == (1, State.AWAITING_CI)
    assert [name for name in town.world.repo(DEMO).bare.refs() if "honk/" in name] == [f"refs/heads/{run.branch}"]
    assert "waiting for CI" in town.status(issue)


class DyingTalks(Talks):
    """The store of conversations, in whose hands a worker dies once the agent has said a given word."""

    dies_at: str

    def append(self, run: Run, lines: Sequence[str]) -> None:
        """Keep them, and remember whether it is time."""
        super().append(run, lines)
        if any(self.dies_at in line for line in lines):
            raise WorkerDied


@pytest.mark.parametrize("engine", ["messages", "claude-code"])
def test_another_machine_goes_on_with_the_same_conversation(engine: str, town: Town, octocat: Citizen) -> None:
    """The worker dies in the middle of the talk, and its machine with it: the agent goes on where it was elsewhere."""
    town.environ.setenv("HONK_ENGINE", engine)
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    town.forget_jobs()
    goes_on = {**bash("cat answer.txt"), "shown": ["goes on"]}
    turns = (bash("echo 42 > answer.txt"), bash("echo second word"), goes_on, {**report(), "shown": ["42"]})
    with town.model(script(*turns)) as model:
        run, work = town.run(issue), bootstrap.execute(town.settings)
        talks = DyingTalks(town.redis)
        talks.dies_at = "second word"
        grounds = replace(work.workshop.grounds, conversations=talks)
        dying = replace(work, workshop=replace(work.workshop, grounds=grounds))
        with pytest.raises(WorkerDied):
            dying.attempt(run.id, run.epoch, "a worker that dies")
        town.redis.delete(f"honk:lease:{run.id}")
        town.environ.setenv("HONK_DATA", str(town.data / "another-machine"))
        town.later(30)
    town.later(6)
    assert model.log()[-1].turn == 4
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "42\n"
    assert "waiting for CI" in town.status(issue)


def test_a_worker_on_another_machine_takes_over_its_push(town: Town, octocat: Citizen) -> None:
    """The worker dies after its push, and its machine with it: another machine makes the same commit, and no turn."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    town.forget_jobs()
    town.world.faults.add(town_fault := _pulls_are_away())
    with town.model(fix()) as model:
        town.records.queue.execute(town.run(issue).id, 0)
        town.pump()
        pushed = town.world.repo(DEMO).bare.branch(town.run(issue).branch)
        assert pushed == town.run(issue).candidate
        assert town_fault.times == 0
        town.environ.setenv("HONK_DATA", str(town.data / "another-machine"))
        town.later(31)
        town.later(6)
    assert len(model.log()) == 2
    assert len(town.pulls()) == 1
    assert "waiting for CI" in town.status(issue)


def _pulls_are_away() -> Fault:
    return Fault("POST", r"/pulls$")
