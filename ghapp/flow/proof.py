"""What the harness itself measures: the repository's checks on base and on head, each in a clean sandbox."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ghapp.core.evidence import Check, CheckResult, Evidence
from ghapp.core.ports import Prepared, Results, Sandbox, Tell, Verdict, Verifiers, Workspace

BaseResult = dict[str, CheckResult]
"""Each check's result on the base commit, by the check's name."""


@dataclass(frozen=True)
class Proof:
    """Runs checks and compares. Results on a base commit are kept, for they cannot change.

    Raw logs lie beside the template, in `logs/`, and go with it.
    """

    sandbox: Sandbox
    verifiers: Verifiers
    results: Results

    def on_base(self, mirror: Path, prepared: Prepared, checks: Sequence[Check], tell: Tell) -> BaseResult:
        """Each check's result on the base commit, by the check's name."""
        kept = {check.name: self.results.get(prepared.base, check.command) for check in checks}
        found = {name: result for name, result in kept.items() if result is not None}
        missing = [check for check in checks if check.name not in found]
        if missing:
            with self.sandbox.open(mirror, prepared) as workspace:
                for check in missing:
                    found[check.name] = self.verifiers.run(workspace, check, _log(prepared, prepared.base, check))
            if not prepared.failed:
                for check in missing:
                    self.results.put(prepared.base, check.command, found[check.name])
        for check in checks:
            _tell_result(tell, "base", check, found[check.name])
        return found

    def on_head(
        self,
        mirror: Path,
        prepared: Prepared,
        commit: str,
        base: BaseResult,
        checks: Sequence[Check],
        tell: Tell,
    ) -> tuple[Evidence, ...]:
        """Each check on the imported commit, beside its result on base."""
        if not checks:
            return ()
        with self.sandbox.open(mirror, prepared, commit) as workspace:
            results = [self.verifiers.run(workspace, check, _log(prepared, commit, check)) for check in checks]
        evidence = tuple(
            Evidence(check, base.get(check.name), result) for check, result in zip(checks, results, strict=True)
        )
        for item in evidence:
            _tell_result(tell, "head", item.check, item.head)
        return evidence

    def compare(self, workspace: Workspace, base: BaseResult, checks: Sequence[Check]) -> tuple[Evidence, ...]:
        """Each check on the workspace as it is, beside its result on base."""
        return tuple(Evidence(check, base.get(check.name), self.verifiers.run(workspace, check)) for check in checks)


def _log(prepared: Prepared, commit: str, check: Check) -> Path:
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", check.name)[:60]
    return prepared.path / "logs" / f"{commit[:12]}-{name}.log"


def verdict(evidence: Sequence[Evidence]) -> Verdict:
    """What the agent is told: one line for each check, and the distilled failure of what it broke."""
    if not evidence:
        return Verdict(green=True, text="green: this repository has no checks that could be found")
    broken = [item for item in evidence if item.is_broken]
    lines = [f"{item.check.name}: {item.standing}" for item in evidence]
    if not broken:
        return Verdict(green=True, text="\n".join(["green", *lines]))
    failures = [f"--- {item.check.name}\n{item.head.summary}" for item in broken]
    return Verdict(green=False, text="\n".join(["red", *lines, *failures]))


def _tell_result(tell: Tell, side: str, check: Check, result: CheckResult) -> None:
    word = "passed" if result.passed else "failed"
    line = result.summary.strip().splitlines()
    tell("check", f"{check.name} on {side}: {word} in {result.seconds:.1f} s{': ' + line[-1] if line else ''}")
