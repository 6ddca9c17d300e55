"""What the tool `report` takes, for each kind of work."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.lib.tools import ToolError

from ghapp.agents.kinds import offers
from ghapp.agents.reports import ReportInput
from ghapp.core.evidence import LineRemark, Outcome, Report, Weight
from ghapp.core.ledger import Fate, Settled
from tests.agents.attempts import point, task_of

REMARK = {"path": "a.py", "line": 3, "weight": "high", "body": "It is wrong"}


def report_of(kind: str, given: dict[str, Any], **fields: Any) -> Report:
    """The report that this input makes; ToolError when it is refused."""
    taken = offers(task_of(kind=kind, **fields))["report"].parse(given)
    assert isinstance(taken, ReportInput)
    return taken.report()


def remark_of(**fields: Any) -> LineRemark:
    """The remark that this input makes."""
    return report_of("review", {"outcome": "done", "summary": "S", "remarks": [{**REMARK, **fields}]}).remarks[0]


def test_each_kind_has_its_tools() -> None:
    """Only a change is made with tools that change files, and verified."""
    reading = ["read", "bash", "report"]
    assert [list(offers(task_of(kind=kind))) for kind in ("plan", "ask", "review")] == [reading] * 3
    for kind in ("fix", "revert"):
        assert list(offers(task_of(kind=kind))) == ["read", "edit", "write", "bash", "verify", "report"]


@pytest.mark.parametrize("fate", ["fixed", "answered", "asked_back", "declined", "left_to_a_person"])
def test_a_point_has_one_of_five_fates(fate: str) -> None:
    """They are the ledger's, all but open."""
    given = {"outcome": "done", "summary": "S", "settled": [{"name": "T1", "fate": fate, "words": " So it is. "}]}
    report = report_of("fix", given, points=(point("T1", "Why?"),))
    assert report.settled == (Settled("T1", Fate(fate.replace("_", " ")), "So it is."),)


def test_points_are_settled_only_where_there_are_some() -> None:
    """Without points the report is as it was."""
    with pytest.raises(ToolError, match="settled"):
        report_of("fix", {"outcome": "done", "summary": "S", "settled": []})
    assert "settled" not in json.dumps(offers(task_of())["report"].schema)


@pytest.mark.parametrize("entry", [{"words": " "}, {"words": None}, {"fate": "open"}, {"sha": "1234"}])
def test_a_point_without_words_is_refused(entry: dict[str, Any]) -> None:
    """Nobody is answered with nothing, and open is no end."""
    settled = [{"name": "T1", "fate": "fixed", "words": "Done", **entry}]
    with pytest.raises(ToolError, match=next(iter(entry))):
        report_of("fix", {"outcome": "done", "summary": "S", "settled": settled}, points=(point("T1", "Why?"),))


def test_a_plan_is_its_steps() -> None:
    """Each on one line, in order, with the approach and what was assumed."""
    given = {
        "outcome": "done",
        "summary": "Add it",
        "steps": ["Add  it\nin `a.py`", "Test it"],
        "assumptions": ["once"],
    }
    expected = Report(Outcome.DONE, "Add it", ("once",), steps=("Add it in `a.py`", "Test it"))
    assert report_of("plan", given) == expected


@pytest.mark.parametrize("steps", [["one"], [], ["step"] * 21, ["one", " "], ["one", "x" * 301]])
def test_a_plan_has_2_to_20_short_steps(steps: list[str]) -> None:
    """One step is no plan, 21 nobody reads on a phone."""
    with pytest.raises(ToolError, match="steps"):
        report_of("plan", {"outcome": "done", "summary": "S", "steps": steps})


def test_a_plan_that_needs_a_person_needs_no_steps() -> None:
    """The choice is the person's; the reason says which."""
    given = {"outcome": "needs_person", "summary": "Two ways", "reason": "Which?"}
    assert report_of("plan", given) == Report(Outcome.NEEDS_PERSON, "Two ways", reason="Which?")


def test_an_answer_is_the_summary() -> None:
    """Whoever shows reports shows it."""
    assert report_of("ask", {"outcome": "done", "answer": "3, `a.py:1`"}) == Report(Outcome.DONE, "3, `a.py:1`")


@pytest.mark.parametrize("kind", ["plan", "ask", "review"])
def test_only_a_change_can_be_none(kind: str) -> None:
    """For the others there was none to make."""
    with pytest.raises(ToolError, match="outcome"):
        report_of(kind, {"outcome": "no_change", "summary": "S", "answer": "S", "reason": "R"})


@pytest.mark.parametrize("kind", ["fix", "plan", "ask", "review"])
def test_a_person_is_asked_with_a_reason(kind: str) -> None:
    """Whatever the work was to come to."""
    given = {"outcome": "needs_person", "answer" if kind == "ask" else "summary": "S"}
    with pytest.raises(ToolError, match="needs a reason"):
        report_of(kind, given)
    assert report_of(kind, {**given, "reason": "R"}).reason == "R"


def test_a_suggestion_replaces_its_line() -> None:
    """With one line or several; a line's end at its end is no line more."""
    assert remark_of() == LineRemark("a.py", 3, Weight.HIGH, "It is wrong", None)
    assert remark_of(suggestion="    x = 1\n    y = 2\n").suggestion == "    x = 1\n    y = 2"
    assert remark_of(suggestion="x\n\n").suggestion == "x\n"


def test_a_line_is_deleted_on_purpose_only() -> None:
    """A suggestion that a model fills with nothing, because the field is there, would delete the line."""
    assert remark_of(deletes=True).suggestion == ""
    for nothing in ("", "  ", "\n"):
        with pytest.raises(ToolError, match="the suggestion is blank"):
            remark_of(suggestion=nothing)
    with pytest.raises(ToolError, match="give either"):
        remark_of(suggestion="x", deletes=True)


@pytest.mark.parametrize("text", ["```", "x\n```", "x\r```\ry", "   ````  \nx", "x\r\n```\t\r\ny"])
def test_a_suggestion_cannot_end_its_fence(text: str) -> None:
    """What came after it would be text of ours."""
    with pytest.raises(ToolError, match="backticks"):
        remark_of(suggestion=text)


@pytest.mark.parametrize("text", ["```python", "x = '```'", "    ```", "``"])
def test_other_backticks_are_text(text: str) -> None:
    """A suggestion in a Markdown file may open a fence."""
    assert remark_of(suggestion=text).suggestion == text


@pytest.mark.parametrize("fields", [{"line": 0}, {"weight": "fatal"}, {"body": " "}, {"path": ""}, {"side": "LEFT"}])
def test_a_remark_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    """With the name of what is wrong."""
    with pytest.raises(ToolError, match=next(iter(fields))):
        remark_of(**fields)


def test_a_review_is_short() -> None:
    """Ten remarks at most; none is fine."""
    assert report_of("review", {"outcome": "done", "summary": "S"}).remarks == ()
    with pytest.raises(ToolError, match="remarks"):
        report_of("review", {"outcome": "done", "summary": "S", "remarks": [REMARK] * 11})
