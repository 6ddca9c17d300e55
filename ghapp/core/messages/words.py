"""What all our comments are made of: markers, amounts, the texts of others, and the bounds of a body."""

from collections.abc import Sequence

from ghapp.core.budget import MICROS, Usage
from ghapp.core.checks import Check as CiCheck
from ghapp.core.disarm import inline, plain, seen, unmarked

MAX_BODY = 60_000
MAX_TEXT = 8_000


def marker(run_id: str, what: str) -> str:
    """The hidden text by which our own comments and pull requests are found again."""
    return f"<!-- honk:{what}:{run_id} -->"


def duration(seconds: float) -> str:
    """`45 s`, `3 min 5 s`, `1 h 12 min`. Never below nothing: the clocks of two machines may differ."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def money(micros: int) -> str:
    """Micro-dollars as dollars and cents."""
    return f"${micros / MICROS:.2f}"


def cost_line(usage: Usage) -> str:
    """Money, turns and tokens in one line."""
    return f"{money(usage.micros)} · {usage.calls} turns · {usage.tokens:,} tokens"


def coded(text: str) -> str:
    """A name of others between backticks, in one line of at most 200 characters."""
    name = " ".join(seen(text[:200]).split()).replace("`", "'")
    return f"`{unmarked(name) or ' '}`"


def quoted(text: str) -> str:
    """A text of others as a paragraph or more, disarmed and bounded."""
    return plain(text.strip()[:MAX_TEXT])


def listed(heading: str, items: Sequence[str], most: int = 20) -> str:
    """Texts of others as a list under our heading; nothing when there is none."""
    lines = [f"- {inline(item)}" for item in items[:most] if item.strip()]
    return "\n".join([heading, "", *lines]) if lines else ""


def fit(parts: Sequence[str]) -> str:
    """A body of these parts; empty ones are left out, and GitHub's limit is kept."""
    body = "\n\n".join(part for part in parts if part)
    return body if len(body) <= MAX_BODY else body[:MAX_BODY] + "\n\n… (cut to fit)"


def ci_table(checks: Sequence[CiCheck]) -> str:
    """Each check that is reported on the head, with how it stands."""
    icons = {"success": "✅", "neutral": "➖", "skipped": "➖"}
    rows = [
        f"| {inline(check.name)} | {icons.get(check.conclusion or '', '⏳' if check.conclusion is None else '❌')} "
        f"{check.conclusion or check.status} |"
        for check in checks
    ]
    return "\n".join(["| CI check | result |", "|---|---|", *rows])
