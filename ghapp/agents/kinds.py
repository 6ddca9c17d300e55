"""What an engine offers by what the work is to come to: only a change is made with tools that change files.

Who plans, answers or reviews has a shell to look and to try with; whatever it changes is thrown away by the host.
"""

from __future__ import annotations

from collections.abc import Mapping

from ghapp.agents.reports import AnswerReport, ChangeReport, PlanReport, PointsReport, ReportInput, ReviewReport
from ghapp.agents.tools import BASH, EDIT, READ, VERIFY, WRITE, Offer
from ghapp.core.ports import Task

_CHANGES = ("fix", "revert")
_REPORTS: Mapping[str, type[ReportInput]] = {
    "fix": ChangeReport,
    "revert": ChangeReport,
    "plan": PlanReport,
    "ask": AnswerReport,
    "review": ReviewReport,
}


def is_change(kind: str) -> bool:
    """Whether the work is to come to a change, which is made with all tools and proven by checks."""
    return kind in _CHANGES


def offers(task: Task) -> dict[str, Offer]:
    """The tools of a task, by name."""
    report = Offer("report", PointsReport if task.points else _REPORTS[task.kind], "End the work with your report.")
    tools = (READ, EDIT, WRITE, BASH, VERIFY, report) if is_change(task.kind) else (READ, BASH, report)
    return {offer.name: offer for offer in tools}
