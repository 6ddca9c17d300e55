"""One attempt of the engine `claude-code`, from the task to the report: see `Attempt.run`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anthropic
from claude_agent_sdk import ClaudeAgentOptions, ResultMessage

from ghapp.agents.claude_desk import ClaudeDesk
from ghapp.agents.claude_memory import Memory, Session, session_of
from ghapp.agents.claude_options import options, stdio, variables
from ghapp.agents.claude_talk import Listener, content, ending, talk
from ghapp.agents.conversation import connect
from ghapp.agents.errands import Errands, beside
from ghapp.agents.faults import ending as ending_of
from ghapp.agents.handover import Handover
from ghapp.agents.prompt import follow_up_prompt, task_prompt
from ghapp.agents.telling import LOST, Storable
from ghapp.core.errors import TransientError
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import Host, ModelAccess, Task, Workspace


class _Lost(Exception):
    """The conversation could not be taken up: nothing of this attempt has happened yet."""


class Attempt:
    """Holds what all steps of one attempt need."""

    def __init__(
        self, task: Task, workspace: Workspace, model: ModelAccess, host: Host, max_refusals: int, silence: float
    ) -> None:
        self._task, self._workspace, self._model, self._silence = task, workspace, model, silence
        self._host = Storable(host)
        self._handover = Handover(task, workspace, self._host, max_refusals)

    def run(self, program: Path) -> Report:
        """Take up the conversation where there is one, begin one otherwise."""
        for name, command in self._task.tools.items():
            self._host.tell("note", f"further tools, {name}: {' '.join(command)}")
        session = session_of(self._task.conversation)
        if session is not None and session.lay(self._workspace):
            try:
                return self._converse(program, content(follow_up_prompt(self._task)), session)
            except _Lost:
                pass
        if self._task.conversation:
            self._host.tell("note", LOST)
        return self._converse(program, content(task_prompt(self._task), self._task.images), None)

    def _converse(self, program: Path, said: list[dict[str, Any]], session: Session | None) -> Report:
        errands, listener = Errands(), Listener(self._host.tell)
        memory = Memory(errands, self._host.remember)
        desk = ClaudeDesk(self._task, self._handover, self._host, memory, errands)
        inside = variables(self._model.model)
        with ExitStack() as launched:
            script = launched.enter_context(self._workspace.launcher(program, model=self._model, variables=inside))
            chosen = self._options(script, session, memory, desk, listener)
            work = talk(chosen, said, lambda message: errands.send(lambda: listener.hear(message)))
            with beside(work) as done:
                try:
                    errands.run_until(done, self._silence)
                finally:
                    launched.close()  # what runs inside is ended before its thread is waited for
        memory.hand_on()
        if self._handover.report is not None:  # whatever became of the program after it
            return self._handover.report
        if desk.ending is not None:
            raise desk.ending
        try:
            result = done.result()
        except Exception as error:  # an edge to another process: the SDK raises bare exceptions, too
            raise _broken(error, listener, session) from error
        return self._without_report(result, listener, session)

    def _options(
        self, script: Path, session: Session | None, memory: Memory, desk: ClaudeDesk, listener: Listener
    ) -> ClaudeAgentOptions:
        further = {name: stdio(command) for name, command in self._task.tools.items()}
        return options(
            script,
            self._model.model,
            kind=self._task.kind,
            resume=session.id if session else None,
            memory=memory,
            servers={**further, **desk.servers()},
            hooks=desk.hooks(),
            stderr=listener.complain,
        )

    def _without_report(self, result: ResultMessage | None, listener: Listener, session: Session | None) -> Report:
        if result is None:
            raise TransientError(f"Claude Code ended without a result. {listener.last_complaint()}")
        if final := ending(result):
            if session is not None and not listener.begun and result.api_error_status in (400, 413):
                raise _Lost from final
            raise (self._refusal() if result.api_error_status == 402 else None) or final
        return Report(Outcome.NEEDS_PERSON, listener.said, reason="the agent stopped without a report")

    def _refusal(self) -> Exception | None:
        """What the relay itself answers to one more call: Claude Code tells nothing of an answer's headers."""
        with connect(self._model.socket) as client:
            try:
                client.messages.create(
                    model=self._model.model, max_tokens=1, messages=[{"role": "user", "content": "Are you there?"}]
                )
            except anthropic.APIStatusError as error:
                return ending_of(error)
            except anthropic.APIConnectionError:
                return None
        return None


def _broken(error: Exception, listener: Listener, session: Session | None) -> Exception:
    if session is not None and not listener.begun:
        return _Lost(str(error))
    return TransientError(f"Claude Code ended before its time: {str(error)[:200]} {listener.last_complaint()}".strip())
