"""The messages of a conversation so far: as the Messages API takes them, and as lines for whoever goes on with it.

Pure: values in, values out. A line is one JSON text `{"role": …, "content": [blocks]}`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ghapp.core.ports import Image

Block = Mapping[str, Any]

_INTERRUPTED = (
    "Interrupted before its result was kept, so nobody knows how it ended. See what it did before you rely on it."
)


class History:
    """Messages and new lines. Raises ValueError for `lines` of another format."""

    def __init__(self, lines: Sequence[str] = ()) -> None:
        self.messages: list[dict[str, Any]] = []
        self._new: list[str] = []
        for line in lines:
            self._append(_message(line))
        # The service refuses a call that has no result.
        if calls := self._open_calls():
            self.add("user", [refused(call, _INTERRUPTED) for call in calls])

    def add(self, role: str, content: Iterable[Block]) -> None:
        """Add a message of `user` or `assistant`."""
        message = {"role": role, "content": list(content)}
        self._new.append(json.dumps(message))
        self._append(message)

    def new_lines(self) -> list[str]:
        """The lines since this was asked last."""
        lines, self._new = self._new, []
        return lines

    def _append(self, message: dict[str, Any]) -> None:
        """Roles have to take turns, so what is said twice in a row is one message."""
        last = self.messages[-1] if self.messages else None
        if last is not None and last["role"] == message["role"]:
            last["content"] = [*last["content"], *message["content"]]
        else:
            self.messages.append(dict(message))

    def _open_calls(self) -> list[str]:
        if not self.messages or self.messages[-1]["role"] != "assistant":
            return []
        return [block["id"] for block in self.messages[-1]["content"] if block["type"] == "tool_use"]


def text(words: str) -> dict[str, Any]:
    """A block of text."""
    return {"type": "text", "text": words}


def picture(image: Image) -> dict[str, Any]:
    """A block with a picture."""
    data = base64.standard_b64encode(image.content).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": image.media_type, "data": data}}


def refused(call: str, told: str) -> dict[str, Any]:
    """The result of a tool call that was not run, or not to its end."""
    return {"type": "tool_result", "tool_use_id": call, "content": told, "is_error": True}


def _message(line: str) -> dict[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict) or value.keys() != {"role", "content"} or not isinstance(value["content"], list):
        raise ValueError("this is no message of the engine `messages`")
    return value
