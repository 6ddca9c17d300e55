"""The desk of one attempt of the engine `messages`: runs the model's tool calls in the sandbox."""

from __future__ import annotations

import json
from typing import Any

from anthropic.lib.tools import ToolError

from ghapp.agents.circles import Circles
from ghapp.agents.handover import OVER, Handover
from ghapp.agents.kinds import offers
from ghapp.agents.reports import ReportInput
from ghapp.agents.telling import cut, first_lines, headline
from ghapp.agents.tools import Bash, DeskTool, Edit, Input, Offer, Read, Write
from ghapp.core.ports import Task, Tell, Workspace

_GUEST = ("python3", "-I", "/honk/tools.py")  # put there by the sandbox; it reads one JSON request and answers one
_FILE_SECONDS = 60
_MAX_OUTPUT = 30_000  # characters of a command's output that the model is shown
_MAX_FAULT = 2_000


class Desk:
    """Gives each call to the sandbox or to the handover, and tells what happens."""

    def __init__(self, task: Task, workspace: Workspace, handover: Handover, tell: Tell) -> None:
        self._task, self._workspace, self._handover, self._tell = task, workspace, handover, tell
        self._circles = Circles(tell)

    def tools(self) -> list[DeskTool]:
        """The tools, for the SDK's tool runner."""
        return [DeskTool(offer, self.use) for offer in offers(self._task).values()]

    def use(self, offer: Offer, given: object) -> str:
        """One tool call. Raises ToolError with what the model is told when it fails, NoProgress when it loops."""
        if self._handover.report is not None:
            raise ToolError(OVER)
        self._tell("tool", headline(offer.name, given))
        try:
            text = self._run(offer.parse(given))
        except ToolError as error:
            self._tell("result", first_lines(str(error)))
            raise ToolError(self._noting_repeats(offer.name, given, str(error))) from None
        self._tell("result", first_lines(text))
        return self._noting_repeats(offer.name, given, text)

    def _run(self, call: Input) -> str:
        match call:
            case Read():
                return self._in_guest("read", call)
            case Edit() | Write():
                self._handover.touched()
                return self._in_guest(type(call).__name__.lower(), call)
            case Bash():
                self._handover.touched()  # only the sandbox knows
                return self._bash(call)
            case ReportInput():
                return self._handover.take(call)
            case _:
                return self._handover.verify()

    def _in_guest(self, tool: str, call: Input) -> str:
        """Files are read and written by a program inside the sandbox, where a link leads nowhere else."""
        request = json.dumps({"tool": tool, **call.model_dump()}).encode()
        done = self._workspace.run(_GUEST, stdin=request, timeout=_FILE_SECONDS)
        answer = _object(done.output)
        if isinstance(answer.get("text"), str):
            return str(answer["text"])
        raise ToolError(str(answer.get("error") or f"{tool} failed:\n{cut(done.output, _MAX_FAULT)}"))

    def _bash(self, call: Bash) -> str:
        done = self._workspace.run(("bash", "-c", call.command), timeout=call.timeout)
        ended = f"stopped after {call.timeout} seconds" if done.timed_out else f"exit code {done.exit_code}"
        return f"{ended}\n{cut(done.output, _MAX_OUTPUT).rstrip() or '(no output)'}"

    def _noting_repeats(self, name: str, given: object, text: str) -> str:
        word = self._circles.word_on(name, given, text)
        return f"{text}\n\n{word}" if word else text


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
