"""A card as Slack's blocks. Slack refuses a message for one character too many, so all is cut to its limits here.

https://docs.slack.dev/reference/block-kit/blocks and what each of them is made of.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ghapp.core.chat import Button, Card, Confirm, Shown
from ghapp.slack import markdown

ACTION = "honk"
LEADS = "open"
"""Where a button only leads somewhere, Slack still tells us of the press. That begins nothing, so it is not `honk`."""

_TEXT = 11_000
"""Slack takes 12,000 characters of Markdown in a message, and translates them; that may make them more."""
_NOTE, _NOTICE, _ALT = 3_000, 300, 1_900
_LABEL, _VALUE, _URL = 75, 2_000, 3_000
_TITLE, _QUESTION, _ANSWER = 100, 300, 30
_BUTTONS, _PICTURES = 25, 10
_EMPTY = "…"

Json = dict[str, Any]


def blocks(card: Card) -> list[Json]:
    """The blocks of a card; never none."""
    found: list[Json] = []
    if text := markdown.block_text(card.text, _TEXT):
        found.append({"type": "markdown", "text": text})
    found += [_picture(shown) for shown in card.pictures[:_PICTURES]]
    if buttons := _buttons(card.buttons):
        found.append({"type": "actions", "elements": buttons})
    if note := markdown.small_text(card.note, _NOTE):
        found.append({"type": "context", "elements": [{"type": "mrkdwn", "text": note}]})
    return found or [{"type": "markdown", "text": _EMPTY}]


def notice(card: Card) -> str:
    """What a notification says of a card, and a reader of screens."""
    return markdown.plain(card.text, _NOTICE) or markdown.plain(card.note, _NOTICE) or _EMPTY


def _picture(shown: Shown) -> Json:
    alt = markdown.cut(markdown.quiet(shown.alt.strip()), _ALT) or _EMPTY
    return {"type": "image", "slack_file": {"id": shown.file}, "alt_text": alt}


def _buttons(buttons: Sequence[Button]) -> list[Json]:
    """The buttons that Slack can hold whole: half a value, or half an address, would be another one."""
    fit = [button for button in buttons if _fits(button)][:_BUTTONS]
    names = Counter(map(_action, fit))
    counted: Counter[str] = Counter()
    found = []
    for button in fit:
        name = _action(button)
        found.append(_button(button, name if names[name] == 1 else f"{name}:{counted[name]}"))
        counted[name] += 1
    return found


def _fits(button: Button) -> bool:
    is_address = not button.url or button.url.startswith(("https://", "http://"))
    return is_address and markdown.size(button.url) <= _URL and markdown.size(button.value) <= _VALUE


def _action(button: Button) -> str:
    return f"{LEADS if button.url else ACTION}:{markdown.cut(button.name, _LABEL)}"


def _button(button: Button, action: str) -> Json:
    found: Json = {"type": "button", "action_id": action, "text": _words(button.text, _LABEL)}
    found |= {name: text for name, text in (("value", button.value), ("url", button.url)) if text}
    if button.style:
        found["style"] = button.style
    if button.confirm is not None:
        found["confirm"] = _confirm(button.confirm, button.style)
    return found


def _confirm(confirm: Confirm, style: str) -> Json:
    found: Json = {
        "title": _words(confirm.title, _TITLE),
        "text": _words(confirm.text, _QUESTION),
        "confirm": _words(confirm.yes, _ANSWER),
        "deny": _words(confirm.no, _ANSWER),
    }
    return found | ({"style": style} if style else {})


def _words(text: str, most: int) -> Json:
    """Text in which nothing is markup."""
    return {"type": "plain_text", "text": markdown.cut(markdown.quiet(text.strip()), most) or _EMPTY}
