"""Reviews: the ledger in the status comment, replies to reviewers, and the reviews that are given."""

from collections.abc import Sequence

from ghapp.core.disarm import code_block, inline
from ghapp.core.evidence import LineRemark, Report, Weight
from ghapp.core.ledger import Fate, Point
from ghapp.core.messages.words import coded, cost_line, fit, marker, quoted
from ghapp.core.run import Run

_MAX_ROWS, _MAX_GIST, _MAX_NAMES = 40, 80, 10
_WEIGHTS = {Weight.HIGH: "🔴 **high**", Weight.MEDIUM: "🟠 **medium**", Weight.LOW: "🟡 **low**"}


def ledger_table(run: Run) -> str:
    """Each point of the reviews with what became of it, and who was not heard; nothing when there was no review."""
    rows = [_row(point) for point in run.ledger[-_MAX_ROWS:]]
    table = "\n".join(["| | where | who | review | |", "|---|---|---|---|---|", *rows]) if rows else ""
    return "\n\n".join(filter(None, [table, _left_out(run.left_out)]))


def _row(point: Point) -> str:
    return f"| {point.name} | {_where(point)} | {inline(point.author)} | {_gist(point)} | {_fate(point)} |"


def _where(point: Point) -> str:
    line = f":{point.line}" if point.line is not None else ""
    where = coded(f"{point.path}{line}".replace("|", "/")) if point.path else "the whole"
    return f"[{where}]({point.url})" if point.url else where


def _gist(point: Point) -> str:
    """How it begins, without the name that stands before each line."""
    said = point.asked.partition("\n")[0].partition(": ")[2].strip() or "…"
    return inline(said if len(said) <= _MAX_GIST else said[: _MAX_GIST - 1] + "…")


def _fate(point: Point) -> str:
    return f"{point.fate.value} in `{point.sha[:9]}`" if point.fate is Fate.FIXED else point.fate.value


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    shown = ", ".join(inline(f"@{name}") for name in names[:_MAX_NAMES])
    return f"Left out, because a review counts from the role *write* on: {shown}{more}."


def reply(point: Point) -> str:
    """What became of a point, to whoever raised it; the agent's words under ours."""
    words = quoted(point.words)
    match point.fate:
        case Fate.FIXED:
            parts = [f"Fixed in {point.sha[:9]}.", words]
        case Fate.ANSWERED if point.claimed:
            parts = ["No commit came of this, whatever the words below say.", words]
        case Fate.ASKED:
            parts = [words or "I do not understand what is meant.", _how_to_answer(point)]
        case Fate.DECLINED if not words:
            parts = ["I did not get to this. Say it again, and I take it up."]
        case Fate.DECLINED:
            parts = ["I did not do this:", words]
        case Fate.ESCALATED:
            parts = [
                "A person has to decide this.",
                words,
                "I leave it alone until somebody says `/honk fix …` with what was decided.",
            ]
        case _:
            parts = [words or "Nothing had to be changed for this."]
    return "\n\n".join(filter(None, parts))


def _how_to_answer(point: Point) -> str:
    if point.comment is None:
        return "Answer with another review, or say `/honk fix …`, and I go on with it."
    return "Answer here, and I go on with it."


def reply_on_pull(point: Point) -> str:
    """The same as a comment on the pull request, where there is no thread to reply in."""
    what = "what was said" if point.comment is not None else "the review"
    link = f"[{what}]({point.url})" if point.url else what
    return f"To {link} by {inline(f'@{point.author}')}:\n\n{reply(point)}"


def points_raised(points: Sequence[Point]) -> str:
    """Why a run goes back to work."""
    who = ", ".join(dict.fromkeys(f"@{point.author}" for point in points))
    count = "a point" if len(points) == 1 else f"{len(points)} points"
    return f"{count} of the review by {who}"


def review_body(run: Run, report: Report, moved: str) -> str:
    """The text of a review of `run.head_sha`. `moved` is the head by now, empty when it is still that one."""
    count = len(report.remarks)
    beside = "One remark is" if count == 1 else f"{count} remarks are"
    parts = [
        marker(run.id, "review"),
        quoted(report.summary),
        f"{beside} beside the lines." if count else "I have no remarks.",
        f"I read {run.head_sha[:9]}; meanwhile the head is {moved[:9]}." if moved else "",
        f"<sub>{cost_line(run.usage)} · of {run.head_sha[:9]}; this is no approval, which is for a person</sub>",
    ]
    return fit(parts)


def line_remark(remark: LineRemark) -> str:
    """A remark beside its line: how much it matters, what it is, and a suggestion to commit with one click.

    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests
    """
    parts = [f"{_WEIGHTS[remark.weight]}: {quoted(remark.body)}"]
    if remark.suggestion is not None:
        parts.append(_suggestion(remark.suggestion))
    return "\n\n".join(parts)


def _suggestion(text: str) -> str:
    """What is to stand in the line's place; nothing at all deletes the line."""
    return code_block(text.removesuffix("\n"), "suggestion") if text else "```suggestion\n```"


def with_remarks(body: str, remarks: Sequence[LineRemark]) -> str:
    """A review's text that has the remarks in it, because GitHub did not take them beside their lines."""
    shown = [
        f"{coded(f'{remark.path}:{remark.line}')} {_WEIGHTS[remark.weight]}: {quoted(remark.body)}"
        for remark in remarks
    ]
    return fit([body, "GitHub took no remark beside its line, so they stand here:", *shown])
