"""What the tool `report` takes, by what the work is to come to, and the typed report that it makes.

Only the form is held here; whether a report fits the task is asked in `objections.py`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from ghapp.agents.tools import Input, Path, Text
from ghapp.core.evidence import LineRemark, Outcome, Report, Weight
from ghapp.core.ledger import Fate, Settled

_MIN_STEPS, _MAX_STEPS = 2, 20
_CLOSES_A_FENCE = re.compile(
    r"^ {0,3}`{3,}[ \t]*$", re.MULTILINE
)  # https://spec.commonmark.org/0.31.2/#fenced-code-blocks


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


Words = Annotated[Text, AfterValidator(_said)]
Long = Annotated[Words, Field(max_length=10_000)]
Short = Annotated[Words, Field(max_length=4_000)]
OneLine = Annotated[Words, AfterValidator(_on_one_line), Field(max_length=300)]
Assumptions = Annotated[tuple[Text, ...], Field(max_length=30, description="readings that you chose")]

_FATES = {
    "fixed": Fate.FIXED,
    "answered": Fate.ANSWERED,
    "asked_back": Fate.ASKED,
    "declined": Fate.DECLINED,
    "left_to_a_person": Fate.ESCALATED,
}


class ReportInput(Input):
    """What all reports have."""

    outcome: str
    reason: Text = Field(default="", max_length=10_000, description="needed unless the outcome is done")

    @model_validator(mode="after")
    def _says_why(self) -> ReportInput:
        if self.outcome != "done" and not self.reason.strip():
            raise ValueError(f"the outcome {self.outcome} needs a reason")
        return self

    def report(self) -> Report:
        """The same as a value of the core."""
        raise NotImplementedError


class ChangeReport(ReportInput):
    """Of a change."""

    outcome: Literal["done", "no_change", "needs_person"]
    summary: Long = Field(description="what you changed and why, for a reviewer")
    assumptions: Assumptions = ()
    test_plan: Text = Field(default="", max_length=10_000, description="how a person can see for themselves")

    def report(self) -> Report:
        """The same as a value of the core."""
        return Report(Outcome(self.outcome), self.summary, self.assumptions, self.test_plan, self.reason)


class SettledInput(Input):
    """What became of one point."""

    name: Text = Field(description="the point's name, such as T1")
    fate: Literal["fixed", "answered", "asked_back", "declined", "left_to_a_person"]
    words: Short = Field(description="for the reply: what was done, the answer, the question, or the reason")

    def settled(self) -> Settled:
        """The same as a value of the core."""
        return Settled(self.name, _FATES[self.fate], self.words.strip())


class PointsReport(ChangeReport):
    """Of a change that had points to settle. What is left out is asked for in words, and in the end taken so."""

    settled: tuple[SettledInput, ...] = Field(default=(), max_length=500, description="one entry for each point")

    def report(self) -> Report:
        """The same as a value of the core."""
        return replace(super().report(), settled=tuple(item.settled() for item in self.settled))


class PlanReport(ReportInput):
    """Of a plan."""

    outcome: Literal["done", "needs_person"]
    summary: Long = Field(description="the approach, and why this one")
    steps: tuple[OneLine, ...] = Field(
        default=(), max_length=_MAX_STEPS, description=f"{_MIN_STEPS} to {_MAX_STEPS}; short, imperative, in order"
    )
    assumptions: Assumptions = ()

    @model_validator(mode="after")
    def _has_steps(self) -> PlanReport:
        if self.outcome == "done" and len(self.steps) < _MIN_STEPS:
            raise ValueError(f"a plan has {_MIN_STEPS} to {_MAX_STEPS} steps")
        return self

    def report(self) -> Report:
        """The same as a value of the core."""
        return Report(Outcome(self.outcome), self.summary, self.assumptions, reason=self.reason, steps=self.steps)


class AnswerReport(ReportInput):
    """Of a question."""

    outcome: Literal["done", "needs_person"]
    answer: Annotated[Words, Field(max_length=20_000)] = Field(description="the answer, in Markdown")

    def report(self) -> Report:
        """The same as a value of the core."""
        return Report(Outcome(self.outcome), self.answer, reason=self.reason)


class RemarkInput(Input):
    """One remark of a review."""

    path: Path = Field(description="as the diff names it")
    line: int = Field(ge=1, description="the line's number on the new side, as it stands beside the diff")
    weight: Literal["high", "medium", "low"]
    body: Short = Field(description="what is wrong, and how you know")
    suggestion: Text | None = Field(
        default=None, max_length=4_000, description="the text to put in place of exactly this line; leave out if none"
    )
    deletes: bool = Field(default=False, description="the suggestion is to delete this line")

    @model_validator(mode="after")
    def _suggests_something(self) -> RemarkInput:
        if self.suggestion is None:
            return self
        if self.deletes:
            raise ValueError("give either a suggestion or deletes")
        if not self.suggestion.strip():
            raise ValueError("the suggestion is blank: leave it out, or say `deletes: true` if the line is to go")
        if _CLOSES_A_FENCE.search(self.suggestion.replace("\r", "\n")):
            raise ValueError("the suggestion has a line of backticks, which would end it: say it in the body")
        return self

    def remark(self) -> LineRemark:
        """The same as a value of the core; its suggestion is empty where the line is to go."""
        text = "" if self.deletes else self.suggestion and self.suggestion.removesuffix("\n")
        return LineRemark(self.path, self.line, Weight(self.weight), self.body.strip(), text)


class ReviewReport(ReportInput):
    """Of a review."""

    outcome: Literal["done", "needs_person"]
    summary: Long = Field(description="what the change does, and what you found")
    remarks: tuple[RemarkInput, ...] = Field(default=(), max_length=10, description="few and checked; heaviest first")

    def report(self) -> Report:
        """The same as a value of the core."""
        remarks = tuple(item.remark() for item in self.remarks)
        return Report(Outcome(self.outcome), self.summary, reason=self.reason, remarks=remarks)
