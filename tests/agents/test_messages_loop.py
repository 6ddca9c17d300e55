"""The engine `messages` where it differs from the other: its own waiting, its own tools, its own lines."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ghapp.agents.messages_loop import MessagesLoop
from ghapp.core.budget import Budget
from ghapp.core.errors import TransientError
from ghapp.core.evidence import Outcome
from ghapp.core.ports import BudgetSpent, Completed, ModelAccess
from tests.agents.attempts import MODEL, Attempt, Folder, task_of
from tests.agents.bench import MEND, NO_CHANGE, READ, Serve

Start = Callable[..., Attempt]


@pytest.fixture
def start(serve: Serve, tmp_path: Path) -> Start:
    """An attempt in a plain folder with a script of these turns."""
    return lambda *turns: Attempt(Folder(tmp_path / "work"), serve(*turns))


def test_tells_each_step_as_it_is_made(start: Start) -> None:
    """What it says, each call and what came of it, in order."""
    attempt = start(f"{{say: Look, tools: [{READ}, {MEND}, {{verify: {{}}}}]}}", f"{{tools: [{NO_CHANGE}]}}")
    attempt.work()
    assert attempt.told == [
        ("say", "Look"),
        ("tool", "read a.txt"),
        ("result", "bad\n"),
        ("tool", "edit a.txt"),
        ("result", "good\n"),
        ("tool", "verify"),
        ("result", "green\n1 passed"),
        ("tool", "report no_change"),
        ("result", "The report is in."),
    ]


def test_ends_at_the_limit_of_tokens_without_waiting(start: Start) -> None:
    """A limit is no fault in passing."""
    attempt = start(f"{{tools: [{READ}]}}")
    with pytest.raises(BudgetSpent, match="the limit of 10 tokens is reached"):
        attempt.work(budget=Budget(tokens=10))
    assert attempt.slept == []


@pytest.mark.parametrize(
    ("fail", "slept"),
    [
        ("{status: 529, times: 2}", [1.0, 2.0]),
        ("{status: 500}", [1.0]),
        ("{status: 429, retry_after: 30}", [30.0]),
        ("{cut: true, times: 2}", [1.0, 2.0]),
    ],
)
def test_waits_as_long_as_it_is_asked_to(start: Start, fail: str, slept: list[float]) -> None:
    """A busy service names a time, otherwise the waits double; a broken reply leaves no trace."""
    attempt = start(
        f"{{say: I write, tools: [{{bash: {{command: echo x >> b.txt}}}}], fail: {fail}}}", f"{{tools: [{NO_CHANGE}]}}"
    )
    attempt.work()
    assert attempt.slept == slept
    assert attempt.tells("say") == ["I write"]
    assert len(attempt.tells("note")) == len(slept)


@pytest.mark.parametrize("fail", ["{status: 529, times: 9}", "{cut: true, times: 9}"])
def test_waits_four_times_at_most(start: Start, fail: str) -> None:
    """After five tries the job is retried later instead."""
    attempt = start(f"{{say: never, fail: {fail}}}")
    with pytest.raises(TransientError, match="5 tries"):
        attempt.work()
    assert attempt.slept == [1.0, 2.0, 4.0, 8.0]


def test_a_long_wait_is_not_waited_in_the_worker(start: Start) -> None:
    """A service that wants an hour is left alone for an hour."""
    attempt = start("{say: never, fail: {status: 429, retry_after: 3600}}")
    with pytest.raises(TransientError) as caught:
        attempt.work()
    assert (caught.value.retry_after, attempt.slept) == (3600.0, [])


def test_a_relay_that_is_gone_is_a_passing_fault(start: Start, tmp_path: Path) -> None:
    """An engine whose relay hangs up at once ends so that the job is tried again."""
    attempt = start("{say: never}")
    with socketserver.UnixStreamServer(str(tmp_path / "relay"), socketserver.BaseRequestHandler) as relay:
        thread = threading.Thread(target=relay.serve_forever, args=(0.02,))
        thread.start()
        try:
            with pytest.raises(TransientError, match="5 tries"):
                attempt.work_over(MessagesLoop(sleep=attempt.slept.append), ModelAccess(tmp_path / "relay", MODEL))
        finally:
            relay.shutdown()
            thread.join()


def test_half_a_tool_call_is_not_made(start: Start) -> None:
    """At the length limit the calls of a reply are answered, not made, and the model is told to go on."""
    attempt = start(
        "{tools: [{write: {path: b.txt, content: half}}], stop: max_tokens}",
        f"{{shown: [Not run, Go on where], tools: [{NO_CHANGE}]}}",
    )
    assert attempt.work().outcome is Outcome.NO_CHANGE
    assert attempt.has("b.txt") is None


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("{read: {}}", "path: Field required"),
        ("{read: {path: a.txt, ofset: 3}}", "ofset: Extra inputs are not permitted"),
        ("{read: {path: missing.txt}}", "there is no such file"),
        ('{bash: {command: "echo \\0"}}', "NUL"),
        ("{bash: {command: ls, timeout: 601}}", "less than or equal to 600"),
        ("{fetch: {url: 'http://evil.test'}}", "not found"),
    ],
)
def test_a_call_that_makes_no_sense_is_answered(start: Start, call: str, shown: str) -> None:
    """Unknown tools and inputs that do not fit come back as an error of the tool, with what is wrong."""
    attempt = start(f"{{tools: [{call}]}}", f"{{shown: [{json.dumps(shown)}], tools: [{NO_CHANGE}]}}")
    assert attempt.work().outcome is Outcome.NO_CHANGE


def test_input_that_is_no_json_is_answered_with_what_is_wrong(start: Start) -> None:
    """A broken tool input is an input without what the tool needs."""
    attempt = start(
        f"{{tools: [{READ}], fail: {{bad_json: true}}}}", f"{{shown: [does not fit], tools: [{NO_CHANGE}]}}"
    )
    assert attempt.work().outcome is Outcome.NO_CHANGE


def test_shows_how_a_command_ended(start: Start) -> None:
    """Exit code and output, the middle left out when it is long, and the time limit when it was reached."""
    attempt = start(
        "{tools: [{bash: {command: echo out; echo err >&2; exit 3}}, {bash: {command: 'true'}}]}",
        "{shown: [exit code 3, out, err, (no output)], tools: [{bash: {command: seq 20000}}]}",
        "{shown: [characters left out, '20000'], tools: [{bash: {command: sleep 30, timeout: 1}}]}",
        f"{{shown: [stopped after 1 seconds], tools: [{NO_CHANGE}]}}",
    )
    attempt.work()
    assert all(len(text) <= 2001 for text in attempt.tells("result"))


def test_a_guest_program_that_fails_is_answered(start: Start, tmp_path: Path) -> None:
    """When the file tools themselves break, the model sees their output and may use bash."""

    class Broken(Folder):
        def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
            return Completed(1, "Traceback: out of memory", 0.0)

    attempt = start(f"{{tools: [{READ}]}}", f"{{shown: [read failed, out of memory], tools: [{NO_CHANGE}]}}")
    attempt.workspace = Broken(tmp_path / "broken")
    assert attempt.work().outcome is Outcome.NO_CHANGE


def test_a_file_name_that_is_no_text_is_answered(start: Start, tmp_path: Path) -> None:
    """A name of odd bytes in a result reaches model and transcript as replaced characters."""

    class Odd(Folder):
        def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
            return Completed(0, r'{"text": "caf\udce9"}', 0.0)

    attempt = start("{tools: [{read: {path: .}}]}", f"{{shown: [caf], tools: [{NO_CHANGE}]}}")
    attempt.workspace = Odd(tmp_path / "odd")
    assert attempt.work().outcome is Outcome.NO_CHANGE
    assert attempt.tells("result")[0] == "caf?"


def test_remembers_each_message_as_a_line(start: Start) -> None:
    """A reply is remembered before its tools run, and their results before the next request."""
    attempt = start(f"{{say: Look, tools: [{READ}]}}", f"{{tools: [{NO_CHANGE}]}}")
    before: list[int] = []
    attempt.on_tell = lambda kind, text: before.append(len(attempt.remembered)) if kind == "tool" else None
    attempt.work()
    assert before == [2, 4]
    assert [json.loads(line)["role"] for line in attempt.remembered] == ["user", "assistant"] * 2 + ["user"]


def test_a_call_that_lost_its_result_is_answered_as_interrupted(start: Start) -> None:
    """The model is told that nobody knows how it ended, because it may have done its work."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {"command": "make"}}
    lines = [
        json.dumps({"role": "user", "content": [{"type": "text", "text": "Begin"}]}),
        json.dumps({"role": "assistant", "content": [call]}),
    ]
    attempt = start("{say: given before}", f"{{shown: [nobody knows how it ended, And now], tools: [{NO_CHANGE}]}}")
    attempt.work(task_of(conversation=tuple(lines), feedback="And now"))


@pytest.mark.parametrize("line", ["no JSON", "[]", '{"role": "user", "content": "text"}', '{"role": "user"}'])
def test_lines_of_another_format_begin_a_new_conversation(start: Start, line: str) -> None:
    """A conversation is taken up whole or not at all."""
    attempt = start(f"{{shown: ['# Make it good'], tools: [{NO_CHANGE}]}}")
    attempt.work(task_of(conversation=(line,)))
    assert len(attempt.tells("note")) == 1


def test_further_tools_are_left_out_and_told(start: Start) -> None:
    """This engine starts no servers."""
    attempt = start(f"{{tools: [{NO_CHANGE}]}}")
    attempt.work(task_of(tools={"docs": ("docs-server",)}))
    assert attempt.tells("note") == ["this engine has no further tools: docs are left out"]
