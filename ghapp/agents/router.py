"""The router: one cheap question to a model, which repository a wish from the chat is about.

It chooses from a list by number, by a forced call of one tool, and what it says is only used where the person has the
right in any case. Whatever goes wrong, there is no choice, and plain rules or the person decide.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ghapp.agents.prompt import fenced, new_word, router_system_prompt
from ghapp.core.budget import MICROS, Usage, price_of
from ghapp.core.disarm import seen
from ghapp.core.events import Repository
from ghapp.core.ports import Account, Choice

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import Message, ToolParam

_MAX_TOKENS = 500
_SECONDS = 15.0
_MAX_TEXT, _MAX_TALK, _MOST = 8_000, 16_000, 200

log = logging.getLogger(__name__)


class _Belongs(BaseModel):
    """What the tool takes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    repository: int = Field(description="the number in the list, or 0")
    sure: bool
    kind: Literal["fix", "plan", "ask"]
    title: str = Field(description="at most 80 characters")


_TOOL: ToolParam = {
    "name": "belongs",
    "description": "Where the wish belongs.",
    "input_schema": _Belongs.model_json_schema(),
    "strict": True,
}


class ModelRouter:
    """Asks a model (`ports.Router`); without a key, nobody. An answer has so many `seconds`, twice.

    Each answer is charged to `account`, whatever is in it; once that is closed, nobody is asked.
    """

    def __init__(self, api_key: str, base_url: str, model: str, account: Account, seconds: float = _SECONDS) -> None:
        self._key, self._address, self._model, self._seconds = api_key, base_url, model, seconds
        self._account = account

    def choose(self, text: str, channel: str, candidates: Sequence[Repository], hints: str) -> Choice | None:
        """One of the candidates, or none of them; None when no model is set or it does not answer sensibly."""
        if not self._key:
            return None
        if reason := self._account.closed():
            log.warning("the router is not asked: %s", reason)
            return None
        import anthropic  # a second, which only new wishes are worth

        offered = candidates[:_MOST]
        try:
            with anthropic.Anthropic(
                api_key=self._key, base_url=self._address, max_retries=1, timeout=self._seconds
            ) as client:
                reply = self._reply(client, _question(text, channel, offered, hints))
            self._charge(reply)
            return _choice(reply, offered)
        except (anthropic.APIError, ValidationError, ValueError) as error:
            log.warning("the router has no answer: %s", str(error)[:300])
            return None

    def _reply(self, client: anthropic.Anthropic, question: str) -> Message:
        return client.messages.create(
            model=self._model,
            max_tokens=_MAX_TOKENS,
            system=router_system_prompt(),
            messages=[{"role": "user", "content": question}],
            tools=[_TOOL],
            tool_choice={"type": "tool", "name": "belongs"},
        )

    def _charge(self, reply: Message) -> None:
        used = _used(reply, self._model)
        self._account.charge(used)
        log.info("the router used %s tokens of %s, $%.4f", used.tokens, self._model, used.micros / MICROS)


def _used(reply: Message, model: str) -> Usage:
    """One call at list prices; what the answer does not tell counts nothing."""
    told = getattr(reply, "usage", None)
    usage = Usage(
        input_tokens=_count(told, "input_tokens"),
        cache_write_tokens=_count(told, "cache_creation_input_tokens"),
        cache_read_tokens=_count(told, "cache_read_input_tokens"),
        output_tokens=_count(told, "output_tokens"),
        calls=1,
    )
    return replace(usage, micros=price_of(model).micros(usage))


def _count(told: object, name: str) -> int:
    found = getattr(told, name, 0)
    return found if type(found) is int and found > 0 else 0


def _question(text: str, channel: str, offered: Sequence[Repository], hints: str) -> str:
    word = new_word()
    names = "\n".join(f"{number}. {one.full_name}" for number, one in enumerate(offered, 1))
    parts = [f"The lines around what others wrote carry the word {word}.", f"Repositories:\n{names}"]
    parts += [fenced("channel", channel[:100], word)] if channel else []
    parts += [fenced("talk", hints[-_MAX_TALK:], word)] if hints else []
    return "\n\n".join([*parts, fenced("wish", text[:_MAX_TEXT], word), "That was all of it. Call `belongs`."])


def _choice(reply: Message, offered: Sequence[Repository]) -> Choice:
    """Raises ValueError when there is not exactly one call, or it names a number that is not in the list."""
    # The SDK does not hold what a gateway answers to the shape that it promises.
    content = getattr(reply, "content", None)
    blocks = content if isinstance(content, list) else []
    calls = [block for block in blocks if getattr(block, "type", "") == "tool_use" and block.name == "belongs"]
    if len(calls) != 1:
        raise ValueError(f"there were {len(calls)} calls of the tool in place of one")
    given = _Belongs.model_validate(calls[0].input)
    if not 0 <= given.repository <= len(offered):
        raise ValueError(f"there is no repository {given.repository}")
    repository = offered[given.repository - 1] if given.repository else None
    title = " ".join(seen(given.title).encode("utf-8", "replace").decode().split())[:80]
    return Choice(repository, given.kind, title, given.sure and repository is not None)
