"""Blocks are held to Slack's published limits; whoever breaks one is told where."""

from collections.abc import Iterator
from typing import Any

import pytest

from ghapp.playground.slack.blocks import breaches
from tests.playground.slack_scene import Scene, button, row, scene, section


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene() as made:
        yield made


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _confirm(**more: Any) -> dict[str, Any]:
    asked = {"title": _plain("Merge?"), "text": _plain("Sure?"), "confirm": _plain("Merge"), "deny": _plain("Not now")}
    return asked | more


_PICTURE = {"type": "image", "alt_text": "a code", "slack_file": {"id": "F0123456789"}}

FINE: list[list[dict[str, Any]]] = [
    [section("x" * 3000)],
    [{"type": "section", "fields": [_plain("a"), _plain("b")], "accessory": button("Go", "go")}],
    [{"type": "header", "text": _plain("x" * 150)}, {"type": "divider"}],
    [{"type": "markdown", "text": "x" * 6000}, {"type": "markdown", "text": "x" * 6000}],
    [row(*(button("x" * 75, f"b{number}", "v" * 2000, style="danger") for number in range(25)))],
    [row(button("Merge", "x" * 255, url="https://e.org/" + "x" * 2986, confirm=_confirm(style="danger")))],
    [{"type": "context", "elements": [{"type": "mrkdwn", "text": "small"}] * 10}],
    [_PICTURE | {"title": _plain("Scan")}],
    [{"type": "divider"}] * 50,
]

WRONG: list[tuple[Any, str]] = [
    ("text", "not a list"),
    ([section("x" * 3001)], "/blocks/0/text/text"),
    ([section("")], "/blocks/0/text/text"),
    ([{"type": "section"}], "needs a text"),
    ([{"type": "header", "text": _plain("x" * 151)}], "/blocks/0/text/text"),
    ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "no text object"),
    ([{"type": "divider"}] * 51, "more than 50"),
    ([{"type": "markdown", "text": "x" * 6001}, {"type": "markdown", "text": "x" * 6000}], "12000 characters"),
    ([row(*(button("a", f"b{number}") for number in range(26)))], "1 to 25"),
    ([row()], "1 to 25"),
    ([row(button("x" * 76, "a"))], "/elements/0/text/text"),
    ([row(button("a", "x" * 256))], "/action_id"),
    ([row(button("a", "a", "v" * 2001))], "/value"),
    ([row(button("a", "a", url="x" * 3001))], "/url"),
    ([row(button("a", "a", style="green"))], "/style"),
    ([row(button("a", "one")), row(button("b", "one"))], "action_id 'one' twice"),
    ([section("a") | {"block_id": "b"}, section("a") | {"block_id": "b"}], "block_id 'b' twice"),
    ([row(button("a", "a", confirm=_confirm(title=_plain("x" * 101))))], "/confirm/title"),
    ([row(button("a", "a", confirm=_confirm(text=_plain("x" * 301))))], "/confirm/text"),
    ([row(button("a", "a", confirm=_confirm(confirm=_plain("x" * 31))))], "/confirm/confirm"),
    ([row(button("a", "a", confirm={"title": _plain("a")}))], "no 'deny'"),
    ([{"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}] * 11}], "1 to 10"),
    ([{"type": "image", "alt_text": "x"}], "needs either"),
    ([{"type": "image", "image_url": "https://e.org/a.png"}], "no 'alt_text'"),
    ([_PICTURE | {"image_url": "https://e.org/a.png"}], "needs either"),
    ([_PICTURE | {"slack_file": {"id": "https://e.org/a.png"}}], "/slack_file/id"),
    ([_PICTURE | {"slack_file": {}}], "/slack_file needs either"),
    ([section("a") | {"colour": "red"}], "unknown field 'colour'"),
    ([{"type": "table", "rows": []}], "not modelled"),
    ([row({"type": "datepicker", "action_id": "d"})], "not modelled"),
]


@pytest.mark.parametrize("blocks", FINE)
def test_what_fits_is_taken(blocks: list[dict[str, Any]]) -> None:
    """Blocks at the very limits are fine."""
    assert breaches(blocks) == []


@pytest.mark.parametrize(("blocks", "told"), WRONG)
def test_what_does_not_fit_is_told(blocks: Any, told: str) -> None:
    """One more than the limit, an unknown field or a missing one is a breach that says where."""
    assert any(told in one for one in breaches(blocks)), breaches(blocks)


def test_wrong_blocks_are_refused_and_kept(here: Scene) -> None:
    """The call is refused with `invalid_blocks`, nothing is written, and the test that did it fails."""
    wrong = [section("x" * 3001)]
    assert here.refusal("chat.postMessage", channel=here.general.id, text="x", blocks=wrong) == "invalid_blocks"
    assert here.slack.messages("general") == []
    assert "/blocks/0/text/text" in here.slack.violations.pop()
    metadata = {"event_type": "x", "payload": {}}
    given = {"channel": here.general.id, "text": "x", "metadata": metadata}
    assert here.refusal("chat.postMessage", **given) == "invalid_metadata_format"
    assert here.slack.violations.pop().startswith("metadata")


def test_a_message_is_shown_as_a_phone_shows_it(here: Scene) -> None:
    """Marks of emphasis go, links show their label, people their name, pictures what they show, buttons brackets."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain("Build 7")},
        {"type": "markdown", "text": "## Login\n**Ready** for [review](https://e.org/1) on `main`"},
        section(f"*Asked* by <@{here.ana.id}> in <#{here.general.id}> &lt;now&gt; <https://e.org|here>"),
        {"type": "image", "alt_text": "a QR code", "image_url": "https://e.org/a.png"},
        row(button("Merge", "m", style="primary"), button("Not yet", "n")),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "expires in 7 days"}]},
    ]
    here.client.chat_postMessage(channel=here.general.id, text="Build 7", blocks=blocks)
    [seen] = here.slack.messages("general")
    assert seen.shown.splitlines() == [
        "Build 7",
        "Login",
        "Ready for review on `main`",
        "Asked by @Ana in #general <now> here",
        "(picture: a QR code)",
        "[Merge] [Not yet]",
        "expires in 7 days",
    ]
    assert (seen.mentions, [one.style for one in seen.buttons]) == ((here.ana.id,), ["primary", ""])


def test_who_is_called_by_a_message_is_known(here: Scene) -> None:
    """Calling everybody shows, wherever it hides in the blocks; escaped it calls nobody."""
    here.client.chat_postMessage(channel=here.general.id, text="x", blocks=[section("<!channel> <!subteam^S1>")])
    here.client.chat_postMessage(channel=here.general.id, text="x", blocks=[section("&lt;!channel&gt; @channel")])
    assert [one.mentions for one in here.slack.messages("general")] == [("!channel", "!subteam^S1"), ()]
