"""Reviews of a followed pull request: each open point becomes part of one attempt, and each ends with a reply.

An attempt leaves the fate of its points in the ledger, and the next look tells it: whatever breaks in between, the
replies come, and once. What is raised while an attempt is at work is found by the look after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ghapp.core import ledger, messages
from ghapp.core.config import Config
from ghapp.core.errors import UserError
from ghapp.core.events import Thread
from ghapp.core.ledger import Fate, Point
from ghapp.core.ports import Clock, Issues, Pull, Repositories, Reviews, ReviewThread
from ghapp.core.raised import Hearing, Raised
from ghapp.core.run import NEEDS_HELP, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering


@dataclass(frozen=True)
class FollowReviews:
    """Keeps the ledger of a followed run. The caller holds the thread's inbox.

    `ours` gives the id of the account that the App acts as, for an installation.
    """

    reviews: Reviews
    repositories: Repositories
    issues: Issues
    steering: Steering
    status: Status
    clock: Clock
    ours: Callable[[int], int]

    def look(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Reply to what was settled, and begin an attempt on what is open.

        What people say on somebody's own pull request is for its author: there, only what was asked of us is answered.
        """
        settled = ledger.untold(attempt.run.ledger)
        theirs = attempt.run.is_guest
        if theirs and not settled:
            return
        for point in settled:
            self._reply(attempt, pull, point)
        hearing = self._hearing(attempt.run, pull)
        if settled:
            self._close(attempt, hearing, settled)
            hearing = replace(hearing, ledger=attempt.run.ledger)
        if not theirs:
            self._take_up(attempt, pull, hearing, config.reviews.settle)

    def _hearing(self, run: Run, pull: Pull) -> Hearing:
        """After the replies: what was said by then is known before anything is resolved."""
        repository = run.thread.repository
        threads = self.reviews.threads(repository, pull.number)
        reviews = self.reviews.submitted(repository, pull.number)
        # Who we are costs a process its first request for it, and means nothing where nobody said anything.
        ours = self.ours(repository.installation) if threads or reviews else 0
        hearing = Hearing(threads, reviews, run.ledger, ours)
        texts = [] if run.ledger else [one.id for one in reviews if one.body]
        return replace(hearing, answered=self._answered(run, pull, hearing.ours, texts)) if texts else hearing

    def _answered(self, run: Run, pull: Pull, ours: int, reviews: Sequence[int]) -> list[int]:
        """Reviews whose text was answered before the records were lost: our comments outlive them."""
        comments = self.issues.comments(Thread(run.thread.repository, pull.number))
        said = [one.body for one in comments if one.author.id == ours]
        return [one for one in reviews if any(_marker(run, one) in body for body in said)]

    # What was settled

    def _reply(self, attempt: Attempt, pull: Pull, point: Point) -> None:
        """In its thread; where that is gone or closed to us, and for a review's text, on the pull request."""
        run = attempt.run
        repository = run.thread.repository
        marker = _marker(run, point.newest)
        if point.comment is not None:
            try:
                body = f"{marker}\n{messages.reply(point)}"
                self.reviews.reply(repository, pull.number, point.comment, body, marker)
                return
            except UserError as error:
                attempt.tell("note", f"no reply could be written in the thread of {point.name}: {error}")
        try:
            where = Thread(repository, pull.number)
            self.issues.write_comment(where, f"{marker}\n{messages.reply_on_pull(point)}", marker=marker)
        except UserError as error:  # the conversation is locked; the status comment has the ledger
            attempt.tell("note", f"{point.name} could not be answered: {error}")

    def _close(self, attempt: Attempt, hearing: Hearing, settled: Sequence[Point]) -> None:
        """Resolve what is fixed, unless more was said there meanwhile, which would be closed with it."""
        threads = {thread.id: thread for thread in hearing.threads}
        for point in settled:
            thread = threads.get(point.id)
            if point.fate is Fate.FIXED and thread is not None and not hearing.news(thread):
                self._resolve(attempt, thread)
            attempt.tell("review", f"{point.name}: {point.fate.value}")
        if any(point.fate is Fate.ESCALATED for point in settled):
            self._call_for_help(attempt)
        told = tuple(replace(one, told=True) if one in settled else one for one in attempt.run.ledger)
        reviewers = (point.author for point in settled if not point.id.startswith(ledger.QUESTION))
        who = dict.fromkeys((*attempt.run.ask_again, *reviewers))
        attempt.update(ledger=told, ask_again=tuple(who))
        self.status.tell(attempt.run)

    def _resolve(self, attempt: Attempt, thread: ReviewThread) -> None:
        if thread.resolved:
            return
        try:
            self.reviews.resolve(attempt.run.thread.repository, thread.id)
        except UserError as error:
            attempt.tell("note", f"a thread could not be resolved: {error}")

    def _call_for_help(self, attempt: Attempt) -> None:
        try:
            self.issues.add_label(attempt.run.thread, NEEDS_HELP)
        except UserError as error:
            attempt.tell("note", f"the label {NEEDS_HELP} could not be put on: {error}")

    # What is raised

    def _take_up(self, attempt: Attempt, pull: Pull, hearing: Hearing, settle: float) -> None:
        raised = self._raised(attempt, hearing, settle)
        if raised is not None and raised.left_out != attempt.run.left_out:
            attempt.update(left_out=raised.left_out)
            self.status.tell(attempt.run)
        if raised is None or not raised.points:
            self._ask_again(attempt, pull)
        elif raised.due > self.clock.now():
            attempt.look_by(raised.due)  # when the burst is over
        else:
            reason = messages.points_raised(raised.points)
            taken = ledger.take_in(attempt.run.ledger, raised.points)
            attempt.run = self.steering.send_back(attempt.run, reason, ledger=taken)

    def _raised(self, attempt: Attempt, hearing: Hearing, settle: float) -> Raised | None:
        """What is raised, by the rights that people have now; None when nothing new was said."""
        authors = hearing.authors()
        if not authors:
            return None
        repository = attempt.run.thread.repository
        rights = {one.id: self.repositories.permission(repository, one) for one in authors}
        return hearing.raised(rights, settle)

    def _ask_again(self, attempt: Attempt, pull: Pull) -> None:
        """Ask for another review once CI is green, those whose points were settled since."""
        run = attempt.run
        if run.state is State.AWAITING_REVIEW and run.ask_again:
            self.reviews.request(run.thread.repository, pull.number, run.ask_again)
            attempt.update(ask_again=())
            attempt.tell("review", f"asked again for a review: {', '.join(run.ask_again)}")


def _marker(run: Run, newest: int) -> str:
    """The hidden text of a reply: the comment or review that it answers tells it from all others."""
    return messages.marker(f"{run.id}-{newest}", "reply")
