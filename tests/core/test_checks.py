"""CI truth: what the reports on one commit say together."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core.checks import Check, CiState, Health, Verdict, expected, health, judge, latest, unsigned
from ghapp.core.merging import Required


def done(name: str, conclusion: str | None = "success", **fields: int | str) -> Check:
    return Check(name, conclusion=conclusion, **fields)  # type: ignore[arg-type]


def running(name: str, status: str = "in_progress", **fields: int | str) -> Check:
    return Check(name, status=status, **fields)  # type: ignore[arg-type]


GREEN = Verdict(CiState.GREEN)


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([], Verdict(CiState.NONE)),
        ([done("a")], GREEN),
        ([done("a"), done("b", "neutral"), done("c", "skipped")], GREEN),
        ([done("a"), running("b")], Verdict(CiState.PENDING, pending=("b",))),
        ([running("a", "queued"), running("b", "waiting")], Verdict(CiState.PENDING, pending=("a", "b"))),
        ([done("a", None)], Verdict(CiState.PENDING, pending=("a",))),
        ([running("a", conclusion="success")], Verdict(CiState.PENDING, pending=("a",))),
        ([done("b", "failure"), done("a", "timed_out")], Verdict(CiState.RED, ("a", "b"))),
        ([done("a", "failure"), running("b")], Verdict(CiState.RED, ("a",), ("b",))),
        ([done("a", "something new")], Verdict(CiState.RED, ("a",))),
        ([Check.from_state("ci/x", "success"), done("a")], GREEN),
        ([Check.from_state("ci/x", "pending")], Verdict(CiState.PENDING, pending=("ci/x",))),
        ([Check.from_state("ci/x", "error"), done("a")], Verdict(CiState.RED, ("ci/x",))),
    ],
)
def test_the_verdict(checks: list[Check], verdict: Verdict) -> None:
    """Nothing is no success, a failure is red at once, and all must be settled for green."""
    assert judge(checks) == verdict


@pytest.mark.parametrize(
    "conclusion", ["failure", "timed_out", "cancelled", "action_required", "stale", "startup_failure"]
)
def test_every_other_conclusion_is_a_failure(conclusion: str) -> None:
    """GitHub lets only success, neutral and skipped through."""
    assert judge([done("a", conclusion), done("b")]).state is CiState.RED


def test_a_second_try_replaces_the_first() -> None:
    """The newest run of one name counts, whether it is better or worse."""
    assert judge([done("a", "failure", id=1), done("a", id=2)]) == GREEN
    assert judge([done("a", id=1), running("a", id=2)]).state is CiState.PENDING
    assert judge([done("a", id=1), done("a", "failure", id=2)]).state is CiState.RED
    at = "2026-11-22T10:0{}:00Z"
    assert judge([done("a", "failure", started_at=at.format(1)), done("a", started_at=at.format(2))]) == GREEN


def test_reports_of_others_are_not_replaced() -> None:
    """The same name from another App, from a status or from another workflow is another check."""
    red = done("test", "failure", id=1, app="actions", app_id=7, suite=1)
    for other in (
        done("test", id=2, app="other", app_id=8, suite=1),
        done("test", id=2, app="actions", app_id=7, suite=2),
        Check.from_state("test", "success", id=2),
    ):
        assert judge([red, other]).state is CiState.RED


def test_of_two_that_cannot_be_told_apart_the_worse_counts() -> None:
    """A tie is never an excuse."""
    assert judge([done("a", "failure"), done("a")]).state is CiState.RED
    assert judge([running("a"), done("a")]).state is CiState.PENDING


def test_our_own_check_run_is_not_ci() -> None:
    """What we report ourselves neither makes a commit green nor keeps it from it."""
    ours = done("honk", "failure", app_id=5)
    assert judge([ours], own_app_id=5) == Verdict(CiState.NONE)
    assert judge([ours, done("a", app_id=6)], own_app_id=5) == GREEN
    assert judge([ours]).state is CiState.RED


def test_a_required_check_counts_from_its_source_only() -> None:
    """A rule's check that is missing, or that another App or a status reports, is expected; then nothing is green."""
    required = [Required("test", 7), Required("lint")]
    fine = [done("test", app_id=7), done("lint", app_id=8)]
    assert expected(fine, required) == ()
    for other in (done("test", app_id=8), Check.from_state("test", "success"), done("tests", app_id=7)):
        (missing,) = expected([other, fine[1]], required)
        assert (missing.name, missing.status, missing.app_id, missing.expected) == ("test", "expected", 7, True)
        assert judge([other, fine[1], missing]) == Verdict(CiState.PENDING, pending=("test",))
    assert [check.name for check in expected([], [*required, *required])] == ["test", "lint"]


def test_a_status_is_looked_up_where_it_may_be_that_of_the_required_app() -> None:
    """Only for a name that is pinned to an App and has no check run of it, and once the status has ended."""
    status = Check.from_state("test", "success", id=3)
    pinned, free = Required("test", 7), Required("test")
    assert unsigned([status, done("test", app_id=8)], [pinned, free]) == {pinned: status}
    for nothing in (
        [],
        [done("test", app_id=8)],
        [status, done("test", app_id=7)],
        [Check.from_state("tests", "success")],
    ):
        assert unsigned(nothing, [pinned, free]) == {}
    assert unsigned([Check.from_state("test", "pending")], [pinned]) == {}
    assert unsigned([status], [free, Required("lint", 7)]) == {}


def test_a_rule_without_a_source_takes_any() -> None:
    """Where no App is named, a status of that name will do."""
    assert expected([Check.from_state("lint", "success")], [Required("lint")]) == ()


CHECKS = st.lists(
    st.builds(
        Check,
        name=st.sampled_from("ab"),
        source=st.sampled_from(["check_run", "status"]),
        status=st.sampled_from(["queued", "in_progress", "completed"]),
        conclusion=st.sampled_from([None, "success", "skipped", "failure", "stale"]),
        id=st.integers(0, 2),
        started_at=st.sampled_from(["", "2026-11-22T10:00:00Z"]),
        app_id=st.sampled_from([None, 1, 2]),
        suite=st.sampled_from([None, 1]),
    ),
    max_size=8,
)


@given(CHECKS, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(checks: list[Check], random: Random) -> None:
    """GitHub pages its lists as it likes."""
    shuffled = list(checks)
    random.shuffle(shuffled)
    assert judge(shuffled, 2) == judge(checks, 2)
    assert latest(shuffled) == latest(checks)


@pytest.mark.parametrize(
    ("checks", "stands"),
    [
        ([], Health()),
        ([done("a"), done("b", "neutral"), done("c", "skipped")], Health(passed=("a", "b", "c"))),
        ([done("a", "failure"), done("b", "error"), done("c", "timed_out")], Health(broken=("a", "b", "c"))),
        (
            [done("a", "cancelled"), done("b", "stale"), done("c", "startup_failure")],
            Health(unfinished=("a", "b", "c")),
        ),
        ([running("a"), done("b", "action_required")], Health(unfinished=("b",), pending=("a",))),
        ([done("a", "failure", id=1), done("a", id=2)], Health(passed=("a",))),
    ],
)
def test_only_what_says_so_of_the_code_is_broken_on_the_base(checks: list[Check], stands: Health) -> None:
    """A run that the next push cancelled is neither red nor good."""
    assert health(checks) == stands
    assert stands.green == (bool(checks) and set(stands.passed) == {check.name for check in checks})


@given(CHECKS)
def test_green_means_that_all_passed(checks: list[Check]) -> None:
    """No mix of reports is green while the newest of one of them is not."""
    green = judge(checks).state is CiState.GREEN
    current = latest(checks)
    assert green == (bool(current) and all(check.passed for check in current)) == health(checks).green
    assert set(current) <= set(checks)
