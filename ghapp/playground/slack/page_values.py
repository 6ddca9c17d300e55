"""What the pages of the playground's Slack show, taken out of the room as plain values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from ghapp.playground.slack.page_text import Naming, markdown, mrkdwn
from ghapp.playground.slack.shown import SeenButton, buttons
from ghapp.playground.slack.state import Channel, File, Json, Message, State, User

_EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "eyes": "👀",
    "heavy_check_mark": "✔️",
    "hourglass_flowing_sand": "⏳",
    "octagonal_sign": "🛑",
    "rocket": "🚀",
    "stop_sign": "🛑",
    "tada": "🎉",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "x": "❌",
}
OFFERED = ("octagonal_sign", "+1", "eyes", "tada")
"""What one can react with; Slack has many more."""


@dataclass(frozen=True)
class Part:
    """A piece of a message. `kind` is text, header, line, small, picture, link, quote or buttons.

    `text` is of all but buttons: of a picture or a link what it shows, where `address` leads to.
    """

    kind: str
    text: str = ""
    address: str = ""
    buttons: tuple[SeenButton, ...] = ()


@dataclass(frozen=True)
class Line:
    """A message as one person sees it; `reactions` are name, sign, count and whether it is theirs, too."""

    ts: str
    root: str
    author: str
    is_app: bool
    when: str
    edited: bool
    only_you: bool
    replies: int
    parts: tuple[Part, ...]
    reactions: tuple[tuple[str, str, int, bool], ...]


@dataclass(frozen=True)
class Place:
    """A channel in the list of them. `label` is `#general`, or who one talks with; `last` when it was spoken last."""

    id: str
    label: str
    last: str
    private: bool


def sign(reaction: str) -> str:
    """The emoji with this name in Slack."""
    return _EMOJI.get(reaction, f":{reaction}:")


def visible(user: User, channel: Channel, home: bool) -> bool:
    """Whether somebody can look at a channel; full members of the team (`home`) walk into public ones."""
    return user in channel.members or (channel.kind == "channel" and home and not user.guest)


def places(state: State, user: User) -> list[Place]:
    """The channels that somebody can open, by name; direct messages last."""
    seen = [one for one in state.channels.values() if visible(user, one, user.team is state.home)]
    return [place(one, user) for one in sorted(seen, key=lambda one: (one.kind == "im", one.name))]


def place(channel: Channel, user: User) -> Place:
    """How a channel is called, and the time of what was said last."""
    other = next((one.name for one in channel.members if one is not user), channel.name)
    label = other if channel.kind == "im" else f"#{channel.name}"
    last = next(reversed(channel.messages.values()), None)
    return Place(channel.id, label, _clock(last.ts) if last else "", channel.kind == "group")


def lines(state: State, user: User, channel: Channel, root: str = "") -> list[Line]:
    """The channel itself, or one thread of it from its first message on, with what only this person sees."""
    whispers = [one for one in state.whispers if one.channel is channel and one.to is user]
    rows = [*channel.messages.values(), *whispers]
    if root:
        rows = [one for one in rows if one.root == root]
    else:
        rows = [one for one in rows if not one.thread_ts or one.broadcast]
    return [_line(state, user, one) for one in sorted(rows, key=lambda one: tuple(map(int, one.ts.split("."))))]


def _line(state: State, user: User, one: Message) -> Line:
    replies = sum(each.thread_ts == one.ts for each in one.channel.messages.values())
    reactions = tuple((name, sign(name), len(who), user in who) for name, who in one.reactions.items())
    return Line(
        one.ts,
        one.root,
        one.user.name,
        one.user.is_bot,
        _clock(one.ts),
        one.changes > 0 and not one.user.is_bot,
        one.to is not None,
        replies,
        tuple(_parts(state, one)),
        reactions,
    )


def _clock(ts: str) -> str:
    return f"{datetime.fromtimestamp(int(ts.partition('.')[0]), UTC):%H:%M}"


def _parts(state: State, one: Message) -> Iterator[Part]:
    """The blocks, or the text when there are none; then what was forwarded, and files."""
    blocks = [block for block in one.blocks if block.get("type") != "rich_text"]
    if not blocks and one.text:
        yield Part("text", mrkdwn(one.text, _naming(state)))
    for block in blocks:
        yield from _block(state, block)
    for each in one.fields.get("attachments", []):
        said = mrkdwn(each.get("text", ""), _naming(state))
        yield Part("quote", Markup("<b>{}</b><br>{}").format(each.get("author_name", ""), said))
    yield from (_file(each) for each in one.files)


def _file(file: File) -> Part:
    return Part(
        "picture" if file.mimetype.startswith("image/") else "link", file.title or file.name, f"files/{file.id}"
    )


def _naming(state: State) -> Naming:
    """Names of people and channels by their ids."""

    def name(mark: str, id_: str) -> str | None:
        found = state.users.get(id_) if mark == "@" else state.channels.get(id_) if mark == "#" else None
        return found.name if found else None

    return name


def _block(state: State, block: Json) -> Iterator[Part]:
    kind = block["type"]
    if kind == "markdown":
        yield Part("text", markdown(block["text"], _naming(state)))
    elif kind == "header":
        yield Part("header", block["text"]["text"])
    elif kind == "image":
        yield _picture(state, block)
    elif kind == "context":
        yield from (_small(state, one) for one in block["elements"])
    elif kind == "section":
        texts = [block["text"]] if "text" in block else []
        yield from (Part("text", _words(state, one)) for one in [*texts, *block.get("fields", [])])
        if block.get("accessory", {}).get("type") == "image":
            yield _picture(state, block["accessory"])
    elif kind == "divider":
        yield Part("line")
    if pressed := buttons([block]):
        yield Part("buttons", buttons=pressed)


def _small(state: State, one: Json) -> Part:
    return _picture(state, one) if one["type"] == "image" else Part("small", _words(state, one))


def _words(state: State, one: Json) -> str:
    return mrkdwn(one["text"], _naming(state)) if one["type"] == "mrkdwn" else str(one["text"])


def _picture(state: State, block: Json) -> Part:
    """A picture that is a file of Slack's; one from elsewhere is only a link, for nothing is loaded from there."""
    alt = block.get("title", {}).get("text") or block["alt_text"]
    if "image_url" in block:
        return Part("link", alt, block["image_url"])
    given = block["slack_file"]
    return Part("picture", alt, f"files/{given.get('id') or _id_in(state, given['url'])}")


def _id_in(state: State, url: str) -> str:
    return next((one for one in state.files if f"-{one}/" in url), "")
