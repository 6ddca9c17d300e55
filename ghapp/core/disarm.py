"""Text of others, made harmless: it can neither mention anybody, nor hide, nor look like our own words.

What is put into Markdown goes through `plain`, `inline` or `code_block`; what goes where there is none, `quiet`.
"""

import re

MAX_LINE = 1_000

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_MARKUP = re.compile(r"([\\`*_\[\]<>|~!&])")
_BLOCK = re.compile(r"^([ \t]*)(#|[-+=](?=[ \t=-]|$)|\d+(?=[.)]))", re.MULTILINE)
_REFERENCE = re.compile(
    r"(@|#|(?<![\w.-])/|(?<![A-Za-z0-9])GH-)(?=\w)|(\bwww)(?=\.)|(\b(?:https?|ftp):)(?=/)", re.IGNORECASE
)
_CODE = re.compile(r"(`[^`\n|]+`)")
_MARK = re.compile(r"<!--(?=\s*honk:)", re.IGNORECASE)
_CI_ORDER = re.compile(r"\[(?=[^\[\]]{0,80}\b(?:skip|no)\b[^\[\]]{0,80}\])|\*(?=\*\*NO_CI)", re.IGNORECASE)
_TRAILER = re.compile(r"^([ \t]*(?:co-authored|signed-off)-by)(?=[ \t]*:)", re.IGNORECASE | re.MULTILINE)


def seen(text: str) -> str:
    """Text without what a reader cannot see: control characters, marks of direction, widths of zero."""
    return _UNSEEN.sub("", text)


def plain(text: str) -> str:
    """Text of others, disarmed: no mentions, references, HTML, images, links or commands.

    Line breaks are kept, and so is `code`, in which nothing has a meaning.
    """
    pieces = _CODE.split(seen(text))
    return "".join(unmarked(piece) if _CODE.fullmatch(piece) else _disarmed(piece) for piece in pieces)


def unmarked(text: str) -> str:
    """Code, in which no reader sees a difference, but nobody finds one of our own marks."""
    return _MARK.sub("<!\u2060--", text)


def _disarmed(text: str) -> str:
    text = _REFERENCE.sub(lambda match: f"{match[0]}\u2060", text)  # first: an escape would hide what follows
    text = _MARKUP.sub(r"\\\1", text)
    return _BLOCK.sub(lambda match: f"{match[1]}\u2060{match[2]}", text)


def inline(text: str) -> str:
    """The same in one line of at most MAX_LINE characters, as a list or the cell of a table needs it."""
    return plain(" ".join(text[:MAX_LINE].split()))


def quiet(text: str) -> str:
    """Text of others for a title or a commit, which are no Markdown.

    It closes no issue, mentions nobody, signs for nobody and gives no orders to CI.
    https://docs.github.com/en/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue
    """
    text = re.sub(r"(@|#|/(?:issues|pull)/|(?<![A-Za-z0-9])GH-)(?=\w)", "\\1\u2060", seen(text))
    return _TRAILER.sub("\\1\u2060", _CI_ORDER.sub(lambda match: f"{match[0]}\u2060", text))


def code_block(text: str, language: str = "") -> str:
    """Text of others in a fence that it cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{unmarked(text)}\n{fence}"
