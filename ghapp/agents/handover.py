"""The gate at the end of an attempt: decides whether the agent's report is taken.

A report of `done` is refused while the checks are red, a bounded number of times. After that it is taken as it is: the
words are the agent's, and whether the work is good is measured by whoever asked for it, not believed.
"""

from __future__ import annotations

from anthropic.lib.tools import ToolError

from ghapp.agents.tools import ReportInput
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import Host, Verdict, Workspace

FINISH = "Your work has not ended: call `report` when you are done, or go on."
OVER = "Nothing was done: the report is in."
REMINDERS = 2
"""How often in a row an agent that stops without a report is told so."""


class Handover:
    """Holds the last verdict and, in the end, the report."""

    def __init__(self, workspace: Workspace, host: Host, max_refusals: int) -> None:
        self._workspace, self._host = workspace, host
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
        outcome = Outcome(said.outcome)
        if outcome is Outcome.DONE and self._refusals_left > 0 and (objection := self._objection()):
            self._refusals_left -= 1
            self._host.tell("note", "the report is refused: " + objection.partition("\n")[0])
            raise ToolError(f"The report is refused: {objection}")
        self.report = Report(outcome, said.summary, said.assumptions, said.test_plan, said.reason)
        return "The report is in."

    def _checked(self) -> Verdict:
        """One that was given after the last change still holds."""
        if self._verdict is None:
            self._verdict = self._host.verify()
        return self._verdict

    def _objection(self) -> str:
        """Why the work is not done, or nothing."""
        if not self._workspace.changed():
            return "nothing is changed in /workspace. If that is right, report no_change."
        verdict = self._checked()
        return "" if verdict.green else f"the checks are red.\n{verdict.text}"
