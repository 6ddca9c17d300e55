"""The engine `messages` against the scripted model, through the real relay."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from ghapp.agents.messages_loop import MessagesLoop
from ghapp.core.budget import Budget, Usage
from ghapp.core.errors import Superseded, TransientError, UserError
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import BudgetSpent, Completed, ModelAccess, Verdict
from ghapp.playground.model import ModelServer
from ghapp.playground.script import read_script
from tests.agents.attempts import KEY, MODEL, Attempt, Folder, task_of

Start = Callable[..., Attempt]

DONE = "{report: {outcome: done, summary: It is good now, assumptions: [good is enough], test_plan: read it}}"
NO_CHANGE = "{report: {outcome: no_change, summary: Looked, reason: It is good already}}"
MEND = "{edit: {path: a.txt, old: bad, new: good}}"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """An attempt with a script of these turns (YAML). What the model was shown must be what its script says."""
    with ExitStack() as stack:
        servers: list[ModelServer] = []

        def begin(*turns: str, key: str = KEY) -> Attempt:
            script = "name: script\nturns:\n" + "".join(f"- {turn}\n" for turn in turns)
            servers.append(stack.enter_context(ModelServer([read_script(script, "script")], KEY)))
            return Attempt(tmp_path, servers[-1], key)

        yield begin
        for server in servers:
            assert server.violations() == ()


def test_works_from_a_request_to_a_report(start: Start) -> None:
    """Read, edit, verify, report: the file is changed, the report typed, everything told, every token counted."""
    attempt = start(
        f"{{shown: ['# Make it good', grep good], not_shown: [{KEY}], say: Look, tools: [{{read: {{path: a.txt}}}}]}}",
        f"{{shown: [bad], tools: [{MEND}, {{verify: {{}}}}]}}",
        f"{{shown: [green, 1 passed], not_shown: [{KEY}], tools: [{DONE}]}}",
    )
    report = attempt.work()
    assert report == Report(Outcome.DONE, "It is good now", ("good is enough",), "read it")
    assert (attempt.root / "a.txt").read_text() == "good\n"
    assert attempt.verified == 1
    assert attempt.told == [
        ("say", "Look"),
        ("tool", "read a.txt"),
        ("result", "bad\n"),
        ("tool", "edit a.txt"),
        ("result", "good\n"),
        ("tool", "verify"),
        ("result", "green\n1 passed"),
        ("tool", "report done"),
        ("result", "The report is in."),
    ]
    spent, used = attempt.server.spent(), sum(attempt.used, Usage())
    assert (used.calls, used.output_tokens) == (3, spent.output_tokens)
    assert used.cache_read_tokens == spent.cache_read_input_tokens > 0
    assert used.cache_write_tokens == spent.cache_creation_input_tokens > 0


def test_refuses_done_while_red_and_says_why(start: Start) -> None:
    """The agent that claims too early is shown the failure, and may go on."""
    attempt = start(
        f"{{tools: [{{write: {{path: b.txt, content: x}}}}, {DONE}]}}",
        f"{{shown: [refused, the checks are red, a.txt is bad], tools: [{MEND}, {DONE}]}}",
    )
    assert attempt.work().outcome is Outcome.DONE
    assert attempt.tells("note") == ["the report is refused: the checks are red."]
    assert attempt.verified == 2


def test_the_gate_is_bounded(start: Start) -> None:
    """An agent that insists gets its word in the end, as its own word; the checks stay red for everybody to see."""
    lie = "{shown: [the checks are red], tools: [" + DONE + "]}"
    attempt = start(f"{{tools: [{{write: {{path: b.txt, content: x}}}}, {DONE}]}}", lie, lie, lie)
    assert attempt.work().outcome is Outcome.DONE
    assert len(attempt.tells("note")) == 3
    assert attempt.verified == 1


def test_verifies_again_after_a_later_change(start: Start) -> None:
    """A green verdict does not cover what was changed after it."""
    spoil = "{bash: {command: echo bad bad > a.txt}}"
    attempt = start(
        f"{{tools: [{MEND}, {{verify: {{}}}}, {spoil}, {DONE}]}}",
        f"{{shown: [the checks are red], tools: [{MEND}, {DONE}]}}",
    )
    assert attempt.work().outcome is Outcome.DONE
    assert attempt.verified == 3


def test_done_without_a_change_is_refused(start: Start) -> None:
    """An agent that changed nothing has to say so."""
    attempt = start(f"{{tools: [{DONE}]}}", f"{{shown: [nothing is changed], tools: [{NO_CHANGE}]}}")
    assert attempt.work() == Report(Outcome.NO_CHANGE, "Looked", reason="It is good already")
    assert attempt.verified == 0


def test_asks_for_a_person_with_a_reason(start: Start) -> None:
    """An agent that cannot decide says what has to be decided; without that the report is not taken."""
    attempt = start(
        "{tools: [{report: {outcome: needs_person, summary: Looked}}]}",
        "{shown: [needs a reason], tools: [{report: {outcome: needs_person, summary: Looked, reason: Which one}}]}",
    )
    assert attempt.work() == Report(Outcome.NEEDS_PERSON, "Looked", reason="Which one")


def test_nothing_runs_after_the_report(start: Start) -> None:
    """Calls that stand behind the report in the same reply are not made."""
    attempt = start(f"{{tools: [{NO_CHANGE}, {{write: {{path: late.txt, content: x}}}}]}}")
    attempt.work()
    assert not (attempt.root / "late.txt").exists()


@pytest.mark.parametrize(
    ("budget", "phrase"),
    [
        (Budget(micros=1), "the budget of $0.00 is spent"),
        (Budget(turns=1), "the limit of 1 turns is reached"),
        (Budget(tokens=10), "the limit of 10 tokens is reached"),
    ],
)
def test_ends_at_a_limit(start: Start, budget: Budget, phrase: str) -> None:
    """Money, turns and tokens end the work with the phrase for the person, after one call too many at most."""
    attempt = start("{tools: [{read: {path: a.txt}}]}", f"{{tools: [{NO_CHANGE}]}}")
    with pytest.raises(BudgetSpent, match=phrase.replace("$", r"\$")):
        attempt.work(budget=budget)
    assert attempt.server.spent().requests == 1
    assert attempt.slept == []


def test_a_refusal_is_told(start: Start) -> None:
    """A model that refuses ends the run with a sentence for the person."""
    with pytest.raises(UserError, match="refused to work"):
        start("{stop: refusal}").work()


def test_a_wrong_key_is_the_operators_matter(start: Start) -> None:
    """401 is not tried again, and the sentence has no key in it."""
    attempt = start(f"{{tools: [{NO_CHANGE}]}}", key="sk-old")
    with pytest.raises(UserError, match="operator") as caught:
        attempt.work()
    assert "sk-old" not in str(caught.value)
    assert attempt.slept == []


@pytest.mark.parametrize("status", [403, 404, 400])
def test_other_refusals_of_the_service_are_told(start: Start, status: int) -> None:
    """What asking again does not mend is not asked again."""
    with pytest.raises(UserError, match=str(status)):
        start(f"{{say: never, fail: {{status: {status}}}}}").work()


@pytest.mark.parametrize(
    ("fail", "slept"),
    [
        ("{status: 529, times: 2}", [1.0, 2.0]),
        ("{status: 500}", [1.0]),
        ("{status: 429, retry_after: 30}", [30.0]),
        ("{cut: true, times: 2}", [1.0, 2.0]),
    ],
)
def test_a_fault_in_passing_is_survived(start: Start, fail: str, slept: list[float]) -> None:
    """A busy service and a broken stream are asked again, after the time they ask for; nothing is done twice."""
    attempt = start(
        f"{{say: I write, tools: [{{bash: {{command: echo x >> b.txt}}}}], fail: {fail}}}", f"{{tools: [{NO_CHANGE}]}}"
    )
    attempt.work()
    assert attempt.slept == slept
    assert (attempt.root / "b.txt").read_text() == "x\n"
    assert attempt.tells("say") == ["I write"]
    assert len(attempt.tells("note")) == len(slept)


@pytest.mark.parametrize("fail", ["{status: 529, times: 9}", "{cut: true, times: 9}"])
def test_a_fault_that_stays_gives_the_worker_back(start: Start, fail: str) -> None:
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


def test_an_empty_reply_is_answered_with_a_reminder(start: Start) -> None:
    """A model that says nothing is reminded in the same message, and goes on."""
    attempt = start(
        "{tools: [{read: {path: a.txt}}]}", f"{{shown: [bad], tools: [{NO_CHANGE}], fail: {{empty: true}}}}"
    )
    assert attempt.work().outcome is Outcome.NO_CHANGE
    assert len(attempt.tells("note")) == 1


def test_replies_that_stay_empty_end_the_work(start: Start) -> None:
    """Two reminders, then a person is needed."""
    attempt = start("{tools: [{read: {path: a.txt}}]}", "{say: never, fail: {empty: true, times: 9}}")
    assert attempt.work().outcome is Outcome.NEEDS_PERSON
    assert len(attempt.tells("note")) == 2


def test_an_agent_that_stops_without_a_report_is_reminded_twice(start: Start) -> None:
    """It may still report; if it does not, a person is told so, with its last words."""
    attempt = start("{say: One}", "{shown: [call `report`], say: Two}", "{shown: [call `report`], say: Three}")
    expected = Report(Outcome.NEEDS_PERSON, "Three", reason="the agent stopped without a report")
    assert attempt.work() == expected


def test_reminders_are_counted_anew_after_work(start: Start) -> None:
    """An agent that pauses now and then, and works in between, is not given up."""
    pause, work = "{say: Let me think}", "{tools: [{read: {path: a.txt}}]}"
    attempt = start(pause, pause, work, pause, pause, f"{{tools: [{NO_CHANGE}]}}")
    assert attempt.work().outcome is Outcome.NO_CHANGE


def test_goes_on_after_a_reply_that_was_cut_off(start: Start) -> None:
    """At the length limit the text is taken, a half tool call is not made, and the model goes on."""
    attempt = start(
        "{say: A long, stop: max_tokens}",
        "{shown: [Go on where], tools: [{write: {path: b.txt, content: half}}], stop: max_tokens}",
        f"{{shown: [Not run, Go on where], tools: [{NO_CHANGE}]}}",
    )
    assert attempt.work().outcome is Outcome.NO_CHANGE
    assert not (attempt.root / "b.txt").exists()


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("{read: {}}", "path: Field required"),
        ("{read: {path: a.txt, ofset: 3}}", "ofset: Extra inputs are not permitted"),
        ("{read: {path: missing.txt}}", "there is no such file"),
        ('{bash: {command: "echo \\0"}}', "NUL"),
        ("{bash: {command: ls, timeout: 601}}", "less than or equal to 600"),
        ("{fetch: {url: 'http://evil.test'}}", "not found"),
        ("{report: {outcome: perfect, summary: x}}", "outcome"),
    ],
)
def test_a_call_that_makes_no_sense_is_answered(start: Start, call: str, shown: str) -> None:
    """Unknown tools and inputs that do not fit come back as an error of the tool, with what is wrong."""
    attempt = start(f"{{tools: [{call}]}}", f"{{shown: [{json.dumps(shown)}], tools: [{NO_CHANGE}]}}")
    assert attempt.work().outcome is Outcome.NO_CHANGE


def test_input_that_is_no_json_is_answered(start: Start) -> None:
    """A broken tool input is the model's mistake to mend, not ours to crash on."""
    attempt = start(
        "{tools: [{read: {path: a.txt}}], fail: {bad_json: true}}", f"{{shown: [does not fit], tools: [{NO_CHANGE}]}}"
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


def test_an_agent_that_goes_in_circles_is_told_and_then_ended(start: Start) -> None:
    """The same call with the same result: a word after five, the end after eight."""
    same = "tools: [{bash: {command: cat a.txt}}]}"
    attempt = start(
        *["{" + same] * 5, "{shown: [this very call 5 times], " + same, *["{not_shown: [8 times], " + same] * 2
    )
    with pytest.raises(BudgetSpent, match="no progress"):
        attempt.work()
    assert len(attempt.tells("tool")) == 8


def test_other_results_are_no_circle(start: Start) -> None:
    """Asking for the same thing again is fine while the answer changes."""
    attempt = start(*["{tools: [{bash: {command: echo x >> b; wc -l < b}}]}"] * 9, f"{{tools: [{NO_CHANGE}]}}")
    assert attempt.work().outcome is Outcome.NO_CHANGE


@pytest.mark.parametrize("error", [Superseded(), TransientError("the store is away"), KeyError("a defect")])
def test_what_a_tool_raises_ends_the_work(start: Start, error: Exception) -> None:
    """A lost attempt, a sandbox that is gone and a defect are not turned into a text for the model."""

    def verify() -> Verdict:
        raise error

    attempt = start("{tools: [{verify: {}}]}")
    attempt.verify = verify
    with pytest.raises(type(error)) as caught:
        attempt.work()
    assert caught.value is error


def test_a_guest_program_that_fails_is_answered(start: Start, tmp_path: Path) -> None:
    """When the file tools themselves break, the model sees their output and may use bash."""

    class Broken(Folder):
        def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
            return Completed(1, "Traceback: out of memory", 0.0)

    attempt = start(
        "{tools: [{read: {path: a.txt}}]}", f"{{shown: [read failed, out of memory], tools: [{NO_CHANGE}]}}"
    )
    attempt.workspace = Broken(tmp_path)
    assert attempt.work().outcome is Outcome.NO_CHANGE


def test_a_file_name_that_is_no_text_is_answered(start: Start, tmp_path: Path) -> None:
    """A name of odd bytes in a result reaches model and transcript as replaced characters."""

    class Odd(Folder):
        def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
            return Completed(0, r'{"text": "caf\udce9"}', 0.0)

    attempt = start("{tools: [{read: {path: .}}]}", f"{{shown: [caf], tools: [{NO_CHANGE}]}}")
    attempt.workspace = Odd(tmp_path)
    assert attempt.work().outcome is Outcome.NO_CHANGE
    assert attempt.tells("result")[0] == "caf?"


def test_an_attempt_can_be_told_what_was_wrong_before(start: Start) -> None:
    """Feedback of a former attempt and the repository's advice stand in the first message."""
    attempt = start(f"{{shown: [b.txt is missing, Use tabs], tools: [{NO_CHANGE}]}}")
    attempt.work(task_of(feedback="b.txt is missing", advice={"AGENTS.md": "# Rules\nUse tabs"}))
