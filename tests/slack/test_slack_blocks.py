"""Cards as blocks: within Slack's limits whatever is in them, and calling nobody."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core.chat import Button, Card, Confirm, Shown
from ghapp.core.disarm import plain
from ghapp.playground.slack.blocks import breaches
from ghapp.slack import markdown
from ghapp.slack.blocks import blocks, notice

HOSTILE = "<!channel> <!here|x> <@U0ANA> <#C0GENERAL> &lt;!everyone&gt; @here @channel @everyone"


def _block(card: Card, kind: str) -> Any:
    (found,) = [block for block in blocks(card) if block["type"] == kind]
    return found


def test_a_card_is_text_pictures_buttons_and_a_small_line() -> None:
    """In this order, as a phone shows them."""
    confirm = Confirm("Merge it?", "Commit a1b2 goes to main.", "Merge")
    card = Card(
        "**Green.** See [the change](https://a.example/1)",
        (Button("merge", "Merge", "a1b2", "primary", confirm), Button("build", "Open", url="https://a.example/b")),
        (Shown("F0QR", "A code that leads to the build"),),
        "by [Honk](https://a.example) · `a1b2`",
    )
    words = {name: {"type": "plain_text", "text": text} for name, text in _WORDS.items()}
    ask = {"title": words["title"], "text": words["text"], "confirm": words["yes"], "deny": words["no"]}
    merge = {"type": "button", "action_id": "honk:merge", "text": words["merge"], "value": "a1b2", "style": "primary"}
    leads = {"type": "button", "action_id": "open:build", "text": words["open"], "url": "https://a.example/b"}
    assert blocks(card) == [
        {"type": "markdown", "text": "**Green.** See [the change](https://a.example/1)"},
        {"type": "image", "slack_file": {"id": "F0QR"}, "alt_text": "A code that leads to the build"},
        {"type": "actions", "elements": [merge | {"confirm": ask | {"style": "primary"}}, leads]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "by <https://a.example|Honk> · `a1b2`"}]},
    ]
    assert breaches(blocks(card)) == []


_WORDS = {
    "title": "Merge it?",
    "text": "Commit a1b2 goes to main.",
    "yes": "Merge",
    "no": "Not now",
    "merge": "Merge",
    "open": "Open",
}


def test_several_buttons_of_a_name_are_kept_apart() -> None:
    """Slack wants every action once; the value says which it was."""
    card = Card("Where?", (Button("choose", "web", "7 fix"), Button("choose", "api", "8 fix"), Button("cancel", "No")))
    names = [one["action_id"] for one in _block(card, "actions")["elements"]]
    assert names == ["honk:choose:0", "honk:choose:1", "honk:cancel"]


def test_a_button_that_slack_cannot_hold_whole_is_left_out() -> None:
    """Half a commit, or half an address, would be another one; and an address is one of the web."""
    bad = [Button("a", "A", "x" * 2001), Button("b", "B", url="https://a.example/" + "x" * 3000)]
    bad.append(Button("c", "C", url="javascript:alert(1)"))
    kinds = [block["type"] for block in blocks(Card("Hm", tuple(bad)))]
    assert kinds == ["markdown"]


def test_an_empty_card_is_a_message_still() -> None:
    """Slack takes no message without text."""
    assert breaches(blocks(Card(""))) == []
    assert notice(Card(" ")) != ""


def test_a_notification_is_plain() -> None:
    """The first lines, without marks, and with nothing that Slack reads as markup."""
    card = Card("## Done\n\n- [x] **tests** in `a_b.py`\n- see [CI](https://a.example)\n> 1 < 2 & 3")
    assert notice(card) == "Done\ntests in a_b.py\nsee CI\n1 &lt; 2 &amp; 3"


def test_a_title_of_others_may_be_the_label_of_our_link() -> None:
    """It is disarmed by backslashes, which are for Markdown alone."""
    link = f"[{plain('a [b] *c*')}](https://a.example/1)"
    assert notice(Card(link)) == "a [b] *c*"
    assert markdown.small_text(link, 3000) == "<https://a.example/1|a [b] *c*>"
    assert _block(Card(link), "markdown")["text"] == link


def test_a_long_text_is_cut_and_its_code_closed() -> None:
    """What follows would be code otherwise."""
    text = _block(Card("```\n" + "x" * 20_000), "markdown")["text"]
    assert len(text) < 12_000
    assert text.endswith("…\n```")


def test_nobody_is_called_by_the_text_of_others() -> None:
    """Neither the room, nor a person, in no part of a card; what is read stays the same."""
    button = Button("merge", HOSTILE, HOSTILE, confirm=Confirm(HOSTILE, HOSTILE, HOSTILE))
    card = Card(HOSTILE, (button,), (Shown("F0QR", HOSTILE),), f"{HOSTILE} [{HOSTILE[:20]}](https://a.example/@here)")
    for text in [notice(card), *_texts(card)]:
        assert not re.search(r"<[!@#]|&lt;[!@#]|(?<![\w/])@(here|channel|everyone)\b", text), text
    assert _block(card, "markdown")["text"].replace("\u2060", "") == HOSTILE
    assert "https://a.example/@here" in _block(card, "context")["elements"][0]["text"], "an address stays whole"


def _texts(card: Card) -> list[str]:
    found = [_block(card, "markdown")["text"], _block(card, "image")["alt_text"]]
    found.append(_block(card, "context")["elements"][0]["text"].replace("https://a.example/@here", ""))
    (button,) = _block(card, "actions")["elements"]
    return [*found, button["text"]["text"], *(each["text"] for each in button["confirm"].values())]


@pytest.mark.parametrize(
    "text", ["[bank](https://evil.example)", "<https://evil.example|bank>", "**[b](https://e.x)**"]
)
def test_disarmed_text_hides_no_link_in_the_small_line(text: str) -> None:
    """There Slack's own markup is read: what was escaped as Markdown must not become a link in it."""
    small = markdown.small_text(plain(text), 3000)
    assert "<" not in small
    assert "evil.example" in small or "e.x" in small


_TEXTS = st.text(max_size=400) | st.sampled_from([HOSTILE * 200, "&" * 13_000, "😀" * 13_000, "`" * 999, "[a](", " "])
_NAMES = st.sampled_from(["merge", "choose", "link", "stop"])
_BUTTONS = st.builds(
    Button,
    _NAMES,
    _TEXTS,
    _TEXTS,
    st.sampled_from(["", "primary", "danger"]),
    st.none() | st.builds(Confirm, _TEXTS, _TEXTS, _TEXTS, _TEXTS),
    st.sampled_from(["", "https://a.example", "https://a.example/" + "x" * 4000]),
)
_CARDS = st.builds(
    Card,
    _TEXTS,
    st.lists(_BUTTONS, max_size=40).map(tuple),
    st.lists(st.builds(Shown, st.just("F0QR"), _TEXTS), max_size=20).map(tuple),
    _TEXTS,
)


@given(_CARDS)
def test_slack_takes_every_card(card: Card) -> None:
    """Its own limits, as the playground holds them, also when an emoji counts as two."""
    found = blocks(card)
    assert breaches(found) == []
    assert all(markdown.size(block["text"]) <= 12_000 for block in found if block["type"] == "markdown")
    assert all(markdown.size(block["elements"][0]["text"]) <= 3000 for block in found if block["type"] == "context")
    assert 1 <= len(notice(card)) <= 2_000


@given(st.text(alphabet="<>&!@#|hereanl`*[](): /.\\", max_size=60))
def test_no_text_calls_anybody(text: str) -> None:
    """However it is put together, in each of the three ways that we write text."""
    for shown in (markdown.block_text(text, 900), markdown.small_text(text, 900), markdown.plain(text, 900)):
        assert not re.search(r"<[!@#]|&lt;[!@#]", shown)
        assert not re.search(r"(?<![\w/])@here\b", shown)
