"""The engine `messages`: a loop on the Messages API whose tools run inside the sandbox.

Read `MessagesLoop.work` first. Importing this module takes about a second, because it imports the SDK: only what runs
agents should.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from anthropic.types.beta import BetaMessage

from ghapp.agents.conversation import Conversation, connect
from ghapp.agents.desk import Desk
from ghapp.agents.prompt import system_prompt, task_prompt
from ghapp.core.errors import UserError
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import BudgetSpent, Host, ModelAccess, Task, Tell, Workspace

_REMINDERS = 2
_FINISH = "Your work has not ended: call `report` when you are done, or go on."
_GO_ON = "Your reply reached its length limit. Go on where you stopped."


class MessagesLoop:
    """A coding agent on the Messages API.

    `max_tokens` limits one reply, `max_refusals` how often a report of `done` is refused while the work is not. Turns,
    tokens, money and time are limited by the relay.
    """

    def __init__(
        self, *, max_tokens: int = 32_000, max_refusals: int = 3, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._max_tokens, self._max_refusals, self._sleep = max_tokens, max_refusals, sleep

    def work(self, task: Task, workspace: Workspace, model: ModelAccess, host: Host) -> Report:
        """Work until there is a report.

        Raises BudgetSpent at a limit of the budget or when the agent goes in circles, UserError when the model refuses
        or its service refuses us, TransientError when the service stays away.
        """
        tell = _storable(host.tell)
        desk = Desk(workspace, host.verify, tell, self._max_refusals)
        with connect(model.socket) as client:
            talk = Conversation(
                client,
                model=model.model,
                system=system_prompt(),
                prompt=task_prompt(task),
                tools=desk.tools(),
                max_tokens=self._max_tokens,
                tell=tell,
                sleep=self._sleep,
            )
            return _until_report(talk, desk, tell)


def _until_report(talk: Conversation, desk: Desk, tell: Tell) -> Report:
    reminders, said = 0, ""
    while desk.report is None:
        reply = talk.next_reply()
        said = _text_of(reply) or said
        match reply.stop_reason:
            case "tool_use" if reply.content:
                reminders = 0
            case "refusal":
                raise UserError("The model refused to work on this request.")
            case "model_context_window_exceeded":
                raise BudgetSpent("the conversation has become longer than the model can take")
            case "max_tokens" if reply.content:
                tell("note", "the reply reached its length limit")
                talk.say(_GO_ON)
            case _ if reminders == _REMINDERS:
                return Report(Outcome.NEEDS_PERSON, said, reason="the agent stopped without a report")
            case _:
                reminders += 1
                tell("note", "the agent stopped without a report and is reminded")
                talk.say(_FINISH)
    return desk.report


def _text_of(reply: BetaMessage) -> str:
    return "\n".join(block.text for block in reply.content if block.type == "text")


def _storable(tell: Tell) -> Tell:
    """`tell` for results that came as JSON, which can spell file names that UTF-8 cannot."""

    def tell_storable(kind: str, text: str) -> None:
        tell(kind, text.encode("utf-8", "replace").decode())

    return tell_storable
