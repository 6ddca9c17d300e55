"""One attempt at a run: the newest record, and the only hand that writes it while the attempt lasts."""

from dataclasses import replace
from typing import Any

from ghapp.core.ports import Clock, Store, Transcripts
from ghapp.core.run import Conclusion, Run, State, advance, conclude
from ghapp.flow.status import Status


class Attempt:
    """Every step is recorded under the attempt's epoch before the next begins.

    Any of these raises Superseded when the run was ended or given to another worker meanwhile.
    """

    def __init__(self, run: Run, store: Store, transcripts: Transcripts, status: Status, clock: Clock) -> None:
        self.run = run
        self._store = store
        self._transcripts = transcripts
        self._status = status
        self._clock = clock

    def enter(self, state: State, reason: str) -> None:
        """Go on to `state`, and say so."""
        self._keep(advance(self.run, state, self._clock.now(), reason))
        self.tell("step", f"{state.value.replace('_', ' ')}: {reason}")
        self._status.tell(self.run)

    def hand_back(self, reason: str, *, not_before: float, recoveries: int) -> None:
        """Back to the queue, for the next attempt: this one is over with the same write."""
        waiting = replace(self.run, recoveries=recoveries, not_before=not_before)
        self.run = self._store.supersede(advance(waiting, State.QUEUED, self._clock.now(), reason))
        self.tell("step", f"queued: {reason}")
        self._status.tell(self.run)

    def end(self, conclusion: Conclusion, reason: str) -> None:
        """The final word."""
        self._keep(conclude(self.run, conclusion, self._clock.now(), reason))
        self.tell("step", f"{conclusion.value.replace('_', ' ')}: {reason}")
        self._status.tell(self.run)

    def update(self, **changes: Any) -> None:
        """Record facts without a change of state."""
        self._keep(replace(self.run, **changes))

    def note(self, text: str) -> None:
        """Remember something for the person's final word."""
        self.update(notes=(*self.run.notes, text))
        self.tell("note", text)

    def tell(self, kind: str, text: str) -> None:
        """Add to the transcript."""
        self._transcripts.append(self.run.id, kind, text)

    def _keep(self, run: Run) -> None:
        self._store.save(run)
        self.run = run
