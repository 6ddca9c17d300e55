"""The desk of one attempt: runs the model's tool calls in the sandbox, and decides whether a report is taken.

A report of `done` is refused while the checks are red, a bounded number of times. After that it is taken as it is: the
words are the agent's, and whether the work is good is measured by whoever asked for it, not believed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from anthropic.lib.tools import ToolError

from ghapp.agents.tools import DESCRIPTIONS, Bash, DeskTool, Edit, Input, Read, ReportInput, Write, parse
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import BudgetSpent, Tell, Verdict, Workspace

_GUEST = ("python3", "-I", "/honk/tools.py")  # put there by the sandbox; it reads one JSON request and answers one
_FILE_SECONDS = 60
_MAX_OUTPUT = 30_000  # characters of a command's output that the model is shown
_MAX_TOLD = 2_000
_MAX_HEADLINE = 200
_REPEATS_TOLD = 5
_REPEATS_ENDED = 8


class Desk:
    """Holds the workspace, the last verdict and, in the end, the report."""

    def __init__(self, workspace: Workspace, verify: Callable[[], Verdict], tell: Tell, max_refusals: int) -> None:
        self._workspace, self._verify, self._tell = workspace, verify, tell
        self._refusals_left = max_refusals
        self._verdict: Verdict | None = None
        self._repeated: tuple[str, str] = ("", "")
        self._repeats = 0
        self.report: Report | None = None

    def tools(self) -> list[DeskTool]:
        """The tools, for the SDK's tool runner."""
        return [DeskTool(name, self.use) for name in DESCRIPTIONS]

    def use(self, name: str, given: object) -> str:
        """One tool call. Raises ToolError with what the model is told when it fails, BudgetSpent when it loops."""
        if self.report is not None:
            raise ToolError("Nothing was done: the report is in.")
        self._tell("tool", headline(name, given))
        try:
            text = self._run(parse(name, given))
        except ToolError as error:
            self._tell("result", _first_lines(str(error)))
            raise ToolError(self._noting_repeats(name, given, str(error))) from None
        self._tell("result", _first_lines(text))
        return self._noting_repeats(name, given, text)

    def _run(self, call: Input) -> str:
        match call:
            case Read():
                return self._in_guest("read", call)
            case Edit() | Write():
                self._verdict = None
                return self._in_guest(type(call).__name__.lower(), call)
            case Bash():
                self._verdict = None  # it may have changed a file; only the sandbox knows
                return self._bash(call)
            case ReportInput():
                return self._take(call)
            case _:
                return _shown(self._checked())

    def _in_guest(self, tool: str, call: Input) -> str:
        """Files are read and written by a program inside the sandbox, where a link leads nowhere else."""
        request = json.dumps({"tool": tool, **call.model_dump()}).encode()
        done = self._workspace.run(_GUEST, stdin=request, timeout=_FILE_SECONDS)
        answer = _object(done.output)
        if isinstance(answer.get("text"), str):
            return str(answer["text"])
        raise ToolError(str(answer.get("error") or f"{tool} failed:\n{cut(done.output, _MAX_TOLD)}"))

    def _bash(self, call: Bash) -> str:
        done = self._workspace.run(("bash", "-c", call.command), timeout=call.timeout)
        ended = f"stopped after {call.timeout} seconds" if done.timed_out else f"exit code {done.exit_code}"
        return f"{ended}\n{cut(done.output, _MAX_OUTPUT).rstrip() or '(no output)'}"

    def _checked(self) -> Verdict:
        """The verdict on the files as they are now; one that was given after the last change still holds."""
        if self._verdict is None:
            self._verdict = self._verify()
        return self._verdict

    def _take(self, said: ReportInput) -> str:
        outcome = Outcome(said.outcome)
        if outcome is Outcome.DONE and self._refusals_left > 0 and (objection := self._objection()):
            self._refusals_left -= 1
            self._tell("note", "the report is refused: " + objection.partition("\n")[0])
            raise ToolError(f"The report is refused: {objection}")
        self.report = Report(outcome, said.summary, said.assumptions, said.test_plan, said.reason)
        return "The report is in."

    def _objection(self) -> str:
        """Why the work is not done, or nothing."""
        if not self._workspace.changed():
            return "nothing is changed in /workspace. If that is right, report no_change."
        verdict = self._checked()
        return "" if verdict.green else f"the checks are red.\n{verdict.text}"

    def _noting_repeats(self, name: str, given: object, text: str) -> str:
        """The result, with a word on it when the model goes in circles. Raises BudgetSpent when it does not stop."""
        this = (f"{name} {given!r}", text)
        self._repeats = self._repeats + 1 if this == self._repeated else 1
        self._repeated = this
        if self._repeats >= _REPEATS_ENDED:
            raise BudgetSpent(f"the agent made no progress: the same call of {name} {self._repeats} times in a row")
        if self._repeats == _REPEATS_TOLD:
            self._tell("note", f"the same call {self._repeats} times in a row")
            return f"{text}\n\nYou have made this very call {self._repeats} times with this result. Do something else."
        return text


def headline(name: str, given: object) -> str:
    """One line for people: the tool and its main argument."""
    fields: dict[str, Any] = given if isinstance(given, dict) else {}
    main = next((fields[key] for key in ("path", "command", "outcome") if key in fields), "")
    line = " ".join(f"{name} {main}".split())
    return line if len(line) <= _MAX_HEADLINE else line[: _MAX_HEADLINE - 1] + "…"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters: a third from the start and the rest from the end, where errors stand."""
    if len(text) <= limit:
        return text
    first = limit // 3
    return f"{text[:first]}\n[… {len(text) - limit} characters left out …]\n{text[first - limit :]}"


def _shown(verdict: Verdict) -> str:
    return f"{'green' if verdict.green else 'red'}\n{verdict.text}"


def _first_lines(text: str) -> str:
    return text if len(text) <= _MAX_TOLD else text[:_MAX_TOLD] + "…"


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
