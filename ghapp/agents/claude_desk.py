"""What Claude Code meets of ours while it works: the tools `verify` and `report`, and the hooks that keep its turns.

Everything that decides runs in the thread that does the errands (see errands.py); here it is only asked.
https://code.claude.com/docs/en/hooks
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from anthropic.lib.tools import ToolError
from claude_agent_sdk import HookMatcher, McpServerConfig, SdkMcpTool, create_sdk_mcp_server

from ghapp.agents.circles import Circles
from ghapp.agents.claude_memory import Memory
from ghapp.agents.claude_options import SERVER, built_in
from ghapp.agents.errands import Errands
from ghapp.agents.handover import FINISH, OVER, REMINDERS, Handover
from ghapp.agents.kinds import offers
from ghapp.agents.prompt import new_word, said_prompt
from ghapp.agents.reports import ReportInput
from ghapp.agents.telling import cut
from ghapp.agents.tools import Offer
from ghapp.core.ports import BudgetSpent, Host, Task
from ghapp.core.run import Remark

_READERS = ("Read", "Grep", "Glob", "mcp__honk__verify", "mcp__honk__report")
_ODD = re.compile(r"[^a-zA-Z0-9_-]")  # what it writes as _ in the names of tools
_MAX_CONTEXT = 9_000  # characters; of what a hook adds, the program shows the model no more than 10,000
_FENCE = 200
_HOOK_SECONDS = 3600.0  # as long as an errand before it may take

Answer = dict[str, Any]


class ClaudeDesk:
    """Answers tools and hooks. `ending` is what the work ends with when it is not the report."""

    def __init__(self, task: Task, handover: Handover, host: Host, memory: Memory, errands: Errands) -> None:
        self._handover, self._host, self._memory, self._errands = handover, host, memory, errands
        self._task, self._built_in = task, built_in(task.kind)
        self._servers = tuple(f"mcp__{_ODD.sub('_', name)}__" for name in (SERVER, *task.tools))
        self._circles = Circles(host.tell)
        self._reminders_left = REMINDERS
        self.ending: Exception | None = None

    def servers(self) -> dict[str, McpServerConfig]:
        """`report`, and `verify` where there is a change to verify, as a server of the MCP in this process."""
        ours = [self._tool(offer) for offer in offers(self._task).values() if offer.name in ("verify", "report")]
        return {SERVER: create_sdk_mcp_server(SERVER, tools=ours)}

    def hooks(self) -> dict[Any, Any]:
        """The hooks, for the SDK's options. A hook that fails would let the tool run, if it did not say otherwise."""
        return {
            "PreToolUse": [HookMatcher(hooks=[self._before], timeout=_HOOK_SECONDS, on_failure="block")],
            "PostToolBatch": [HookMatcher(hooks=[self._after], timeout=_HOOK_SECONDS)],
            "Stop": [HookMatcher(hooks=[self._stopping], timeout=_HOOK_SECONDS)],
        }

    def _tool(self, offer: Offer) -> SdkMcpTool[Any]:
        async def use(given: Answer) -> Answer:
            text, failed = await self._errands.ask(partial(self._use, offer, given))
            return {"content": [{"type": "text", "text": text}], "is_error": failed}

        return SdkMcpTool(offer.name, offer.description, offer.schema, use)

    def _use(self, offer: Offer, given: Answer) -> tuple[str, bool]:
        try:
            call = offer.parse(given)
            return (self._handover.take(call) if isinstance(call, ReportInput) else self._handover.verify()), False
        except ToolError as error:
            return str(error), True

    async def _before(self, given: Any, _: str | None, __: object) -> Any:
        """Before a tool runs, whatever its permissions say."""
        try:
            refusal = await self._errands.ask(partial(self._refusal, given["tool_name"]))
        except Exception as error:  # noqa: BLE001 - an edge to another process: what is not understood is not allowed
            refusal = f"the call could not be looked at ({type(error).__name__})"
        return _denied(refusal) if refusal else {}

    def _refusal(self, name: str) -> str:
        if self._is_over:
            return OVER
        if name not in self._built_in and not name.startswith(self._servers):
            return f"{name} is not among your tools."
        if name not in _READERS:
            self._handover.touched()
        return ""

    async def _after(self, given: Any, _: str | None, __: object) -> Any:
        """After all tools of a reply have run, and before the model is asked again."""
        words = await self._errands.ask(partial(self._words_after, given.get("tool_calls", ())))
        if self._is_over:
            return {"continue_": False, "stopReason": "the work has ended"}
        if not words:
            return {}
        return {"hookSpecificOutput": {"hookEventName": "PostToolBatch", "additionalContext": "\n\n".join(words)}}

    def _words_after(self, calls: Iterable[Answer]) -> list[str]:
        self._reminders_left = REMINDERS
        try:
            words = [self._circles.word_on(call["tool_name"], call["tool_input"], _result(call)) for call in calls]
        except BudgetSpent as spent:
            self.ending = spent
            return []
        return [] if self._is_over else [word for word in (*words, self._heard()) if word]

    async def _stopping(self, _: Any, __: str | None, ___: object) -> Any:
        """When the model ends its turn: without a report it may not, a bounded number of times."""
        reason = await self._errands.ask(self._objection)
        return {"decision": "block", "reason": reason} if reason else {}

    def _objection(self) -> str:
        if self._is_over:
            return ""
        if words := self._heard():
            return words
        if self._reminders_left == 0:
            return ""
        self._reminders_left -= 1
        self._host.tell("note", "the agent stopped without a report and is reminded")
        return FINISH

    def _heard(self) -> str:
        self._memory.hand_on_overdue()
        remarks = self._host.heard()
        if not remarks:
            return ""
        word = new_word()
        self._memory.hold_until(word)
        share = max(_MAX_CONTEXT // len(remarks) - _FENCE, _FENCE)
        return said_prompt([Remark(said.author, cut(said.body, share)) for said in remarks], word)

    @property
    def _is_over(self) -> bool:
        return self._handover.report is not None or self.ending is not None


def _denied(reason: str) -> Answer:
    decision = {"permissionDecision": "deny", "permissionDecisionReason": reason}
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **decision}}


def _result(call: Answer) -> str:
    return json.dumps(call.get("tool_response"), sort_keys=True)
