"""Whether blocks are as Slack's reference allows: its fields, their kinds, and its limits.

https://docs.slack.dev/reference/block-kit/blocks. Only what the project uses is modelled; any other type is a breach.
"""

import copy
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from ghapp.playground.slack.state import Json

MOST_BLOCKS = 50
MOST_MARKDOWN = 12_000  # characters of all markdown blocks of one message together
_ACTION_ID, _BLOCK_ID = 255, 255
_FILE_ID = re.compile(r"F[A-Z0-9]+")

Breaches = Iterator[str]


def breaches(blocks: object) -> list[str]:
    """What is wrong with the blocks of a message, each with where it is; empty when all is well."""
    if not isinstance(blocks, list) or not all(isinstance(one, dict) for one in blocks):
        return ["blocks is not a list of objects"]
    found = [f"/blocks/{index}{each}" for index, one in enumerate(blocks) for each in _block(one)]
    if len(blocks) > MOST_BLOCKS:
        found.append(f"/blocks has more than {MOST_BLOCKS}")
    if sum(len(str(one.get("text"))) for one in blocks if one.get("type") == "markdown") > MOST_MARKDOWN:
        found.append(f"/blocks has more than {MOST_MARKDOWN} characters of markdown")
    return found + _twice(blocks, "block_id") + _twice(list(elements(blocks)), "action_id")


def elements(blocks: list[Json]) -> Iterator[Json]:
    """What can be pressed in the blocks, in order."""
    for block in blocks:
        if block.get("type") == "actions":
            yield from (one for one in block.get("elements", []) if isinstance(one, dict))
        elif block.get("type") == "section" and block.get("accessory", {}).get("type") == "button":
            yield block["accessory"]


def completed(blocks: list[Json]) -> list[Json]:
    """The blocks as Slack keeps them: what has no id is given one."""
    made = copy.deepcopy(blocks)
    for block in made:
        block.setdefault("block_id", secrets.token_hex(3))
    for element in elements(made):
        element.setdefault("action_id", secrets.token_hex(3))
    return made


def _twice(rows: list[Json], name: str) -> list[str]:
    given = [row[name] for row in rows if row.get(name)]
    return [f"/blocks has {name} {one!r} twice" for one in sorted({str(x) for x in given if given.count(x) > 1})]


def _block(block: Json) -> Breaches:
    check = _BLOCKS.get(str(block.get("type")))
    if check is None:
        yield f" has the type {block.get('type')!r}, which is not modelled"
        return
    yield from check(block)
    yield from _text_of(block, "block_id", _BLOCK_ID, needed=False)


def _fields(one: Json, needed: str, allowed: str = "") -> Breaches:
    known = {"type", *needed.split(), *allowed.split()}
    yield from (f" has an unknown field {name!r}" for name in one if name not in known)
    yield from (f" has no {name!r}" for name in needed.split() if name not in one)


def _text_of(one: Json, name: str, most: int, *, needed: bool = True) -> Breaches:
    """A plain string of at least one character."""
    if name not in one:
        return
    value = one[name]
    if not isinstance(value, str) or len(value) > most or (needed and not value):
        yield f"/{name} must be 1 to {most} characters"


def _text_object(one: Json, name: str, most: int, *, plain: bool = False) -> Breaches:
    """https://docs.slack.dev/reference/block-kit/composition-objects/text-object"""
    if name not in one:
        return
    given = one[name]
    if not isinstance(given, dict) or given.get("type") not in (("plain_text",) if plain else ("plain_text", "mrkdwn")):
        yield f"/{name} is no text object of an allowed type"
        return
    allowed = "emoji" if given["type"] == "plain_text" else "verbatim"
    yield from (f"/{name}{each}" for each in _fields(given, "text", allowed))
    yield from (f"/{name}{each}" for each in _text_of(given, "text", most))


def _section(block: Json) -> Breaches:
    yield from _fields(block, "", "text block_id fields accessory expand")
    yield from _text_object(block, "text", 3000)
    fields = block.get("fields", [])
    if not (block.get("text") or fields) or not isinstance(fields, list) or len(fields) > 10:
        yield " needs a text, or 1 to 10 fields"
        return
    for index in range(len(fields)):
        yield from (f"/fields{each}" for each in _text_object({str(index): fields[index]}, str(index), 2000))
    if "accessory" in block:
        yield from (
            f"/accessory{each}" for each in _element(block["accessory"], {"button": _button, "image": _picture})
        )


def _header(block: Json) -> Breaches:
    yield from _fields(block, "text", "block_id")
    yield from _text_object(block, "text", 150, plain=True)


def _divider(block: Json) -> Breaches:
    yield from _fields(block, "", "block_id")


def _markdown(block: Json) -> Breaches:
    yield from _fields(block, "text", "block_id")
    yield from _text_of(block, "text", MOST_MARKDOWN)


def _list(block: Json, most: int, kinds: dict[str, "Check"]) -> Breaches:
    yield from _fields(block, "elements", "block_id")
    rows = block.get("elements")
    if not isinstance(rows, list) or not 1 <= len(rows) <= most:
        yield f"/elements must be 1 to {most}"
        return
    for index, one in enumerate(rows):
        yield from (f"/elements/{index}{each}" for each in _element(one, kinds))


def _element(one: Any, kinds: dict[str, "Check"]) -> Breaches:
    check = kinds.get(str(one.get("type"))) if isinstance(one, dict) else None
    if check is None:
        yield f" is of a type that is not modelled here: {one!r:.80}"
    else:
        yield from check(one)


def _actions(block: Json) -> Breaches:
    yield from _list(block, 25, {"button": _button})


def _context(block: Json) -> Breaches:
    yield from _list(block, 10, {"image": _picture, "mrkdwn": _small_text, "plain_text": _small_text})


def _small_text(one: Json) -> Breaches:
    yield from _text_object({"": one}, "", 3000)


def _button(one: Json) -> Breaches:
    """https://docs.slack.dev/reference/block-kit/block-elements/button-element"""
    yield from _fields(one, "text", "action_id url value style confirm accessibility_label")
    yield from _text_object(one, "text", 75, plain=True)
    for name, most in (("action_id", _ACTION_ID), ("url", 3000), ("value", 2000), ("accessibility_label", 75)):
        yield from _text_of(one, name, most)
    if one.get("style", "primary") not in ("primary", "danger"):
        yield "/style must be primary or danger"
    if "confirm" in one:
        yield from (f"/confirm{each}" for each in _confirm(one["confirm"]))


def _confirm(one: Json) -> Breaches:
    """https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object"""
    if not isinstance(one, dict):
        yield " is no object"
        return
    yield from _fields(one, "title text confirm deny", "style")
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _text_object(one, name, most, plain=name != "text")
    if one.get("style", "primary") not in ("primary", "danger"):
        yield "/style must be primary or danger"


def _image(block: Json) -> Breaches:
    yield from _source(block, "title block_id")
    yield from _text_object(block, "title", 2000, plain=True)


def _picture(one: Json) -> Breaches:
    yield from _source(one, "")


def _source(one: Json, allowed: str) -> Breaches:
    """Where a picture is: either a public address or a file of Slack's."""
    yield from _fields(one, "alt_text", f"image_url slack_file {allowed}")
    yield from _text_of(one, "alt_text", 2000)
    yield from _text_of(one, "image_url", 3000)
    if ("image_url" in one) == ("slack_file" in one):
        yield " needs either image_url or slack_file"
    if "slack_file" in one:
        yield from _slack_file(one["slack_file"])


def _slack_file(given: Any) -> Breaches:
    """https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object"""
    if not isinstance(given, dict) or set(given) not in ({"id"}, {"url"}):
        yield "/slack_file needs either an id or a url"
    elif "id" in given and not _FILE_ID.fullmatch(str(given["id"])):
        yield "/slack_file/id is no id of a file"


Check = Callable[[Json], Breaches]
_BLOCKS: dict[str, Check] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "markdown": _markdown,
    "actions": _actions,
    "context": _context,
    "image": _image,
}
