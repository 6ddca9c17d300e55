"""The app hears what happens where its bot is: signed, in order, and again when it did not answer well."""

import threading
from collections.abc import Iterator

import pytest
from slack_sdk.signature import SignatureVerifier

from tests.playground.slack_scene import Scene, scene


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene() as made:
        yield made


def test_every_request_is_signed(here: Scene) -> None:
    """Slack's own verifier takes what is sent, and not when a byte is another."""
    here.ana.mentions("general", "hello")
    here.ana.command("/honk status", "general")
    here.slack.settle()
    assert here.genuine()
    headers, raw = here.ear.heard[0]
    verifier = SignatureVerifier(here.slack.app.signing_secret)
    assert not verifier.is_valid_request(raw + b" ", headers)
    assert not SignatureVerifier("another").is_valid_request(raw, headers)


def test_a_mention_is_told_twice(here: Scene) -> None:
    """A mention comes as a mention and as a message: two events with ids of their own, and one timestamp."""
    ts = here.ana.mentions("general", "the login page is broken")
    here.slack.settle()
    mention, message = here.ear.payloads
    assert [one["event"]["type"] for one in (mention, message)] == ["app_mention", "message"]
    assert mention["event_id"] != message["event_id"]
    assert mention["event"]["ts"] == message["event"]["ts"] == ts
    assert mention["event"]["text"] == f"<@{here.slack.app.bot.id}> the login page is broken"
    assert (mention["team_id"], mention["api_app_id"]) == (here.slack.team, here.slack.app.id)
    assert mention["authorizations"][0]["user_id"] == here.slack.app.bot.id
    assert (message["event"]["channel"], message["event"]["channel_type"]) == (here.general.id, "channel")


def test_where_the_bot_is_not_it_hears_nothing(here: Scene) -> None:
    """Neither messages nor mentions come from a channel that the bot is not in, or of a kind not asked for."""
    here.slack.channel("quiet", here.ana, bot=False)
    here.ana.mentions("quiet", "are you there?")
    with scene(events={"app_mention"}) as narrow:
        narrow.ana.says("general", "to nobody in particular")
        narrow.slack.settle()
        assert narrow.ear.heard == []
    here.slack.settle()
    assert here.ear.heard == []


def test_direct_messages_and_private_channels_have_their_own_kind(here: Scene) -> None:
    """A direct message is no mention; each event says what kind of channel it is from."""
    here.slack.channel("secret", here.ana, private=True)
    here.ana.direct("@honk fix it")
    here.ana.says("secret", "psst")
    here.slack.settle()
    rows = [(one["type"], one["channel_type"]) for one in here.ear.events()]
    assert rows == [("message", "im"), ("message", "group")]


def test_edits_deletions_and_reactions_are_told(here: Scene) -> None:
    """What was, and what is now, come with an edit; a deletion and a reaction name their message."""
    ts = here.ana.says("general", "brokn")
    here.forget()
    here.ana.edits("general", ts, "broken")
    here.ana.reacts("general", ts, "octagonal_sign")
    here.ana.deletes("general", ts)
    here.slack.settle()
    changed, reaction, deleted = here.ear.events()
    assert (changed["subtype"], changed["hidden"], changed["message"]["ts"]) == ("message_changed", True, ts)
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("brokn", "broken")
    assert changed["message"]["edited"]["user"] == here.ana.id
    assert (reaction["type"], reaction["reaction"], reaction["item"]["ts"]) == ("reaction_added", "octagonal_sign", ts)
    assert (reaction["user"], reaction["item_user"]) == (here.ana.id, here.ana.id)
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)


def test_an_edited_mention_is_told_as_a_mention_again(here: Scene) -> None:
    """Mending a typo in a mention brings another mention of the same timestamp, which says that it was edited."""
    ts = here.ana.mentions("general", "fix the pgae")
    here.forget()
    here.ana.edits("general", ts, "@honk fix the page")
    here.slack.settle()
    mention, changed = here.ear.events()
    assert (mention["type"], mention["ts"], mention["edited"]["user"]) == ("app_mention", ts, here.ana.id)
    assert changed["subtype"] == "message_changed"


def test_a_deleted_root_is_a_tombstone_while_it_has_replies(here: Scene) -> None:
    """The thread can still be read and written to; it is gone with its last reply."""
    root = here.ana.says("general", "secret")
    reply = here.ana.says("general", "reply", root)
    here.forget()
    here.ana.deletes("general", root)
    read = here.client.conversations_replies(channel=here.general.id, ts=root)["messages"]
    assert [(one["user"], one["text"]) for one in read] == [
        ("USLACKBOT", "This message was deleted."),
        (here.ana.id, "reply"),
    ]
    here.ana.deletes("general", reply)
    here.slack.settle()
    assert here.slack.messages("general") == []
    rows = [(one["subtype"], one["previous_message"]["text"]) for one in here.ear.events()]
    assert rows == [
        ("message_changed", "secret"),
        ("message_deleted", "reply"),
        ("message_deleted", "This message was deleted."),
    ]


def test_the_bot_hears_itself(here: Scene) -> None:
    """What the app writes and edits comes back as events that say so."""
    ts = here.client.chat_postMessage(channel=here.general.id, text="Queued")["ts"]
    here.client.chat_update(channel=here.general.id, ts=ts, text="Working")
    here.slack.settle()
    written, changed = here.ear.events()
    assert (written["user"], written["bot_id"]) == (here.slack.app.bot.id, here.slack.app.bot.bot_id)
    assert changed["message"]["bot_id"] == here.slack.app.bot.bot_id


def test_bots_hooks_shares_and_files_look_like_slacks(here: Scene) -> None:
    """Other bots, incoming webhooks, forwarded messages, files, and replies shown to all have their own marks."""
    other = here.slack.bot("deploybot")
    other.joins("general")
    other.says("general", f"@honk {'deploy'}")
    here.slack.hook_says("general", "build 7 failed")
    root = here.ana.says("general", "see", files=[("shot.png", b"png")])
    here.ana.says("general", "for all", root, broadcast=True)
    here.slack.channel("other", here.ana)
    here.ana.forwards("general", root, "other", "look")
    here.slack.settle()
    mention, bot, hook, file, broadcast, forward = here.ear.events()
    assert (mention["type"], mention["bot_id"], bot["bot_id"]) == ("app_mention", other.user.bot_id, other.user.bot_id)
    assert (hook["subtype"], "user" in hook) == ("bot_message", False)
    assert (file["subtype"], file["files"][0]["mimetype"]) == ("file_share", "image/png")
    assert (broadcast["subtype"], broadcast["root"]["ts"]) == ("thread_broadcast", root)
    shared = forward["attachments"][0]
    assert (shared["is_share"], shared["author_id"], shared["text"]) == (True, here.ana.id, "see")


def test_an_event_comes_again_until_it_is_answered(here: Scene) -> None:
    """An answer that is no 2xx brings the same event again, with its number and why, at most three times."""
    here.ear.answers = [(500, b"", {}), (404, b"", {})]
    here.ana.says("general", "hm")
    here.slack.settle()
    marks = [(one.get("X-Slack-Retry-Num"), one.get("X-Slack-Retry-Reason")) for one, _ in here.ear.heard]
    assert marks == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({one["event_id"] for one in here.ear.payloads}) == 1
    here.forget()
    here.ear.answers = [(500, b"", {})] * 9
    here.ana.says("general", "hm")
    here.slack.settle()
    assert len(here.ear.heard) == 4
    here.ear.answers = [(500, b"", {"X-Slack-No-Retry": "1"})]
    here.forget()
    here.ana.says("general", "hm")
    here.slack.settle()
    assert len(here.ear.heard) == 1


def test_a_slow_answer_brings_the_event_again() -> None:
    """Whoever takes longer than Slack waits hears the same event again, for that reason."""
    with scene(patience=1) as here:
        here.ear.hold = held = threading.Event()
        here.ana.says("general", "hm")
        here.slack.settle()
        held.set()
        marks = [one.get("X-Slack-Retry-Reason") for one, _ in here.ear.heard]
        assert marks == [None, "http_timeout"]


def test_an_event_can_be_sent_again_by_hand(here: Scene) -> None:
    """Long after it was answered, the same event comes once more under its own id."""
    here.ana.says("general", "hm")
    here.slack.settle()
    [event] = here.slack.events("message")
    here.slack.redeliver(event)
    here.slack.settle()
    assert [one["event_id"] for one in here.ear.payloads] == [event["event_id"]] * 2
    assert here.ear.heard[1][0]["X-Slack-Retry-Num"] == "1"


def test_an_address_proves_itself_by_the_challenge(here: Scene) -> None:
    """An address is right when it gives back the challenge, and is not when it says something else."""
    assert not here.slack.verify()
    assert here.ear.payloads[0]["type"] == "url_verification"
    take = here.ear.take
    here.ear.take = lambda headers, raw: (200, raw, take(headers, raw)[2])  # type: ignore[method-assign]
    assert here.slack.verify()
    assert here.genuine()


def test_the_addresses_can_be_three(here: Scene) -> None:
    """Events, presses and commands go where the app wants each of them."""
    base = here.ear.url
    here.slack.connect(f"{base}/e", f"{base}/i", f"{base}/c")
    here.slack.app.events_url = "http://127.0.0.1:9/"  # nothing listens there
    ts = here.ana.says("general", "hm")
    here.ana.command("/honk help", "general")
    here.ana.shortcut("general", ts, "ask_honk")
    here.slack.settle()
    assert [one.get("command", one.get("type")) for one in here.ear.payloads] == ["/honk", "message_action"]
    assert [one.reason for one in here.slack.unheard] == ["", *["connection_failed"] * 3]
