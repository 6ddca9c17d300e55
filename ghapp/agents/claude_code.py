"""The engine `claude-code`: Claude Code's own program, wholly inside the sandbox, driven by its SDK from outside.

Read `ClaudeCode.work` first. The SDK is an extra, and importing it takes a second: this module imports neither it nor
what needs it before there is work.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ghapp.core.errors import UserError
from ghapp.core.evidence import Report
from ghapp.core.ports import Host, ModelAccess, Task, Workspace

_SDK = "claude_agent_sdk"
_INSTEAD = "set HONK_ENGINE=messages"


def claude_code_missing() -> str | None:
    """Why the engine cannot work on this machine and what to do about it, or None. Imports nothing."""
    if find_spec(_SDK) is None:
        return f"Claude Code is not installed: `pip install 'ghapp[claude-code]'`, or {_INSTEAD}."
    if not program().exists():  # a platform without a wheel of its own gets the SDK alone
        return f"The package claude-agent-sdk has no Claude Code for this platform: {_INSTEAD}."
    return None


def program() -> Path:
    """Claude Code's program, which comes with its SDK. UserError when the SDK is not installed."""
    found = find_spec(_SDK)
    if found is None or found.origin is None:
        raise UserError(str(claude_code_missing()))
    return Path(found.origin).parent / "_bundled" / "claude"


class ClaudeCode:
    """A coding agent that is Claude Code.

    `max_refusals` is how often a report of `done` is refused while the work is not; `silence` is how many seconds
    nothing may be heard of the program before it is given up. Turns, tokens, money and time are limited by the relay.
    """

    def __init__(self, *, max_refusals: int = 3, silence: float = 3600) -> None:
        self._max_refusals, self._silence = max_refusals, silence

    def work(self, task: Task, workspace: Workspace, model: ModelAccess, host: Host) -> Report:
        """Work until there is a report.

        Raises BudgetSpent at a limit of the budget, NoProgress when the agent goes in circles, UserError when the
        model refuses, its service refuses us, or Claude Code is not installed, TransientError when the service stays
        away or the program dies.
        """
        if missing := claude_code_missing():
            raise UserError(missing)
        from ghapp.agents.claude_attempt import Attempt

        return Attempt(task, workspace, model, host, self._max_refusals, self._silence).run(program())
