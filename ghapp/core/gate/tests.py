"""Tests that are gone, emptied, weakened or skipped, counted over the change as a whole.

Each test of base looks for its like in head: by name in its file, by name in another, then by the words that it is made
of, so that a test which was moved, renamed, split, merged with others or turned into a row of a table is found again
with what it asserted. Only what is then missing is told, with numbers.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ghapp.core.gate import languages, units
from ghapp.core.gate.change import Change, FileChange
from ghapp.core.gate.findings import Finding, Rule, named, note, shown
from ghapp.core.gate.units import Unit
from ghapp.core.leaks import Watch

MAX_SEEKING = 200
"""Tests that look for their like by words; more than that have gone in other ways than by renaming."""
_MAX_CANDIDATES = 400
_ALIKE = 0.5  # of a test's words


@dataclass
class _Old:
    """A unit of base, and what has become of it: `missing` assertions were found nowhere in head."""

    unit: Unit
    weight: int
    missing: int
    heir: Unit | None = None
    heir_weight: int = 0

    @property
    def is_gone(self) -> bool:
        return self.heir is None


@dataclass
class _New:
    """A unit of head: `spare` assertions answer for no test of base yet."""

    unit: Unit
    weight: int
    spare: int
    is_taken: bool = False


def inspect(change: Change, watch: Watch) -> Iterator[Finding]:
    """What the tests of base lost on the way to head."""
    old = [unit for file in change.compared for unit in units.read(file.path, file.before or "")]
    new = [unit for file in change.compared for unit in units.read(file.path, file.after or "")]
    fates = defaultdict(list)
    for fate in _fates(old, new):
        fates[fate.unit.path].append(fate)
    after: Counter[str] = Counter()
    for unit in new:
        after[unit.path] += unit.cases * unit.is_test
    compared = {file.path for file in change.compared}
    contents = {file.after for file in change.files if file.status == "A"}
    for file in change.files:
        name = shown(file, watch)
        yield from _told(fates[file.path], after[file.path], name, watch)
        if file.status != "A" and languages.is_test_file(file.path):
            yield from _unread(file, name, contents, is_compared=file.path in compared)


# --- what became of each test ---------------------------------------------------------------------------------------


def _fates(before: Sequence[Unit], after: Sequence[Unit]) -> list[_Old]:
    weighed_before, weighed_after = units.weights(before), units.weights(after)
    old = [_Old(unit, weighed_before[unit], weighed_before[unit]) for unit in before]
    new = [_New(unit, weighed_after[unit], weighed_after[unit]) for unit in after]
    _by_name(old, new, lambda unit: (unit.path, unit.name, unit.is_test))
    _by_name(old, new, lambda unit: (unit.name, unit.is_test))
    # What a helper asserted is counted in the tests that call it.
    old = [fate for fate in old if fate.unit.is_test or not fate.is_gone]
    _by_words([fate for fate in old if fate.missing or fate.is_gone], [one for one in new if one.unit.is_test])
    return old


def _by_name(old: Sequence[_Old], new: Sequence[_New], key: Callable[[Unit], object]) -> None:
    waiting = defaultdict(list)
    for one in reversed(new):
        if not one.is_taken:
            waiting[key(one.unit)].append(one)
    for fate in old:
        same = waiting[key(fate.unit)]
        if fate.is_gone and same and _may_follow(same[-1].unit, fate.unit):
            _take(fate, same.pop())


def _by_words(old: Sequence[_Old], new: Sequence[_New]) -> None:
    """Assertions that are missing are looked for in tests that are alike and have some to spare."""
    candidates = [one for one in new if one.spare or not one.is_taken][:_MAX_CANDIDATES]
    for fate in old[:MAX_SEEKING]:
        for one in _alike(fate.unit, candidates):
            wants = fate.missing or fate.is_gone
            if wants and _may_follow(one.unit, fate.unit) and (one.spare or _is_free(one, fate)):
                _take(fate, one)


def _alike(unit: Unit, candidates: Sequence[_New]) -> list[_New]:
    """Those that have enough of a test's words, the likest first; of a table's words, a row becomes a test with few."""
    words = unit.words - {unit.name}
    shared = [(len(words & one.unit.words), one) for one in candidates]
    ranked = sorted(shared, key=lambda pair: -pair[0])
    enough = [
        (count, one, min(len(words), len(one.unit.words) - 1) if unit.cases > 1 else len(words))
        for count, one in ranked
    ]
    return [one for count, one, of in enough if count and count >= of * _ALIKE]


def _is_free(one: _New, fate: _Old) -> bool:
    """A test that asserts nothing takes the place of one, whatever that asserted: it is told then as emptied."""
    return not one.is_taken and not (fate.weight and one.weight)


def _may_follow(new: Unit, old: Unit) -> bool:
    """A test that no runner collects takes no other's place."""
    return new.runs or not old.runs


def _take(fate: _Old, one: _New) -> None:
    taken = min(fate.missing, one.spare)
    fate.missing -= taken
    one.spare -= taken
    one.is_taken = True
    if fate.heir is None:
        fate.heir, fate.heir_weight = one.unit, one.weight


# --- findings -------------------------------------------------------------------------------------------------------


def _told(fates: Sequence[_Old], tests: int, name: str, watch: Watch) -> Iterator[Finding]:
    gone = [fate for fate in fates if fate.is_gone]
    fewer = [fate for fate in fates if fate.missing and not fate.is_gone]
    rows = [fate for fate in fewer if fate.heir and fate.heir.cases < fate.unit.cases]
    emptied = [fate for fate in fewer if not fate.heir_weight]
    less = [fate for fate in fewer if fate.heir_weight and fate not in rows]
    weaker = [fate for fate in fates if not fate.missing and _is_weaker(fate)]
    if gone:
        total = sum(fate.unit.cases for fate in fates if fate.unit.is_test)
        yield note(Rule.TESTS, name, f"gone: {_names(gone, watch)}; {_many(total, 'test')} before, {tests} now")
    for fate in rows[:5]:
        cases = fate.heir.cases if fate.heir else 0
        detail = f"fewer cases: {_names([fate], watch)} has {cases}, and had {fate.unit.cases} before"
        yield note(Rule.TESTS, name, detail)
    for rule, some, what in (
        (Rule.EMPTIED, emptied, "asserts nothing any more"),
        (Rule.ASSERTIONS, less, "asserts less"),
    ):
        if some:
            was, is_now = sum(fate.weight for fate in some), sum(fate.weight - fate.missing for fate in some)
            yield note(rule, name, f"{what}: {_names(some, watch)}; {_many(was, 'assertion')} before, {is_now} now")
    if weaker:
        was = sum(fate.unit.exact for fate in weaker)
        is_now = sum(fate.heir.exact for fate in weaker if fate.heir)
        detail = f"asserts less exactly: {_names(weaker, watch)}; {_many(was, 'exact comparison')} before, {is_now} now"
        yield note(Rule.WEAKENED, name, detail)


def _is_weaker(fate: _Old) -> bool:
    return bool(fate.heir and fate.heir.exact < fate.unit.exact and fate.heir.loose > fate.unit.loose)


def _names(fates: Sequence[_Old], watch: Watch) -> str:
    more = f" and {len(fates) - 5} more" if len(fates) > 5 else ""
    return ", ".join(named(fate.unit.name, watch) for fate in fates[:5]) + more


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _unread(file: FileChange, name: str, contents: set[str | None], *, is_compared: bool) -> Iterator[Finding]:
    """Files among the tests of which nothing can be counted."""
    if not is_compared:
        yield note(Rule.TESTS, name, "a file of the tests that was not compared: it is binary, or too much was changed")
    elif file.status == "D" and not languages.language(file.path) and file.before and file.before not in contents:
        yield note(Rule.TESTS, name, "a file of the tests is deleted")
