"""The commands by which a repository tests itself: scripts of package.json, targets of a Makefile, shell scripts."""

import re
from collections.abc import Iterator

from ghapp.core.gate.change import MAX_LINE, Change, FileChange
from ghapp.core.gate.findings import Finding, Rule, named, note, shown
from ghapp.core.gate.marks import TEST_SCRIPT
from ghapp.core.leaks import Watch

_CHECKS = re.compile(
    r"(?:pre|post|run[-_]?)?(?:tests?|check|checks|lint|types?|type-?check|coverage|ci|verify|all)(?:[:_.-]\w+)*", re.I
)
_PACKAGE = re.compile(r"(?:^|/)(?:package|composer|deno)\.jsonc?$")
_MAKEFILE = re.compile(r"(?:^|/)(?:gnu)?makefile$|\.mk$|(?:^|/)\.?justfile$", re.I)
_SCRIPT = re.compile(r"[\"']([\w:.-]+)[\"'] *: *[\"']((?:[^\"\\\n]|\\.)*+)")
_TARGET = re.compile(r"([A-Za-z][\w ./-]{0,100}):(?!=)(.*)")
_SAID = {True: "changed", False: "gone"}


def inspect(change: Change, watch: Watch) -> Iterator[Finding]:
    """What ran the checks and is another thing now; new commands are nobody's loss."""
    for file in change.compared:
        name = shown(file, watch)
        before, after = _commands(file, file.before or ""), _commands(file, file.after or "")
        for command in [one for one in before if before[one] != after.get(one)][:5]:
            said = _SAID[command in after]
            yield note(
                Rule.COMMAND, name, f"the command {named(command, watch)} is {said}; it may be how tests are run"
            )
        if TEST_SCRIPT.search(file.path) and file.before:
            lost = [line for line in file.removed if line.strip() and not line.lstrip().startswith("#")]
            if lost:
                yield note(Rule.COMMAND, name, f"a script of the checks is changed; {len(lost)} of its lines are gone")


def _commands(file: FileChange, text: str) -> dict[str, str]:
    """Name -> text of each command that is named like one that checks."""
    if _PACKAGE.search(file.path):
        pairs = {name: value for line in text.split("\n") for name, value in _SCRIPT.findall(line[:MAX_LINE])}
        return {name: value for name, value in pairs.items() if _CHECKS.fullmatch(name)}
    return _targets(text) if _MAKEFILE.search(file.path) else {}


def _targets(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    here: list[str] = []
    for line in text.split("\n"):
        cut = line[:MAX_LINE].rstrip()
        if match := _TARGET.match(cut):
            here = [name for name in match.group(1).split() if _CHECKS.fullmatch(name)]
            cut = match.group(2)
        elif cut and not cut[0].isspace():
            here = []
        for name in here:
            found[name] = f"{found.get(name, '')} {cut.strip()}".strip()
    return found
