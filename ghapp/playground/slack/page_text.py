"""Slack's texts as safe HTML for the pages: its own mrkdwn, and the Markdown of `markdown` blocks.

https://docs.slack.dev/messaging/formatting-message-text, https://docs.slack.dev/reference/block-kit/blocks/markdown-block
"""

import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

Naming = Callable[[str, str], str | None]
"""The name behind a mark (`@`, `#`) and an id; None when there is none."""
Env = MutableMapping[str, Any]

_ENTITY = r"<(?P<mark>[@#!]?)(?P<name>[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>"
_MRKDWN = re.compile(
    r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|" + _ENTITY + r"|(?<!\w)\*(?P<b>[^*\n]+)\*(?!\w)"
    r"|(?<!\w)_(?P<i>[^_\n]+)_(?!\w)|(?<!\w)~(?P<s>[^~\n]+)~(?!\w)",
    re.DOTALL,
)
_IN_TEXT = re.compile(rf"{_ENTITY}|(?P<address>https?://[^\s<>]+[\w/])")
_TASK = re.compile(r"\[([ xX])\] ")
_LINK = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')
_CALL = Markup('<span class="call">{}{}</span>')
_BOX = Markup('<span class="box">{}</span> ')
_TAGS = {one: Markup(f"<{one}>{{}}</{one}>") for one in ("pre", "code", "b", "i", "s")}  # noqa: S704 - names of tags


def mrkdwn(text: str, naming: Naming) -> Markup:
    """What Slack's apps and people send, in which `&<>` are escaped already."""
    found, done = [], 0
    for piece in _MRKDWN.finditer(text):
        found += [_plain(text[done : piece.start()]), _marked(piece, naming)]
        done = piece.end()
    return Markup().join([*found, _plain(text[done:])])


def markdown(text: str, naming: Naming) -> Markup:
    """The text of a `markdown` block. HTML in it is shown as text, and pictures are links, as in Slack."""
    # render() escapes all that is not Markdown's own.
    return Markup(_MARKDOWN.render(text, {"naming": naming}))  # noqa: S704


def _plain(text: str) -> Markup:
    return escape(_unescaped(text)).replace("\n", Markup("<br>"))


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _marked(piece: re.Match[str], naming: Naming) -> Markup:
    kind = piece.lastgroup or ""
    if piece["name"]:
        return _entity(piece, naming)
    inner = escape(_unescaped(piece[kind].strip("\n"))) if kind in ("pre", "code") else mrkdwn(piece[kind], naming)
    return _TAGS[kind].format(inner)


def _entity(piece: re.Match[str], naming: Naming) -> Markup:
    mark, name, label = piece["mark"], _unescaped(piece["name"]), _unescaped(piece["label"] or "")
    if mark:
        return _CALL.format("@" if mark == "!" else mark, naming(mark, name) or label or name)
    if name.startswith(("https://", "http://")):
        return _LINK.format(name, label or name)
    return escape(_unescaped(piece[0]))


def _text(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    """Text of a paragraph: a box at its beginning, mentions, and addresses that stand alone."""
    text, before = tokens[index].content, [token.type for token in tokens[:index]]
    if before.count("link_open") > before.count("link_close"):
        return str(escape(text))
    box = _TASK.match(text) if index == 0 else None
    found = [_BOX.format("☐" if box[1] == " " else "☑")] if box else []
    done = box.end() if box else 0
    for piece in _IN_TEXT.finditer(text, done):
        address = piece["address"]
        shown = _LINK.format(address, address) if address else _entity(piece, env["naming"])
        found += [escape(text[done : piece.start()]), shown]
        done = piece.end()
    return str(Markup().join([*found, escape(text[done:])]))


def _link_open(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    return str(_LINK.format(tokens[index].attrGet("href") or "", "")).removesuffix("</a>")


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    address = str(tokens[index].attrGet("src") or "")
    return str(_LINK.format(address, tokens[index].content or address))


def _parser() -> MarkdownIt:
    # It leaves links out that lead elsewhere than to an address on the web, such as `javascript:`.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    for name, rule in (("text", _text), ("link_open", _link_open), ("image", _image)):
        parser.add_render_rule(name, rule)
    return parser


_MARKDOWN = _parser()
