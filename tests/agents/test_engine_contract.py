"""The contract of ports.Engine: how it works, and how it ends."""

from __future__ import annotations

import pytest

from ghapp.core.budget import Budget, Usage
from ghapp.core.errors import Superseded, TransientError, UserError
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import BudgetSpent, Image, OutOfTime, Verdict
from tests.agents.attempts import KEY, task_of
from tests.agents.bench import DONE, MEND, NO_CHANGE, READ, Bench

ONE_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080400000"
    "0b51c0c020000000b4944415478da6364f80f00010501012718e366000000004945"
    "4e44ae426082"
)


def test_works_from_a_request_to_a_report(bench: Bench) -> None:
    """Read, edit, verify, report: the file is changed, the report typed, everything told, every token counted."""
    attempt = bench.attempt(
        f"{{shown: ['# Make it good', grep good], not_shown: [{KEY}], say: Look, tools: [{READ}]}}",
        f"{{shown: [bad], tools: [{MEND}, {{write: {{path: b.txt, content: new}}}}]}}",
        "{tools: [{verify: {}}]}",
        f"{{shown: [green, 1 passed], not_shown: [{KEY}], tools: [{DONE}]}}",
    )
    report = bench.work(attempt)
    assert report == Report(Outcome.DONE, "It is good now", ("good is enough",), "read it")
    assert (attempt.has("a.txt"), attempt.has("b.txt")) == ("good\n", "new")
    assert attempt.verified == 1
    assert attempt.tells("say") == ["Look"]
    assert [line for line in attempt.tells("tool") if not line.startswith("read")] == [
        "edit a.txt",
        "write b.txt",
        "verify",
        "report done",
    ]
    assert attempt.told[-4:] == [
        ("tool", "verify"),
        ("result", "green\n1 passed"),
        ("tool", "report done"),
        ("result", "The report is in."),
    ]
    spent, used = attempt.server.spent(), sum(attempt.used, Usage())
    assert (used.calls, used.output_tokens) == (4, spent.output_tokens)
    assert used.input_tokens == spent.input_tokens
    assert used.cache_read_tokens == spent.cache_read_input_tokens > 0
    assert used.cache_write_tokens == spent.cache_creation_input_tokens > 0


def test_refuses_done_while_red_and_says_why(bench: Bench) -> None:
    """The agent that claims too early is shown the failure, and may go on."""
    attempt = bench.attempt(
        f"{{tools: [{{write: {{path: b.txt, content: x}}}}, {DONE}]}}",
        f"{{shown: [refused, the checks are red, a.txt is bad], tools: [{MEND}, {DONE}]}}",
    )
    assert bench.work(attempt).outcome is Outcome.DONE
    assert attempt.tells("note") == ["the report is refused: the checks are red."]
    assert attempt.verified == 2


def test_the_gate_is_bounded(bench: Bench) -> None:
    """An agent that insists gets its word in the end, as its own word; the checks stay red for everybody to see."""
    lie = "{shown: [the checks are red], tools: [" + DONE + "]}"
    attempt = bench.attempt(f"{{tools: [{{write: {{path: b.txt, content: x}}}}, {DONE}]}}", lie, lie, lie)
    assert bench.work(attempt).outcome is Outcome.DONE
    assert len(attempt.tells("note")) == 3
    assert attempt.verified == 1


def test_verifies_again_after_a_later_change(bench: Bench) -> None:
    """A green verdict does not cover what was changed after it."""
    spoil = "{bash: {command: echo bad luck > a.txt}}"
    attempt = bench.attempt(
        f"{{tools: [{MEND}, {{verify: {{}}}}, {spoil}, {DONE}]}}",
        f"{{shown: [the checks are red], tools: [{MEND}, {DONE}]}}",
    )
    assert bench.work(attempt).outcome is Outcome.DONE
    assert attempt.verified == 3


def test_done_without_a_change_is_refused(bench: Bench) -> None:
    """An agent that changed nothing has to say so."""
    attempt = bench.attempt(f"{{tools: [{DONE}]}}", f"{{shown: [nothing is changed], tools: [{NO_CHANGE}]}}")
    assert bench.work(attempt) == Report(Outcome.NO_CHANGE, "Looked", reason="It is good already")
    assert attempt.verified == 0


def test_asks_for_a_person_with_a_reason(bench: Bench) -> None:
    """An agent that cannot decide says what has to be decided; without that the report is not taken."""
    attempt = bench.attempt(
        "{tools: [{report: {outcome: needs_person, summary: Looked}}]}",
        "{shown: [needs a reason], tools: [{report: {outcome: needs_person, summary: Looked, reason: Which one}}]}",
    )
    assert bench.work(attempt) == Report(Outcome.NEEDS_PERSON, "Looked", reason="Which one")


def test_nothing_runs_after_the_report(bench: Bench) -> None:
    """Calls that stand behind the report in the same reply are not made, and the model is not asked again."""
    attempt = bench.attempt(f"{{tools: [{NO_CHANGE}, {{write: {{path: late.txt, content: x}}}}]}}")
    bench.work(attempt)
    assert attempt.has("late.txt") is None


@pytest.mark.parametrize(
    ("budget", "phrase"),
    [
        (Budget(micros=1), "the budget of $0.00 is spent"),
        (Budget(turns=1), "the limit of 1 turns is reached"),
    ],
)
def test_ends_at_a_limit(bench: Bench, budget: Budget, phrase: str) -> None:
    """Money, turns and tokens end the work with the phrase for the person, after one call too many at most."""
    attempt = bench.attempt(f"{{tools: [{READ}]}}", f"{{tools: [{NO_CHANGE}]}}")
    with pytest.raises(BudgetSpent) as caught:
        bench.work(attempt, budget=budget)
    assert str(caught.value) == phrase
    assert attempt.server.spent().requests == 1


def test_time_that_is_over_is_told_from_a_budget_that_is_spent(bench: Bench) -> None:
    """More money would not help, so nobody is to be asked for it."""
    with pytest.raises(OutOfTime, match="the limit of 0 minutes is reached"):
        bench.work(bench.attempt("{say: never}"), budget=Budget(seconds=0))


def test_a_refusal_is_told(bench: Bench) -> None:
    """A model that refuses ends the run with a sentence for the person."""
    attempt = bench.attempt("{stop: refusal}")
    with pytest.raises(UserError, match="refused to work"):
        bench.work(attempt)
    assert attempt.server.spent().requests == 1


def test_a_wrong_key_is_the_operators_matter(bench: Bench) -> None:
    """401 ends the work, and the sentence has no key in it."""
    with pytest.raises(UserError, match="operator") as caught:
        bench.work(bench.attempt(f"{{tools: [{NO_CHANGE}]}}", key="sk-old"))
    assert "sk-old" not in str(caught.value)


@pytest.mark.parametrize("status", [403, 404, 400])
def test_other_refusals_of_the_service_are_told(bench: Bench, status: int) -> None:
    """What asking again does not mend ends the work with the service's status."""
    with pytest.raises(UserError, match=str(status)):
        bench.work(bench.attempt(f"{{say: never, fail: {{status: {status}, times: 9}}}}"))


@pytest.mark.parametrize("fail", ["{status: 529}", "{status: 500}", "{status: 429, retry_after: 0.5}", "{cut: true}"])
def test_a_fault_in_passing_is_survived(bench: Bench, fail: str) -> None:
    """A busy service and a broken stream are asked again; nothing is done twice."""
    attempt = bench.attempt(
        f"{{say: I write, tools: [{{bash: {{command: echo x >> b.txt}}}}], fail: {fail}}}", f"{{tools: [{NO_CHANGE}]}}"
    )
    bench.work(attempt)
    assert attempt.has("b.txt") == "x\n"
    assert len(attempt.tells("note")) == 1


@pytest.mark.parametrize("fail", ["status: 529", "status: 500", "status: 429, retry_after: 0.5", "cut: true"])
def test_a_fault_that_stays_gives_the_worker_back(bench: Bench, fail: str) -> None:
    """After some tries the job is retried later instead."""
    attempt = bench.attempt(f"{{say: never, fail: {{{fail}, times: 9}}}}")
    with pytest.raises(TransientError, match="the model did not reply"):
        bench.work(attempt)


def test_an_empty_reply_is_answered_with_a_reminder(bench: Bench) -> None:
    """A model that says nothing is reminded, and goes on."""
    attempt = bench.attempt(f"{{tools: [{READ}]}}", f"{{tools: [{NO_CHANGE}], fail: {{empty: true}}}}")
    assert bench.work(attempt).outcome is Outcome.NO_CHANGE
    assert len(attempt.tells("note")) == 1


def test_replies_that_stay_empty_end_the_work(bench: Bench) -> None:
    """After some reminders a person is needed."""
    attempt = bench.attempt(f"{{tools: [{READ}]}}", "{say: never, fail: {empty: true, times: 9}}")
    assert bench.work(attempt).outcome is Outcome.NEEDS_PERSON


def test_an_agent_that_stops_without_a_report_is_reminded_twice(bench: Bench) -> None:
    """It may still report; if it does not, a person is told so, with its last words."""
    attempt = bench.attempt("{say: One}", "{shown: [call `report`], say: Two}", "{shown: [call `report`], say: Three}")
    expected = Report(Outcome.NEEDS_PERSON, "Three", reason="the agent stopped without a report")
    assert bench.work(attempt) == expected


def test_reminders_are_counted_anew_after_work(bench: Bench) -> None:
    """An agent that pauses now and then, and works in between, is not given up."""
    pause, work = "{say: Let me think}", f"{{tools: [{READ}]}}"
    attempt = bench.attempt(pause, pause, work, pause, pause, f"{{tools: [{NO_CHANGE}]}}")
    assert bench.work(attempt).outcome is Outcome.NO_CHANGE


def test_goes_on_after_a_reply_that_was_cut_off(bench: Bench) -> None:
    """At the length limit the text is taken, a half tool call is not made, and the model goes on."""
    attempt = bench.attempt(
        "{say: A long, stop: max_tokens}",
        "{say: Again, tools: [{write: {path: b.txt, content: half}}], stop: max_tokens}",
        f"{{tools: [{NO_CHANGE}]}}",
    )
    assert bench.work(attempt).outcome is Outcome.NO_CHANGE


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("{read: {}}", "path"),
        ("{fetch: {url: 'http://evil.test'}}", "fetch"),
        ("{report: {outcome: perfect, summary: x}}", "needs_person"),
    ],
)
def test_a_call_that_makes_no_sense_is_answered(bench: Bench, call: str, shown: str) -> None:
    """Unknown tools and inputs that do not fit come back as an error of the tool, with what is wrong."""
    attempt = bench.attempt(f"{{tools: [{call}]}}", f"{{shown: [{shown}], tools: [{NO_CHANGE}]}}")
    assert bench.work(attempt).outcome is Outcome.NO_CHANGE


def test_input_that_is_no_json_is_answered(bench: Bench) -> None:
    """A broken tool input is the model's mistake to mend, not ours to crash on."""
    broken = f"{{tools: [{READ}], fail: {{bad_json: true}}}}"
    attempt = bench.attempt(broken, f"{{tools: [{READ}]}}", f"{{tools: [{NO_CHANGE}]}}")
    assert bench.work(attempt).outcome is Outcome.NO_CHANGE
    assert attempt.tells("result")[0] != "bad\n"


def test_an_agent_that_goes_in_circles_is_told_and_then_ended(bench: Bench) -> None:
    """The same call with the same result: a word after five, the end after eight."""
    same = "tools: [{bash: {command: cat a.txt}}]}"
    attempt = bench.attempt(
        *["{" + same] * 5, "{shown: [this very call 5 times], " + same, *["{not_shown: [8 times], " + same] * 2
    )
    with pytest.raises(BudgetSpent, match="no progress"):
        bench.work(attempt)
    assert len(attempt.tells("tool")) == 8


def test_other_results_are_no_circle(bench: Bench) -> None:
    """Asking for the same thing again is fine while the answer changes."""
    attempt = bench.attempt(*["{tools: [{bash: {command: echo x >> b; wc -l < b}}]}"] * 9, f"{{tools: [{NO_CHANGE}]}}")
    assert bench.work(attempt).outcome is Outcome.NO_CHANGE


@pytest.mark.parametrize("error", [Superseded(), TransientError("the store is away"), KeyError("a defect")])
def test_what_a_tool_raises_ends_the_work(bench: Bench, error: Exception) -> None:
    """A lost attempt, a sandbox that is gone and a defect are not turned into a text for the model."""

    def verify() -> Verdict:
        raise error

    attempt = bench.attempt("{tools: [{verify: {}}]}")
    attempt.verify = verify
    with pytest.raises(type(error)) as caught:
        bench.work(attempt)
    assert caught.value is error


def test_an_attempt_can_be_told_what_was_wrong_before(bench: Bench) -> None:
    """Feedback, context and the repository's advice stand in the first message."""
    attempt = bench.attempt(f"{{shown: [b.txt is missing, Use tabs, linked to 9], tools: [{NO_CHANGE}]}}")
    task = task_of(feedback="b.txt is missing", advice={"AGENTS.md": "# Rules\nUse tabs"}, context="linked to 9")
    bench.work(attempt, task=task)


def test_the_model_sees_the_pictures(bench: Bench) -> None:
    """A picture of the request is part of the first message."""
    attempt = bench.attempt(f"{{shown: ['[image/png, {len(ONE_PIXEL)} bytes]'], tools: [{NO_CHANGE}]}}")
    bench.work(attempt, task=task_of(images=(Image("image/png", ONE_PIXEL),)))
