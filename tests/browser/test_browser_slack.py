"""The playground's Slack on a phone: what a person sees there, types and presses."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator

from ghapp.playground.slack import pages
from tests.browser.phone import Phone
from tests.playground.slack_scene import Scene, button, row, scene

SQUARE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db000"
    "00000049454e44ae426082"
)
ASKS = {
    "title": {"type": "plain_text", "text": "Merge #7?"},
    "text": {"type": "plain_text", "text": "1a2b3c4 goes to main, and from there to production."},
    "confirm": {"type": "plain_text", "text": "Merge"},
    "deny": {"type": "plain_text", "text": "Not now"},
}


@pytest.fixture
def here() -> Iterator[Scene]:
    """A workspace with pages; Ana and the app are in #general."""
    with scene(blueprints=lambda slack: [pages.blueprint(slack)]) as made:
        yield made


def _general(phone: Phone, here: Scene, thread: str = "", person: str = "") -> None:
    """Look at #general as somebody, Ana unless told otherwise."""
    address = f"{here.slack.base_url}/as/{person or here.ana.id}/{here.general.id}"
    phone.open(f"{address}/{thread}" if thread else address)


def _message(phone: Phone, ts: str) -> Locator:
    return phone.page.locator(f'article[id="m-{ts}"]')


def _type(phone: Phone, text: str) -> None:
    phone.page.get_by_label("Message").fill(text)
    phone.send("Send")


def test_a_person_asks_and_reads_the_answer_in_the_thread(phone: Phone, here: Scene) -> None:
    """They pick who they are, type in a channel, open the thread, and see what comes without reloading."""
    phone.open(here.slack.base_url)
    phone.page.get_by_role("link", name="Ana").tap()
    phone.page.get_by_role("link", name="#general").tap()
    _type(phone, "@Honk the login page is broken & <b>red</b>")
    phone.wait_for("the login page is broken & <b>red</b>")
    (said,) = here.slack.messages("general")
    assert said.text == f"<@{here.slack.app.bot.id}> the login page is broken &amp; &lt;b&gt;red&lt;/b&gt;"
    here.slack.settle()
    assert [one["type"] for one in here.ear.events()] == ["app_mention", "message"]
    here.client.chat_postMessage(channel=here.general.id, thread_ts=said.ts, text="On it.")
    phone.wait_for("1 reply")
    phone.tap("1 reply")
    _type(phone, "please do")
    phone.wait_for("please do")
    here.client.chat_postMessage(channel=here.general.id, thread_ts=said.ts, text="*Done*")
    phone.wait_for("Done")
    assert [one.text for one in here.slack.messages("general", thread=said.ts)][1:] == ["On it.", "please do", "*Done*"]
    assert phone.page.locator("article b", has_text="Done").count() == 1
    assert phone.is_narrow()
    assert phone.is_in_sight(phone.page.get_by_label("Message"))
    phone.shot("slack-thread")


def test_a_button_asks_before_it_counts(phone: Phone, here: Scene) -> None:
    """No is no, yes is sent once with the value that was shown; a question that is open is not taken away."""
    merge = button("Merge", "honk:merge", "1a2b3c4", style="primary", confirm=ASKS)
    blocks = [{"type": "markdown", "text": "CI is green."}, row(merge, button("Not yet", "honk:not-yet"))]
    ts = here.client.chat_postMessage(channel=here.general.id, text="CI is green.", blocks=blocks)["ts"]
    here.forget()
    _general(phone, here)
    question = phone.page.locator(".ask:popover-open")
    phone.tap("Merge")
    assert "and from there to production" in question.inner_text()
    assert phone.is_in_sight(question)
    phone.shot("slack-confirm")
    phone.tap("Not now", question)
    question.wait_for(state="hidden")
    here.slack.settle()
    assert here.ear.payloads == []
    phone.tap("Merge")
    here.client.chat_update(channel=here.general.id, ts=ts, text="A newer push came.")
    here.forget()
    phone.send("Merge", question)
    phone.wait_for("A newer push came.")
    here.slack.settle()
    (pressed,) = here.ear.payloads
    assert [(one["action_id"], one["value"]) for one in pressed["actions"]] == [("honk:merge", "1a2b3c4")]
    assert (pressed["user"]["id"], pressed["container"]["message_ts"]) == (here.ana.id, ts)


def test_what_can_be_done_with_a_message(phone: Phone, here: Scene) -> None:
    """Its menu stops by reaction, asks Honk by the shortcut, and opens a thread; a second tap takes a reaction back."""
    ts = here.ana.says("general", "Sums are off by one cent")
    here.forget()
    _general(phone, here)
    message = _message(phone, ts)
    phone.tap("More", message)
    phone.shot("slack-menu")
    phone.send("React with octagonal_sign")
    message.get_by_role("button", name="🛑 1").wait_for()
    assert here.slack.messages("general")[0].reactions == {"octagonal_sign": ("ana",)}
    phone.send("🛑 1", message)
    message.get_by_role("button", name="🛑 1").wait_for(state="hidden")
    phone.tap("More", message)
    phone.send("Ask Honk")
    here.slack.settle()
    assert [one.get("event", one)["type"] for one in here.ear.payloads] == ["reaction_added", "message_action"]
    phone.tap("More", message)
    phone.tap("Reply in thread")
    phone.page.wait_for_url(f"**/{here.general.id}/{ts}")


def test_a_command_is_answered_to_its_person_alone(phone: Phone, here: Scene) -> None:
    """What `/honk` is answered with stands on the page of the one who typed it, and on nobody else's."""
    here.ear.answers.append((200, b"Nothing is going on.", {}))
    bob = here.slack.member("bob", name="Bob")
    bob.joins("general")
    _general(phone, here)
    _type(phone, "/honk status")
    phone.wait_for("Nothing is going on.")
    phone.wait_for("Only visible to you")
    phone.shot("slack-whisper")
    assert [(one["command"], one["text"]) for one in here.ear.payloads] == [("/honk", "status")]
    _general(phone, here, person=bob.id)
    assert "Nothing is going on." not in phone.text()
    assert here.slack.messages("general") == []


def test_hostile_texts_are_only_text(phone: Phone, here: Scene) -> None:
    """No markup, script or address of others works, in whatever part of a message it is; all of it can be read."""
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    escaped = evil.replace("<", "&lt;").replace(">", "&gt;")
    blocks: list[dict[str, Any]] = [
        {
            "type": "markdown",
            "text": f"{evil}\n\n[tap](javascript:alert(3)) `{evil}`\n\n![p](http://127.0.0.1:1/x.png)",
        },
        {"type": "section", "text": {"type": "mrkdwn", "text": f"{escaped} *{escaped}* <javascript:alert(4)|tap>"}},
        {"type": "header", "text": {"type": "plain_text", "text": evil}},
        row(button(evil[:70], "honk:x", evil, confirm=ASKS | {"text": {"type": "plain_text", "text": evil}})),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped}]},
    ]
    here.slack.member("eve", name=evil).says("general", f"{evil} {'W' * 300} <!channel>")
    here.client.chat_postMessage(channel=here.general.id, text="x", blocks=blocks)
    _general(phone, here)
    assert phone.text().count(evil) >= 7
    assert phone.page.locator("main img, main script").count() == 0
    hrefs = phone.page.locator("main a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert [one for one in hrefs if not one.startswith("/as/")] == ["http://127.0.0.1:1/x.png"]
    assert phone.is_narrow()
    phone.shot("slack-hostile")


def test_pictures_are_shown_and_files_are_sent(phone: Phone, here: Scene) -> None:
    """A picture from the phone is in the message, and on the page."""
    _general(phone, here)
    phone.page.locator("input[type=file]").set_input_files(
        {"name": "red.png", "mimeType": "image/png", "buffer": SQUARE}
    )
    _type(phone, "it looks like this")
    picture = phone.page.get_by_alt_text("red.png")
    picture.wait_for()
    assert picture.evaluate("one => one.complete && one.naturalWidth") == 1
    (said,) = here.slack.messages("general")
    assert (said.files, [one.content for one in here.slack.state.files.values()]) == (("red.png",), [SQUARE])


def test_another_site_cannot_speak_for_a_person(phone: Phone, here: Scene) -> None:
    """A form of a page elsewhere is refused, and nothing is said."""
    target = f"{here.slack.base_url}/as/{here.ana.id}/{here.general.id}/say"
    phone.page.route(
        "http://localhost/evil",
        lambda route: route.fulfill(
            body=f'<form method=post action="{target}"><input name=text value=hi><button>Go</button></form>',
            content_type="text/html",
        ),
    )
    phone.open("http://localhost/evil")
    phone.tap("Go")
    phone.wait_for("Another site sent this.")
    assert here.slack.messages("general") == []
    phone.problems.clear()  # the console tells of the refusal
