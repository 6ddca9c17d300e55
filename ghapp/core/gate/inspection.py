"""All rules of the gate in turn."""

from collections.abc import Iterator, Sequence

from ghapp.core.gate import commands, guarded, marks, settings, shape, tests, versions
from ghapp.core.gate.change import Change
from ghapp.core.gate.findings import Finding, Limits, Rule, Severity, block
from ghapp.core.leaks import Watch

MAX_FINDINGS = 200

_FIRST = (Severity.BLOCK, Severity.PAUSE, Severity.NOTE)


def inspect(change: Change, limits: Limits, secrets: Sequence[str] = ()) -> tuple[Finding, ...]:
    """What the gate finds: what blocks, then what waits for a person, then notes; at most MAX_FINDINGS.

    Only what need not be known is left out: a change with more questions than that is blocked, since one that nobody
    was asked would leave unseen. `secrets` are the strings that must not leave in whatever file, such as the server's
    own keys.
    """
    found = list(_found(change, limits, Watch(secrets)))
    if sum(finding.severity is Severity.PAUSE for finding in found) > MAX_FINDINGS:
        found.insert(0, block(Rule.SIZE, "", f"more than {MAX_FINDINGS} protected paths are changed; split the change"))
    return tuple(sorted(found, key=lambda finding: _FIRST.index(finding.severity))[:MAX_FINDINGS])


def _found(change: Change, limits: Limits, watch: Watch) -> Iterator[Finding]:
    yield from shape.inspect(change, limits, watch)
    yield from guarded.inspect(change, limits, watch)
    for look in (tests.inspect, marks.inspect, settings.inspect, commands.inspect, versions.inspect):
        yield from look(change, watch)
