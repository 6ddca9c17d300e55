"""The contract of ports.Engine: what a plan, an answer and a review come to, and that nothing is changed for them."""

from __future__ import annotations

import pytest

from ghapp.core.budget import Budget
from ghapp.core.evidence import LineRemark, Outcome, Report, Weight
from ghapp.core.ports import BudgetSpent, Task
from tests.agents.attempts import Attempt, task_of
from tests.agents.bench import DONE, MEND, READ, Bench, again

PLAN = "{report: {outcome: done, summary: Make it good, steps: [Mend `a.txt`, Test it], assumptions: [once]}}"
ANSWER = "{report: {outcome: done, answer: 'It is bad, see `a.txt:1`.'}}"
REVIEW = (
    "{report: {outcome: done, summary: One fault, remarks: ["
    "{path: a.txt, line: 1, weight: high, body: It is bad, suggestion: good}, "
    "{path: a.txt, line: 2, weight: low, body: Nobody reads it, deletes: true}]}}"
)
REPORTS = {"plan": PLAN, "ask": ANSWER, "review": REVIEW}
DIFF = (
    "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n"
    "@@ -1 +1,2 @@\n-fine\n+bad\n+worse\n@@ -30 +31,2 @@\n end\n+more\n"
)


def task_for(kind: str) -> Task:
    """A task of this kind."""
    return task_of(kind=kind, diff=DIFF if kind == "review" else "")


def test_a_plan_comes_back_as_steps(bench: Bench) -> None:
    """The agent reads, and reports the approach, the steps, and what it assumed."""
    attempt = bench.attempt(
        f"{{shown: ['# Make it good', You make a plan, You plan issue 7, grep good], tools: [{READ}]}}",
        f"{{shown: [bad], tools: [{PLAN}]}}",
    )
    expected = Report(Outcome.DONE, "Make it good", ("once",), steps=("Mend `a.txt`", "Test it"))
    assert bench.work(attempt, task=task_for("plan")) == expected


def test_an_answer_comes_back_as_it_is(bench: Bench) -> None:
    """In Markdown, as the report's summary."""
    attempt = bench.attempt(f"{{shown: [You answer a question], tools: [{ANSWER}]}}")
    assert bench.work(attempt, task=task_for("ask")) == Report(Outcome.DONE, "It is bad, see `a.txt:1`.")


def test_a_review_comes_back_as_remarks(bench: Bench) -> None:
    """The agent sees the diff with its lines' numbers; each remark lies on one of them."""
    attempt = bench.attempt(f"{{shown: [You review pull request 7, 1 +bad, 31  end], tools: [{REVIEW}]}}")
    assert bench.work(attempt, task=task_for("review")) == Report(
        Outcome.DONE,
        "One fault",
        remarks=(
            LineRemark("a.txt", 1, Weight.HIGH, "It is bad", "good"),
            LineRemark("a.txt", 2, Weight.LOW, "Nobody reads it", ""),
        ),
    )


@pytest.mark.parametrize("kind", list(REPORTS))
def test_nothing_is_changed_with_tools(bench: Bench, kind: str) -> None:
    """Edit and write are not there, verify neither; the report is taken although nothing is changed, unverified."""
    calls = f"{MEND}, {{write: {{path: b.txt, content: x}}}}, {{verify: {{}}}}"
    calls += ", {Edit: {file_path: /workspace/a.txt, old_string: bad, new_string: good}}"
    calls += ", {Write: {file_path: /workspace/b.txt, content: x}}, {mcp__honk__verify: {}}"
    attempt = bench.attempt(f"{{tools: [{READ}, {calls}]}}", f"{{tools: [{REPORTS[kind]}]}}")
    assert bench.work(attempt, task=task_for(kind)).outcome is Outcome.DONE
    assert (attempt.has("a.txt"), attempt.has("b.txt"), attempt.verified) == ("bad\n", None, 0)


@pytest.mark.parametrize("kind", list(REPORTS))
def test_commands_can_be_tried(bench: Bench, kind: str) -> None:
    """The shell is there to look and to run; that it left files behind is no matter of the report."""
    attempt = bench.attempt(
        "{tools: [{bash: {command: cp a.txt b.txt; grep -c bad b.txt}}]}", f"{{shown: ['1'], tools: [{REPORTS[kind]}]}}"
    )
    assert bench.work(attempt, task=task_for(kind)).outcome is Outcome.DONE
    assert attempt.verified == 0


@pytest.mark.parametrize(("kind", "summary"), [("plan", "summary"), ("ask", "answer"), ("review", "summary")])
def test_a_person_is_needed_with_a_reason(bench: Bench, kind: str, summary: str) -> None:
    """Who cannot plan, answer or review says what is missing; `no_change` is no outcome of these."""
    words = f"{summary}: Looked, reason: Which one"
    attempt = bench.attempt(
        f"{{tools: [{{report: {{outcome: no_change, {words}}}}}]}}",
        f"{{shown: [needs_person], tools: [{{report: {{outcome: needs_person, {summary}: Looked}}}}]}}",
        f"{{shown: [needs a reason], tools: [{{report: {{outcome: needs_person, {words}}}}}]}}",
    )
    expected = Report(Outcome.NEEDS_PERSON, "Looked", reason="Which one")
    assert bench.work(attempt, task=task_for(kind)) == expected


@pytest.mark.parametrize(("kind", "other"), [("plan", DONE), ("ask", PLAN), ("review", ANSWER), ("fix", ANSWER)])
def test_a_report_of_another_kind_is_no_report(bench: Bench, kind: str, other: str) -> None:
    """Its input does not fit, and the agent is told which fields do."""
    own = {**REPORTS, "fix": "{report: {outcome: no_change, summary: S, reason: R}}"}[kind]
    attempt = bench.attempt(f"{{tools: [{other}]}}", f"{{tools: [{own}]}}")
    bench.work(attempt, task=task_for(kind))
    assert len(attempt.server.log()) == 2


def test_a_plan_of_one_step_is_refused(bench: Bench) -> None:
    """And the agent is told how many there are."""
    short = "{report: {outcome: done, summary: S, steps: [Do it]}}"
    attempt = bench.attempt(f"{{tools: [{short}]}}", f"{{shown: [2 to 20 steps], tools: [{PLAN}]}}")
    assert len(bench.work(attempt, task=task_for("plan")).steps) == 2


def test_a_remark_beside_the_diff_is_refused_with_the_reason(bench: Bench) -> None:
    """The agent places it anew."""
    beside = "{report: {outcome: done, summary: S, remarks: [{path: a.txt, line: 9, weight: low, body: Wrong}]}}"
    attempt = bench.attempt(f"{{tools: [{beside}]}}", f"{{shown: ['lines 1-2, 31-32'], tools: [{REVIEW}]}}")
    assert len(bench.work(attempt, task=task_for("review")).remarks) == 2
    assert attempt.tells("note") == ["the report is refused: 1 of its remarks cannot be placed."]


def test_a_remark_that_stays_beside_the_diff_is_left_out(bench: Bench) -> None:
    """After some refusals the rest of the review is taken, and the transcript says that something is missing."""
    remarks = "{path: b.txt, line: 1, weight: low, body: Wrong}, {path: a.txt, line: 1, weight: high, body: It is bad}"
    both = f"tools: [{{report: {{outcome: done, summary: S, remarks: [{remarks}]}}}}]"
    attempt = bench.attempt(f"{{{both}}}", *[f"{{shown: [b.txt], {both}}}"] * 3)
    (remark,) = bench.work(attempt, task=task_for("review")).remarks
    assert remark.path == "a.txt"
    assert attempt.tells("note")[3:] == ["the report is taken as far as it fits: 1 of its remarks cannot be placed."]


@pytest.mark.parametrize("kind", list(REPORTS))
def test_goes_on_after_an_interruption(bench: Bench, kind: str) -> None:
    """On another machine, without a word of a change or of checks to run."""
    first = bench.attempt(f"{{tools: [{READ}]}}")
    with pytest.raises(BudgetSpent):
        bench.work(first, task=task_for(kind), budget=Budget(turns=1))
    new = f"{{shown: [you were interrupted, call `report` anew], not_shown: [run `verify`], tools: [{REPORTS[kind]}]}}"
    second = Attempt(bench.open(), again(bench, first, new))
    task = task_of(kind=kind, diff=task_for(kind).diff, conversation=tuple(first.remembered))
    assert bench.work(second, task=task).outcome is Outcome.DONE
    assert [entry.turn for entry in second.server.log()] == [2]


def test_a_revert_is_a_change(bench: Bench) -> None:
    """With all tools, and with the checks before it is done."""
    attempt = bench.attempt(
        f"{{shown: [What a revert comes to], tools: [{READ}, {{write: {{path: b.txt, content: x}}}}, {DONE}]}}",
        f"{{shown: [the checks are red], tools: [{MEND}, {DONE}]}}",
    )
    assert bench.work(attempt, task=task_for("revert")).outcome is Outcome.DONE
    assert attempt.verified == 2
