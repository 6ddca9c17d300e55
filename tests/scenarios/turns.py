"""What the scripted model does in the scenarios, in few words."""

from typing import Any

from ghapp.playground.script import Script

Turn = dict[str, Any]


def script(*turns: Turn, name: str = "script", when: str | None = None) -> Script:
    """A script of these turns."""
    return Script.model_validate({"name": name, "when": when, "turns": turns})


def tools(*calls: Turn, **more: Any) -> Turn:
    """A turn of tool calls."""
    return {"tools": calls, **more}


def bash(command: str, **more: Any) -> Turn:
    """A turn with one command."""
    return tools({"bash": {"command": command}}, **more)


def write(path: str, content: str, **more: Any) -> Turn:
    """A turn that writes one file."""
    return tools({"write": {"path": path, "content": content}}, **more)


def report(summary: str = "The answer is 42 now.", outcome: str = "done", reason: str = "", **more: Any) -> Turn:
    """A turn with the report."""
    given = {"assumptions": ["42 is meant in decimal."], "test_plan": "Run check.sh.", **more}
    return tools({"report": {"outcome": outcome, "summary": summary, "reason": reason, **given}})


def fix(content: str = "42\n", **more: Any) -> Script:
    """The whole work: write the answer, and report."""
    return script(write("answer.txt", content, **more), report())
