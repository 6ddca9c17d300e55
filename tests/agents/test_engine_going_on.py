"""The contract of ports.Engine: hearing people, being stopped, and going on elsewhere."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from ghapp.core.budget import Budget
from ghapp.core.errors import Superseded
from ghapp.core.evidence import Outcome
from ghapp.core.ports import BudgetSpent
from ghapp.core.run import Remark
from tests.agents.attempts import Attempt, task_of
from tests.agents.bench import MEND, NO_CHANGE, READ, Bench, again


def test_words_of_people_reach_the_next_turn(bench: Bench) -> None:
    """What is said while a tool runs is shown with its result, under the name of who said it.

    The lines that are remembered next have it: to the host it counts as heard from then on.
    """
    words = "shown: [Comment by ada, make it better]"
    attempt = bench.attempt(
        f"{{not_shown: [make it better], tools: [{READ}]}}",
        f"{{{words}, tools: [{READ}]}}",
        f"{{tools: [{NO_CHANGE}]}}",
    )

    def say(kind: str, text: str) -> None:
        if kind == "tool" and len(attempt.tells("tool")) == 1:
            attempt.says = [Remark("ada", "make it better")]

    attempt.on_tell = say
    bench.work(attempt)
    assert any("make it better" in line for line in attempt.remembered_next or ())


def test_goes_on_elsewhere_where_it_stopped(bench: Bench) -> None:
    """From the remembered lines alone, another machine takes up the conversation, and asks only what is new."""
    first = bench.attempt(f"{{say: Look, tools: [{READ}]}}", f"{{tools: [{MEND}]}}")
    with pytest.raises(BudgetSpent):
        bench.work(first, budget=Budget(turns=2))
    second = Attempt(bench.open(), again(bench, first, f"{{shown: [It must be better], tools: [{NO_CHANGE}]}}"))
    bench.work(second, task=task_of(conversation=tuple(first.remembered), feedback="It must be better"))
    assert [entry.turn for entry in second.server.log()] == [3]
    third = Attempt(bench.open(), again(bench, second, f"{{shown: [And better], tools: [{NO_CHANGE}]}}"))
    lines = (*first.remembered, *second.remembered)
    bench.work(third, task=task_of(conversation=lines, feedback="And better"))
    assert [entry.turn for entry in third.server.log()] == [4]


def test_goes_on_after_it_was_killed_in_a_tool(bench: Bench) -> None:
    """A worker that dies while a tool runs leaves a call without its result; the next one goes on all the same."""

    class Killed(BaseException):
        pass

    command = "{tools: [{bash: {command: echo x >> b.txt; sleep 0.5; echo end}}]}"
    too_late = "{say: Nobody hears this}"  # Claude Code may ask on before it is killed
    first = bench.attempt(f"{{tools: [{READ}]}}", command, too_late)

    def die(kind: str, text: str) -> None:
        if text == "end" or text.endswith("\nend"):
            raise Killed

    first.on_tell = die
    with pytest.raises(Killed):
        bench.work(first)
    heard = ["{say: given before}"] * 2
    second = Attempt(bench.open(), bench.serve(*heard, f"{{not_shown: [Nobody hears], tools: [{NO_CHANGE}]}}"))
    assert bench.work(second, task=task_of(conversation=tuple(first.remembered))).outcome is Outcome.NO_CHANGE
    assert second.server.log()[0].turn == 3


def test_a_conversation_that_is_lost_is_stood_in_for(bench: Bench) -> None:
    """Lines that nobody can read begin a new conversation, with what is known of the old one, and a note."""
    attempt = bench.attempt(f"{{shown: ['# Make it good', half of it is done], tools: [{NO_CHANGE}]}}")
    bench.work(attempt, task=task_of(conversation=('{"type": "nonsense"}',), stand_in="half of it is done"))
    assert "cannot be taken up" in attempt.tells("note")[0]


@pytest.fixture
def superseded_by_signal() -> Iterator[None]:
    """As in a worker: a signal raises Superseded in the main thread."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Superseded

    before = signal.signal(signal.SIGUSR1, stop)
    yield
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.usefixtures("superseded_by_signal")
def test_a_signal_ends_it_and_all_that_it_started(bench: Bench) -> None:
    """Superseded comes through at once, and no program and no thread is left."""
    attempt = bench.attempt("{tools: [{bash: {command: sleep 600}}]}")
    threads: list[threading.Thread] = []

    def interrupt(kind: str, text: str) -> None:
        if kind == "tool":
            threads.append(threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGUSR1)))
            threads[0].start()

    attempt.on_tell = interrupt
    before = children()
    with pytest.raises(Superseded):
        bench.work(attempt)
    threads[0].join()
    assert children() == before
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("honk")]


def children() -> set[str]:
    """The living processes that this one has started."""
    listed = [task.read_text().split() for task in Path("/proc/self/task").glob("*/children")]
    return {pid for pids in listed for pid in pids if is_alive(pid)}


def is_alive(pid: str) -> bool:
    """Whether it is there and has not ended."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
