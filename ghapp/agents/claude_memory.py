"""Claude Code's conversation, kept outside the sandbox line by line, and laid back for whoever goes on with it.

The program writes its session to a file of its own and shows the SDK each line. The SDK's own way back is a folder of
the host, which the sandbox does not see: here the file is written inside, where the program looks for it.
https://code.claude.com/docs/en/agent-sdk/sessions
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from claude_agent_sdk import SessionKey, SessionStoreEntry

from ghapp.agents.errands import Errands
from ghapp.core.ports import Workspace

CONFIG = "/home/honk/.claude-code"
"""Where the program keeps its files inside."""

_SESSIONS = f"{CONFIG}/projects/-workspace"  # by its rule for naming the folder /workspace
_WRITE = ("sh", "-c", 'mkdir -p "$0" && cat > "$0/$1.jsonl"')
_SECONDS = 60


@dataclass(frozen=True)
class Session:
    """A conversation that can be taken up: its id, and its lines as JSON."""

    id: str
    lines: tuple[str, ...]

    def lay(self, workspace: Workspace) -> bool:
        """Write it where the program finds it; whether that went well."""
        text = "".join(f"{line}\n" for line in self.lines)
        return workspace.run((*_WRITE, _SESSIONS, self.id), stdin=text.encode(), timeout=_SECONDS).exit_code == 0


def session_of(lines: Sequence[str]) -> Session | None:
    """The last session in these lines; None when they are not of Claude Code."""
    ids = [_session_id(line) for line in lines]
    last = ids[-1] if ids else None
    if last is None:
        return None
    return Session(last, tuple(line for line, session in zip(lines, ids, strict=True) if session == last))


class Memory:
    """The SDK's store of sessions: hands the lines on as they come. `remember` is called in the errands' thread."""

    def __init__(self, errands: Errands, remember: Callable[[Sequence[str]], None]) -> None:
        self._errands, self._remember = errands, remember
        self._waiting: list[str] = []
        self._sign, self._patience = "", 0

    async def append(self, key: SessionKey, entries: list[SessionStoreEntry]) -> None:
        """Take the next lines of the conversation."""
        lines = [json.dumps(entry, separators=(",", ":")) for entry in entries]
        self._errands.send(lambda: self._take(lines))

    async def load(self, key: SessionKey) -> list[SessionStoreEntry] | None:
        """Nothing: the session is laid inside."""
        return None

    def hold_until(self, sign: str) -> None:
        """Hand nothing on before a line has this text: words that were heard must be among the lines that tell so."""
        self._sign, self._patience = sign, 1

    def hand_on_overdue(self) -> None:
        """Hand on what is held for a sign that does not come. Called between turns.

        The program writes its lines down later than it calls hooks, so a sign has one turn more than its own to come.
        """
        if self._sign and self._patience:
            self._patience -= 1
        else:
            self.hand_on()

    def hand_on(self) -> None:
        """Hand on what is held."""
        lines, self._waiting, self._sign = self._waiting, [], ""
        if lines:
            self._remember(lines)

    def _take(self, lines: list[str]) -> None:
        self._waiting += lines
        if any(self._sign in line for line in lines):
            self.hand_on()


def _session_id(line: str) -> str | None:
    entry = _object(line)
    try:
        return str(UUID(str(entry.get("sessionId"))))
    except ValueError:
        return None


def _object(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
