"""What was measured about a change, and what the agent says of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from ghapp.core.ledger import Settled


@dataclass(frozen=True)
class Check:
    """One of the repository's own checks: a name for people and a shell command run at the repository's root."""

    name: str
    command: str


@dataclass(frozen=True)
class CheckResult:
    """How one check ended on one commit.

    `summary` is one line when it passed and the distilled failure (under 4 KB) when not; `failures` are the ids of
    the tests that failed, where the check's output names them; `seconds` is wall time.
    """

    passed: bool
    seconds: float
    summary: str
    failures: tuple[str, ...] = ()


class Standing(StrEnum):
    """How a check on head compares with the same check on base."""

    PASSED = "passed"
    FIXED = "fixed"
    STILL_RED = "already red on base"
    BROKEN = "broken"


@dataclass(frozen=True)
class Evidence:
    """One check on base and on head. `base` is None when the check could not be run there."""

    check: Check
    base: CheckResult | None
    head: CheckResult

    @property
    def new_failures(self) -> tuple[str, ...]:
        """Tests that fail on head and did not fail on base."""
        old = self.base.failures if self.base else ()
        return tuple(test for test in self.head.failures if test not in old)

    @property
    def standing(self) -> Standing:
        """Old failures are kept apart from new: red on both sides is ours only when a new test fails."""
        base_red = self.base is not None and not self.base.passed
        if self.head.passed:
            return Standing.FIXED if base_red else Standing.PASSED
        if base_red and self.head.failures and not self.new_failures:
            return Standing.STILL_RED
        if base_red and self.base is not None and not self.base.failures and not self.head.failures:
            return Standing.STILL_RED
        return Standing.BROKEN

    @property
    def is_broken(self) -> bool:
        """Whether the change made it red."""
        return self.standing is Standing.BROKEN


def is_green(evidence: tuple[Evidence, ...]) -> bool:
    """True when no check was broken by the change. Without any check there is nothing that could be red."""
    return not any(item.is_broken for item in evidence)


@dataclass(frozen=True)
class Judgement:
    """What a second model thinks of the change: whether it does what was asked for, and why.

    With `blocks`, a change that it does not accept needs a person.
    """

    accepts: bool
    reasons: tuple[str, ...] = ()
    blocks: bool = False

    @property
    def is_veto(self) -> bool:
        """Whether it keeps the change from going on by itself."""
        return self.blocks and not self.accepts


class Outcome(StrEnum):
    """What the agent says its work came to."""

    DONE = "done"
    NO_CHANGE = "no_change"
    NEEDS_PERSON = "needs_person"


class Weight(StrEnum):
    """How much a remark of a review matters."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class LineRemark:
    """What a review of ours says about a line of the new side; `suggestion` is the text to put in the line's place."""

    path: str
    line: int
    weight: Weight
    body: str
    suggestion: str | None = None


@dataclass(frozen=True)
class Report:
    """The agent's own word, shown as such: `reason` says why no change was made or why a person is needed.

    `summary` is the answer to a question and the summary of a review, too. `steps` are those of a plan, `remarks` those
    of a review, and `settled` what became of the points of the ledger.
    """

    outcome: Outcome
    summary: str
    assumptions: tuple[str, ...] = ()
    test_plan: str = ""
    reason: str = ""
    steps: tuple[str, ...] = ()
    remarks: tuple[LineRemark, ...] = ()
    settled: tuple[Settled, ...] = ()

    def rewritten(self, rewrite: Callable[[str], str]) -> "Report":
        """The same report with each of its texts rewritten."""
        return Report(
            outcome=self.outcome,
            summary=rewrite(self.summary),
            assumptions=tuple(map(rewrite, self.assumptions)),
            test_plan=rewrite(self.test_plan),
            reason=rewrite(self.reason),
            steps=tuple(map(rewrite, self.steps)),
            remarks=tuple(
                replace(one, body=rewrite(one.body), suggestion=one.suggestion and rewrite(one.suggestion))
                for one in self.remarks
            ),
            settled=tuple(replace(one, words=rewrite(one.words)) for one in self.settled),
        )
