"""Words of people to a run that is open: to its agent, about its budget, about protected files.

A run at work hears its words by itself; one that is parked is queued again. Each is done once for each comment,
however often its event is acted on: a word is kept under its comment's id, and a decision leaves its note in the run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ghapp.core.errors import Superseded
from ghapp.core.intents import AllowPaths, AskAgent, SteerRun, TopUp
from ghapp.core.ledger import QUESTION, Point, take_in
from ghapp.core.ports import Clock, Conversations, Queue, Said, Store, Transcripts
from ghapp.core.run import Pause, Run, State, advance
from ghapp.flow.status import Status


@dataclass(frozen=True)
class Steering:
    """Any of these raises Superseded when the run moved on since it was read: decide again, on what it is then."""

    conversations: Conversations
    store: Store
    queue: Queue
    transcripts: Transcripts
    status: Status
    clock: Clock

    def steer(self, run: Run, word: SteerRun) -> None:
        """Put a word in for the agent, and wake the run for it where it asks for that.

        The run may have been parked or ended after the decision, with the word put in for nobody.
        """
        said = Said(word.comment, word.remark)
        self.conversations.say(run.id, said)
        newest = self.store.load(run.id)
        if newest.is_done:
            raise Superseded(run.id)
        if word.wakes and said.comment in {one.comment for one in self._unheard(newest)} and _may_wake(newest):
            self.wake(newest, word.reason)
        else:
            self.status.tell(newest)

    def ask(self, run: Run, question: AskAgent) -> None:
        """A question about a parked run's pull request: a point of its ledger, which is answered as reviews are."""
        point = Point(
            id=f"{QUESTION}{question.comment}",
            name=f"Q{question.comment}",
            author=question.remark.author,
            asked=f"@{question.remark.author}: {question.remark.body}",
            newest=question.comment,
        )
        if point.id not in {known.id for known in run.ledger}:
            told = f"{point.asked}\n\nThis is a question: answer it, and change nothing."
            self.send_back(run, question.reason, ledger=take_in(run.ledger, [point]), feedback=told)

    def wake(self, run: Run, reason: str) -> None:
        """The next attempt of a run that waits: it is told what was said, and makes a commit of its own.

        Rounds of repair count for each wish of a person anew.
        """
        words = self._unheard(run)
        heard = run.heard + len(words)
        self.send_back(run, reason, feedback=_attributed(words), heard=heard, pause=None, rounds=())

    def heed(self, run: Run) -> None:
        """Wake a run that was parked while somebody said something to it: nobody else will read that any more."""
        if run.is_followed and (words := self._unheard(run)):
            self.wake(run, f"@{words[-1].remark.author} steers")

    def top_up(self, run: Run, more: TopUp) -> Run:
        """Raise the budget; the run as it is then.

        The model's relay has read the old budget, so whoever is at work makes way for an attempt with the new one,
        which goes on with the same conversation.
        """
        budget = run.budget.raised(more.micros)
        raised = replace(run, budget=budget, warned=budget.mark(run.usage), notes=(*run.notes, more.note))
        if run.pause is Pause.BUDGET or run.is_active or run.state is State.QUEUED:
            return self._queue(replace(raised, pause=None), more.reason)
        raised = self.store.save(raised)
        self.transcripts.append(run.id, "note", more.note)
        self.status.tell(raised)
        return raised

    def allow(self, run: Run, allowed: AllowPaths) -> None:
        """Let these paths through and go on where the run was, with the commit that it has."""
        paths = tuple(dict.fromkeys((*run.allowed, *allowed.paths)))
        through = replace(run, allowed=paths, notes=(*run.notes, allowed.note), pause=None)
        self._queue(through, allowed.reason)

    def send_back(self, run: Run, reason: str, **changes: Any) -> Run:
        """The next attempt of a run that waits, which makes a commit of its own; `changes` are facts for it.

        What was let through was so as it stood; of another commit nobody has seen it. Lost workers and the judge's
        vetoes count for each attempt anew.
        """
        anew = replace(run, recoveries=0, vetoes=0, candidate="", allowed=(), look_at=0.0)
        return self._queue(replace(anew, **changes), reason)

    def _unheard(self, run: Run) -> Sequence[Said]:
        return self.conversations.said(run.id)[run.heard :]

    def _queue(self, run: Run, reason: str) -> Run:
        now = self.clock.now()
        waiting = replace(run, not_before=now)
        waiting = waiting if run.state is State.QUEUED else advance(waiting, State.QUEUED, now, reason)
        queued = self.store.supersede(waiting)
        self.transcripts.append(run.id, "step", f"queued: {reason}")
        self.queue.execute(queued.id, queued.epoch)
        self.status.tell(queued)
        return queued


def _may_wake(run: Run) -> bool:
    """Money is a reason to wait that words do not take away; protected files can be left alone when that is said."""
    return run.is_followed or run.pause is Pause.PROTECTED


def _attributed(words: Sequence[Said]) -> str:
    return "\n\n".join(f"@{one.remark.author} says:\n\n{one.remark.body}" for one in words)
