"""The same work on a repository of this machine, without GitHub: it ends in a branch."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ghapp.core.budget import NOTHING_USED, Usage
from ghapp.core.errors import TransientError, UserError
from ghapp.core.evidence import CheckResult
from ghapp.core.ports import BudgetSpent, Clock, Remote, Said
from ghapp.core.run import Conclusion, Run, State, Step, advance, conclude
from ghapp.flow.change import Ended, Workshop


class Tally:
    """Counts what is spent, without a limit but the budget's (`ports.Account`)."""

    def __init__(self) -> None:
        self.used = NOTHING_USED

    def charge(self, usage: Usage) -> None:
        """Add it."""
        self.used += usage

    def closed(self) -> str | None:
        """There is no other limit."""
        return None


class Forgetful:
    """Keeps no results (`ports.Results`): a local run measures its base itself."""

    def get(self, sha: str, command: str) -> CheckResult | None:
        """Nothing is known."""
        return None

    def put(self, sha: str, command: str, result: CheckResult) -> None:
        """Nothing is kept."""


class InMemory:
    """Keeps a conversation as long as the process lives (`ports.Conversations`); nobody puts a word in."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._work: bytes | None = None

    def append(self, run: Run, lines: Sequence[str]) -> None:
        """Keep the next lines."""
        self._lines += lines

    def lines(self, run_id: str) -> tuple[str, ...] | None:
        """All lines so far."""
        return tuple(self._lines)

    def keep_work(self, run: Run, bundle: bytes) -> None:
        """Keep the work as it is now."""
        self._work = bundle

    def work(self, run_id: str) -> bytes | None:
        """The work that was kept last."""
        return self._work

    def say(self, run_id: str, said: Said) -> bool:
        """Nobody does."""
        return False

    def said(self, run_id: str) -> tuple[Said, ...]:
        """Nothing."""
        return ()


@dataclass
class Narrator:
    """A journal that is told as it is written (`change.Journal`)."""

    run: Run
    tally: Tally
    clock: Clock
    say: Callable[[str, str], None]
    _changing: threading.RLock = field(default_factory=threading.RLock)

    def enter(self, state: State, reason: str, **changes: Any) -> None:
        """Go on to `state` with these facts."""
        self._change(lambda run: advance(replace(run, **changes), state, self.clock.now(), reason))
        self.tell("step", f"{state.value.replace('_', ' ')}: {reason}")

    def update(self, **changes: Any) -> None:
        """Record facts."""
        self._change(lambda run: replace(run, **changes))

    def add(self, **more: Any) -> None:
        """Add to what is counted or listed."""
        self._change(lambda run: replace(run, **{name: getattr(run, name) + value for name, value in more.items()}))

    def count(self) -> None:
        """Take in what was spent by now."""
        self.update(usage=self.tally.used)

    def hear(self, count: int) -> None:
        """Nobody says anything to a local run."""
        self.update(heard=count)

    def note(self, text: str) -> None:
        """Remember something for the end, once."""
        if text not in self.run.notes:
            self.add(notes=(text,))
        self.tell("note", text)

    def was_stopped(self) -> bool:
        """Nobody but this process can end it."""
        return False

    def tell(self, kind: str, text: str) -> None:
        """Say it."""
        self.say(kind, text)

    def _change(self, change: Callable[[Run], Run]) -> None:
        """Engines have threads of their own."""
        with self._changing:
            self.run = change(self.run)


@dataclass(frozen=True)
class FixLocally:
    """Makes one change to one local repository."""

    workshop: Workshop
    tally: Tally
    clock: Clock
    say: Callable[[str, str], None] = field(repr=False)

    def fix(self, run: Run, remote: Remote) -> Run:
        """The run at its end; its candidate, if there is one, is pushed to the run's branch of `remote`."""
        begun = replace(run, history=(Step(run.state, run.created_at),))
        journal = Narrator(begun, self.tally, self.clock, self.say)
        try:
            self._work(journal, remote)
        except (BudgetSpent, Ended, TransientError, UserError) as ending:
            conclusion = ending.conclusion if isinstance(ending, Ended) else Conclusion.FAILED
            journal.run = conclude(journal.run, conclusion, self.clock.now(), str(ending))
        journal.count()
        if made := journal.run.candidate or journal.run.unfinished:
            self.workshop.git.push(run.thread.repository, remote, made, run.branch)
            journal.update(head_sha=made)
        return journal.run

    def _work(self, journal: Narrator, remote: Remote) -> None:
        repository = journal.run.thread.repository
        journal.enter(State.PREPARING, "the sandbox is made")
        base = self.workshop.git.fetch(repository, remote, journal.run.base_branch)
        if base is None:
            raise UserError(f"the branch {journal.run.base_branch} has no commit yet")
        journal.update(base_sha=base)
        self.workshop.make(journal, self.workshop.grounds.prepare(journal, repository, base))
        journal.enter(State.PUBLISHING, f"the work is on the branch {journal.run.branch}")
