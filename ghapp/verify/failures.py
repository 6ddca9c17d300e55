"""The tests that failed, by the ids that their own tool gives them, from what it printed.

Every reader looks at every output: a `make test` or a tox may run any of them, or several.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

MAX_IDS = 1000
_MAX_ID = 300

_PYTEST = re.compile(r"(?:FAILED|ERROR|SUBFAILED\S*) (\S.*)")
_UNITTEST = re.compile(r"(?:FAIL|ERROR): (\S+) \(([^()]+)\)(.*)")
_GO_TEST = re.compile(r"\s*--- FAIL: (\S+)")
_GO_PACKAGE = re.compile(r"FAIL\t(\S+)(?:\t|\s*(\[.+\]))?")
_CARGO = re.compile(r"test (.+) \.\.\. FAILED")
_MAVEN = re.compile(r"(?:\[ERROR\]\s+)?(\S.*?)(?:\s+--\s+|\s+)Time elapsed: \S+ s\w*\s+<<< (?:FAILURE|ERROR)!")
_GRADLE = re.compile(r"(\S.* > .+) FAILED")
_TAP = re.compile(r"(\s*)not ok \d+(?: -)? (.+?)(?: # (?i:(todo|skip)).*)?")
_TAP_PARENT = re.compile(r"(\s*)# Subtest: (.+)")
_NODE_SPEC = re.compile(r"\s*✖ (.+) \(\d+(?:\.\d+)?ms\)")
_JEST = re.compile(r"\s+● (.+ › .+)")
_VITEST = re.compile(r"\s*FAIL\s+(\S+ > .+)")


def failed_tests(lines: Sequence[str]) -> tuple[str, ...]:
    """Ids in the order of the output, each once, at most a thousand. `lines` are clean (see `clean.lines`)."""
    readers = (_pytest, _unittest, _go, _tap, _by_line)
    found = dict.fromkeys(name[:_MAX_ID] for reader in readers for name in reader(lines))
    return tuple(found)[:MAX_IDS]


def _by_line(lines: Iterable[str]) -> Iterator[str]:
    """Tools that name a test and its end on one line."""
    for line in lines:
        for pattern in (_CARGO, _MAVEN, _GRADLE, _NODE_SPEC, _JEST, _VITEST):
            if (match := pattern.fullmatch(line)) and not match[1].startswith(("Tests run:", "> Task")):
                yield match[1].strip()


def _pytest(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if match := _PYTEST.fullmatch(line):
            name = _node_id(match[1])
            if "::" in name or name.endswith(".py"):
                yield name


def _node_id(rest: str) -> str:
    """The part before ` - message`; a dash inside the brackets of a parameter does not end it."""
    depth = 0
    for at, character in enumerate(rest):
        depth += (character == "[") - (character == "]")
        if depth <= 0 and rest.startswith(" - ", at):
            return rest[:at]
    # A parameter with brackets of its own: its end is the first that a message can follow.
    name, found, _ = rest.partition("] - ")
    return f"{name}]" if found else rest


def _unittest(lines: Iterable[str]) -> Iterator[str]:
    """`FAIL: test_x (module.Case.test_x) (i=1)`; before Python 3.11 the brackets did not repeat the name."""
    for line in lines:
        if match := _UNITTEST.fullmatch(line):
            name, place, subtest = match.groups()
            yield (place if place.endswith(name) else f"{place}.{name}") + subtest.rstrip()


def _go(lines: Iterable[str]) -> Iterator[str]:
    """Go names the package only after its tests."""
    waiting: list[str] = []
    for line in lines:
        if match := _GO_TEST.match(line):
            waiting.append(match[1])
        elif match := _GO_PACKAGE.match(line):
            package, why = match[1], match[2] or ""
            yield from [f"{package}.{name}" for name in waiting] or [f"{package} {why}".strip()]
            waiting = []
    yield from waiting


def _tap(lines: Iterable[str]) -> Iterator[str]:
    """https://testanything.org/tap-version-14-specification.html - a parent fails with its child and is left out."""
    parents: dict[int, str] = {}
    deepest = 0
    for line in lines:
        if match := _TAP_PARENT.fullmatch(line):
            parents = {depth: name for depth, name in parents.items() if depth < len(match[1])}
            parents[len(match[1])] = match[2]
        elif (match := _TAP.fullmatch(line)) and not match[3]:
            depth = len(match[1])
            above = [name for level, name in sorted(parents.items()) if level < depth]
            if depth >= deepest:
                yield " > ".join([*above, match[2]])
            deepest = depth
