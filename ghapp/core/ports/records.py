"""Our own records: runs, inboxes, transcripts, queue and clock."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ghapp.core.events import Happening, Repository, Thread
from ghapp.core.evidence import CheckResult
from ghapp.core.run import Remark, Run


@dataclass(frozen=True)
class Entry:
    """One line of a run's transcript; `at` in seconds since the epoch, `id` grows."""

    id: str
    at: float
    kind: str
    text: str


class Store(Protocol):
    """Runs and their claims. Every write names its epoch and raises Superseded when a newer one is out."""

    def create(self, run: Run) -> bool:
        """Keep a new run as its thread's only open one; False when the thread has one, or this very run was there."""
        ...

    def load(self, run_id: str) -> Run:
        """The record as it is now. Gone when there is none."""
        ...

    def save(self, run: Run) -> Run:
        """Replace the record, and give it back as kept.

        Superseded when a newer attempt is out, or when somebody else wrote since `run` was read.
        """
        ...

    def supersede(self, run: Run) -> Run:
        """Replace the record under the next epoch, so that whoever holds the old one ends; the run as kept."""
        ...

    def claim(self, run_id: str, epoch: int, worker: str) -> Run:
        """Take the lease for an attempt. Superseded when it is held, not queued (any more), or not the newest."""
        ...

    def renew(self, run_id: str, epoch: int, worker: str) -> None:
        """Keep the lease. Superseded when the run was given to another attempt or was ended by somebody else.

        Nothing happens when this attempt itself has parked or ended the run.
        """
        ...

    def last_run(self, thread: Thread) -> Run | None:
        """The thread's newest run, done or not."""
        ...

    def unfinished(self) -> tuple[Run, ...]:
        """Every run that is not done."""
        ...

    def is_held(self, run_id: str) -> bool:
        """Whether a worker holds the run's lease."""
        ...


class Inbox(Protocol):
    """What has happened on each thread (and to each installation) and was not yet acted on."""

    def add(self, delivery: str, event: Happening) -> str | None:
        """Store one delivery under its id, in one transaction; the inbox it is in, or None when it was stored before.

        The inbox is not always the event's own: what happens on our pull request belongs to its issue.
        """
        ...

    def wanted(self) -> tuple[str, ...]:
        """Names of the inboxes that wait to be drained, but for those put off."""
        ...

    def put_off(self, inbox: str, seconds: float) -> None:
        """Leave it out of what is wanted for so long, an hour at the most. What is added wakes it all the same."""
        ...

    def drain(self, inbox: str) -> AbstractContextManager["Mail | None"]:
        """One thread's mail, for one reader at a time; None when another reads it."""
        ...

    def alias(self, repository: Repository, pull: int, issue: int) -> None:
        """From now on, what happens on the pull request belongs to the issue's thread."""
        ...

    def follow(self, thread: Thread, sha: str) -> None:
        """From now on, what happens on the commit belongs to the thread, on whatever branch it is."""
        ...


class Mail(Protocol):
    """A thread's inbox, held."""

    def peek(self) -> Happening | None:
        """The oldest event that was not acted on."""
        ...

    def after(self) -> Happening | None:
        """The one after that, if it is there already."""
        ...

    def done(self) -> None:
        """The event of `peek` was acted on."""
        ...


class Transcripts(Protocol):
    """What a run did, line by line."""

    def append(self, run_id: str, kind: str, text: str) -> None: ...

    def read(self, run_id: str, after: str = "0") -> tuple[Entry, ...]: ...


@dataclass(frozen=True)
class Said:
    """A person's word to the agent at work. `comment` is GitHub's id of it."""

    comment: int
    remark: Remark


class Conversations(Protocol):
    """What a run's agent and its host have said so far, kept for whoever goes on with it, on whatever machine."""

    def append(self, run: Run, lines: Sequence[str]) -> None:
        """Keep the next lines of the conversation. Superseded when a newer attempt is out."""
        ...

    def lines(self, run_id: str) -> tuple[str, ...] | None:
        """All lines so far; empty when there was none, None when they became too many or too old and are gone."""
        ...

    def keep_work(self, run: Run, bundle: bytes) -> None:
        """Keep the work as it is now: a git bundle of `Workspace.collect`, empty for none. Superseded as above."""
        ...

    def work(self, run_id: str) -> bytes | None:
        """The work that was kept last."""
        ...

    def say(self, run_id: str, said: Said) -> bool:
        """Put a word in for the agent's next turn; False when this comment was put in before."""
        ...

    def said(self, run_id: str) -> tuple[Said, ...]:
        """All that was put in, oldest first. `Run.heard` counts those that the agent has got."""
        ...


class Results(Protocol):
    """How checks ended on base commits."""

    def get(self, sha: str, command: str) -> CheckResult | None: ...

    def put(self, sha: str, command: str, result: CheckResult) -> None: ...


class Pace(Protocol):
    """Keeps edits of one comment apart, and remembers those that are owed."""

    def allows(self, run_id: str) -> bool:
        """True at most once in five seconds for a run; otherwise an edit is owed."""
        ...

    def owed(self) -> tuple[str, ...]:
        """Runs whose comment is behind and may be edited now."""
        ...

    def settled(self, run_id: str) -> None:
        """The comment says what the record says."""
        ...


class Queue(Protocol):
    """Hands ids to workers. Asking twice for the same thing is asking once."""

    def intake(self, inbox: str, *, urgent: bool = False) -> None:
        """Have an inbox drained; before all others that wait when it is urgent."""
        ...

    def execute(self, run_id: str, epoch: int) -> None: ...

    def has(self, run_id: str, epoch: int) -> bool:
        """Whether that attempt waits or runs."""
        ...

    def place(self, run_id: str, epoch: int) -> int | None:
        """How many attempts wait before that one; None when it does not wait (any more)."""
        ...


class Clock(Protocol):
    """Seconds since the epoch, UTC."""

    def now(self) -> float: ...
