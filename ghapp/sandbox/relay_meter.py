"""What a model call used, read from its answer as it passes, and the purse that it is paid from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ghapp.core.budget import Budget, Price, Usage
from ghapp.core.errors import Superseded
from ghapp.core.ports import Account
from ghapp.sandbox.relay_rules import Refused

_CHARACTERS_PER_TOKEN = 4
_FIGURES = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
_UNRECORDED = "what this run uses can no longer be recorded"
_SHOWN = ("text", "thinking", "partial_json")


class Meter:
    """Reads one answer, streamed or whole, in pieces of any size.

    A stream tells what went in at its start and what came out at its end. When the end never comes, the output is
    estimated by the text that was shown. https://docs.claude.com/en/docs/build-with-claude/streaming
    """

    def __init__(self) -> None:
        self._begun = self._streamed = False
        self._rest = b""
        self._figures = dict.fromkeys(_FIGURES, 0)
        self._hour_tokens = 0
        self._shown = 0
        self._final = False

    def begin(self, *, streamed: bool) -> None:
        """There is an answer, so there is a charge. What is fed to a meter that was not begun counts nothing."""
        self._begun, self._streamed = True, streamed

    def feed(self, chunk: bytes) -> None:
        """Take in the next piece of the answer's body."""
        self._rest += chunk
        if self._streamed:
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                if line.startswith(b"data:"):
                    self._event(_object(line.removeprefix(b"data:")))

    def usage(self, price: Price) -> Usage | None:
        """What the call used, as far as its answer was read; None when it was not answered."""
        if not self._begun:
            return None
        if not self._streamed:
            self._note(_object(self._rest).get("usage"))
        shown = 0 if self._final else -(-self._shown // _CHARACTERS_PER_TOKEN)
        usage = Usage(
            input_tokens=self._figures["input_tokens"],
            cache_write_tokens=self._figures["cache_creation_input_tokens"],
            cache_read_tokens=self._figures["cache_read_input_tokens"],
            output_tokens=max(self._figures["output_tokens"], shown),
            calls=1,
        )
        # A cache entry that is to live an hour costs twice the input to write, not 1.25 times.
        # https://docs.claude.com/en/docs/build-with-claude/prompt-caching#pricing
        priced = replace(
            usage,
            input_tokens=usage.input_tokens + 2 * self._hour_tokens,
            cache_write_tokens=usage.cache_write_tokens - self._hour_tokens,
        )
        return replace(usage, micros=price.micros(priced))

    def _event(self, event: dict[str, Any]) -> None:
        match event.get("type"):
            case "message_start":
                message = event.get("message")
                self._note(message.get("usage") if isinstance(message, dict) else None)
            case "message_delta":
                self._note(event.get("usage"))
                self._final = True
            case "content_block_delta":
                delta = event.get("delta")
                self._shown += sum(_length(delta.get(name)) for name in _SHOWN) if isinstance(delta, dict) else 0

    def _note(self, figures: object) -> None:
        """Figures are totals so far: a later one replaces an earlier one, and one that is left out stays."""
        if not isinstance(figures, dict):
            return
        for name in _FIGURES:
            self._figures[name] = _count(figures.get(name), self._figures[name])
        kinds = figures.get("cache_creation")
        if isinstance(kinds, dict):
            self._hour_tokens = _count(kinds.get("ephemeral_1h_input_tokens"), self._hour_tokens)


class Purse:
    """The hard budget of one attempt: at most one call goes over it.

    A call is let in when the budget holds all that was spent and the most that the calls underway can still use;
    otherwise it waits until one of those has ended. Lives in one event loop, which is what makes it exact.
    """

    def __init__(self, budget: Budget, spent: Usage, account: Account, clock: Callable[[], float]) -> None:
        self._budget, self._spent, self._account, self._clock = budget, spent, account, clock
        self._opened_at = clock()
        self._underway: list[Usage] = []
        self._ended = asyncio.Event()
        self._closed = False
        self.failure: BaseException | None = None

    async def admit(self, worst: Usage) -> None:
        """Wait for room and take it. Raises Refused when a limit is reached, or the purse is closed."""
        while True:
            if self._closed:
                raise Refused(503, "api_error", "this attempt is over")
            self._refuse_at_limit()
            planned = sum(self._underway, self._spent)
            if self._budget.exceeded(planned) is None:
                self._underway.append(worst)
                return
            self._ended.clear()
            await self._ended.wait()

    async def close(self) -> None:
        """Let nothing more in, and wait until all that was let in is settled."""
        self._closed = True
        self._ended.set()  # whoever waits for room is to hear it
        while self._underway:
            self._ended.clear()
            await self._ended.wait()

    def settle(self, worst: Usage, used: Usage | None) -> None:
        """Give the room back and charge what the call used; None when there was no answer to pay for.

        When the account raises, nothing more is let in, and `failure` holds why.
        """
        self._underway.remove(worst)
        self._ended.set()
        if used is None:
            return
        self._spent += used
        try:
            self._account.charge(used)
        except (Exception, Superseded) as error:  # noqa: BLE001 - a thread's edge: raised at the close
            self.failure = error

    def _refuse_at_limit(self) -> None:
        late = self._budget.overdue(self._clock() - self._opened_at)
        if self.failure is not None:
            reason: str | None = _UNRECORDED
        else:
            reason = self._budget.exceeded(self._spent) or late or self._beyond_the_run()
        if reason:
            headers = [(b"x-should-retry", b"false"), (b"honk-budget", b"time" if reason == late else b"spent")]
            raise Refused(402, "billing_error", reason, headers)

    def _beyond_the_run(self) -> str | None:
        """The account's own limit that is reached; without an account to ask, none is kept to."""
        try:
            return self._account.closed()
        except (Exception, Superseded) as error:  # noqa: BLE001 - as above
            self.failure = error
            return _UNRECORDED


def _object(text: bytes) -> dict[str, Any]:
    """A JSON object, or an empty one for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _length(value: object) -> int:
    return len(value) if isinstance(value, str) else 0


def _count(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value >= 0 else otherwise
