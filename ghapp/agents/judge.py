"""The judge: one question to a second model, which sees the request and the diff and was not there when it was made.

Its answer is a call of one tool with a schema of its own, so that no text in the diff can be taken for a verdict. An
answer that is none is asked for once more; then the change goes on, with a word on it, because a judge that cannot
speak must not stop what the checks let through.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import anthropic
from anthropic.types import Message, ToolParam, ToolUseBlock
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ghapp.agents.conversation import connect
from ghapp.agents.diffs import fitted
from ghapp.agents.faults import ending, wait_before
from ghapp.agents.prompt import judge_prompt, judge_system_prompt
from ghapp.core.errors import TransientError
from ghapp.core.evidence import Judgement
from ghapp.core.ports import ModelAccess
from ghapp.core.run import Request

_TRIES = 5
_MAX_TOKENS = 4_000
_MAX_REASONS = 8
_MAX_REASON = 600  # characters


class _Verdict(BaseModel):
    """What the tool takes. Unknown keys are refused, and so is a veto without a reason."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    reasons: list[str] = Field(description="one or two plain sentences each, with the path that it is about")
    verdict: Literal["accept", "veto"]

    @model_validator(mode="after")
    def _says_why(self) -> _Verdict:
        if self.verdict == "veto" and not any(reason.strip() for reason in self.reasons):
            raise ValueError("a veto needs a reason")
        return self


_TOOL: ToolParam = {
    "name": "verdict",
    "description": "Your verdict on the change, and the reasons for it.",
    "input_schema": _Verdict.model_json_schema(),
    "strict": True,
}


class ModelJudge:
    """Asks a model over the relay (`ports.Judge`).

    `max_diff` is how much of the diff it is shown, in characters; `sleep` waits between tries, in seconds.
    """

    def __init__(self, *, max_diff: int = 120_000, sleep: Callable[[float], None] = time.sleep) -> None:
        self._max_diff, self._sleep = max_diff, sleep

    def judge(self, request: Request, diff: str, model: ModelAccess) -> Judgement:
        """Whether the diff fulfils the request; accepted with a word on it when the model gives no verdict twice.

        Raises BudgetSpent at a limit of the budget, UserError when the model's service refuses us, TransientError when
        it stays away.
        """
        shown, left_out = fitted(diff, self._max_diff)
        fault = ""
        with connect(model.socket) as client:
            for _ in range(2):
                reply = self._reply(client, model.model, judge_prompt(request, shown, left_out, fault))
                try:
                    return _judgement(reply)
                except ValueError as error:
                    fault = str(error)
        return Judgement(True, (f"The judge gave no verdict: {fault}.",))

    def _reply(self, client: anthropic.Anthropic, model: str, prompt: str) -> Message:
        for tries in range(1, _TRIES + 1):
            try:
                return client.messages.create(
                    model=model,
                    max_tokens=_MAX_TOKENS,
                    system=judge_system_prompt(),
                    messages=[{"role": "user", "content": prompt}],
                    tools=[_TOOL],
                    tool_choice={"type": "tool", "name": "verdict"},
                )
            except anthropic.APIError as error:
                if final := ending(error):
                    raise final from error
                fault, wait = error, wait_before(error, tries)
            if tries < _TRIES:
                self._sleep(wait)
        raise TransientError(f"the judge did not reply in {_TRIES} tries; the last time: {str(fault)[:200]}")


def _judgement(reply: Message) -> Judgement:
    """What the model's call says. Raises ValueError, in our own words, when there is not exactly one whole call."""
    # The SDK does not hold what a gateway answers to the shape that it promises.
    content = reply.content if isinstance(reply, Message) and isinstance(reply.content, list) else []
    calls = [block for block in content if isinstance(block, ToolUseBlock) and block.name == "verdict"]
    if calls and reply.stop_reason != "tool_use":
        raise ValueError(f"the reply ended with {reply.stop_reason}")
    if len(calls) != 1:
        raise ValueError(f"there were {len(calls)} calls of the tool in place of one")
    try:
        given = _Verdict.model_validate(calls[0].input)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'input'}: {item['msg']}" for item in error.errors()[:3]
        )
        raise ValueError(f"the call does not fit ({faults})") from None
    told = tuple(_storable(reason) for reason in given.reasons if reason.strip())
    return Judgement(given.verdict == "accept", told[:_MAX_REASONS])


def _storable(text: str) -> str:
    """JSON can spell what UTF-8 cannot."""
    return text.strip()[:_MAX_REASON].encode("utf-8", "replace").decode()
