"""A person pushes to Honk's branch at any moment of an attempt of ours, two hundred times: no commit is lost."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from ghapp import bootstrap
from ghapp.core.run import State
from ghapp.flow.attempt import Attempt
from ghapp.flow.change import Workshop
from ghapp.flow.execute import Execute
from ghapp.flow.ground import Ground
from tests.git.bare_git import Bare
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town

TIMES, SHARES = 200, 4
WINDOWS = 26
"""Requests that GitHub serves during an attempt, git's among them, and a few more: then the person comes after it."""


@dataclass(frozen=True)
class Quick(Workshop):
    """A workshop without sandbox and agent: on what the branch holds, it writes the next number into the answer."""

    def make(self, journal: Attempt, ground: Ground) -> None:  # type: ignore[override]
        """The candidate is made at once."""
        run, repository = journal.run, journal.run.thread.repository
        for state in (State.CODING, State.VERIFYING, State.JUDGING):
            journal.enter(state, "quick")
        mirror = Bare(self.git.mirror(repository))
        index = mirror.path / f"index-{run.id}"
        mirror.git("read-tree", run.head_sha, index=index)
        answer = mirror.blob(b"%d\n" % run.epoch)
        mirror.git("update-index", "--add", "--cacheinfo", f"100644,{answer},answer.txt", index=index)
        work = mirror.commit_tree(mirror.git("write-tree", index=index), run.head_sha)
        journal.update(candidate=self.git.commit(repository, work, run.head_sha, self.commit_text(run), run.id))


def quick(town: Town) -> Execute:
    """What makes attempts, with the quick workshop; all else is real."""
    made = bootstrap.execute(town.settings)
    shop = made.workshop
    fast = Quick(**{name: getattr(shop, name) for name in Workshop.__dataclass_fields__})
    return replace(made, workshop=fast, status=replace(made.status, clock=town.clock), clock=town.clock)


def publishes_once_more(town: Town, execute: Execute, opened: Opened) -> None:
    """The next attempt of the run, and others after it while the world is in the way."""
    steering = town.reconcile().steering
    steering.send_back(opened.run, "once more")
    for _ in range(4):
        if opened.run.state is State.QUEUED:
            execute.attempt(opened.run.id, opened.run.epoch, "test")
    assert opened.run.state is State.AWAITING_CI, opened.run.reason


def pushes(octocat: Citizen, opened: Opened, name: str, made: list[str]) -> Callable[[], None]:
    """A person's push of one new file, whose commit is noted."""
    return lambda: made.append(octocat.push(opened.branch, {name: "mine\n"}))


@pytest.mark.parametrize("share", range(SHARES))
def test_no_commit_is_lost(share: int, town: Town, octocat: Citizen) -> None:
    """I push while Honk publishes: whoever comes second stands on the first, or tries again; mine is always there."""
    chance = random.Random(share)  # noqa: S311 - windows, no secrets
    opened = town.opened(files={"answer.txt": "42\n"})
    bare, execute = town.world.repo(DEMO).bare, quick(town)
    all_of_mine: list[str] = []
    for turn in range(TIMES // SHARES):
        mine: list[str] = []
        push = pushes(octocat, opened, f"mine-{turn}.txt", mine)
        town.world.faults.meanwhile("*", "", push, skip=chance.randrange(WINDOWS))
        publishes_once_more(town, execute, opened)
        if not mine:  # the attempt was over before
            town.world.faults.coming.clear()
            push()
        all_of_mine += mine
        tip = bare.branch(opened.branch)
        assert tip is not None
        assert all(bare.is_ancestor(sha, tip) for sha in all_of_mine[-3:])
        assert bare.is_ancestor(opened.run.head_sha, tip)
    tip = bare.branch(opened.branch)
    assert tip is not None
    assert all(bare.is_ancestor(sha, tip) for sha in all_of_mine)
    assert len(all_of_mine) == TIMES // SHARES
    town.forget_jobs()
    town.work()
    assert opened.status
