"""What people press, choose and command reaches the app, and the app can answer it."""

from collections.abc import Iterator

import pytest
import requests
from slack_sdk.webhook import WebhookClient

from tests.playground.slack_scene import Scene, button, row, scene, section


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene() as made:
        yield made


def _card(here: Scene, *buttons: dict[str, object]) -> str:
    blocks = [section("Ready"), row(*buttons)]
    ts: str = here.client.chat_postMessage(channel=here.general.id, text="Ready", blocks=blocks)["ts"]
    here.forget()
    return ts


def test_a_press_says_who_pressed_what_where(here: Scene) -> None:
    """The payload has the button's name and value, the message as it is now, and who pressed it."""
    ts = _card(here, button("Merge", "honk:merge", "abc"), button("Not yet", "honk:not-yet"))
    here.ana.presses("general", ts, "Merge")
    here.slack.settle()
    [pressed] = here.ear.payloads
    [action] = pressed["actions"]
    assert (pressed["type"], action["action_id"], action["value"]) == ("block_actions", "honk:merge", "abc")
    assert (pressed["user"]["id"], pressed["channel"]["id"]) == (here.ana.id, here.general.id)
    assert (pressed["user"]["team_id"], pressed["team"]["id"]) == (here.slack.team, here.slack.team)
    assert pressed["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": here.general.id,
        "is_ephemeral": False,
    }
    assert (pressed["message"]["ts"], pressed["message"]["text"]) == (ts, "Ready")
    assert pressed["trigger_id"]
    assert here.genuine()


def test_only_what_is_shown_now_can_be_pressed(here: Scene) -> None:
    """A button that an edit took away is not there any more; on a phone that missed the edit it still is."""
    ts = _card(here, button("Merge", "honk:merge", "old"))
    stale = here.ana.button("general", ts, "Merge")
    here.client.chat_update(channel=here.general.id, ts=ts, text="Merged", blocks=[section("Merged")])
    here.forget()
    with pytest.raises(LookupError, match="no 'Merge'"):
        here.ana.presses("general", ts, "Merge")
    here.ana.presses_old(stale)
    here.ana.presses_old(stale)
    here.slack.settle()
    assert [one["actions"][0]["value"] for one in here.ear.payloads] == ["old", "old"]
    assert here.ear.payloads[0]["message"]["text"] == "Merged"


def test_a_button_tells_what_it_asks_first(here: Scene) -> None:
    """What a person reads before a button counts can be read here too."""
    plain = [{"type": "plain_text", "text": text} for text in ("Merge?", "abc into main", "Merge", "Not now")]
    confirm = dict(zip(("title", "text", "confirm", "deny"), plain, strict=True))
    ts = _card(here, button("Merge", "honk:merge", confirm=confirm))
    asked = here.ana.button("general", ts, "honk:merge").button.confirm
    assert asked is not None
    assert asked["text"]["text"] == "abc into main"


def test_a_whisper_has_buttons_too(here: Scene) -> None:
    """A button of a message that one person sees can be pressed by that person alone; the message is not sent along."""
    blocks = [row(button("Link me", "honk:link"))]
    ts = here.client.chat_postEphemeral(channel=here.general.id, user=here.ana.id, text="Hi", blocks=blocks)
    bob = here.slack.member("bob")
    with pytest.raises(LookupError):
        bob.presses("general", ts["message_ts"], "Link me")
    here.ana.presses("general", ts["message_ts"], "Link me")
    here.slack.settle()
    [pressed] = here.ear.payloads
    assert (pressed["container"]["is_ephemeral"], "message" in pressed) == (True, False)
    assert WebhookClient(pressed["response_url"]).send_dict({"delete_original": True}).status_code == 200
    assert here.slack.whispers(here.ana) == []


def test_a_press_is_answered_by_its_address(here: Scene) -> None:
    """The answer is a whisper, or replaces the message, or is for all; after five the address is used up."""
    ts = _card(here, button("Stop", "honk:stop"))
    here.ana.presses("general", ts, "Stop")
    here.slack.settle()
    answer = WebhookClient(here.ear.payloads[0]["response_url"])
    assert answer.send(text="Only for you").status_code == 200
    assert answer.send(text="For all", response_type="in_channel").status_code == 200
    assert answer.send(text="Stopped", replace_original=True).status_code == 200
    assert [one.shown for one in here.slack.whispers(here.ana)] == ["Only for you"]
    assert [one.shown for one in here.slack.messages("general")] == ["Stopped", "For all"]
    statuses = [answer.send(text="more").status_code for _ in range(3)]
    assert statuses == [200, 200, 404]
    unknown = requests.post(f"{here.slack.base_url}/response/none", json={"text": "x"}, timeout=10)
    assert unknown.json() == {"ok": False, "error": "expired_url"}


def test_a_shortcut_reaches_messages_where_the_bot_is_not(here: Scene) -> None:
    """The whole message comes along, and who chose the shortcut; the bot need not be in the channel."""
    here.slack.channel("quiet", here.ana, bot=False)
    bob = here.slack.member("bob", name="Bob")
    ts = bob.says("quiet", "Crash on login")
    here.ana.shortcut("quiet", ts, "ask_honk")
    here.slack.settle()
    [chosen] = here.ear.payloads
    assert (chosen["type"], chosen["callback_id"], chosen["message_ts"]) == ("message_action", "ask_honk", ts)
    assert (chosen["user"]["id"], chosen["message"]["user"]) == (here.ana.id, bob.id)
    assert chosen["message"]["text"] == "Crash on login"
    assert WebhookClient(chosen["response_url"]).send(text="Please invite me").status_code == 200
    assert [one.shown for one in here.slack.whispers(here.ana)] == ["Please invite me"]


def test_a_command_is_a_form_and_its_answer_a_whisper(here: Scene) -> None:
    """The text comes as it was typed; what is answered, as text or JSON, is shown to that person or to all."""
    here.ear.answers = [(200, b"On it", {}), (200, b'{"response_type": "in_channel", "text": "To all"}', {})]
    here.ana.command("/honk fix the <login> page", "general")
    here.ana.command("/honk")
    here.slack.settle()
    first, second = (one for one in here.ear.payloads if "command" in one)
    assert (first["command"], first["text"], first["channel_name"]) == ("/honk", "fix the <login> page", "general")
    assert (first["user_id"], first["channel_id"]) == (here.ana.id, here.general.id)
    assert (second["text"], second["channel_name"]) == ("", "directmessage")
    assert [one.shown for one in here.slack.whispers(here.ana)] == ["On it"]
    assert [one.shown for one in here.slack.directs(here.ana)] == ["To all"]
    assert here.ear.heard[0][0]["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_phone_shows_who_says_what(here: Scene) -> None:
    """The screen of a thread has its messages and what is for this person alone; others see less."""
    ts = here.ana.mentions("general", "fix it")
    here.client.chat_postMessage(
        channel=here.general.id, thread_ts=ts, text="x", blocks=[section("On it"), row(button("Stop", "s"))]
    )
    here.client.chat_postEphemeral(channel=here.general.id, user=here.ana.id, thread_ts=ts, text="Who are you?")
    bob = here.slack.member("bob")
    bob.joins("general")
    everybody = "Ana\n@Honk fix it\n\nHonk\nOn it\n[Stop]"
    assert here.slack.screen(bob, "general", ts) == everybody
    assert here.slack.screen(here.ana, "general", ts) == f"{everybody}\n\nHonk (only you see this)\nWho are you?"
    assert here.slack.screen(here.ana, "general") == "Ana\n@Honk fix it"


def test_presses_and_commands_are_sent_once(here: Scene) -> None:
    """What fails is not sent again: the person sees that it failed, and can press once more."""
    ts = _card(here, button("Merge", "m"))
    here.ear.answers = [(500, b"", {}), (500, b"", {})]
    here.ana.presses("general", ts, "Merge")
    here.ana.command("/honk help", "general")
    here.slack.settle()
    assert len(here.ear.heard) == 2
    assert [(one.kind, one.status) for one in here.slack.unheard] == [("interaction", 500), ("command", 500)]


def test_what_is_typed_is_sent_as_slack_sends_it(here: Scene) -> None:
    """Signs are escaped, addresses become links, and names that exist become mentions."""
    here.ana.says("general", "@ana #general @nobody @channel a<b & https://e.org/?a=1&b=2 me@ana.org")
    here.slack.settle()
    assert here.ear.events()[0]["text"] == (
        f"<@{here.ana.id}> <#{here.general.id}|general> @nobody <!channel> a&lt;b &amp; "
        "<https://e.org/?a=1&amp;b=2> me@ana.org"
    )
