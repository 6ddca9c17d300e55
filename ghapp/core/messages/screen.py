"""Texts of others on the screen of a phone, disarmed."""

from ghapp.core.disarm import inline, plain, seen

MAX_TEXT, MAX_LINES = 900, 12
"""Characters and lines of a text that fits, with what stands around it."""
MAX_LABEL = 75
"""Characters of a name in a button or a question."""


def short(text: str, rest: str) -> str:
    """As much as fits, and where the rest is (an address)."""
    shown = screen(text)
    return plain(shown) if shown == seen(text).strip() else f"{plain(shown)}\n\n{elsewhere(rest)}"


def elsewhere(address: str) -> str:
    """Where the rest is."""
    return f"[All of it is on GitHub]({address})"


def screen(text: str) -> str:
    """As much as fits, as it is seen."""
    text = seen(text).strip()
    lines = text.splitlines()
    return cut(text if len(lines) <= MAX_LINES else "\n".join([*lines[:MAX_LINES], "…"]), MAX_TEXT)


def quoted_lines(text: str) -> str:
    """A text as a quotation."""
    return "\n".join(f"> {row}" for row in plain(text).splitlines())


def line(text: str, most: int) -> str:
    """One line of it, of at most so many characters before it is disarmed."""
    return inline(cut(" ".join(text.split()), most))


def cut(text: str, most: int) -> str:
    """At most so many characters; that something was cut off shows as `…`."""
    return text if len(text) <= most else text[: most - 1] + "…"
