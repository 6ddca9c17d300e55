"""A request to the Messages API, held to that API's rules, and the texts and token figures taken from it.

Pure: JSON in, a frozen value out. What the real service refuses with 400 is refused here in the same shape, so that an
engine which sends a broken conversation fails a test instead of a person's run. What the scripted model does not model
(server tools, conversations kept on the server) is refused too, and says so.
https://docs.claude.com/en/api/messages
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

_FIELDS = (
    "billing_policy cache_control compaction container context_management diagnostics fallback_credit_token fallbacks "
    "inference_geo max_tokens mcp_servers messages metadata model output_config service_tier speed stop_sequences "
    "stream system thinking thread tool_choice tools"
)
FIELDS = frozenset(_FIELDS.split())
NOT_MODELLED = {
    "thread": "conversations kept on the server; pass thread=False",
    "mcp_servers": "MCP servers",
    "container": "containers",
    "compaction": "compaction",
    "fallbacks": "fallback models",
}
_TOOL_FIELDS = (
    "allowed_callers cache_control defer_loading description eager_input_streaming input_examples input_schema name "
    "strict type"
)
TOOL_FIELDS = frozenset(_TOOL_FIELDS.split())
BLOCKS = {
    "user": frozenset({"text", "tool_result", "image", "document"}),
    "assistant": frozenset({"text", "tool_use", "thinking", "redacted_thinking"}),
}
_REMINDER = "<system-reminder>"
# What Claude Code writes into a conversation when a reply did not come to its end, or a session was taken up again.
_CUT = "Your response above was cut off mid-stream."
_FILLER = "No response requested."
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_MAX_BREAKPOINTS = 4


class ApiError(Exception):
    """An error answer: HTTP status, message, and the seconds to tell the client to wait."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.retry_after = status, message, retry_after


@dataclass(frozen=True)
class Message:
    """One message; ``text`` is all a reader of it sees, tool results included."""

    role: str
    text: str
    blocks: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Segment:
    """A piece of the prompt in the order in which it is cached: tools, system, messages."""

    text: str
    breakpoint: bool


@dataclass(frozen=True)
class ModelRequest:
    """A valid request: ``everything`` is each string in it, ``segments`` its prompt for the token figures."""

    model: str
    stream: bool
    system: str
    messages: tuple[Message, ...]
    everything: str
    segments: tuple[Segment, ...]
    tools: tuple[str, ...] = ()

    @property
    def turn(self) -> int:
        """How many turns the model has given in this conversation: the index of the one to give."""
        return len(self._turns)

    @property
    def conversation(self) -> str:
        """A short name of the conversation, the same for each of its requests and retries."""
        return hashlib.sha256(f"{self.system}\0{self.messages[0].text}".encode()).hexdigest()[:16]

    @property
    def news(self) -> str:
        """What the model is shown since its previous turn; at its first turn the system prompt too."""
        last = max(self._turns, default=-1)
        texts = [message.text for message in self.messages[last + 1 :] if message.role == "user"]
        return "\n".join([self.system, *texts] if last < 0 else texts)

    @property
    def title_and_body(self) -> tuple[str, str]:
        """The rest of the first message's first line that begins with ``# ``, and the text after that line."""
        blocks = [_shown_text(block) for block in self.messages[0].blocks]
        opening = "\n".join(block for block in blocks if not block.startswith(_REMINDER))
        found = re.search(r"^# ([^\n]*)\n?", opening, re.MULTILINE)
        return (found[1].strip(), opening[found.end() :].strip()) if found else ("", "")

    @property
    def _turns(self) -> list[int]:
        """Where the model has spoken, neither cut off (that turn is asked for again) nor by the client's own pen."""
        followed = zip(self.messages, [*(message.text for message in self.messages[1:]), ""], strict=True)
        return [
            index
            for index, (message, next_text) in enumerate(followed)
            if message.role == "assistant" and message.text != _FILLER and not next_text.startswith(_CUT)
        ]


def parse_request(body: object, *, counting: bool = False) -> ModelRequest:
    """Check a decoded body and take it in; ``counting`` is for ``count_tokens``. Raises ApiError 400."""
    if not isinstance(body, dict):
        raise _bad("the body is not a JSON object")
    _check_fields(body, FIELDS - {"max_tokens", "stream"} if counting else FIELDS)
    tools = _tools(body.get("tools", []))
    system = _system(body.get("system", ""))
    messages = _messages(body.get("messages"))
    segments = tuple(_segments(body, tools, system, messages))
    # The field at the top level is one breakpoint more.
    if sum(segment.breakpoint for segment in segments) > _MAX_BREAKPOINTS:
        raise _bad(f"cache_control: at most {_MAX_BREAKPOINTS} blocks may have it")
    return ModelRequest(
        model=body["model"],
        stream=body.get("stream", False),
        system="\n".join(str(block["text"]) for block in system),
        messages=messages,
        everything="\n".join(_strings(body)),
        segments=segments,
        tools=tuple(tool["name"] for tool in tools),
    )


def tokens(text: str) -> int:
    """The playground's measure: four characters a token, rounded up."""
    return -(-len(text) // 4)


def _bad(message: str) -> ApiError:
    return ApiError(400, message)


def _check_fields(body: dict[str, Any], known: frozenset[str]) -> None:
    if extra := body.keys() - known:
        raise _bad(f"{min(extra)}: Extra inputs are not permitted")
    for name, what in NOT_MODELLED.items():
        if body.get(name):
            raise _bad(f"{name}: the playground's model does not model {what}")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise _bad("model: Field required, a name")
    limit = body.get("max_tokens")
    if "max_tokens" in known and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        raise _bad("max_tokens: Field required, an integer of at least 1")
    if not isinstance(body.get("stream", False), bool):
        raise _bad("stream: Input should be a boolean")
    _check_cache_control(body, "cache_control")


def _check_cache_control(holder: dict[str, Any], where: str) -> None:
    control = holder.get("cache_control")
    if control is None:
        return
    if not isinstance(control, dict) or control.get("type") != "ephemeral" or control.keys() - {"type", "ttl"}:
        raise _bad(f"{where}: should be {{'type': 'ephemeral'}}, with a ttl of 5m or 1h if any")
    if control.get("ttl", "5m") not in {"5m", "1h"}:
        raise _bad(f"{where}.ttl: Input should be '5m' or '1h'")


def _tools(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise _bad("tools: Input should be a list")
    seen: set[str] = set()
    for index, tool in enumerate(value):
        where = f"tools.{index}"
        if not isinstance(tool, dict) or not _TOOL_NAME.fullmatch(str(tool.get("name", ""))):
            raise _bad(f"{where}.name: should match {_TOOL_NAME.pattern}")
        if tool.get("type") not in {None, "custom"}:
            raise _bad(f"{where}.type: the playground's model does not model server tools ({tool['type']})")
        if extra := tool.keys() - TOOL_FIELDS:
            raise _bad(f"{where}.{min(extra)}: Extra inputs are not permitted")
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise _bad(f"{where}.input_schema: Field required, a schema of type object")
        if tool["name"] in seen:
            raise _bad(f"tools: Tool names must be unique: {tool['name']}")
        seen.add(tool["name"])
        _check_cache_control(tool, f"{where}.cache_control")
    return value


def _system(value: object) -> list[dict[str, Any]]:
    blocks = [{"type": "text", "text": value}] if isinstance(value, str) and value else value or []
    if not isinstance(blocks, list):
        raise _bad("system: Input should be a string or a list of text blocks")
    for index, block in enumerate(blocks):
        if not isinstance(block, dict) or block.get("type") != "text" or not isinstance(block.get("text"), str):
            raise _bad(f"system.{index}: Input should be a text block")
        _check_cache_control(block, f"system.{index}.cache_control")
    return blocks


def _messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise _bad("messages: at least one message is required")
    messages = tuple(_message(item, f"messages.{index}") for index, item in enumerate(value))
    for index, message in enumerate(messages):
        expected = ("user", "assistant")[index % 2]
        if message.role != expected:
            raise _bad(f"messages.{index}: roles must alternate and start with user, expected {expected}")
    if messages[-1].role != "user":
        raise _bad("messages: the conversation must end with a user message; prefill is not supported")
    for index, message in enumerate(messages):
        _check_results(index, _calls(messages[index - 1]) if index else [], message)
    calls = [call for message in messages for call in _calls(message)]
    for call in calls:
        if calls.count(call) > 1:
            raise _bad(f"messages: `tool_use` ids must be unique: {call}")
    return messages


def _message(value: object, where: str) -> Message:
    if not isinstance(value, dict) or value.get("role") not in BLOCKS or value.keys() - {"role", "content"}:
        raise _bad(f"{where}: a message has a role (user or assistant), content, and nothing else")
    role, content = cast(str, value["role"]), value.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list) or not blocks:
        raise _bad(f"{where}.content: all messages must have non-empty content")
    for index, block in enumerate(blocks):
        _check_block(block, role, f"{where}.content.{index}")
    return Message(role, "\n".join(filter(None, map(_shown_text, blocks))), tuple(blocks))


def _check_block(block: object, role: str, where: str) -> None:
    if not isinstance(block, dict) or block.get("type") not in BLOCKS[role]:
        kind = block.get("type") if isinstance(block, dict) else type(block).__name__
        raise _bad(f"{where}: {kind} is not a block that a message of role {role} may have here")
    if block["type"] == "text" and (not isinstance(block.get("text"), str) or not block["text"].strip()):
        raise _bad(f"{where}.text: text content blocks must be non-empty")
    if block["type"] == "tool_use":
        _check_call(block, where)
    if block["type"] == "tool_result":
        _check_result(block.get("content", ""), where)
    _check_cache_control(block, f"{where}.cache_control")


def _check_call(block: dict[str, Any], where: str) -> None:
    if not isinstance(block.get("id"), str) or not isinstance(block.get("name"), str):
        raise _bad(f"{where}: tool_use needs an id and a name")
    if not isinstance(block.get("input"), dict):
        raise _bad(f"{where}.input: Input should be a valid dictionary")


def _check_result(content: object, where: str) -> None:
    if isinstance(content, str):
        return
    if not isinstance(content, list) or any(not isinstance(part, dict) for part in content):
        raise _bad(f"{where}.content: Input should be a string or a list of blocks")
    for index, part in enumerate(content):
        if part.get("type") not in {"text", "image"}:
            raise _bad(f"{where}.content.{index}: {part.get('type')} is not a block that a tool result may have here")
        if part["type"] == "text" and not isinstance(part.get("text"), str):
            raise _bad(f"{where}.content.{index}.text: Input should be a string")


def _calls(message: Message) -> list[str]:
    return [block["id"] for block in message.blocks if block["type"] == "tool_use"]


def _check_results(index: int, calls: list[str], message: Message) -> None:
    results = [str(block.get("tool_use_id")) for block in message.blocks if block["type"] == "tool_result"]
    missing = [call for call in calls if call not in results]
    if missing:
        raise _bad(
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            + ", ".join(missing)
        )
    for result in results:
        if result not in calls or results.count(result) > 1:
            raise _bad(f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {result}")
    kinds = [block["type"] for block in message.blocks]
    if any(kind == "tool_result" for kind in kinds[len(results) :]):
        raise _bad(f"messages.{index}: `tool_result` blocks must come before the other blocks of their message")


def _shown_text(block: dict[str, Any]) -> str:
    """The text that a block shows the model; nothing for what has none."""
    match block["type"]:
        case "text":
            return cast(str, block["text"])
        case "tool_result":
            content = block.get("content", "")
            return content if isinstance(content, str) else "\n".join(map(_shown_text, content))
        case "image" if block.get("source", {}).get("type") == "base64":
            source = block["source"]
            return f"[{source.get('media_type')}, {len(base64.b64decode(source.get('data', '')))} bytes]"
        case _:
            return ""


def _strings(value: object) -> Iterator[str]:
    """Every string inside a JSON value, mapping keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _segments(
    body: dict[str, Any], tools: list[dict[str, Any]], system: list[dict[str, Any]], messages: tuple[Message, ...]
) -> Iterator[Segment]:
    said = [{"role": message.role, **block} for message in messages for block in message.blocks]
    blocks = [*tools, *system, *said]
    for index, block in enumerate(blocks):
        plain = {key: value for key, value in block.items() if key != "cache_control"}
        at_end = index == len(blocks) - 1 and body.get("cache_control") is not None
        yield Segment(json.dumps(plain, sort_keys=True, ensure_ascii=False), at_end or bool(block.get("cache_control")))
