"""The host's side of an engine's work: what the agent may ask of us, and what is kept of its work as it goes."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ghapp.core.ports import Conversations, NoProgress, Verdict, Workspace
from ghapp.core.run import Remark, Run, State

_IDLE_SHARE = 2
"""Part of the budget (one in so many) that may be spent without anything new in the workspace."""


class Journal(Protocol):
    """Where the steps are recorded."""

    run: Run

    def enter(self, state: State, reason: str, **changes: Any) -> None: ...

    def update(self, **changes: Any) -> None: ...

    def add(self, **more: Any) -> None: ...

    def count(self) -> None:
        """Take in what was spent by now, and say so when much of the budget is."""
        ...

    def hear(self, count: int) -> None:
        """So many words of people have reached the agent; say so."""
        ...

    def was_stopped(self) -> bool: ...

    def note(self, text: str) -> None: ...

    def tell(self, kind: str, text: str) -> None: ...


class EngineHost:
    """What the engine may ask of us while it works (`ports.Host`).

    Whoever only answers a question, in a run that changes code, does not `hear`: the words are for the work after it.
    """

    def __init__(
        self,
        journal: Journal,
        workspace: Workspace,
        conversations: Conversations,
        check: Callable[[], Verdict],
        *,
        hears: bool = True,
    ) -> None:
        self._journal, self._workspace, self._conversations, self._check = journal, workspace, conversations, check
        self._given = journal.run.heard
        self._hears = hears
        self._work = b""
        self._spent_at_work = journal.run.usage.micros

    def verify(self) -> Verdict:
        """Run the checks on the workspace as it is."""
        return self._check()

    def tell(self, kind: str, text: str) -> None:
        """Add to the transcript."""
        self._journal.tell(kind, text)

    def heard(self) -> tuple[Remark, ...]:
        """What people said since this was asked last."""
        if not self._hears:
            return ()
        new = self._conversations.said(self._journal.run.id)[self._given :]
        self._given += len(new)
        for said in new:
            self.tell("said", f"@{said.remark.author}: {said.remark.body}")
        return tuple(said.remark for said in new)

    def remember(self, lines: Sequence[str]) -> None:
        """Keep the conversation and the work for whoever goes on with them.

        Only now are words of people heard for good: the lines that carry them are kept. Raises NoProgress when much
        is spent and nothing comes of it.
        """
        self._conversations.append(self._journal.run, lines)
        if self._given > self._journal.run.heard:
            self._journal.hear(self._given)
        self._journal.count()
        self._keep_work()

    def _keep_work(self) -> None:
        work = self._workspace.collect("Work underway").read_bytes() if self._workspace.changed() else b""
        spent, allowed = self._journal.run.usage.micros, self._journal.run.budget.micros
        if _tip(work) != _tip(self._work):
            self._conversations.keep_work(self._journal.run, work)
            self._work, self._spent_at_work = work, spent
        elif spent - self._spent_at_work > allowed // _IDLE_SHARE:
            raise NoProgress("the agent made no progress: half of the budget went without a new change")


def _tip(bundle: bytes) -> bytes:
    """The head of a bundle, which names its commit; equal for equal work."""
    return bundle.partition(b"\n\n")[0]
