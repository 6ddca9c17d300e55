"""A reply of the Messages API as JSON and as the stream of events that the real service sends.

Pure: a reply value in, bytes out. https://docs.claude.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_PIECES = 3
_BROKEN_INPUT = '{"broken": "this tool input never end'


@dataclass(frozen=True)
class Usage:
    """Tokens of one reply, in the API's own names."""

    input_tokens: int
    cache_creation_input_tokens: int
    cache_read_input_tokens: int
    output_tokens: int

    def as_json(self, output_tokens: int | None = None) -> dict[str, int]:
        """The usage object; ``output_tokens`` replaces the final figure, as in the first event of a stream."""
        return {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_creation_input_tokens,
            "cache_read_input_tokens": self.cache_read_input_tokens,
            "output_tokens": self.output_tokens if output_tokens is None else output_tokens,
        }


@dataclass(frozen=True)
class Reply:
    """One answer: content blocks, how it stops, and what is wrong with it on purpose."""

    id: str
    model: str
    blocks: tuple[dict[str, Any], ...]
    stop_reason: str
    usage: Usage
    cut: bool = False
    bad_json: bool = False

    def as_json(self) -> dict[str, Any]:
        """The whole reply for a request without streaming."""
        blocks = [
            {**block, "input": _BROKEN_INPUT} if self.bad_json and block["type"] == "tool_use" else block
            for block in self.blocks
        ]
        return {**self._frame(), "content": blocks, "stop_reason": self.stop_reason, "usage": self.usage.as_json()}

    def events(self) -> Iterator[bytes]:
        """The server-sent events. A reply that is to be cut ends by ConnectionAbortedError after half of them."""
        events = list(self._events())
        for index, event in enumerate(events):
            if self.cut and index >= len(events) // 2:
                raise ConnectionAbortedError("the script cuts this stream")
            yield f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()

    def _frame(self) -> dict[str, Any]:
        return {"id": self.id, "type": "message", "role": "assistant", "model": self.model, "stop_sequence": None}

    def _events(self) -> Iterator[dict[str, Any]]:
        start = {**self._frame(), "content": [], "stop_reason": None, "usage": self.usage.as_json(output_tokens=1)}
        yield {"type": "message_start", "message": start}
        for index, block in enumerate(self.blocks):
            yield from self._block_events(index, block)
            if index == 0:
                yield {"type": "ping"}
        yield {
            "type": "message_delta",
            "delta": {"stop_reason": self.stop_reason, "stop_sequence": None},
            "usage": self.usage.as_json(),
        }
        yield {"type": "message_stop"}

    def _block_events(self, index: int, block: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if block["type"] == "text":
            opening: dict[str, Any] = {**block, "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
        else:
            opening = {**block, "input": {}}
            text = _BROKEN_INPUT if self.bad_json else json.dumps(block["input"], ensure_ascii=False)
            # The real service opens a tool call with an empty piece, too.
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *_pieces(text))]
        yield {"type": "content_block_start", "index": index, "content_block": opening}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}


def error_json(status: int, message: str, request_id: str) -> dict[str, Any]:
    """An error in the API's shape."""
    kind = ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def _pieces(text: str) -> list[str]:
    size = max(1, -(-len(text) // _PIECES))
    return [text[at : at + size] for at in range(0, len(text), size)]
