"""Our Markdown, for Slack: harmless in a block, as Slack's own markup in a small line, and plain for a notification."""

import re

_CALL = re.compile(r"(?:<|&lt;|&#60;|&#x3c;)(?=[!@#])|(?<![\w/])@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
"""What Slack may take for a call of somebody, in whatever mode it reads a text."""
_JOINER = "\u2060"
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
# An escaped bracket begins no link: others' text is disarmed by such escapes, and must not hide an address.
_PIECE = re.compile(
    r"(?<!\\)`(?P<code>[^`\n]+)`"
    r"|(?<!\\)\[(?P<label>(?:\\.|[^\[\]\\\n]){1,300})\]\((?P<url>https?://[^\s()<>|\\]{1,1000})\)"
    r"|(?<!\\)\*\*(?P<bold>[^*\n]{1,300})\*\*"
)
_LINE_MARKS = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)", re.MULTILINE)
_FENCE = "```"
_LONGEST_ESCAPE = len("&amp;")


def quiet(text: str) -> str:
    """The text, in which nobody is called; a reader sees no difference."""
    return _CALL.sub(lambda found: f"{found[0]}{_JOINER}", text.encode(errors="replace").decode())


def size(text: str) -> int:
    """Its length as JavaScript counts, for which an emoji is two."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def cut(text: str, most: int) -> str:
    """At most so many characters, as `size` counts; that something was cut off shows as `…`."""
    if size(text) <= most:
        return text
    kept = text.encode("utf-16-le", errors="replace")[: (most - 1) * 2].decode("utf-16-le", errors="ignore")
    return f"{kept}…"


def block_text(text: str, most: int) -> str:
    """For a `markdown` block: cut, and a fence that the cut left open is closed."""
    kept = cut(quiet(text.strip()), most - len(_FENCE) - 1)
    return f"{kept}\n{_FENCE}" if kept.count(_FENCE) % 2 else kept


def small_text(text: str, most: int) -> str:
    """One line for a `mrkdwn` text: links and bold as Slack writes them, all else as it reads.

    Cut before it grows, so that no tag is torn. https://docs.slack.dev/messaging/formatting-message-text
    """
    line = cut(" ".join(text.split()), most // _LONGEST_ESCAPE)
    done, found = 0, []
    for piece in _PIECE.finditer(line):
        found += [_bare(line[done : piece.start()]), _tagged(piece)]
        done = piece.end()
    return "".join([*found, _bare(line[done:])])


def _tagged(piece: re.Match[str]) -> str:
    if piece["url"]:
        return f"<{escaped(piece['url'])}|{_bare(piece['label'])}>"
    return f"*{_bare(piece['bold'])}*" if piece["bold"] else f"`{escaped(piece['code'])}`"


def _bare(text: str) -> str:
    return escaped(_ESCAPED.sub(r"\1", text))


def plain(text: str, most: int) -> str:
    """For a notification: its first lines, without marks; nothing in it is markup to Slack."""
    first = text[: most * 10].replace(_FENCE, "")
    bare = _PIECE.sub(lambda piece: piece["label"] or piece["bold"] or piece["code"], first)
    bare = _ESCAPED.sub(r"\1", _LINE_MARKS.sub("", bare))
    lines = (line.strip() for line in bare.splitlines())
    return escaped(cut("\n".join(line for line in lines if line), most))


def escaped(text: str) -> str:
    """The three signs that Slack's own markup is made of, escaped; and nobody called."""
    return quiet(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
