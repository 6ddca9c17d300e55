"""Finding out why the checks of a head fail: their logs, the base commit, the change, and once more where unsure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ghapp.core.checks import Check, latest
from ghapp.core.ci import Cause, Facts, Failure, OnBase, Told, classify, passed_since
from ghapp.core.errors import TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.evidence import CheckResult
from ghapp.core.leaks import Watch
from ghapp.core.ports import Checks, Completed, Pull, Pulls
from ghapp.core.run import Run

_KNOWN = frozenset({Cause.OURS, Cause.ALREADY_RED, Cause.INFRASTRUCTURE})
"""Causes that are not looked for again on the same commit."""

_MAX_SUMMARY = 4_000


@dataclass(frozen=True)
class Findings:
    """Why the head's checks fail, or failed before they passed; `reran` names those that ran again on this head."""

    failures: tuple[Failure, ...]
    reran: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """Tells the causes of failing checks. `distil` makes of a long log the lines that explain it."""

    pulls: Pulls
    checks: Checks
    distil: Callable[[Completed], CheckResult]
    watch: Watch

    def of(
        self, run: Run, pull: Pull, checks: Sequence[Check], settles: Callable[[Sequence[Failure]], bool]
    ) -> Findings:
        """The causes on the head, whose settled `checks` are given.

        What is unsure is asked to run again, once; unless the others settle what is to be done with this commit.
        """
        before = {one.check: one for one in run.failures if one.sha == run.head_sha}
        failing = {check.name: check for check in checks if check.failed}
        since = [_passed(before[name]) for name in before if name not in failing and _has_passed(name, checks)]
        known = {name: one for name, one in before.items() if name in failing and one.cause in _KNOWN}
        reran = tuple(name for name in run.reran if name in before)
        facts = self._facts(run, pull, [check for name, check in failing.items() if name not in known], reran)
        if not settles([*known.values(), *map(classify, facts)]):
            facts, again = self._run_again(run.thread.repository, facts)
            reran = (*reran, *again)
        every = [*known.values(), *map(classify, facts), *filter(None, since)]
        return Findings(tuple(sorted(every, key=lambda one: one.check)), reran)

    def _facts(self, run: Run, pull: Pull, checks: Sequence[Check], reran: Sequence[str]) -> list[Facts]:
        repository = run.thread.repository
        touched = self.pulls.files(repository, pull.number) if checks else ()
        bases = list(dict.fromkeys(filter(None, (run.base_sha, pull.base_sha)))) if checks else []
        on_base = [(sha, latest(self.checks.on(repository, sha))) for sha in bases]
        return [
            Facts(
                check=check,
                sha=run.head_sha,
                told=self._told(repository, check),
                base=self._base(repository, check, on_base),
                touched=touched,
                again="failed" if check.name in reran else "",
            )
            for check in checks
        ]

    def _told(self, repository: Repository, check: Check) -> Told:
        """What the check says of itself, as far as it may be passed on."""
        if check.conclusion == "action_required":
            return Told()
        try:
            log = self.checks.told(repository, check)
        except (UserError, TransientError):  # logs are on servers of their own, which may be away for good
            return Told(note="its log cannot be read")
        if log.from_fork:
            return Told(note="its log is left out, for it ran what a fork holds")
        result = self.distil(Completed(1, log.text, 0.0))
        summary = self.watch.withhold(result.summary[:_MAX_SUMMARY])
        tests = () if self.watch.find("\n".join(result.failures)) else result.failures
        return Told(log.text, CheckResult(False, 0.0, summary, tests))

    def _base(
        self, repository: Repository, check: Check, on_base: Iterable[tuple[str, Sequence[Check]]]
    ) -> OnBase | None:
        """The same check on the commit that the branch stands on; on the base's tip where it did not run there."""
        for sha, checks in on_base:
            same = [one for one in checks if one.settled and _source(one) == _source(check)]
            if same:
                red = all(one.broken for one in same)
                return OnBase(sha, self._told(repository, same[0]).result) if red else None
        return None

    def _run_again(self, repository: Repository, facts: Sequence[Facts]) -> tuple[list[Facts], tuple[str, ...]]:
        """Ask for another run of what is unsure; the facts, with what cannot be run again, and the names of the rest.

        GitHub runs all failed jobs of a workflow's run again at once, and refuses a second time while they run.
        """
        answers: dict[object, bool] = {}
        told, again = [], []
        for one in facts:
            if classify(one).cause is Cause.UNSURE:
                of = one.check.suite or one.check
                if of not in answers:
                    answers[of] = self._rerun(repository, one.check)
                if answers[of]:
                    again.append(one.check.name)
                else:
                    one = replace(one, again="cannot")
            told.append(one)
        return told, tuple(again)

    def _rerun(self, repository: Repository, check: Check) -> bool:
        try:
            return self.checks.rerun(repository, check)
        except UserError:  # too old, or the App may not
            return False


def _source(check: Check) -> tuple[str, str, int | None]:
    return check.name, check.source, check.app_id


def _has_passed(name: str, checks: Iterable[Check]) -> bool:
    return any(check.name == name and check.passed for check in checks)


def _passed(failure: Failure) -> Failure | None:
    """Who waited for a person was no failure; what is flaky stays so."""
    if failure.cause is Cause.WAITING:
        return None
    return failure if failure.cause is Cause.FLAKY else passed_since(failure)
