"""What a person wrote, out of Slack's markup: plain text, and whether it speaks to us.

https://docs.slack.dev/messaging/formatting-message-text says what stands in `<…>`, and which three signs are escaped.
"""

import re
from collections.abc import Callable

_TOKEN = re.compile(r"<([^<>]+)>")
_UNSPOKEN = re.compile(
    r"```.*?```|`[^`\n]+`|^[ \t]*(?:&gt;|>){3}.*\Z|^[ \t]*(?:&gt;|>)[^\n]*", re.DOTALL | re.MULTILINE
)
"""Code, and what somebody else is quoted with: a mention in there calls nobody."""
_LINK = re.compile(r"(?:https?|ftp|slack)://", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:mailto|tel):", re.IGNORECASE)


def mentions(text: str, user: str) -> bool:
    """Whether the text, without its code and quotes, mentions the user (an id)."""
    found = _mention(user)
    return any(found.search(piece) for piece in _UNSPOKEN.split(text))


def without(text: str, user: str) -> str:
    """The text without those mentions of the user."""
    found = _mention(user)
    spoken = [found.sub("", piece) for piece in _UNSPOKEN.split(text)]
    unspoken = [*_UNSPOKEN.findall(text), ""]
    return "".join(part for pair in zip(spoken, unspoken, strict=True) for part in pair).strip()


def _mention(user: str) -> re.Pattern[str]:
    return re.compile(rf"<@{re.escape(user)}(?:\|[^<>]*)?>[ \t]*")


def _as_it_is(user: str) -> str:
    return f"<@{user}>"


def plain(text: str, called: Callable[[str], str] = _as_it_is) -> str:
    """The text as one reads it. `called` says what stands for a mention of somebody, by their id."""
    said = _TOKEN.sub(lambda token: _said(token, called), text)
    return said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _said(token: re.Match[str], called: Callable[[str], str]) -> str:
    target, _, label = token[1].partition("|")
    if target.startswith("@"):
        return called(target[1:])
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    if _ADDRESS.match(target):
        return label or target.partition(":")[2]
    return _linked(target, label) if _LINK.match(target) else token[0]


def _linked(target: str, label: str) -> str:
    """A link always shows where it leads."""
    bare = _LINK.sub("", target, count=1)
    return target if not label or label.rstrip("/") in (target.rstrip("/"), bare.rstrip("/")) else f"{label} ({target})"
