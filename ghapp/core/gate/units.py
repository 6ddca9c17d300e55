"""A test file read as units, tests and the functions that help them, each with what it asserts.

One pass over lines, by indentation, after comments and strings are blanked out. No parser is run on what an attacker
wrote: a language's own can be led to take a stack, or a minute.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ghapp.core.gate import languages
from ghapp.core.gate.change import MAX_LINE
from ghapp.core.gate.languages import Language

MAX_CASES = 1_000
_MAX_WORDS = 300
_MAX_TABLE = 20_000
_MAX_ABOVE = 100  # lines of decorators
_STATEMENT = 8  # lines to which an assertion may go on
_MAX_PIECE = 400  # characters of each

_CALL = re.compile(r"(?<![\w.])(?:self\.|this\.|Self::)?(\w+)[!?]?(?=\s?[({<])")
_QUOTED = re.compile(r"[\"'`]([^\"'`]{1,80})")
_NOT_NEWLINE = re.compile(r"[^\n\"'`]")
_WORD = re.compile(r"\w+")
_BRACKET = re.compile(r"[(\[{)\]},\n]|[^\s(\[{)\]},]")
_COMMON = frozenset(
    [
        "def",
        "self",
        "assert",
        "assertEqual",
        "expect",
        "it",
        "test",
        "func",
        "fn",
        "t",
        "void",
        "public",
        "async",
        "await",
        "const",
        "let",
        "var",
        "return",
        "new",
        "toBe",
        "toEqual",
        "true",
        "false",
        "True",
        "False",
        "None",
        "null",
        "import",
        "assert_eq",
        "String",
        "int",
        "in",
        "is",
        "not",
        "the",
        "a",
    ]
)


@dataclass(frozen=True)
class Unit:
    """A test, or a function beside tests.

    `hits` are the names of assertions that may fail, `calls` the names of what is called; `exact` and `loose` count
    the assertions that compare and those that hardly ask anything. `runs` says whether a runner would collect it.
    `words` tell how alike two units are.
    """

    path: str
    name: str
    is_test: bool
    runs: bool
    cases: int
    hits: tuple[str, ...]
    calls: tuple[str, ...]
    exact: int
    loose: int
    words: frozenset[str] = field(repr=False)


@dataclass
class _Block:
    """Lines from where a unit begins to where the next one does."""

    name: str
    indent: int
    is_group: bool = False
    is_test: bool = False
    quiet: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)


def read(path: str, text: str) -> tuple[Unit, ...]:
    """The units of a file, none when its path tells of no tests."""
    language = languages.has_tests(path)
    if language is None or not text:
        return ()
    runs = language.collected.search(path) is not None
    return tuple(_unit(block, path, runs) for block in _blocks(language, text) if not block.is_group)


def quieted(language: Language, text: str) -> str:
    """The text with blanks in place of comments and of what strings say; every other character is where it was."""

    def blank(match: re.Match[str]) -> str:
        token = match.group()
        if token[0] in "\"'`":
            return _NOT_NEWLINE.sub(" ", token)
        return re.sub(r"[^\n]", " ", token)

    return language.quiet.sub(blank, text)


def weights(units: Sequence[Unit]) -> dict[Unit, int]:
    """How often each unit asserts, in all its cases; a call of a function among these counts for what that asserts.

    A function that is named like an assertion and is one of these counts for nothing else.
    """
    helpers = [unit for unit in units if not unit.is_test]
    own = {(unit.path, unit.name) for unit in helpers}
    names = {unit.name for unit in helpers}
    known: dict[tuple[str, str], int] = {}
    for _ in range(2):  # helpers of helpers
        known = {(unit.path, unit.name): _asserted(unit, names, own, known) for unit in helpers}
        for unit in helpers:
            known["", unit.name] = max(known.get(("", unit.name), 0), known[unit.path, unit.name])
    return {unit: min(_asserted(unit, names, own, known) * unit.cases, 10**6) for unit in units}


def _asserted(unit: Unit, names: set[str], own: set[tuple[str, str]], known: Mapping[tuple[str, str], int]) -> int:
    direct = sum(hit not in names for hit in unit.hits)
    called = (
        known.get((unit.path if (unit.path, call) in own else "", call), 0) for call in unit.calls if call != unit.name
    )
    return direct + min(sum(called), 1_000)


# --- lines to blocks ------------------------------------------------------------------------------------------------


def _blocks(language: Language, text: str) -> Iterator[_Block]:
    block = _Block("", -1, is_group=True)
    above: int | None = None  # where in the block the lines began that may belong to the next
    for quiet, raw in zip(quieted(language, text).split("\n"), text.split("\n"), strict=True):
        line = quiet[:MAX_LINE].rstrip()
        begun = _begun(language, line, raw, block, "\n".join(block.quiet[above:]) if above is not None else "")
        if begun:
            if above is not None:
                begun.quiet, begun.raw = block.quiet[above:], block.raw[above:]
                del block.quiet[above:], block.raw[above:]
            yield block
            block, above = begun, None
        elif above is not None and len(block.quiet) - above > _MAX_ABOVE:
            above = None
        elif above is None and language.above.match(line.lstrip()):
            above = len(block.quiet)
        block.quiet.append(line)
        block.raw.append(raw[:MAX_LINE])
    yield block


def _begun(language: Language, line: str, raw: str, block: _Block, above: str) -> _Block | None:
    """The block that a line begins, if it does."""
    bare = line.lstrip()
    indent = len(line) - len(bare)
    outer = block.is_group or indent <= block.indent
    match = language.test.match(bare) if language.test else None
    if match:
        return _Block(_name(match, raw[:MAX_LINE]), indent, is_test=True)
    if not outer and language.nests:
        return None
    if match := language.function.match(bare):
        marked = language.marked and (language.marked.search(above) or language.marked.search(bare))
        return _Block(_name(match, raw[:MAX_LINE]), indent, is_test=bool(marked))
    return _Block("", indent, is_group=True) if outer and language.group.match(bare) else None


def _name(match: re.Match[str], raw: str) -> str:
    found = next((name for name in match.groupdict().values() if name), "")
    if found:
        return found
    quoted = _QUOTED.search(raw)
    return quoted.group(1) if quoted else raw.strip()[:80]


# --- blocks to units ------------------------------------------------------------------------------------------------


def _unit(block: _Block, path: str, runs: bool) -> Unit:
    alive = _alive(block)
    hits: list[str] = []
    calls: list[str] = []
    exact = 0
    for number, line in enumerate(alive):
        calls += _CALL.findall(line)
        found = [_WORD.findall(match.group())[-1] for match in languages.ASSERTION.finditer(line)]
        found = [name for name in found if name != block.name]
        if found and (real := len(found) - _trivial(alive, number)) > 0:
            hits += found[:real]
            exact += real if languages.EXACT.search(_statement(alive, number)) else 0
    text = "\n".join(block.quiet)
    return Unit(
        path=path, name=block.name, is_test=block.is_test, runs=runs, cases=_cases(text),
        hits=tuple(hits), calls=tuple(calls), exact=exact, loose=len(hits) - exact, words=_words(block.raw),
    )  # fmt: skip


def _alive(block: _Block) -> list[str]:
    """The lines of a block without those that never run: after a return, and in an `if False`."""
    alive: list[str] = []
    body: int | None = None
    dead: int | None = None
    hidden = False
    for line in block.quiet:
        bare = line.lstrip()
        indent = len(line) - len(bare)
        if bare and dead is not None and indent <= dead:
            dead = None
        hidden = (hidden or _is_hiding(bare)) and bare != "#endif"
        if body is None and bare and indent > block.indent and not languages.CASE.match(bare):
            body = indent
        if bare and dead is None and languages.DEAD.match(bare):
            dead = indent
        elif dead is None and not hidden:
            if indent == body and languages.LEAVES.match(bare):
                break
            alive.append(line)
    return alive


def _is_hiding(bare: str) -> bool:
    return bare.startswith("#if") and languages.DEAD.match(bare) is not None


def _trivial(lines: Sequence[str], number: int) -> int:
    """How many assertions of a line are true whatever the code does."""
    line = lines[number]
    if languages.MASKED.search(line):
        return len(line)
    return sum(1 for _ in languages.TRIVIAL.finditer(line))


def _statement(lines: Sequence[str], number: int) -> str:
    """An assertion with the lines on which it goes on."""
    whole = lines[number][:_MAX_PIECE]
    for following in lines[number + 1 : number + _STATEMENT]:
        depth = sum(whole.count(bracket) for bracket in "([{") - sum(whole.count(bracket) for bracket in ")]}")
        if depth <= 0 and not following.lstrip().startswith((".", "&&", "==")):
            break
        whole += f" {following.lstrip()[:_MAX_PIECE]}"
    return whole


def _words(lines: Sequence[str]) -> frozenset[str]:
    found: set[str] = set()
    for line in lines:
        found.update(_WORD.findall(line))
        if len(found) > _MAX_WORDS:
            break
    return frozenset(found - _COMMON)


def _cases(text: str) -> int:
    """How many rows the tables of a test have; one without tables."""
    count = max(1, sum(1 for _ in languages.CASE.finditer(text)))
    for number, match in enumerate(languages.CASES.finditer(text)):
        if number == 5:
            break
        count *= _rows(text, match.end(), enclosed=match.group().endswith("("))
    return min(count, MAX_CASES)


def _rows(text: str, start: int, *, enclosed: bool) -> int:
    """Items of the largest bracket but the first (which has the names), or of the only one."""
    groups: list[int] = []
    depth = items = 0
    fresh = False
    for match in _BRACKET.finditer(text, start, start + _MAX_TABLE):
        character = match.group()
        if character in "([{":
            items, fresh = (0, True) if depth == 0 else (items + (fresh and depth == 1), fresh and depth != 1)
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                groups.append(items)
            if depth < 0:
                break
        elif character == "\n":
            if depth == 0 and groups and not enclosed:
                break
        elif character == "," and depth == 1:
            fresh = True
        elif depth == 1 and fresh and character != ",":
            items, fresh = items + 1, False
    return max(1, *(groups[1:] or groups or [1]))
