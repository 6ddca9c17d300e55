"""Comment bodies as safe HTML, near enough to GitHub's for a person to read: tables, task lists, folded parts, `#12`.

No HTML of a body is ever passed on. It is parsed, so that comments can be hidden and the few harmless tags that Honk
writes can be written anew; everything else in it is shown as text.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

Env = MutableMapping[str, Any]

MAX_BODY = 65_536  # characters; GitHub refuses longer ones

_TAGS = ("details", "summary", "sub", "sup", "kbd", "br")
_HTML = re.compile(rf"(<!--.*?(?:-->|\Z))|(</?(?:{'|'.join(_TAGS)})(?: open)? ?/?>)", re.DOTALL)
_REFERENCE = re.compile(r"(?<![\w/#&])#(\d{1,9})\b")
_TASK = re.compile(r"\[([ xX])\] ")


def render(text: str | None, full_name: str) -> Markup:
    """The body of an issue or comment in the repository ``full_name`` as HTML."""
    # render() escapes all that is not Markdown's own; see _html for what a body may bring.
    return Markup(_MARKDOWN.render((text or "")[:MAX_BODY], {"repository": full_name}))  # noqa: S704


def _html(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    parts = _HTML.split(tokens[index].content)
    # split() with two groups answers text, comment, tag, text, comment, tag, …
    shown = [part if place % 3 == 2 else escape(part) for place, part in enumerate(parts) if part and place % 3 != 1]
    return "".join(shown)


def _text(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    text = escape(tokens[index].content)
    before = [token.type for token in tokens[:index]]
    if before.count("link_open") > before.count("link_close"):
        return text
    return _REFERENCE.sub(rf'<a href="/{escape(env["repository"])}/issues/\1">#\1</a>', text)


def _box(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: Env) -> str:
    return f'<input type="checkbox" disabled{" checked" if tokens[index].meta["done"] else ""}> '


def _find_tasks(state: StateCore) -> None:
    """Turn `[ ]` at the beginning of a list item into a box."""
    for index, token in enumerate(state.tokens):
        in_item = index >= 2 and state.tokens[index - 2].type == "list_item_open"
        found = _TASK.match(token.content) if in_item and token.type == "inline" else None
        if found and token.children and token.children[0].type == "text":
            token.children[0].content = token.children[0].content[found.end() :]
            token.children.insert(0, Token("task_box", "input", 0, meta={"done": found[1] != " "}))


def _parser() -> MarkdownIt:
    # `html` makes the parser see HTML, so that the rules below can deal with it; none is passed on.
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.core.ruler.push("task_boxes", _find_tasks)
    for name, rule in (("html_block", _html), ("html_inline", _html), ("text", _text), ("task_box", _box)):
        parser.add_render_rule(name, rule)
    return parser


_MARKDOWN = _parser()
