"""The contract of ports.Engine: each point of a review is settled by the report."""

from __future__ import annotations

import pytest

from ghapp.core.evidence import Outcome
from ghapp.core.ledger import Fate, Settled
from ghapp.core.ports import Task
from tests.agents.attempts import Attempt, point, task_of
from tests.agents.bench import DONE, MEND, READ, Bench, again

TASK = task_of(points=(point("T1", "Make it good"), point("T2", "Why bad?", author="grace"), point("T3", "Split it")))
FIXED = "{name: T1, fate: fixed, words: It is good now}"
ANSWERED = "{name: T1, fate: answered, words: It is good enough}"
ASKED = "{name: T2, fate: asked_back, words: Which one}"
LEFT = "{name: T3, fate: left_to_a_person, words: Somebody has to decide}"


def settling(*entries: str, outcome: str = "done", more: str = "") -> str:
    """A call of `report` with these entries."""
    return f"{{report: {{outcome: {outcome}, summary: Settled, settled: [{', '.join(entries)}]{more}}}}}"


def test_each_point_comes_back_with_its_fate(bench: Bench) -> None:
    """Three points, three fates; the agent is shown who raised which, and where."""
    shown = "'T1, raised by ada on a.txt, line 1:', Make it good, 'T2, raised by grace', Why bad, left_to_a_person"
    attempt = bench.attempt(f"{{shown: [{shown}], tools: [{MEND}]}}", f"{{tools: [{settling(LEFT, FIXED, ASKED)}]}}")
    report = bench.work(attempt, task=TASK)
    assert (report.outcome, report.summary) == (Outcome.DONE, "Settled")
    assert report.settled == (
        Settled("T1", Fate.FIXED, "It is good now"),
        Settled("T2", Fate.ASKED, "Which one"),
        Settled("T3", Fate.ESCALATED, "Somebody has to decide"),
    )
    assert attempt.verified == 1


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ((FIXED, ASKED), "it leaves out T3"),
        ((), "it leaves out T1, T2, T3"),
        ((FIXED, ASKED, LEFT, "{name: T9, fate: fixed, words: Also}"), "there is no point T9"),
        ((FIXED, ASKED, LEFT, ANSWERED), "it settles T1 more than once"),
    ],
)
def test_a_report_that_misses_a_point_is_refused(bench: Bench, entries: tuple[str, ...], said: str) -> None:
    """The agent is told what is missing before its checks are run, and may mend its report."""
    attempt = bench.attempt(
        f"{{tools: [{MEND}, {settling(*entries)}]}}", f"{{shown: ['{said}'], tools: [{settling(FIXED, ASKED, LEFT)}]}}"
    )
    assert len(bench.work(attempt, task=TASK).settled) == 3
    assert attempt.verified == 1
    assert said in attempt.tells("note")[0]


def test_a_report_without_the_field_is_told_of_it(bench: Bench) -> None:
    """An agent that reports as if there were no points is told their names."""
    right = settling(FIXED, ASKED, LEFT)
    attempt = bench.attempt(f"{{tools: [{MEND}, {DONE}]}}", f"{{shown: ['T1, T2, T3'], tools: [{right}]}}")
    assert len(bench.work(attempt, task=TASK).settled) == 3


def test_the_gap_is_seen_in_the_end(bench: Bench) -> None:
    """An agent that insists gets its report taken: the host sees which point is left out, and none that is not."""
    some = f"tools: [{settling(FIXED, ASKED, '{name: T9, fate: fixed, words: Also}')}]"
    attempt = bench.attempt(f"{{tools: [{MEND}]}}", f"{{{some}}}", *[f"{{shown: [leaves out T3], {some}}}"] * 3)
    assert [item.name for item in bench.work(attempt, task=TASK).settled] == ["T1", "T2"]
    assert attempt.tells("note")[-1].startswith("the report is taken as far as it fits: it leaves out T3")


def test_points_can_be_settled_without_a_change(bench: Bench) -> None:
    """Answers, questions and what is left to people need none, and nothing is verified for them."""
    attempt = bench.attempt(f"{{tools: [{READ}, {settling(ANSWERED, ASKED, LEFT)}]}}")
    assert bench.work(attempt, task=TASK).outcome is Outcome.DONE
    assert attempt.verified == 0


def test_nothing_is_fixed_without_a_change(bench: Bench) -> None:
    """An agent that claims a fix and changed nothing is asked what it means, by either outcome."""
    none = settling(FIXED, ASKED, LEFT, outcome="no_change", more=", reason: It is good")
    attempt = bench.attempt(
        f"{{tools: [{settling(FIXED, ASKED, LEFT)}]}}",
        f"{{shown: [nothing is changed, no point is fixed], tools: [{none}]}}",
        f"{{shown: [that T1 is fixed], tools: [{settling(ANSWERED, ASKED, LEFT)}]}}",
    )
    assert bench.work(attempt, task=TASK).settled[0].fate is Fate.ANSWERED


def test_a_fix_is_held_to_the_checks(bench: Bench) -> None:
    """That all points are settled makes nothing green."""
    right = settling(FIXED, ASKED, LEFT)
    attempt = bench.attempt(
        f"{{tools: [{{write: {{path: b.txt, content: x}}}}, {right}]}}",
        f"{{shown: [the checks are red], tools: [{MEND}, {right}]}}",
    )
    bench.work(attempt, task=TASK)
    assert attempt.verified == 2


def test_points_come_with_the_next_attempt(bench: Bench) -> None:
    """The first message of the next attempt in the same conversation carries them, beside what else is asked for."""
    first = bench.attempt(f"{{tools: [{MEND}, {DONE}]}}")
    bench.work(first)
    shown = "goes on, CI is red, 'T1, raised by ada on a.txt, line 1:', Make it good, Split it"
    turn = f"{{shown: [{shown}], not_shown: [you were interrupted], tools: [{MEND}, {settling(FIXED, ASKED, LEFT)}]}}"
    second = Attempt(bench.open(), again(bench, first, turn))
    task = task_of(points=TASK.points, conversation=tuple(first.remembered), feedback="CI is red")
    assert len(bench.work(second, task=task).settled) == 3
    assert [entry.turn for entry in second.server.log()] == [2]


def test_points_alone_are_news(bench: Bench) -> None:
    """Without other feedback the points are what the conversation goes on with."""
    first = bench.attempt(f"{{tools: [{MEND}, {DONE}]}}")
    bench.work(first)
    turn = f"{{shown: [Why bad], not_shown: [you were interrupted], tools: [{settling(ANSWERED, ASKED, LEFT)}]}}"
    second = Attempt(bench.open(), again(bench, first, turn))
    assert bench.work(second, task=continued(first)).outcome is Outcome.DONE


def test_the_last_question_leaves_points_alone(bench: Bench) -> None:
    """A run that failed is asked what the request lacked; nobody settles anything any more."""
    first = bench.attempt(f"{{tools: [{MEND}, {settling(FIXED, ASKED, LEFT)}]}}")
    bench.work(first, task=TASK)
    lacked = "{report: {outcome: needs_person, summary: Half of it, reason: An example}}"
    last = f"{{shown: [what did it lack], not_shown: [CI is red], tools: [{lacked}]}}"
    second = Attempt(bench.open(), again(bench, first, last))
    report = bench.work(second, task=continued(first, over=True))
    assert (report.reason, report.settled) == ("An example", ())


def continued(attempt: Attempt, *, over: bool = False) -> Task:
    """The task with the same points, for whoever goes on with this attempt."""
    return task_of(points=TASK.points, conversation=tuple(attempt.remembered), over=over)
