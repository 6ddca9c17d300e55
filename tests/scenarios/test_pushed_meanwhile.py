"""A person pushes to Honk's branch at any moment of an attempt of ours, two hundred times: no commit is lost."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from ghapp import bootstrap
from ghapp.core.run import MAX_RECOVERIES, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.change import Workshop
from ghapp.flow.execute import Execute
from ghapp.flow.ground import Ground
from tests.git.bare_git import Bare
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town

TURNS, SHARES, PUSHES = 50, 2, 4
WINDOWS = 40
"""Requests that GitHub serves during an attempt and those after it, git's among them; what is left over comes last."""


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
    for _ in range(MAX_RECOVERIES + 1):
        if opened.run.state is State.QUEUED:
            execute.attempt(opened.run.id, opened.run.epoch, "test")
    assert opened.run.state is State.AWAITING_CI, opened.run.reason


@pytest.mark.parametrize("share", range(SHARES))
def test_no_commit_is_lost(share: int, town: Town, octocat: Citizen) -> None:
    """I push while Honk publishes: whoever comes second stands on the first, or tries again; mine is always there."""
    chance = random.Random(share)  # noqa: S311 - windows, no secrets
    opened = town.opened(files={"answer.txt": "42\n"})
    execute, coming = quick(town), town.world.faults.coming
    mine: list[str] = []

    def push() -> None:
        mine.append(octocat.push(opened.branch, {f"mine-{len(mine)}.txt": "mine\n"}))

    for turn in range(1, TURNS // SHARES + 1):
        for window in chance.sample(range(WINDOWS), PUSHES):
            town.world.faults.meanwhile("*", "", push, skip=window)
        publishes_once_more(town, execute, opened)
        while coming:  # the attempt was over before
            coming.pop().act()
        assert len(mine) == turn * PUSHES
        assert all_are_there(town, opened, [opened.run.head_sha, *mine])
    town.forget_jobs()
    town.work()
    assert opened.status


def all_are_there(town: Town, opened: Opened, commits: Sequence[str]) -> bool:
    """Whether the branch comes from all of these commits."""
    bare = town.world.repo(DEMO).bare
    tip = bare.branch(opened.branch)
    assert tip is not None
    past = set(bare.git("rev-list", tip).decode().split())
    return past >= set(commits)
