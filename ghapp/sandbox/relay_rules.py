"""What may pass the relay, and with which headers: decided on values, without I/O.

The caller is the model's own program, so everything it may send is listed, and what is not listed is refused. Listed is
what a coding agent needs: text, pictures and tools which run on the caller's side. Three things are kept out:

- what makes the provider's servers reach out or run code (web search and fetch, code execution, MCP servers, pictures
  and documents by address): it would be a way around the sandbox having no network;
- what touches the account (files by id, containers, conversations kept on the server);
- what changes the price of a token (another model, fast mode, other regions or tiers): the budget counts list prices.

https://docs.claude.com/en/api/messages
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ghapp.core.budget import Usage, price_of

MAX_BODY = 32 * 1024 * 1024  # bytes; https://docs.claude.com/en/api/errors#request-size-limits

MESSAGES = "/v1/messages"
COUNT_TOKENS = "/v1/messages/count_tokens"

_FIELDS = frozenset(
    {"cache_control", "context_management", "diagnostics", "max_tokens", "messages", "metadata", "model"}
    | {"output_config", "stop_sequences", "stream", "system", "temperature", "thinking", "tool_choice", "tools"}
    | {"top_k", "top_p"}
)
_BLOCKS = frozenset(
    {"text", "image", "document", "search_result", "thinking", "redacted_thinking"}
    | {"tool_use", "tool_result", "tool_reference"}
)
_SOURCES = frozenset({"base64", "text", "content"})
_OWN_TOOLS = ("custom", "bash_", "text_editor_", "memory_")  # run where the caller is, whatever their version
_UNPRICED_BETAS = ("context-1m", "fast-mode")

_PASSED_UP = frozenset({b"anthropic-version", b"content-type", b"accept", b"user-agent"})
_PASSED_DOWN = frozenset({"content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry"})

Headers = list[tuple[bytes, bytes]]


class Refused(Exception):
    """The relay answers itself: HTTP status, error type of the Messages API, message, and headers of its own."""

    def __init__(self, status: int, kind: str, message: str, headers: Headers | None = None) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind
        self.headers = headers or []

    def body(self) -> bytes:
        """The answer in the shape of the Messages API. https://docs.claude.com/en/api/errors#error-shapes"""
        return json.dumps({"type": "error", "error": {"type": self.kind, "message": str(self)}}).encode()


@dataclass(frozen=True)
class Call:
    """A request that may pass: its path and query, its body, and the most that it can use; None = nothing is charged.

    The body is written anew from what was checked, so that no one behind us reads it in another way (a key that stands
    twice, another encoding).
    """

    target: str
    body: bytes
    worst: Usage | None


def check(method: bytes, target: bytes, body: bytes, model: str) -> Call:
    """The call that this request makes. Raises Refused."""
    address = target.decode("ascii", "replace")
    path, _, query = address.partition("?")
    if method != b"POST" or path not in (MESSAGES, COUNT_TOKENS) or query not in ("", "beta=true"):
        raise Refused(404, "not_found_error", "this relay serves the Messages API only")
    asked = _parse(body)
    if asked.get("model") != model:
        # Each model has its price, and the budget was granted for this one.
        raise _forbidden(f"this relay is open for the model {model} only")
    _check_fields(asked)
    _check_shapes(asked)
    _check_tools(asked.get("tools", []))
    for block in _blocks(asked):
        _check_block(block)
    written = json.dumps(asked).encode()
    return Call(address, written, _worst(asked, len(written)) if path == MESSAGES else None)


def upward(headers: Iterable[tuple[bytes, bytes]], key: str) -> Headers:
    """The headers for the provider: those of the caller that are listed, and our key in place of theirs.

    The key travels in the header which the caller's own client uses for it, because that goes with the version it
    names: `Authorization: Bearer` for the current SDK (and for gateways), `x-api-key` for Claude Code and all else.
    """
    given = list(headers)
    bearer = any(name == b"authorization" for name, _ in given)
    ours = (b"authorization", b"Bearer " + key.encode()) if bearer else (b"x-api-key", key.encode())
    passed = [(name, value) for name, value in given if name in _PASSED_UP]
    # Usage is read from the answer as it passes, so the answer must not be compressed.
    return [*passed, *_betas(given), ours, (b"accept-encoding", b"identity")]


def downward(headers: Mapping[str, str]) -> Headers:
    """The headers for the caller: those of the provider that steer a client, and no word on the account."""
    return [
        (name.encode("ascii", "replace"), value.encode("latin-1", "replace"))
        for name, value in headers.items()
        if name.lower() in _PASSED_DOWN or name.lower().startswith("anthropic-ratelimit-")
    ]


def _betas(headers: Headers) -> Headers:
    """The beta features that the caller asks for, less those that change the price."""
    asked = [part.strip() for name, value in headers if name == b"anthropic-beta" for part in value.split(b",")]
    kept = [part for part in asked if part and not part.decode("latin-1").startswith(_UNPRICED_BETAS)]
    return [(b"anthropic-beta", b",".join(kept))] if kept else []


def _forbidden(message: str) -> Refused:
    return Refused(403, "permission_error", message, [(b"x-should-retry", b"false")])


def _parse(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "invalid_request_error", "the body is not JSON") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("messages"), list):
        raise Refused(400, "invalid_request_error", "the body is not a JSON object with messages")
    return asked


def _check_fields(asked: Mapping[str, Any]) -> None:
    unknown = sorted(asked.keys() - _FIELDS)
    if unknown:
        raise _forbidden(f"this relay does not pass on: {', '.join(unknown)[:200]}")
    # Compaction at the provider is charged, but left out of the usage that an answer tells.
    if "compact" in json.dumps(asked.get("context_management")):
        raise _forbidden("this relay does not pass on: compaction")


def _check_shapes(asked: Mapping[str, Any]) -> None:
    """What is looked into must be what it is looked into as; and a limit must limit."""
    holders = [asked.get("system", ""), *(item.get("content") for item in asked["messages"] if isinstance(item, dict))]
    limit = asked.get("max_tokens", 1)
    well = (
        isinstance(asked.get("tools", []), list)
        and all(isinstance(item, dict) for item in asked["messages"])
        and all(isinstance(holder, str | list) for holder in holders)
        and isinstance(limit, int)
        and not isinstance(limit, bool)
        and limit > 0
    )
    if not well:
        raise Refused(400, "invalid_request_error", "the body has not the shape of a Messages API request")


def _check_tools(tools: Iterable[object]) -> None:
    for tool in tools:
        kind = tool.get("type") or "custom" if isinstance(tool, dict) else "custom"
        if not str(kind).startswith(_OWN_TOOLS):
            raise _forbidden(f"tools that run at the provider are not passed on: {str(kind)[:80]}")


def _blocks(asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every content block, also those inside tool results and documents; a tool call's own input is none."""
    holders = [item.get("content") for item in asked["messages"] if isinstance(item, dict)]
    holders.append(asked.get("system"))
    while holders:
        holder = holders.pop()
        for block in holder if isinstance(holder, list) else []:
            if isinstance(block, dict):
                yield block
                holders += [block.get("content"), _source(block).get("content")]


def _source(block: Mapping[str, Any]) -> dict[str, Any]:
    source = block.get("source")
    return source if isinstance(source, dict) else {}


def _check_block(block: Mapping[str, Any]) -> None:
    kind = str(block.get("type"))
    if kind not in _BLOCKS:
        raise _forbidden(f"blocks of this type are not passed on: {kind[:80]}")
    if kind in ("image", "document") and _source(block).get("type") not in _SOURCES:
        raise _forbidden(f"a {kind} must be sent along; the provider is not asked to fetch one")


def _worst(asked: Mapping[str, Any], size: int) -> Usage:
    """The most this call can use, for calls that run side by side: two bytes a token all written to the cache."""
    usage = Usage(cache_write_tokens=size // 2, output_tokens=asked.get("max_tokens", 0), calls=1)
    return usage + Usage(micros=price_of(str(asked.get("model"))).micros(usage))
