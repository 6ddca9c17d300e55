"""The table of a run's states: reachable, walkable, drawn."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core.events import Actor, Repository, Thread, thread_number
from ghapp.core.run import (
    ACTIVE,
    FOLLOWED,
    TRANSITIONS,
    Conclusion,
    IllegalTransition,
    Request,
    Run,
    State,
    Step,
    Trigger,
    advance,
    conclude,
    drawing,
)

RUN = Run(
    id="r1",
    key="key",
    thread=Thread(Repository(7, "octo/demo", 3), 12),
    requester=Actor(11, "mona"),
    trigger=Trigger("2026-11-01T10:00:00Z", label="honk"),
    request=Request("It is broken", ""),
    created_at=0.0,
    history=(Step(State.QUEUED, 0.0),),
)


def _reachable(start: State, without: frozenset[State] = frozenset()) -> set[State]:
    found, new = {start}, [start]
    while new:
        here = new.pop()
        after = {to for before, to in TRANSITIONS if before is here} - found - without
        found |= after
        new += after
    return found


def test_every_state_can_be_reached_and_left_to_the_end() -> None:
    """From QUEUED every state can be reached, and from every state the end, after which there is nothing."""
    assert _reachable(State.QUEUED) == set(State)
    assert all(State.DONE in _reachable(state) for state in State)
    assert not [to for before, to in TRANSITIONS if before is State.DONE]


def test_the_end_can_be_reached_without_waiting_for_a_person() -> None:
    """PAUSED is on no way that has to be gone."""
    assert _reachable(State.QUEUED, frozenset({State.PAUSED})) == set(State) - {State.PAUSED}


def test_every_active_state_can_be_recovered() -> None:
    """A lost worker's run goes back to the queue; merging holds no worker."""
    assert all((state, State.QUEUED) in TRANSITIONS for state in ACTIVE)
    assert State.MERGING not in ACTIVE


def test_a_merge_by_hand_is_watched_wherever_the_run_stands() -> None:
    """People merge when they like: while a worker is at it, and while it waits for one, for CI or for them."""
    assert {before for before, to in TRANSITIONS if to is State.DEPLOYING} == set(State) - {State.DEPLOYING, State.DONE}


@given(st.lists(st.sampled_from(State), max_size=40))
def test_any_walk_keeps_to_the_table(wishes: list[State]) -> None:
    """Whatever is asked for in whatever order, the history is a way through the table, and an end is an end."""
    run = RUN
    for at, wish in enumerate(wishes, start=1):
        allowed = (run.state, wish) in TRANSITIONS
        if not allowed:
            with pytest.raises(IllegalTransition):
                advance(run, wish, float(at))
        elif wish is State.DONE:
            run = conclude(run, Conclusion.CANCELLED, float(at), "enough")
        else:
            run = advance(run, wish, float(at), "on")
    states = [step.state for step in run.history]
    assert states[0] is State.QUEUED
    assert states[-1] is run.state
    assert all(pair in TRANSITIONS for pair in pairwise(states))
    assert (run.conclusion is not None) == run.is_done == (run.state is State.DONE)
    assert [step.at for step in run.history] == sorted(step.at for step in run.history)


@pytest.mark.parametrize("conclusion", Conclusion)
def test_nothing_ends_twice(conclusion: Conclusion) -> None:
    """The first end is the one that counts."""
    ended = conclude(RUN, conclusion, 1.0, "first")
    with pytest.raises(IllegalTransition):
        conclude(ended, Conclusion.MERGED, 2.0, "second")


@pytest.mark.parametrize("state", State)
def test_a_state_is_active_followed_or_neither(state: State) -> None:
    """No state both holds a worker and waits for the pull request."""
    run = Run("r", "k", RUN.thread, RUN.requester, RUN.trigger, RUN.request, 0.0, state=state)
    assert run.is_active + run.is_followed + run.is_done <= 1
    assert run.is_followed == (state in FOLLOWED)


def test_the_branch_carries_the_threads_number() -> None:
    """Events on the branch find their thread without a look-up."""
    assert RUN.branch == "honk/12-r1"
    assert thread_number(RUN.branch) == 12


def test_the_readmes_drawing_is_the_table() -> None:
    """Whoever changes the table draws it anew: `python -c 'from ghapp.core.run import drawing; print(drawing())'`."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{drawing()}\n```" in readme
