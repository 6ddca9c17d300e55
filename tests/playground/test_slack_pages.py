"""The pages of the playground's Slack over HTTP: who sees what, and what is refused. `tests/browser` looks at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from ghapp.playground.slack import pages
from tests.playground.slack_scene import Scene, button, row, scene


@dataclass(frozen=True)
class Browser:
    """Asks for pages; paths are from the workspace's address on."""

    root: str

    def get(self, path: str, status: int = 200) -> str:
        answer = requests.get(f"{self.root}{path}", timeout=20)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, status: int = 303, /, **form: Any) -> str:
        """Where it leads to, without the address of the workspace; or what it says."""
        answer = requests.post(f"{self.root}{path}", data=form, timeout=20, allow_redirects=False)
        assert answer.status_code == status, answer.text
        return answer.headers.get("Location", answer.text)


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene(blueprints=lambda slack: [pages.blueprint(slack)]) as made:
        yield made


@pytest.fixture
def browser(here: Scene) -> Browser:
    return Browser(here.slack.base_url)


def test_one_can_be_any_person_and_no_bot(here: Scene, browser: Browser) -> None:
    """Members, guests and strangers are listed for what they are; bots and who has left are not."""
    here.slack.guest("gus", name="Gus")
    here.slack.stranger("sam", name="Sam")
    bot, left = here.slack.bot("other", name="Otherbot"), here.slack.member("lea", name="Lea")
    here.slack.deactivate(left)
    page = browser.get("/")
    for shown in ("Ana", "Gus", "@gus guest", "Sam", "of Elsewhere"):
        assert shown in page
    assert "Otherbot" not in page
    assert "Lea" not in page
    for gone in (bot, left, here.slack.app.bot):
        browser.get(f"/as/{gone.id}", 404)


def test_channels_are_open_as_in_slack(here: Scene, browser: Browser) -> None:
    """A member sees public channels, and private ones that they are in; a guest sees only where they are."""
    secret = here.slack.channel("secret", here.slack.member("bob"), private=True)
    gus = here.slack.guest("gus")
    assert "#general" in browser.get(f"/as/{here.ana.id}")
    assert "#secret" not in browser.get(f"/as/{here.ana.id}")
    assert "#general" not in browser.get(f"/as/{gus.id}")
    for who, channel in ((here.ana.id, secret.id), (gus.id, here.general.id)):
        browser.get(f"/as/{who}/{channel}", 404)
        browser.post(f"/as/{who}/{channel}/say", 404, text="hello")
    assert here.slack.messages("general") == []


def test_a_link_to_a_message_leads_to_its_thread(here: Scene, browser: Browser) -> None:
    """The address that the app gives to others asks who one is, and then shows the thread, of a reply too."""
    ts = here.ana.says("general", "it is red")
    reply = here.ana.says("general", "very", ts)
    for one in (ts, reply):
        link = here.client.chat_getPermalink(channel=here.general.id, message_ts=one)["permalink"]
        address = f"/as/{here.ana.id}/{here.general.id}/{ts}"
        assert f'href="{address}"' in browser.get(link.removeprefix(here.slack.base_url))
    assert "very" in browser.get(address)
    browser.get("/archives/C0/p1234567890123456", 404)
    browser.get(f"/as/{here.ana.id}/{here.general.id}/{reply}", 404)


def test_commands_are_refused_where_slack_has_none(here: Scene, browser: Browser) -> None:
    """In a thread, and of another app: nothing is sent, and nothing is written."""
    ts = here.ana.says("general", "it is red")
    here.forget()
    say = f"/as/{here.ana.id}/{here.general.id}/say"
    assert "in threads" in browser.post(say, 422, text="/honk status", thread=ts)
    browser.post(say, 422, text="/remind me")
    browser.post(say, 422, text=" ")
    here.slack.settle()
    assert (len(here.slack.messages("general", thread=ts)), here.ear.payloads) == (1, [])


def test_a_button_is_pressed_as_it_was_shown(here: Scene, browser: Browser) -> None:
    """One that has another value by now, or is gone, is sent with what the page showed, as a phone does."""
    channel = here.general.id
    sent = here.client.chat_postMessage(channel=channel, text="x", blocks=[row(button("Merge", "honk:merge", "old"))])
    shown = {"action": "honk:merge", "label": "Merge", "value": "old", "block": "b1"}
    for blocks in ([row(button("Merge", "honk:merge", "new"))], []):
        here.client.chat_update(channel=channel, ts=sent["ts"], text="y", blocks=blocks)
        here.forget()
        where = browser.post(f"/as/{here.ana.id}/{channel}/{sent['ts']}/press", 303, **shown)
        assert where == f"/as/{here.ana.id}/{channel}#m-{sent['ts']}"
        here.slack.settle()
        (pressed,) = here.ear.payloads
        assert [(one["action_id"], one["value"]) for one in pressed["actions"]] == [("honk:merge", "old")]


def test_what_a_file_says_of_itself_is_not_believed(here: Scene, browser: Browser) -> None:
    """Only pictures that cannot do anything are shown in the page's place; all else is bytes."""
    here.ana.says("general", "look", files=[("a.svg", b"<svg/>"), ("a.html", b"<p>"), ("a.png", b"x")])
    kinds = []
    for one in here.slack.state.files.values():
        answer = requests.get(f"{here.slack.base_url}/as/{here.ana.id}/files/{one.id}", timeout=20)
        kinds.append(answer.headers["Content-Type"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert kinds == ["application/octet-stream", "application/octet-stream", "image/png"]
    browser.get(f"/as/{here.ana.id}/files/F0", 404)


def test_a_button_that_leads_somewhere_is_told_to_the_app(here: Scene, browser: Browser) -> None:
    """It is a link, and the browser tells of the tap beside it, which the app hears as a press."""
    blocks = [row(button("Details", "open:page", url="https://honk.example/runs/1"))]
    sent = here.client.chat_postMessage(channel=here.general.id, text="x", blocks=blocks)
    page = browser.get(f"/as/{here.ana.id}/{here.general.id}")
    assert 'href="https://honk.example/runs/1"' in page
    ping = page.partition('ping="')[2].partition('"')[0].replace("&amp;", "&")
    here.forget()
    requests.post(f"{here.slack.base_url}{ping}", data="PING", headers={"Content-Type": "text/ping"}, timeout=20)
    here.slack.settle()
    assert [one["actions"][0]["action_id"] for one in here.ear.payloads] == ["open:page"]
    assert sent["ts"] in ping
