"""How a script's tool calls are spelled for the client that asks: one script drives any engine.

Scripts use the names of the engine `messages`. Claude Code offers tools of its own for the same things, and refuses to
change a file that it has not read since: there each edit and write is preceded by a read.
https://code.claude.com/docs/en/tools-reference
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from ghapp.playground.script import ToolCall

_ROOT = "/workspace/"
_NAMES = {
    "read": "Read",
    "edit": "Edit",
    "write": "Write",
    "bash": "Bash",
    "verify": "mcp__honk__verify",
    "report": "mcp__honk__report",
}
_KEYS = {"path": "file_path", "old": "old_string", "new": "new_string", "all": "replace_all"}
_VALUES: dict[str, Callable[[Any], Any]] = {
    "path": lambda path: path if str(path).startswith("/") else f"{_ROOT}{path}",
    "timeout": lambda seconds: seconds * 1000,
}


def spelled(call: ToolCall, offered: Collection[str]) -> Iterator[ToolCall]:
    """The calls that do what `call` says with the tools that the request offers; as it is written where none fits."""
    name = _NAMES.get(call.name, call.name)
    if call.name in offered or name not in offered:
        yield call
        return
    if name in ("Edit", "Write") and "path" in call.input:
        yield _call("Read", _respelled({"path": call.input["path"]}))
    yield _call(name, call.input if name.startswith("mcp__") else _respelled(call.input))


def _call(name: str, given: dict[str, Any]) -> ToolCall:
    return ToolCall.model_validate({name: given})


def _respelled(given: dict[str, Any]) -> dict[str, Any]:
    return {_KEYS.get(key, key): _VALUES.get(key, lambda value: value)(value) for key, value in given.items()}
