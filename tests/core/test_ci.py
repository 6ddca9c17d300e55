"""Why checks fail, what follows from that, and what is said of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core import messages
from ghapp.core.checks import Check
from ghapp.core.ci import (
    MAX_TESTS,
    Cause,
    Facts,
    Failure,
    Next,
    OnBase,
    Told,
    classify,
    mended_by,
    passed_since,
    signature,
    what_next,
)
from ghapp.core.events import Actor, Repository, Thread
from ghapp.core.evidence import CheckResult
from ghapp.core.run import Request, Run, State, Trigger

SHA, BASE = "a" * 40, "b" * 40


def told(summary: str = "", *tests: str, log: str = "", note: str = "") -> Told:
    return Told(log or summary, CheckResult(False, 0.0, summary, tests), note)


def red(conclusion: str = "failure", told: Told | None = None, **more: object) -> Facts:
    return Facts(Check("test", conclusion=conclusion), SHA, told or Told(), **more)  # type: ignore[arg-type]


def on_base(summary: str = "", *tests: str) -> OnBase:
    return OnBase(BASE, CheckResult(False, 0.0, summary, tests))


def failure(check: str = "test", cause: Cause = Cause.OURS, **more: object) -> Failure:
    return Failure(check, cause, "why", SHA, **more)  # type: ignore[arg-type]


TOUCHED = ("src/answer.py", ".github/workflows/ci.yml")


@pytest.mark.parametrize(
    ("facts", "cause", "evidence"),
    [
        (red("action_required"), Cause.WAITING, "somebody with write access"),
        (red(base=on_base()), Cause.ALREADY_RED, "it fails on the base commit bbbbbbbbb too"),
        (red(told=told("x", "t1"), base=on_base("x", "t1", "t2")), Cause.ALREADY_RED, "the same tests fail"),
        (red(told=told("x", "t1", "t3"), base=on_base("x", "t1")), Cause.OURS, "t3 fails only here"),
        (red(told=told("x", "t1"), base=on_base("x")), Cause.ALREADY_RED, "it fails on the base commit"),
        (red(told=told("in src/answer.py"), base=on_base("in old.py"), touched=TOUCHED), Cause.OURS, "only here"),
        (
            red(told=told("in src/answer.py"), base=on_base("in src/answer.py"), touched=TOUCHED),
            Cause.ALREADY_RED,
            "it fails on the base",
        ),
        (red(told=told("src/answer.py:3: wrong"), touched=TOUCHED), Cause.OURS, "names src/answer.py, which the"),
        (red("startup_failure", touched=TOUCHED), Cause.OURS, "touches .github/workflows/ci.yml"),
        (red(told=told("src/other.py:3: wrong"), touched=TOUCHED), Cause.UNSURE, "names nothing that the change"),
        (red(again="failed"), Cause.OURS, "failed again when it ran again"),
        (red(again="cannot"), Cause.OURS, "cannot be run again"),
    ],
)
def test_the_cause(facts: Facts, cause: Cause, evidence: str) -> None:
    """Each failing check has one cause, and the line that I read tells why it is that one."""
    found = classify(facts)
    assert found.cause is cause
    assert evidence in found.evidence


@pytest.mark.parametrize(
    ("facts", "sign"),
    [
        (red("startup_failure"), "could not be started"),
        (red("stale"), "never reported an end"),
        (red("cancelled"), "it was cancelled"),
        (red("timed_out"), "ran out of time"),
        (red(told=told(log="The hosted runner lost communication with the server.")), "its runner was lost"),
        (red(told=told(log="##[error]The runner has received a shutdown signal.")), "its runner was lost"),
        (red(told=told(log="The job was not acquired by Runner of type hosted")), "no runner took it"),
        (red(told=told(log="write failed: No space left on device")), "the disk of its runner was full"),
        (red(told=told(log="npm error code ENOSPC")), "the disk of its runner was full"),
        (red(told=told(log="fatal: unable to access: Could not resolve host: example.org")), "name could not be"),
        (red(told=told(log="curl: (22) The requested URL returned error: 503 Service Unavailable")), "was down"),
        (red(told=told(log="ERROR: HTTP error 503 while getting https://example.org/a.whl")), "registry was down"),
        (red(told=told(log="Failed to download action 'x'")), "an action could not be downloaded"),
        (red(told=told(log="toomanyrequests: You have reached your pull rate limit")), "refused more requests"),
    ],
)
def test_broken_machines_are_tried_once_more(facts: Facts, sign: str) -> None:
    """What looks like a broken machine runs once more; when it is the same again, it is the machines."""
    once = classify(facts)
    assert once.cause is Cause.UNSURE
    assert sign in once.evidence
    twice = classify(replace(facts, again="failed"))
    assert twice.cause is Cause.INFRASTRUCTURE
    assert sign in twice.evidence


def test_words_of_machines_do_not_excuse_failing_tests() -> None:
    """A test of network code prints such words itself; when it fails twice, it is ours to mend."""
    facts = red(told=told("Failed: test_net", "test_net", log="assert: 503 Service Unavailable"))
    assert "down" not in classify(facts).evidence
    assert classify(replace(facts, again="failed")).cause is Cause.OURS
    assert classify(red("timed_out", told=told("x", "t1"), again="failed")).cause is Cause.OURS


def test_a_withheld_log_is_said_to_be() -> None:
    """A log that may not be shown leaves its reason in the evidence, and nothing else."""
    found = classify(red(told=Told(note="its log is left out")))
    assert found.evidence.endswith("; its log is left out")
    assert (found.summary, found.tests) == ("", ())


def test_what_passed_since_is_flaky_and_says_what_it_looked_like() -> None:
    """The evidence of an unsure failure is kept beside its passing."""
    unsure = classify(red(told=told(log="No space left on device")))
    assert passed_since(unsure).cause is Cause.FLAKY
    expected = "the disk of its runner was full; it passed when it ran again on aaaaaaaaa"
    assert passed_since(unsure).evidence == expected
    assert passed_since(failure()).evidence == "it passed when it ran again on aaaaaaaaa"


def test_failures_are_bounded() -> None:
    """A thousand failing tests do not make a record of a megabyte."""
    tests = tuple(f"t{number}" for number in range(1000))
    found = classify(red(told=told("x", *tests), base=on_base("y", "z" * 2000)))
    assert len(found.tests) == MAX_TESTS
    assert len(found.evidence) <= 300


OURS, OLD, FLAKY = failure(), failure("lint", Cause.ALREADY_RED), failure("slow", Cause.FLAKY)
UNSURE, WAITS = failure("unsure", Cause.UNSURE), failure("deploy", Cause.WAITING)
BROKEN = failure("machines", Cause.INFRASTRUCTURE)


@pytest.mark.parametrize(
    ("failures", "rounds", "step"),
    [
        ([], (), Next.GO_ON),
        ([OLD, FLAKY], (), Next.GO_ON),
        ([OURS, UNSURE, OLD], (), Next.SEND_BACK),
        ([UNSURE, BROKEN, WAITS], (), Next.WAIT),
        ([WAITS, OLD], (), Next.ASK),
        ([BROKEN], (), Next.ASK),
        ([OURS], ("other",), Next.SEND_BACK),
        ([OURS], ("one", "other"), Next.GIVE_UP),
        ([OURS, OLD], (signature([OURS]),), Next.GIVE_UP),
        ([OURS], (signature([OURS]), "other"), Next.GIVE_UP),
    ],
)
def test_what_follows(failures: list[Failure], rounds: tuple[str, ...], step: Next) -> None:
    """What is ours is mended at most twice and not twice in the same way; what is not ours stops nothing."""
    assert what_next(failures, rounds, 2) is step


def test_no_round_is_allowed() -> None:
    """With `ci.rounds: 0`, nothing is mended."""
    assert what_next([OURS], (), 0) is Next.GIVE_UP


def test_one_kind_of_failure_has_one_signature() -> None:
    """The same tests, or the same words but for times and commits, are the same failure; others are not."""
    one = failure(summary="1 failed in 0.32s at 1234abcd\nassert 41 == 42")
    other = failure(summary="1 failed in 12.5s at 99fe0123\nassert 41 == 42")
    assert signature([one]) == signature([other])
    assert signature([one]) != signature([failure(summary="1 failed in 0.32s at 1234abcd\nassert 40 == 42")])
    assert signature([failure(tests=("t1",), summary="a")]) == signature([failure(tests=("t1",), summary="b")])
    assert signature([OURS, OLD]) == signature([FLAKY, OURS])
    assert signature([OURS]) != signature([failure("lint")])


def test_only_what_is_ours_is_mended_by_a_command() -> None:
    """A formatter is run for its own check, and not for what is red on the base too."""
    known = {"lint": "make format", "test": "make generated"}
    assert mended_by([OURS, OLD, UNSURE], known.get) == {"test": "make generated"}


def run(*failures: Failure, state: State = State.AWAITING_CI) -> Run:
    thread = Thread(Repository(1, "octo/demo", 2), 3)
    made = Run("r", "k", thread, Actor(4, "mona"), Trigger(""), Request("t", "b"), 0.0)
    return replace(made, state=state, head_sha=SHA, failures=failures)


def test_each_failing_check_is_told_in_a_line() -> None:
    """Name, cause in bold, evidence and link, and what it printed behind a fold while it is a person's turn."""
    found = [replace(OURS, summary="assert 41 == 42", url="https://example.org/1"), OLD]
    shown = messages.ci_causes(run(*found))
    assert "- test: **ours** · why · [see it](https://example.org/1)\n- lint: **already red on base** · why" in shown
    assert "<details><summary>What test printed</summary>\n\n```\nassert 41 == 42\n```" in shown
    assert "<details>" not in messages.ci_causes(run(*found, state=State.AWAITING_REVIEW))


def test_failures_of_another_commit_are_not_told() -> None:
    """After a push, the old commit's failures are no longer shown."""
    assert messages.ci_causes(run(replace(OURS, sha=BASE))) == ""


def test_names_of_checks_cannot_speak() -> None:
    """A check whose name, evidence or link is hostile neither mentions nor links nor ends its line."""
    hostile = Failure("@octocat\n- x", Cause.OURS, "<img> #1", SHA, "```\n@all", url="javascript:alert(1)")
    shown = messages.ci_causes(run(hostile, replace(hostile, url="https://a.example/) [x](https://b.example")))
    assert "@octocat" not in shown
    assert "<img>" not in shown
    assert "javascript" not in shown
    assert "b.example" not in shown
    assert "````\n```\n@all\n````" in shown


def test_the_agent_is_told_what_is_ours_only() -> None:
    """Check, commit, distilled log and the command that mends it; what is not ours is only named."""
    found = [replace(OURS, summary="assert 41 == 42"), OLD, FLAKY, failure("format"), failure("secret")]
    text = messages.ci_feedback(SHA, found, {"format": "make format"})
    assert f"CI is red on the commit {SHA}" in text
    assert "The check test fails: why. It printed:\nassert 41 == 42" in text
    assert "The check secret fails: why. What it printed may not be shown to you." in text
    assert text.count("is known to mend it, when it is run last: make format") == 1
    assert text.endswith("Red too, and not for you to mend: lint.")


@given(st.lists(st.builds(Failure, sha=st.just(SHA)), max_size=30), st.integers(0, 20))
def test_whatever_failed_is_said_in_short(failures: list[Failure], rounds: int) -> None:
    """No number and no name of failing checks makes a sentence that fills a phone."""
    for words in (
        messages.ci_green(7, failures, ready=True),
        messages.ci_unsure(failures),
        messages.ci_asks(failures),
        messages.ci_handed_back(failures, rounds, 2),
        messages.ci_sent_back(failures, 1, 2, by_code=False),
    ):
        assert len(words) < 2_800
    assert len(messages.ci_causes(run(*failures))) < 60_000
