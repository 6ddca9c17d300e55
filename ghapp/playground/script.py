"""The format of a model script: what the scripted model says, turn by turn, and what it must have been shown first.

A script is a YAML file, described for people in ``docs/model-scripts.md``. Reading is strict: a key that is not part
of the format is an error which names the file, the turn and the key, because a misspelt ``not_shown`` would otherwise
make a test pass for ever.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError, model_validator

StopReason = Literal["end_turn", "tool_use", "max_tokens", "refusal"]


class ScriptError(Exception):
    """A script cannot be read; the message names the file, the turn and the key."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToolCall(_Part):
    """One tool call: written ``- read: {path: a.py}``, a mapping of one name to the tool's input."""

    name: str = Field(min_length=1)
    input: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, value: object) -> object:
        if isinstance(value, Mapping) and len(value) == 1:
            (name, tool_input), *_ = value.items()
            return {"name": name, "input": tool_input}
        raise ValueError("a tool call is one tool name with a mapping of its input, such as `- verify: {}`")


class Fail(_Part):
    """How a turn goes wrong ``times`` times before it is given; exactly one kind."""

    status: StrictInt | None = Field(default=None, ge=400, le=599)
    cut: StrictBool = False  # the connection ends in the middle of the stream
    empty: StrictBool = False  # a reply without content
    bad_json: StrictBool = False  # a tool call whose input is no JSON
    times: StrictInt = Field(default=1, ge=1)
    retry_after: float | None = Field(default=None, gt=0)  # seconds, sent as a header with a status

    @model_validator(mode="after")
    def _one_kind(self) -> Fail:
        if sum((self.status is not None, self.cut, self.empty, self.bad_json)) != 1:
            raise ValueError("give exactly one of status, cut, empty, bad_json")
        if self.retry_after is not None and self.status is None:
            raise ValueError("retry_after goes with a status")
        return self


class Turn(_Part):
    """One reply of the model, and its conditions."""

    shown: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    say: str | None = Field(default=None, min_length=1)
    tools: tuple[ToolCall, ...] = ()
    stop: StopReason | None = None
    fail: Fail | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Turn:
        if self.say is None and not self.tools and self.stop != "refusal":
            raise ValueError("give say, tools, or both (only a refusal may be silent)")
        if self.stop == "tool_use" and not self.tools:
            raise ValueError("stop: tool_use needs tools")
        if self.fail is not None and self.fail.bad_json and not self.tools:
            raise ValueError("fail: bad_json needs tools")
        return self

    @property
    def stop_reason(self) -> StopReason:
        """The written stop reason, or the one that follows from the content."""
        return self.stop or ("tool_use" if self.tools else "end_turn")


class Script(_Part):
    """What the model does in one conversation. Without ``when`` it answers every conversation."""

    name: str = Field(min_length=1)
    when: str | None = Field(default=None, min_length=1)
    turns: tuple[Turn, ...] = Field(min_length=1)


class _StrictLoader(yaml.SafeLoader):
    """YAML without doubled keys, of which the usual loader keeps the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = sorted({str(key) for key in keys if keys.count(key) > 1})
        if doubled:
            raise ScriptError(f"line {node.start_mark.line + 1}: key {doubled[0]} is given twice")
        return super().construct_mapping(node, deep)


def read_script(text: str, source: str) -> Script:
    """Parse the YAML ``text``; ``source`` names it in errors. Raises ScriptError."""
    try:
        # _StrictLoader derives from the safe loader, which makes plain values only.
        value = yaml.load(text, Loader=_StrictLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise ScriptError(f"{source}: not YAML: {error}") from error
    except ScriptError as error:
        raise ScriptError(f"{source}: {error}") from None
    if not isinstance(value, dict):
        raise ScriptError(f"{source}: a script is a mapping with the keys name, when and turns")
    try:
        return Script.model_validate(value)
    except ValidationError as error:
        raise ScriptError("\n".join(f"{source}: {_complaint(item)}" for item in error.errors())) from error


def load_script(path: Path) -> Script:
    """Read one script file. Raises ScriptError, or OSError when the file cannot be read."""
    return read_script(path.read_text(encoding="utf-8"), str(path))


def load_scripts(folder: Path) -> tuple[Script, ...]:
    """Read every ``*.yml`` of a folder. Raises ScriptError, also for an empty folder or a name used twice."""
    scripts = tuple(load_script(path) for path in sorted(folder.glob("*.yml")))
    if not scripts:
        raise ScriptError(f"{folder}: no scripts (*.yml) in this folder")
    names = [script.name for script in scripts]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ScriptError(f"{folder}: two scripts are named {doubled[0]}")
    return scripts


def choose(scripts: tuple[Script, ...], first_message: str) -> Script | None:
    """The script for a conversation: the first match in name order, those without ``when`` last."""
    in_order = sorted(scripts, key=lambda script: (script.when is None, script.name))
    return next((script for script in in_order if script.when is None or script.when in first_message), None)


def _complaint(error: Mapping[str, Any]) -> str:
    where = list(error["loc"])
    turn = ""
    if len(where) > 1 and where[0] == "turns" and isinstance(where[1], int):
        turn, where = f"turn {where[1] + 1}: ", where[2:]
    key = f"key {'.'.join(str(part) for part in where)}: " if where else ""
    said = "unknown key" if error["type"] == "extra_forbidden" else str(error["msg"]).removeprefix("Value error, ")
    return turn + key + said
