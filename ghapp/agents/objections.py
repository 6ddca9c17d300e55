"""Whether a report fits its task: what is missing of the points, and which remarks lie on no line of the diff.

Pure. Each function says what is wrong in words for the agent, or nothing; `fitting` is what is left of a report that is
taken all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ghapp.agents.new_side import new_side
from ghapp.core.evidence import LineRemark, Outcome, Report
from ghapp.core.ledger import Fate, Point
from ghapp.core.ports import Task

_MAX_SPANS = 20

Sides = Mapping[str, Mapping[int, str]]


def objection(report: Report, task: Task) -> str:
    """What is wrong with the report, whatever the work is like."""
    return "" if task.over else _about_points(report, task.points) or _about_remarks(report.remarks, task.diff)


def fitting(report: Report, task: Task) -> Report:
    """The report with only those points that there are, each once, and with only those remarks that lie on the diff."""
    names, sides = {point.name for point in task.points}, new_side(task.diff)
    first = {item.name: item for item in reversed(report.settled) if item.name in names}
    return replace(
        report,
        settled=tuple(first[point.name] for point in task.points if point.name in first),
        remarks=tuple(remark for remark in report.remarks if not _misplaced(remark, sides)),
    )


def fixes_none(report: Report, points: Sequence[Point]) -> bool:
    """Whether there were points and none of them is said to be fixed, so that nothing needs to be changed."""
    return bool(points) and all(item.fate is not Fate.FIXED for item in report.settled)


def _about_points(report: Report, points: Sequence[Point]) -> str:
    names, given = [point.name for point in points], Counter(item.name for item in report.settled)
    faults = []
    if missing := [name for name in names if name not in given]:
        faults.append(f"it leaves out {', '.join(missing)}")
    if unknown := [name for name in given if name not in names]:
        faults.append(f"there is no point {', '.join(unknown)}")
    if doubled := [name for name, times in given.items() if times > 1]:
        faults.append(f"it settles {', '.join(doubled)} more than once")
    fixed = [item.name for item in report.settled if item.fate is Fate.FIXED]
    if fixed and report.outcome is Outcome.NO_CHANGE:
        faults.append(f"it says no_change, and that {', '.join(fixed)} is fixed")
    return f"{'; '.join(faults)}. `settled` has one entry for each of {', '.join(names)}." if faults else ""


def _about_remarks(remarks: Sequence[LineRemark], diff: str) -> str:
    sides = new_side(diff) if remarks else {}
    faults = [fault for remark in remarks if (fault := _misplaced(remark, sides))]
    return f"{len(faults)} of its remarks cannot be placed.\n" + "\n".join(faults) if faults else ""


def _misplaced(remark: LineRemark, sides: Sides) -> str:
    where = f"{remark.path}, line {remark.line}"
    if remark.path not in sides:
        return f"{where}: the diff shows no line of this file on its new side."
    lines = sides[remark.path]
    if remark.line not in lines:
        return f"{where}: the diff shows only {_spans(lines)} of this file on its new side."
    if remark.suggestion and remark.suggestion == lines[remark.line].removesuffix("\r"):
        return f"{where}: the suggestion is the line as it is."
    return ""


def _spans(numbers: Iterable[int]) -> str:
    """`lines 1-4, 9`; the first of them when there are many."""
    spans = [f"{first}-{last}" if last > first else str(first) for first, last in _runs(sorted(numbers))]
    return f"lines {', '.join(spans[:_MAX_SPANS])}{', …' if len(spans) > _MAX_SPANS else ''}"


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = numbers[0]
    for number in numbers[1:]:
        if number > last + 1:
            yield first, last
            first = number
        last = number
    yield first, last
