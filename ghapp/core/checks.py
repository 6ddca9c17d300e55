"""CI truth: what the check runs and statuses on one commit say together.

Everything reported counts, required or not: a pull request leaves draft only when nothing on its head is red.
https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Self

from ghapp.core.merging import Required

EXPECTED = "expected"
"""The status of a check that a rule requires and that nobody has reported, in GitHub's word."""

PASSING = frozenset({"success", "neutral", "skipped"})
"""The conclusions that GitHub lets a merge through with; any other, known or not, is a failure."""

BROKEN = frozenset({"failure", "error", "timed_out"})
"""The failures that say something of the code; the others say it of a machine or a person, as a cancelled run does."""


@dataclass(frozen=True)
class Check:
    """One report on a commit.

    `status` is GitHub's (`completed`, or anything else while it goes on) and `conclusion` is None until it is settled.
    `app` is the slug and `app_id` the number of the App that reported; a commit status has neither. `suite` is the
    check suite, which tells two workflows with a job of the same name apart. `started_at` is ISO 8601 in UTC. `note` is
    what a commit status says of itself, in a line of anybody's text.
    """

    name: str
    source: Literal["check_run", "status"] = "check_run"
    status: str = "completed"
    conclusion: str | None = None
    app: str | None = None
    url: str = ""
    required: bool = False
    id: int = 0
    started_at: str = ""
    app_id: int | None = None
    suite: int | None = None
    note: str = ""

    @classmethod
    def from_state(cls, context: str, state: str, *, url: str = "", id: int = 0, at: str = "", note: str = "") -> Self:
        """A commit status, whose `state` is error, failure, pending or success."""
        conclusion = None if state == "pending" else state
        status = "pending" if conclusion is None else "completed"
        return cls(context, "status", status, conclusion, url=url, id=id, started_at=at, note=note)

    @property
    def settled(self) -> bool:
        """Whether it has a result."""
        return self.status == "completed" and self.conclusion is not None

    @property
    def expected(self) -> bool:
        """Whether a rule asks for it, and nobody who may has reported it."""
        return self.status == EXPECTED

    @property
    def passed(self) -> bool:
        """Whether it has a result that is not a failure."""
        return self.settled and self.conclusion in PASSING

    @property
    def failed(self) -> bool:
        """Whether its result is a failure."""
        return self.settled and not self.passed

    @property
    def broken(self) -> bool:
        """Whether its result says that the code is broken."""
        return self.settled and self.conclusion in BROKEN


class CiState(StrEnum):
    """How a commit stands. NONE means that nothing was reported, which is no success."""

    NONE = "none"
    PENDING = "pending"
    GREEN = "green"
    RED = "red"


@dataclass(frozen=True)
class Verdict:
    """How a commit stands, with the names of the checks that failed and of those still going on, sorted."""

    state: CiState
    failing: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


def judge(checks: Iterable[Check], own_app_id: int | None = None) -> Verdict:
    """The verdict on one commit's checks, in whatever order they come.

    Our own check run (`own_app_id`) says nothing about CI. A failure is red at once, before the rest is settled.
    """
    current = latest(check for check in checks if own_app_id is None or check.app_id != own_app_id)
    failing = tuple(sorted({check.name for check in current if check.failed}))
    pending = tuple(sorted({check.name for check in current if not check.settled}))
    if failing:
        return Verdict(CiState.RED, failing, pending)
    if pending:
        return Verdict(CiState.PENDING, pending=pending)
    return Verdict(CiState.GREEN if current else CiState.NONE)


@dataclass(frozen=True)
class Health:
    """How a commit of the base stands, by the names of its checks, sorted. It is watched, and not held up for them.

    `unfinished` are those that ended without a word on the code: the next push cancels what runs on the one before.
    https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
    """

    broken: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        """Whether something was reported, and all of it is good."""
        return bool(self.passed) and not (self.broken or self.unfinished or self.pending)


def health(checks: Iterable[Check]) -> Health:
    """How a commit of the base stands by its checks, in whatever order they come."""
    current = latest(checks)

    def names(fits: Callable[[Check], bool]) -> tuple[str, ...]:
        return tuple(sorted({check.name for check in current if fits(check)}))

    return Health(
        broken=names(lambda check: check.broken),
        unfinished=names(lambda check: check.failed and not check.broken),
        pending=names(lambda check: not check.settled),
        passed=names(lambda check: check.passed),
    )


def expected(checks: Iterable[Check], required: Iterable[Required]) -> tuple[Check, ...]:
    """A pending check for each required one that is missing, or that only others than its required App report.

    A commit status does not say which App it is from, so it cannot stand for a check that must come from one, unless
    that was looked up (`unsigned`).
    https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets
    """
    reported = tuple(checks)
    return tuple(
        Check(one.name, status=EXPECTED, app_id=one.app_id, required=True)
        for one in dict.fromkeys(required)
        if not any(check.name == one.name and one.app_id in (None, check.app_id) for check in reported)
    )


def unsigned(checks: Iterable[Check], required: Iterable[Required]) -> dict[Required, Check]:
    """The required checks that must come from one App, each with the commit status that may be that App's.

    Only those that have ended, and that the App has no check run for: else there is nothing to look up.
    """
    reported = tuple(checks)
    pinned = {one for one in required if one.app_id is not None}
    pinned -= {Required(check.name, check.app_id) for check in reported}
    ended = {check.name: check for check in reported if check.source == "status" and check.settled}
    return {one: ended[one.name] for one in pinned if one.name in ended}


def latest(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The newest run of each check, sorted by name: a second try replaces the first.

    Ids grow at GitHub, so the highest is the newest; of two that cannot be told apart the worse one counts.
    """
    newest: dict[tuple[object, ...], Check] = {}
    for check in sorted(checks, key=_age):
        newest[check.source, check.app_id, check.app, check.suite, check.name] = check
    return tuple(sorted(newest.values(), key=lambda check: (check.name, _age(check))))


def _age(check: Check) -> tuple[int, str, bool, bool, str]:
    return check.id, check.started_at, not check.passed, check.failed, repr(check)
