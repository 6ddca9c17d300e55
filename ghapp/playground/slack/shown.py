"""A message as a person sees it on the phone: plain text, pictures by what they show, buttons in brackets.

It is a rendering for reading, not for checking marks of emphasis: those are left out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ghapp.playground.slack.blocks import elements
from ghapp.playground.slack.state import Json, Message, State

_ENTITY = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_BOLD = re.compile(r"(?<![\w*])\*{1,2}(?=\S)([^*\n]+?)(?<=\S)\*{1,2}(?![\w*])")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ASIDE = 0xE000
"""Where escaped characters wait, in a private part of Unicode, until the rest is read."""
_HEADING = re.compile(r"^#{1,6} +", re.MULTILINE)


@dataclass(frozen=True)
class SeenButton:
    """A button as it is shown. `confirm` is what is asked first, in Slack's JSON."""

    text: str
    action_id: str
    value: str
    style: str
    url: str
    confirm: Json | None
    block_id: str = ""


@dataclass(frozen=True)
class Seen:
    """A message at one moment. `shown` is its whole rendering; `changes` counts the edits, `reactions` hold handles.

    `mentions` are those it calls: ids of people, and `!channel`, `!here`, `!everyone`.
    """

    ts: str
    channel: str
    thread: str
    user: str
    author: str
    text: str
    blocks: tuple[Json, ...]
    shown: str
    buttons: tuple[SeenButton, ...]
    pictures: tuple[str, ...]
    changes: int
    metadata: Json | None
    reactions: dict[str, tuple[str, ...]]
    files: tuple[str, ...]
    mentions: tuple[str, ...]
    unfurls: bool
    to: str

    @property
    def edited(self) -> bool:
        return self.changes > 0

    def button(self, which: str) -> SeenButton | None:
        """The button with this text or action id."""
        return next((one for one in self.buttons if which in (one.text, one.action_id)), None)


def seen(state: State, one: Message) -> Seen:
    """What is to be seen of a message now."""
    said = [one.text, *_texts(one.blocks)]
    return Seen(
        one.ts,
        one.channel.id,
        one.thread_ts,
        one.user.id,
        one.user.name,
        one.text,
        tuple(one.blocks),
        rendered(state, one),
        buttons(one.blocks),
        tuple(_file_of(block) for block in _all(one.blocks) if "slack_file" in block),
        one.changes,
        one.metadata,
        {name: tuple(each.handle for each in users) for name, users in one.reactions.items()},
        tuple(each.name for each in one.files),
        tuple(dict.fromkeys(who for each in said for who in _called(each))),
        one.unfurls,
        one.to.id if one.to else "",
    )


def screen(rows: Iterable[Seen]) -> str:
    """Messages one below the other, each with who says it."""
    return "\n\n".join(f"{one.author}{' (only you see this)' if one.to else ''}\n{one.shown}" for one in rows)


def buttons(blocks: list[Json]) -> tuple[SeenButton, ...]:
    """The buttons of blocks, in order."""
    found = []
    for block in blocks:
        for one in elements([block]):
            action, value, style, url = (str(one.get(name, "")) for name in ("action_id", "value", "style", "url"))
            label, confirm = one["text"]["text"], one.get("confirm")
            found.append(SeenButton(label, action, value, style, url, confirm, block.get("block_id", "")))
    return tuple(found)


def rendered(state: State, one: Message) -> str:
    """The blocks as text, or the text when there are none; then names of files."""
    lines = [_block(state, block) for block in one.blocks if block.get("type") != "rich_text"] or [
        plain(state, one.text)
    ]
    shared = [plain(state, each.get("text", "")) for each in one.fields.get("attachments", [])]
    return "\n".join([*lines, *(f"> {each}" for each in shared), *(f"(file: {each.name})" for each in one.files)])


def plain(state: State, text: str) -> str:
    """Slack's mrkdwn as one reads it: names for mentions, labels for links."""

    def word(found: re.Match[str]) -> str:
        mark, name, label = found[1], found[2], found[3]
        if mark == "@":
            user = state.users.get(name)
            return f"@{user.name if user else label or name}"
        if mark == "#":
            channel = state.channels.get(name)
            return f"#{channel.name if channel else label or name}"
        return f"@{name}" if mark == "!" else label or name

    bare = _BOLD.sub(r"\1", _ENTITY.sub(word, text))
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _markdown(state: State, text: str) -> str:
    """A character after a backslash means itself, and so begins no emphasis and no link."""
    kept = _ESCAPED.sub(lambda found: chr(_ASIDE + ord(found[1])), text)
    bare = plain(state, _HEADING.sub("", _LINK.sub(r"\1", kept)))
    return "".join(chr(ord(one) - _ASIDE) if _ASIDE <= ord(one) < _ASIDE + 128 else one for one in bare)


def _block(state: State, block: Json) -> str:
    kind = block["type"]
    if kind == "markdown":
        return _markdown(state, block["text"])
    if kind == "header":
        return str(block["text"]["text"])
    if kind == "image":
        title = block.get("title", {}).get("text", "")
        return f"{title}\n{_picture(block)}" if title else _picture(block)
    if kind == "actions":
        return " ".join(_element(state, one) for one in block["elements"])
    if kind == "context":
        return " ".join(_element(state, one) for one in block["elements"])
    if kind == "section":
        parts = [block["text"]] if "text" in block else []
        rows = [*parts, *block.get("fields", []), *([block["accessory"]] if "accessory" in block else [])]
        return "\n".join(_element(state, one) for one in rows)
    return "———"


def _element(state: State, one: Json) -> str:
    if one["type"] == "button":
        return f"[{one['text']['text']}]"
    if one["type"] == "image":
        return _picture(one)
    return plain(state, one["text"]) if one["type"] == "mrkdwn" else str(one["text"])


def _picture(one: Json) -> str:
    return f"(picture: {one['alt_text']})"


def _all(blocks: list[Json]) -> list[Json]:
    """The blocks, and what is in them."""
    inner = [each for one in blocks if one.get("type") != "rich_text" for each in one.get("elements", [])]
    return [*blocks, *inner, *(one["accessory"] for one in blocks if "accessory" in one)]


def _file_of(block: Json) -> str:
    given: dict[str, str] = block["slack_file"]
    return given.get("id") or given["url"]


def _texts(blocks: list[Json]) -> list[str]:
    """What in blocks is mrkdwn or Markdown, where mentions count."""
    found: list[Any] = [one["text"] for one in blocks if one.get("type") == "markdown"]
    for one in _all(blocks):
        objects = [one, one.get("text"), *(one.get("fields") or [])]
        found += [each["text"] for each in objects if isinstance(each, dict) and each.get("type") == "mrkdwn"]
    return found


def _called(text: str) -> list[str]:
    return [
        ("!" if mark == "!" else "") + name for mark, name, _ in _ENTITY.findall(text) if mark in ("@", "!") and name
    ]
