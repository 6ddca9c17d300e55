"""The engine `messages`: a loop on the Messages API whose tools run inside the sandbox.

Read `MessagesLoop.work` first. Importing this module takes about a second, because it imports the SDK: only what runs
agents should.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from anthropic.types.beta import BetaMessage

from ghapp.agents.conversation import Conversation, connect
from ghapp.agents.desk import Desk
from ghapp.agents.faults import TOO_LONG
from ghapp.agents.handover import FINISH, REMINDERS, Handover
from ghapp.agents.history import History
from ghapp.agents.prompt import follow_up_prompt, said_prompt, system_prompt, task_prompt
from ghapp.agents.telling import LOST, Storable
from ghapp.core.errors import UserError
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import Host, Image, ModelAccess, NoProgress, Task, Tell, Workspace

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

        Raises BudgetSpent at a limit of the budget, NoProgress when the agent goes in circles, UserError when the
        model refuses or its service refuses us, TransientError when the service stays away.
        """
        told = Storable(host)
        handover = Handover(task, workspace, told, self._max_refusals)
        desk = Desk(task, workspace, handover, told.tell)
        if task.tools:
            told.tell("note", f"this engine has no further tools: {', '.join(task.tools)} are left out")
        history, opening = _begun(task, told.tell)
        with connect(model.socket) as client:
            talk = Conversation(
                client,
                history,
                model=model.model,
                system=system_prompt("messages", task.kind),
                tools=desk.tools(),
                max_tokens=self._max_tokens,
                host=told,
                sleep=self._sleep,
            )
            talk.say(*opening)
            return _until_report(talk, handover, told)


def _begun(task: Task, tell: Tell) -> tuple[History, tuple[str, Sequence[Image]]]:
    """The history of earlier attempts and what is new, or none and the whole task."""
    if task.conversation:
        try:
            return History(task.conversation), (follow_up_prompt(task), ())
        except ValueError:
            tell("note", LOST)
    return History(), (task_prompt(task), task.images)


def _until_report(talk: Conversation, handover: Handover, host: Host) -> Report:
    reminders, said = 0, ""
    while handover.report is None:
        if remarks := host.heard():
            talk.say(said_prompt(remarks))
        reply = talk.next_reply()
        said = _text_of(reply) or said
        match reply.stop_reason:
            case "tool_use" if reply.content:
                reminders = 0
            case "refusal":
                raise UserError("The model refused to work on this request.")
            case "model_context_window_exceeded":
                raise NoProgress(TOO_LONG)
            case "max_tokens" if reply.content:
                host.tell("note", "the reply reached its length limit")
                talk.say(_GO_ON)
            case _ if reminders == REMINDERS:
                return Report(Outcome.NEEDS_PERSON, said, reason="the agent stopped without a report")
            case _:
                reminders += 1
                host.tell("note", "the agent stopped without a report and is reminded")
                talk.say(FINISH)
    talk.keep()
    return handover.report


def _text_of(reply: BetaMessage) -> str:
    return "\n".join(block.text for block in reply.content if block.type == "text")
