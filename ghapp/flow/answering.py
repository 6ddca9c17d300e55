"""Work that changes nothing: a plan, the answer to a question, a review. It ends in words on the thread."""

from collections.abc import Sequence
from dataclasses import dataclass

from ghapp.core import messages
from ghapp.core.errors import UserError
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ledger import Fate, Point, Settled, settle
from ghapp.core.ports import Issues, Pulls, Reviews
from ghapp.core.run import Conclusion
from ghapp.flow.attempt import Attempt
from ghapp.flow.change import Workshop


@dataclass(frozen=True)
class Answering:
    """Has the agent look and think, and says what it found."""

    workshop: Workshop
    issues: Issues
    pulls: Pulls
    reviews: Reviews

    def answer(self, attempt: Attempt, base: str) -> None:
        """Ends the run, with the words where they were asked for. Raises as `Workshop.consult` does."""
        ground = self.workshop.grounds.prepare(attempt, attempt.run.thread.repository, base)
        report = self.workshop.consult(attempt, ground, attempt.run.kind)
        if report.outcome is not Outcome.DONE:
            attempt.end(Conclusion.REJECTED, report.reason or report.summary)
            return
        match attempt.run.kind:
            case "review":
                self._review(attempt, report)
            case "plan":
                self._say(attempt, messages.plan(attempt.run, report))
                attempt.end(Conclusion.PLANNED, "The plan is below. `/honk fix` goes on from it.")
            case _:
                self._say(attempt, messages.answer(attempt.run, report))
                attempt.end(Conclusion.ANSWERED, "The answer is below.")

    def question(self, attempt: Attempt, base: str, points: Sequence[Point]) -> str:
        """Have a pull request's own agent answer questions about it, by whomever; the answer is for the ledger.

        The report on the change stays: the pull request's text is made of it.
        """
        before = attempt.run.report
        ground = self.workshop.grounds.prepare(attempt, attempt.run.thread.repository, base)
        report = self.workshop.consult(attempt, ground, "ask")
        said = report.summary if report.outcome is Outcome.DONE else report.reason
        answers = [Settled(one.name, Fate.ANSWERED, said) for one in points]
        attempt.update(report=before, ledger=settle(attempt.run.ledger, answers, ""))
        return "the question is answered"

    def _say(self, attempt: Attempt, text: str) -> None:
        run = attempt.run
        self.issues.write_comment(run.place, text, marker=messages.marker(run.id, run.kind))

    def _review(self, attempt: Attempt, report: Report) -> None:
        """Of the commit that the agent saw; a push meanwhile is told."""
        run = attempt.run
        assert run.pull is not None, "only pull requests are reviewed"
        pull = self.pulls.read(run.thread.repository, run.pull)
        if not pull.open:
            raise UserError(f"#{run.pull} was closed while I read it.")
        moved = pull.head_sha if pull.head_sha != run.head_sha else ""
        marker = messages.marker(run.id, "review")
        body = messages.review_body(run, report, moved)
        self.reviews.submit(run.thread.repository, run.pull, run.head_sha, body, report.remarks, marker)
        attempt.end(Conclusion.ANSWERED, f"The review of `{run.head_sha[:9]}` is on #{run.pull}.")
