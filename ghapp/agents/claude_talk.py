"""One conversation with Claude Code: the prompt goes in, its messages are told, and its end is understood."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    Message,
    ResultMessage,
    SystemMessage,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)

from ghapp.agents.claude_options import BUILT_IN, SERVER
from ghapp.agents.faults import TOO_LONG, meaning
from ghapp.agents.history import picture, text
from ghapp.agents.telling import first_lines, headline
from ghapp.core.errors import TransientError, UserError
from ghapp.core.ports import Image, NoProgress, Tell

_SYNTHETIC = "<synthetic>"  # the model's name in messages that the program writes itself
_STOP_HOOK = "Stop hook feedback:"
_STDERR_LINES = 20


def content(words: str, images: Sequence[Image] = ()) -> list[dict[str, Any]]:
    """A message of the user: a text, and pictures."""
    return [text(words), *map(picture, images)]


async def talk(
    options: ClaudeAgentOptions, said: list[dict[str, Any]], hear: Callable[[Message], None]
) -> ResultMessage | None:
    """Say it, pass on each message, and return the result; None when there was none.

    Raises what the SDK raises when the program ends before its time.
    """
    result = None
    async with ClaudeSDKClient(options) as client:
        await client.query(_only({"type": "user", "message": {"role": "user", "content": said}}))
        async for message in client.receive_response():
            hear(message)
            if isinstance(message, ResultMessage):
                result = message
    return result


class Listener:
    """Tells what Claude Code says and does. `said` are its last words, `begun` whether the model has answered."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self.said = ""
        self.begun = False

    def hear(self, message: Message) -> None:
        """Tell one message."""
        match message:
            case AssistantMessage(model=model) if model != _SYNTHETIC:
                self.begun = True
                for block in message.content:
                    self._tell_block(block)
            case UserMessage(content=list() as blocks):
                for block in blocks:
                    self._tell_block_back(block)
            case SystemMessage(subtype="api_retry", data=data):
                wait = data.get("retry_delay_ms", 0) / 1000
                status = data.get("error_status") or data.get("error")
                self._tell("note", f"the model's reply failed ({status}); asking again in {wait:g} s")
            case SystemMessage(subtype="compact_boundary"):
                self._tell("note", "the conversation became long and was summed up")
            case SystemMessage(subtype="init", data=data):
                for server in data.get("mcp_servers", ()):
                    if server.get("status") != "connected":
                        self._tell("note", f"the tools {server.get('name')} did not come up: {server.get('status')}")

    def complain(self, line: str) -> None:
        """A line of the program's stderr, kept in case that it dies."""
        self._stderr.append(line)

    def last_complaint(self) -> str:
        """The end of what it wrote to stderr."""
        return " ".join(self._stderr)[-300:]

    def _tell_block(self, block: object) -> None:
        match block:
            case TextBlock(text=words) if words.strip():
                self.said = words
                self._tell("say", words)
            case ToolUseBlock(name=name, input=given):
                self._tell("tool", headline(_plain(name), given))

    def _tell_block_back(self, block: object) -> None:
        match block:
            case ToolResultBlock(content=told):
                self._tell("result", first_lines(_text(told)))
            case TextBlock(text=words) if not words.startswith(_STOP_HOOK):
                self._tell("note", f"Claude Code to the model: {first_lines(words)}")


def ending(result: ResultMessage) -> Exception | None:
    """What the work ends with because of this result, or None when the turn ended well.

    `subtype` says success of an error, too.
    """
    if not result.is_error:
        return None
    said = (result.result or "; ".join(result.errors or ()) or "no reason given").rpartition("API Error: ")[2]
    status = result.api_error_status
    if result.stop_reason == "refusal":
        return UserError("The model refused to work on this request.")
    if result.terminal_reason == "prompt_too_long":
        return NoProgress(TOO_LONG)
    final = meaning(status, said.removeprefix(f"{status} ")[:300]) if status else None
    return final or TransientError(f"the model did not reply, although asked again; the last time: {said[:200]}")


async def _only(message: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    yield message


def _plain(name: str) -> str:
    """A tool's name as the other engine has it."""
    return name.lower() if name in BUILT_IN else name.removeprefix(f"mcp__{SERVER}__")


def _text(told: str | list[dict[str, Any]] | None) -> str:
    if isinstance(told, list):
        return "\n".join(str(part.get("text", f"({part.get('type')})")) for part in told)
    return told or "(no output)"
