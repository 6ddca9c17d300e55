"""Both engines, each driven by the same scripts through the real relay.

Claude Code's own program runs in the real sandbox; the engine `messages` works on a plain folder here, and in the
sandbox in test_messages_sandboxed.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ghapp.agents.claude_code import ClaudeCode
from ghapp.agents.messages_loop import MessagesLoop
from ghapp.core.evidence import Report
from ghapp.core.ports import Engine, Workspace
from ghapp.playground.model import ModelServer
from tests.agents.attempts import KEY, Attempt

Open = Callable[[], Workspace]
Serve = Callable[..., ModelServer]

DONE = "{report: {outcome: done, summary: It is good now, assumptions: [good is enough], test_plan: read it}}"
NO_CHANGE = "{report: {outcome: no_change, summary: Looked, reason: It is good already}}"
READ = "{read: {path: a.txt}}"
MEND = "{edit: {path: a.txt, old: bad, new: good}}"
ENGINES: dict[str, Callable[[], Engine]] = {
    "messages": lambda: MessagesLoop(sleep=lambda seconds: None),
    "claude-code": ClaudeCode,
}


@dataclass(frozen=True)
class Bench:
    """One engine, and what it works with."""

    engine: Callable[[], Engine]
    open: Open
    serve: Serve

    def attempt(self, *turns: str, key: str = KEY) -> Attempt:
        """An attempt on a fresh workspace with a script of these turns."""
        return Attempt(self.open(), self.serve(*turns), key)

    def work(self, attempt: Attempt, **options: object) -> Report:
        """The report of a fresh engine, or what it raises."""
        return attempt.work(engine=self.engine(), **options)  # type: ignore[arg-type]


def again(bench: Bench, attempt: Attempt, *turns: str) -> ModelServer:
    """A model with the turns that were given so far and these."""
    given = max(entry.turn for entry in attempt.server.log() if entry.answer != "error 402")
    return bench.serve(*["{say: given before}"] * given, *turns)
