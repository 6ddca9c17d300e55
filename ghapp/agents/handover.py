"""The gate at the end of an attempt: decides whether the agent's report is taken.

A report that does not fit its task, and one of `done` while the checks are red, is refused a bounded number of times.
After that it is taken, without what fits nothing: the words are the agent's, and whether the work is good is measured
by whoever asked for it, not believed.
"""

from __future__ import annotations

from anthropic.lib.tools import ToolError

from ghapp.agents.kinds import is_change
from ghapp.agents.objections import fitting, fixes_none, objection
from ghapp.agents.reports import ReportInput
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import Host, Task, Verdict, Workspace

FINISH = "Your work has not ended: call `report` when you are done, or go on."
OVER = "Nothing was done: the report is in."
REMINDERS = 2
"""How often in a row an agent that stops without a report is told so."""


class Handover:
    """Holds the last verdict and, in the end, the report."""

    def __init__(self, task: Task, workspace: Workspace, host: Host, max_refusals: int) -> None:
        self._task, self._workspace, self._host = task, workspace, host
        self._refusals_left = max_refusals
        self._verdict: Verdict | None = None
        self.report: Report | None = None

    def touched(self) -> None:
        """Files may have changed, so the last verdict does not hold any more."""
        self._verdict = None

    def verify(self) -> str:
        """The verdict on the files as they are now, as the agent is shown it."""
        verdict = self._checked()
        return f"{'green' if verdict.green else 'red'}\n{verdict.text}"

    def take(self, said: ReportInput) -> str:
        """Take the report. Raises ToolError with what the agent is told when it is refused."""
        report = said.report()
        if self._refusals_left > 0 and (reason := objection(report, self._task) or self._unproven(report)):
            self._refusals_left -= 1
            self._host.tell("note", "the report is refused: " + reason.partition("\n")[0])
            raise ToolError(f"The report is refused: {reason}")
        if lacking := objection(report, self._task):
            self._host.tell("note", "the report is taken as far as it fits: " + lacking.partition("\n")[0])
        self.report = fitting(report, self._task)
        return "The report is in."

    def _checked(self) -> Verdict:
        """One that was given after the last change still holds."""
        if self._verdict is None:
            self._verdict = self._host.verify()
        return self._verdict

    def _unproven(self, report: Report) -> str:
        """Why a change is not done, or nothing."""
        if report.outcome is not Outcome.DONE or not is_change(self._task.kind):
            return ""
        if not self._workspace.changed():
            return "" if fixes_none(report, self._task.points) else _unchanged(self._task)
        verdict = self._checked()
        return "" if verdict.green else f"the checks are red.\n{verdict.text}"


def _unchanged(task: Task) -> str:
    instead = "then no point is fixed: say what became of each" if task.points else "report no_change"
    return f"nothing is changed in /workspace. If that is right, {instead}."
