"""One attempt at a run: the newest record, and the only hand that writes it while the attempt lasts."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ghapp.core.ports import Clock, Store, Transcripts
from ghapp.core.run import Conclusion, Run, State, advance, conclude
from ghapp.flow.status import Status


class Attempt:
    """Every step is recorded under the attempt's epoch before the next begins.

    Any of these raises Superseded when the run was ended or given to another worker meanwhile. A signal
    and the engine's threads may come in between, so each change is made on the record as it is at that moment.
    """

    def __init__(self, run: Run, store: Store, transcripts: Transcripts, status: Status, clock: Clock) -> None:
        self.run = run
        self._store = store
        self._transcripts = transcripts
        self._status = status
        self._clock = clock
        self._changing = threading.RLock()

    def enter(self, state: State, reason: str, **changes: Any) -> None:
        """Go on to `state` with these facts, and say so."""
        self._change(lambda run: advance(replace(run, **changes), state, self._clock.now(), reason))
        self._say_step(state.value, reason)

    def park(self, reason: str) -> None:
        """The work is published: wait for CI, and have the pull request looked at by the next tick."""
        self.enter(State.AWAITING_CI, reason, look_at=self._clock.now())

    def look_by(self, at: float) -> None:
        """Have the pull request looked at again by then (seconds since the epoch); an earlier look stays planned."""
        if not self._clock.now() < self.run.look_at <= at:
            self.update(look_at=at)

    def hand_back(self, reason: str, *, not_before: float, recoveries: int) -> None:
        """Back to the queue, for the next attempt: this one is over with the same write."""
        with self._changing:
            waiting = replace(self.run, recoveries=recoveries, not_before=not_before)
            self.run = self._store.supersede(advance(waiting, State.QUEUED, self._clock.now(), reason))
        self._say_step(State.QUEUED.value, reason)

    def overtake(self, **changes: Any) -> None:
        """Record facts under the next epoch: whoever is at work on the run stops."""
        with self._changing:
            self.run = self._store.supersede(replace(self.run, **changes))

    def end(self, conclusion: Conclusion, reason: str) -> None:
        """The final word."""
        self._change(lambda run: conclude(run, conclusion, self._clock.now(), reason))
        self._say_step(conclusion.value, reason)

    def update(self, **changes: Any) -> None:
        """Record facts without a change of state."""
        self._change(lambda run: replace(run, **changes))

    def add(self, **more: Any) -> None:
        """Add to what is counted or listed."""
        self._change(lambda run: replace(run, **{name: getattr(run, name) + value for name, value in more.items()}))

    def count(self) -> None:
        """Take in what was spent by now, and say so when a mark of the budget is passed."""
        with self._changing:
            self.run = replace(self.run, usage=self._store.load(self.run.id).usage)
        mark = self.run.budget.mark(self.run.usage)
        if mark > self.run.warned:
            self.update(warned=mark)
            self._status.tell(self.run)

    def hear(self, count: int) -> None:
        """So many words of people have reached the agent: they are no longer shown as waiting."""
        self.update(heard=count)
        self._status.tell(self.run)

    def note(self, text: str) -> None:
        """Remember something for the person's final word, once."""
        if text not in self.run.notes:
            self.add(notes=(text,))
        self.tell("note", text)

    def tell(self, kind: str, text: str) -> None:
        """Add to the transcript."""
        self._transcripts.append(self.run.id, kind, text)

    def was_stopped(self) -> bool:
        """Whether the run was ended from outside, so that nobody else works on it.

        From then on this attempt writes to the ended record, where it can only add what became of the work.
        """
        with self._changing:
            newest = self._store.load(self.run.id)
            if newest.is_done and newest.epoch == self.run.epoch + 1:
                self.run = replace(newest, usage=self.run.usage)
        return self.run.is_done

    def last_word(self) -> None:
        """Say once more how it ended, with what was added since."""
        self._status.tell(self.run)

    def _say_step(self, name: str, reason: str) -> None:
        self.tell("step", f"{name.replace('_', ' ')}: {reason}")
        self._status.tell(self.run)

    def _change(self, change: Callable[[Run], Run]) -> None:
        with self._changing:
            self.run = self._store.save(change(self.run))
