"""Whether a report fits its task: points that are left out, remarks that lie on no line."""

from __future__ import annotations

import pytest

from ghapp.agents.objections import fitting, fixes_none, objection
from ghapp.core.evidence import LineRemark, Outcome, Report, Weight
from ghapp.core.ledger import Fate, Settled
from tests.agents.attempts import point, task_of

POINTS = (point("T1", "Why?"), point("T2", "Rename it"))
TASK = task_of(points=POINTS)
DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,4 @@\n one\n-two\n+zwei\n+\n four\n@@ -9 +10 @@\n-x\n+y\n"
REVIEW = task_of(kind="review", diff=DIFF)


def settling(*settled: tuple[str, Fate], outcome: Outcome = Outcome.DONE) -> Report:
    """A report that says this of the points."""
    return Report(outcome, "Looked", settled=tuple(Settled(name, fate, f"{name} is so") for name, fate in settled))


def remarking(path: str, line: int, suggestion: str | None = None) -> Report:
    """A review of one remark."""
    remark = LineRemark(path, line, Weight.HIGH, "It is wrong", suggestion)
    return Report(Outcome.DONE, "Looked", remarks=(remark,))


def test_every_point_once_is_right() -> None:
    """In any order, with any fate."""
    assert objection(settling(("T2", Fate.ASKED), ("T1", Fate.FIXED)), TASK) == ""


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (settling(("T1", Fate.FIXED)), "it leaves out T2."),
        (settling(), "it leaves out T1, T2."),
        (settling(("T1", Fate.FIXED), ("T2", Fate.ASKED), ("T9", Fate.FIXED)), "there is no point T9."),
        (settling(("T1", Fate.FIXED), ("T2", Fate.ASKED), ("T1", Fate.ASKED)), "it settles T1 more than once."),
        (settling(("T1", Fate.FIXED), ("T3", Fate.ASKED)), "it leaves out T2; there is no point T3."),
        (settling(("T1", Fate.FIXED), ("T2", Fate.ASKED), outcome=Outcome.NO_CHANGE), "says no_change, and that T1 is"),
        (settling(("T1", Fate.FIXED), outcome=Outcome.NEEDS_PERSON), "it leaves out T2."),
    ],
)
def test_what_is_wrong_with_the_points_is_said(report: Report, said: str) -> None:
    """All of it at once, whatever the outcome, and with the names that are meant."""
    assert said in objection(report, TASK)
    assert "T1, T2" in objection(report, TASK)


def test_the_last_question_asks_for_no_points() -> None:
    """A run that failed is asked what the request lacked, and nothing else."""
    assert objection(settling(outcome=Outcome.NEEDS_PERSON), task_of(points=POINTS, over=True)) == ""


def test_what_does_not_fit_is_left_out_in_the_end() -> None:
    """The host gets known names, each once with what was said of it first, in the ledger's order."""
    report = settling(("T9", Fate.FIXED), ("T2", Fate.ASKED), ("T2", Fate.FIXED))
    assert fitting(report, TASK).settled == (Settled("T2", Fate.ASKED, "T2 is so"),)


def test_knows_when_nothing_had_to_be_changed() -> None:
    """Without points a change was asked for; with points it was when one is fixed."""
    assert fixes_none(settling(("T1", Fate.ANSWERED)), POINTS)
    assert not fixes_none(settling(("T1", Fate.ANSWERED), ("T2", Fate.FIXED)), POINTS)
    assert not fixes_none(settling(), ())


@pytest.mark.parametrize("line", [1, 2, 3, 4, 10])
def test_a_remark_lies_on_the_new_side(line: int) -> None:
    """On lines that were added, and on those around them."""
    report = remarking("a.py", line)
    assert objection(report, REVIEW) == ""
    assert fitting(report, REVIEW) == report


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (remarking("a.py", 5), "a.py, line 5: the diff shows only lines 1-4, 10 of this file"),
        (remarking("b.py", 1), "b.py, line 1: the diff shows no line of this file"),
        (remarking("a.py", 2, "zwei"), "a.py, line 2: the suggestion is the line as it is"),
    ],
)
def test_a_remark_elsewhere_is_refused_with_the_reason(report: Report, said: str) -> None:
    """GitHub would refuse the whole review; what is placed wrongly to the end is left out."""
    assert said in objection(report, REVIEW)
    assert fitting(report, REVIEW).remarks == ()


def test_an_empty_line_can_be_taken_out() -> None:
    """A suggestion without text deletes its line, which an empty line does not resemble."""
    assert objection(remarking("a.py", 3, ""), REVIEW) == ""


def test_many_spans_are_told_in_part() -> None:
    """A file that is changed all over does not fill the agent's view."""
    hunks = "".join(f"@@ -{n} +{n} @@\n-x\n+y\n" for n in range(1, 200, 3))
    said = objection(remarking("a.py", 2), task_of(kind="review", diff=f"--- a/a.py\n+++ b/a.py\n{hunks}"))
    assert "lines 1, 4, 7" in said
    assert said.count(",") < 30
