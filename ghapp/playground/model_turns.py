"""The scripted model itself: which turn answers a request, what it costs, and what went against the script.

Which turn of which script to give is read from the request alone, so that retries, resumed runs and a restarted server
get the same answers; only the planned failures, the seen cache prefixes and the totals are kept in memory.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ghapp.playground.model_reply import Reply, Usage
from ghapp.playground.model_request import ApiError, ModelRequest, tokens
from ghapp.playground.model_tools import spelled
from ghapp.playground.script import Fail, Script, ToolCall, Turn, choose

_NO_MORE_TURNS = "The script has no more turns."
_RETRY_AFTER = 1.0  # seconds, with a 429 whose script says nothing else


@dataclass(frozen=True)
class Spent:
    """What the server has told its clients that they used, summed over ``requests`` replies (errors cost nothing)."""

    requests: int = 0
    input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    output_tokens: int = 0

    def plus(self, usage: Usage, output_tokens: int) -> Spent:
        """These totals and one more reply, of which the client was told ``output_tokens``."""
        return Spent(
            self.requests + 1,
            self.input_tokens + usage.input_tokens,
            self.cache_creation_input_tokens + usage.cache_creation_input_tokens,
            self.cache_read_input_tokens + usage.cache_read_input_tokens,
            self.output_tokens + output_tokens,
        )


@dataclass(frozen=True)
class Entry:
    """One line of the log: the turn asked for (from 1) and what was answered, a stop reason or an error."""

    conversation: str
    script: str
    turn: int
    answer: str
    tools: tuple[str, ...] = ()


class ScriptedModel:
    """Scripts, what was spent, what went against them. Safe to call from several threads."""

    def __init__(self, scripts: Iterable[Script]) -> None:
        self._scripts = tuple(scripts)
        self._lock = threading.Lock()
        self._spent = Spent()
        self._failed: Counter[tuple[str, str, int]] = Counter()
        self._cached: set[str] = set()
        self._violations: list[str] = []
        self._log: list[Entry] = []

    def answer(self, asked: ModelRequest) -> Reply:
        """The script's turn for this request. Raises ApiError for a planned failure or a broken expectation."""
        with self._lock:
            try:
                reply = self._answer(asked)
            except ApiError as error:
                self._note(asked, f"error {error.status}")
                raise
            # A client whose stream is cut has seen the figures of the first event only.
            self._spent = self._spent.plus(reply.usage, 1 if reply.cut else reply.usage.output_tokens)
            self._note(asked, "cut" if reply.cut else reply.stop_reason, reply)
            return reply

    def spent(self) -> Spent:
        """The totals so far."""
        with self._lock:
            return self._spent

    def violations(self) -> tuple[str, ...]:
        """What went against the scripts so far, one sentence each; a test should end with none."""
        with self._lock:
            return tuple(self._violations)

    def log(self) -> tuple[Entry, ...]:
        """Every request that was valid, in order."""
        with self._lock:
            return tuple(self._log)

    def _answer(self, asked: ModelRequest) -> Reply:
        script = self._script(asked)
        if script is None:
            raise self._violation("no script answers this conversation: " + asked.messages[0].text[:200])
        if asked.turn >= len(script.turns):
            self._violations.append(f"{script.name}: asked for turn {asked.turn + 1}, the script has no more turns")
            return self._reply(asked, Turn(say=_NO_MORE_TURNS))
        turn = _filled(script.turns[asked.turn], asked)
        self._check_shown(asked, turn, f"{script.name}: turn {asked.turn + 1}")
        fail = self._due_failure(asked, script, turn)
        if fail is None:
            return self._reply(asked, turn)
        if fail.status is not None:
            wait = fail.retry_after or (_RETRY_AFTER if fail.status == 429 else None)
            raise ApiError(fail.status, "the script fails this turn on purpose", wait)
        reply = self._reply(asked, turn, empty=fail.empty)
        return replace(reply, cut=fail.cut, bad_json=fail.bad_json)

    def _script(self, asked: ModelRequest) -> Script | None:
        return choose(self._scripts, asked.messages[0].text)

    def _check_shown(self, asked: ModelRequest, turn: Turn, where: str) -> None:
        for text in turn.shown:
            if text not in asked.news:
                raise self._violation(f"{where}: the model was not shown {text!r} since its previous turn")
        for text in turn.not_shown:
            if text in asked.everything:
                raise self._violation(f"{where}: the model was shown {text!r}, which it must not see")

    def _due_failure(self, asked: ModelRequest, script: Script, turn: Turn) -> Fail | None:
        key = (asked.conversation, script.name, asked.turn)
        if turn.fail is None or self._failed[key] >= turn.fail.times:
            return None
        self._failed[key] += 1
        return turn.fail

    def _violation(self, sentence: str) -> ApiError:
        self._violations.append(sentence)
        return ApiError(400, sentence)

    def _reply(self, asked: ModelRequest, turn: Turn, *, empty: bool = False) -> Reply:
        name = f"{asked.conversation}{asked.turn:04d}"
        blocks: list[dict[str, Any]] = [{"type": "text", "text": turn.say}] if turn.say else []
        calls = [call for written in turn.tools for call in spelled(written, asked.tools)]
        blocks += [_tool_use(call, f"toolu_{name}{index:02d}") for index, call in enumerate(calls)]
        if empty:
            blocks = []
        written = sum(tokens(str(block.get("text", "")) + str(block.get("input", ""))) for block in blocks)
        usage = self._usage(asked, max(1, written))
        return Reply(f"msg_{name}", asked.model, tuple(blocks), "end_turn" if empty else turn.stop_reason, usage)

    def _usage(self, asked: ModelRequest, output_tokens: int) -> Usage:
        """Up to the last breakpoint the prompt is read from the cache as far as it was seen before, and written there.

        https://docs.claude.com/en/docs/build-with-claude/prompt-caching; its least length and its expiry are not
        modelled.
        """
        read = covered = total = 0
        prefix = hashlib.sha256(asked.model.encode())
        fresh: list[str] = []
        for segment in asked.segments:
            total += tokens(segment.text)
            prefix.update(segment.text.encode() + b"\0")
            if prefix.hexdigest() in self._cached:
                read = total
            if segment.breakpoint:
                covered = total
                fresh.append(prefix.hexdigest())
        read = min(read, covered)
        self._cached.update(fresh)
        return Usage(total - covered, covered - read, read, output_tokens)

    def _note(self, asked: ModelRequest, answer: str, reply: Reply | None = None) -> None:
        script = self._script(asked)
        tools = tuple(block["name"] for block in reply.blocks if block["type"] == "tool_use") if reply else ()
        self._log.append(Entry(asked.conversation, script.name if script else "", asked.turn + 1, answer, tools))


def _tool_use(call: ToolCall, block_id: str) -> dict[str, Any]:
    """A call as a content block."""
    return {"type": "tool_use", "id": block_id, "name": call.name, "input": call.input}


def _filled(turn: Turn, asked: ModelRequest) -> Turn:
    """The turn with ``${title}`` and ``${body}`` of the request in its strings."""
    title, body = asked.title_and_body

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            # One pass over the pieces between the placeholders: a title that spells ${body} stays as it is.
            return body.join(piece.replace("${title}", title) for piece in value.split("${body}"))
        if isinstance(value, dict):
            return {key: fill(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(fill, value))
        return value

    return turn.model_copy(
        update={
            "shown": fill(turn.shown),
            "not_shown": fill(turn.not_shown),
            "say": fill(turn.say),
            "tools": tuple(call.model_copy(update={"input": fill(call.input)}) for call in turn.tools),
        }
    )
