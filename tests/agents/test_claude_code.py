"""The engine `claude-code` where it differs from the other: a program of its own, its session file, its hooks."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import HookMatcher

from ghapp.agents.claude_code import ClaudeCode, claude_code_missing, program
from ghapp.agents.claude_desk import ClaudeDesk
from ghapp.agents.claude_memory import Memory, session_of
from ghapp.agents.errands import Errands, beside
from ghapp.agents.handover import Handover
from ghapp.core.budget import Budget
from ghapp.core.errors import TransientError, UserError
from ghapp.core.evidence import Outcome
from ghapp.core.ports import BudgetSpent
from ghapp.core.run import Remark
from tests.agents.attempts import Attempt, Folder, task_of
from tests.agents.bench import NO_CHANGE, READ, Open, Serve

ID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"

MCP_SERVER = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    answers = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                       "serverInfo": {"name": "docs", "version": "1"}},
        "tools/list": {"tools": [{"name": "look_up", "description": "Look up", "inputSchema": {"type": "object"}}]},
        "tools/call": {"content": [{"type": "text", "text": "found in the sandbox"}]},
    }
    if "id" in asked:
        result = answers.get(asked["method"], {})
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


@pytest.mark.parametrize("turn", [f"{{tools: [{READ}]}}", "{say: Done}"])
def test_long_words_arrive_with_their_end(jailed: Open, serve: Serve, turn: str) -> None:
    """Of what a hook adds the program shows only so much: the middle is left out before that, not the end."""
    server = serve(turn, f"{{shown: [the beginning, the very end, characters left out], tools: [{NO_CHANGE}]}}")
    attempt = Attempt(jailed(), server)
    attempt.says = [Remark("ada", f"the beginning {'word ' * 3_000} the very end")]
    attempt.work(engine=ClaudeCode())


def test_words_that_come_as_it_stops_are_heard(jailed: Open, serve: Serve) -> None:
    """An agent that ends its turn is shown what was said meanwhile, instead of a reminder."""
    server = serve("{say: Done}", f"{{shown: [Comment by ada, not yet], tools: [{NO_CHANGE}]}}")
    attempt = Attempt(jailed(), server)
    attempt.says = [Remark("ada", "not yet")]
    attempt.work(engine=ClaudeCode())
    assert attempt.tells("note") == []


def test_goes_on_after_its_program_was_killed(jailed: Open, serve: Serve) -> None:
    """kill -9 of the program is a passing fault; its conversation is taken up with the call that had no result."""
    once = "test -e /tmp/second || { sleep 1; kill -9 $CLAUDE_PID; }"
    turns = (f"{{tools: [{READ}]}}", f"{{tools: [{{bash: {{command: '{once}'}}}}]}}", f"{{tools: [{NO_CHANGE}]}}")
    first = Attempt(jailed(), serve(*turns))
    with pytest.raises(TransientError, match="ended before its time"):
        first.work(engine=ClaudeCode())
    second = Attempt(jailed(), serve(*turns))
    second.workspace.run(["touch", "/tmp/second"])
    report = second.work(task_of(conversation=tuple(first.remembered)), engine=ClaudeCode())
    assert report.outcome is Outcome.NO_CHANGE
    assert [entry.turn for entry in second.server.log()] == [3]


def test_a_program_that_falls_silent_is_given_up(jailed: Open, serve: Serve) -> None:
    """An agent that stops the program's process does not hold a worker for ever."""
    attempt = Attempt(jailed(), serve("{tools: [{bash: {command: kill -STOP $CLAUDE_PID; sleep 600}}]}"))
    with pytest.raises(TransientError, match="nothing was heard"):
        attempt.work(engine=ClaudeCode(silence=5))


def test_a_conversation_that_the_service_refuses_begins_anew(jailed: Open, serve: Serve) -> None:
    """A history that cannot be sent any more is not sent for ever."""
    first = Attempt(jailed(), serve(f"{{tools: [{READ}]}}"))
    with pytest.raises(BudgetSpent):
        first.work(engine=ClaudeCode(), budget=Budget(turns=1))
    server = serve(f"{{shown: [half of it], tools: [{NO_CHANGE}]}}", "{say: never, fail: {status: 400, times: 9}}")
    second = Attempt(jailed(), server)
    task = task_of(conversation=tuple(first.remembered), stand_in="half of it")
    assert second.work(task, engine=ClaudeCode()).outcome is Outcome.NO_CHANGE
    assert second.tells("note")[-1].startswith("the earlier conversation cannot be taken up")


def test_a_conversation_longer_than_the_model_takes_ends_as_a_limit(jailed: Open, serve: Serve) -> None:
    """What was done so far is kept, and the person is told why it goes no further."""
    attempt = Attempt(jailed(), serve("{say: never, fail: {status: 413, times: 9}}"))
    with pytest.raises(BudgetSpent, match="longer than the model can take"):
        attempt.work(engine=ClaudeCode())


def test_further_tools_run_inside_and_are_told(jailed: Open, serve: Serve) -> None:
    """A server of the MCP is started in the sandbox; one that does not come up is a note."""
    server = serve(
        "{tools: [{mcp__docs__look_up: {}}, {grep: {}}, {Grep: {pattern: bad}}, {Glob: {pattern: '*.txt'}}]}",
        f"{{shown: [found in the sandbox, a.txt], tools: [{NO_CHANGE}]}}",
    )
    attempt = Attempt(jailed(), server)
    attempt.workspace.run(["sh", "-c", "cat > /tmp/docs.py"], stdin=MCP_SERVER.encode())
    tools = {"docs": ("python3", "/tmp/docs.py"), "broken": ("no-such-program",)}
    attempt.work(task_of(tools=tools), engine=ClaudeCode())
    assert attempt.tells("note") == [
        "further tools, docs: python3 /tmp/docs.py",
        "further tools, broken: no-such-program",
        "the tools broken did not come up: failed",
    ]
    assert "found in the sandbox" in attempt.tells("result")


def test_says_what_to_do_when_it_is_not_installed(
    tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra, the engine names it and the other engine; importing it needs nothing."""
    assert claude_code_missing() is None
    assert program().exists()
    monkeypatch.setitem(sys.modules, "claude_agent_sdk", None)
    assert "ghapp[claude-code]" in str(claude_code_missing())
    with pytest.raises(UserError, match="HONK_ENGINE=messages"):
        Attempt(Folder(tmp_path / "work"), serve("{say: never}")).work(engine=ClaudeCode())


def test_only_the_last_session_of_the_lines_is_taken_up() -> None:
    """Lines of a session that was given up before are left out; lines of another engine are none."""
    lines = [json.dumps({"sessionId": session, "n": n}) for n, session in enumerate((ID, ID, OTHER, OTHER))]
    session = session_of(lines)
    assert session is not None
    assert (session.id, session.lines) == (OTHER, tuple(lines[2:]))
    for foreign in ([], ['{"role": "user", "content": []}'], ["[1]"], ["no JSON"], ['{"sessionId": "../../etc"}']):
        assert session_of(foreign) is None


def test_words_that_were_heard_are_remembered_with_their_line(tmp_path: Path, serve: Serve) -> None:
    """Lines that come after a word was given are held until the one with the word: only then was it heard for good."""
    attempt = Attempt(Folder(tmp_path / "work"), serve("{say: never}"))
    attempt.says = [Remark("ada", "make it better")]
    errands = Errands()
    memory = Memory(errands, attempt.remember)
    desk = desk_of(attempt, errands, memory=memory)
    after: Any = desk.hooks()["PostToolBatch"][0].hooks[0]
    seen: list[int] = []

    async def turn() -> None:
        told = (await after({"tool_calls": []}, None, {}))["hookSpecificOutput"]["additionalContext"]
        for text in ("before", told, "after"):
            await memory.append({"project_key": "p", "session_id": ID}, [{"type": text}])
            await errands.ask(lambda: seen.append(len(attempt.remembered)))

    with beside(turn()) as done:
        errands.run_until(done)
    assert done.result() is None
    assert seen == [0, 2, 3]


def test_a_line_that_comes_late_is_waited_for_one_turn_more() -> None:
    """The program writes down later than it calls hooks; a word that it never writes down holds nothing for ever."""
    kept: list[str] = []
    errands = Errands()
    memory = Memory(errands, kept.extend)

    def write(text: str) -> None:
        with beside(memory.append({"project_key": "p", "session_id": ID}, [{"type": text}])) as done:
            errands.run_until(done)

    memory.hold_until("WORD")
    memory.hand_on_overdue()
    write("early")
    assert kept == []
    write("late WORD")
    assert len(kept) == 2
    memory.hold_until("NEVER")
    write("early")
    memory.hand_on_overdue()
    assert len(kept) == 2
    memory.hand_on_overdue()
    assert len(kept) == 3


def test_what_an_errand_raises_ends_both_threads() -> None:
    """The thread beside is cancelled while it waits for an answer that never comes."""
    errands = Errands()

    def broken() -> None:
        raise KeyError("a defect")

    def run() -> None:
        with beside(errands.ask(broken)) as done:
            errands.run_until(done)

    with pytest.raises(KeyError, match="a defect"):
        run()


def test_a_call_that_cannot_be_looked_at_is_denied(tmp_path: Path, serve: Serve) -> None:
    """Our own hook denies on any failure of its own, and one that fails altogether blocks."""
    attempt = Attempt(Folder(tmp_path / "work"), serve("{say: never}"))
    errands = Errands()
    desk = desk_of(attempt, errands)
    matcher = desk.hooks()["PreToolUse"][0]
    assert isinstance(matcher, HookMatcher)
    assert (matcher.matcher, matcher.on_failure) == (None, "block")
    before: Any = matcher.hooks[0]
    given: tuple[dict[str, str], ...] = ({}, {"tool_name": "WebFetch"}, {"tool_name": "Bash"})
    assert [decision(before, one, errands) for one in given] == ["deny", "deny", None]


@pytest.mark.parametrize("kind", ["plan", "ask", "review"])
def test_no_tool_that_changes_files_is_let_through(tmp_path: Path, serve: Serve, kind: str) -> None:
    """Who plans, answers or reviews has no such tool; one that comes with a new version unasked is refused as well."""
    errands = Errands()
    desk = desk_of(Attempt(Folder(tmp_path / "work"), serve("{say: never}")), errands, kind=kind)
    before: Any = desk.hooks()["PreToolUse"][0].hooks[0]
    tools = ("Edit", "Write", "Read", "Bash", "mcp__honk__report")
    assert [decision(before, {"tool_name": name}, errands) for name in tools] == ["deny", "deny", None, None, None]


def desk_of(attempt: Attempt, errands: Errands, *, kind: str = "fix", memory: Memory | None = None) -> ClaudeDesk:
    """What Claude Code meets of ours in this attempt."""
    task = task_of(kind=kind)
    handover = Handover(task, attempt.workspace, attempt, 3)
    return ClaudeDesk(task, handover, attempt, memory or Memory(errands, attempt.remember), errands)


def decision(before: Any, given: dict[str, str], errands: Errands) -> str | None:
    """What our hook says of a call."""
    with beside(before(given, None, {"signal": None})) as done:
        errands.run_until(done)
    answer: dict[str, str] = done.result().get("hookSpecificOutput", {})
    return answer.get("permissionDecision")
