"""The playground's Slack answers the Web API as Slack does: what is written is kept, and what is wrong is refused."""

from collections.abc import Iterator

import pytest
import requests
from flask import Blueprint, abort
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from ghapp.playground.slack.workspace import SlackWorkspace
from tests.playground.slack_scene import Scene, row, scene, section
from tests.playground.slack_scene import button as button_of


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene() as made:
        yield made


def test_a_thread_is_read_back_as_it_was_written(here: Scene) -> None:
    """A reply of the app stands in the thread, with its blocks and hidden metadata, and the root counts it."""
    ts = here.ana.says("general", "It is <b>broken</b> & odd")
    metadata = {"event_type": "honk_status", "event_payload": {"key": "k1"}}
    here.client.chat_postMessage(
        channel=here.general.id, thread_ts=ts, text="On it", blocks=[section("*On it*")], metadata=metadata
    )
    read = here.client.conversations_replies(channel=here.general.id, ts=ts, include_all_metadata=True)["messages"]
    assert read[0]["text"] == "It is &lt;b&gt;broken&lt;/b&gt; &amp; odd"
    assert (read[0]["reply_count"], read[1]["thread_ts"], read[1]["parent_user_id"]) == (1, ts, here.ana.id)
    assert (read[1]["metadata"], read[1]["bot_id"]) == (metadata, here.slack.app.bot.bot_id)
    plain = here.client.conversations_replies(channel=here.general.id, ts=ts)["messages"]
    assert "metadata" not in plain[1]
    [shown] = here.slack.messages("general")
    assert shown.shown == "It is <b>broken</b> & odd"


def test_a_message_is_edited_in_place(here: Scene) -> None:
    """An edit changes what is shown; text without blocks takes the blocks away, and a deleted message is gone."""
    where = here.general.id
    ts = here.client.chat_postMessage(channel=where, text="Queued", blocks=[section("Queued")])["ts"]
    here.client.chat_update(
        channel=where, ts=ts, text="Working", blocks=[section("Working"), row(button_of("Stop", "s"))]
    )
    [seen] = here.slack.messages("general")
    assert (seen.shown, seen.edited, [one.text for one in seen.buttons]) == ("Working\n[Stop]", True, ["Stop"])
    here.client.chat_update(channel=where, ts=ts, text="Done")
    [seen] = here.slack.messages("general")
    assert (seen.blocks, seen.shown, seen.changes) == ((), "Done", 2)
    here.client.chat_delete(channel=where, ts=ts)
    assert here.slack.messages("general") == []


def test_a_whisper_is_seen_by_one_person(here: Scene) -> None:
    """Nobody but the one it is for sees an ephemeral message, and it is not in the channel's history."""
    bob = here.slack.member("bob")
    bob.joins("general")
    ts = here.client.chat_postEphemeral(channel=here.general.id, user=here.ana.id, text="Only you")["message_ts"]
    assert [one.shown for one in here.slack.whispers(here.ana)] == ["Only you"]
    assert here.slack.whispers(bob) == []
    assert here.slack.seen_by(bob, "general", ts) is None
    assert here.slack.seen_by(here.ana, "general", ts) is not None
    assert here.client.conversations_history(channel=here.general.id)["messages"] == []
    assert here.refusal("chat.update", channel=here.general.id, ts=ts, text="x") == "message_not_found"


def test_long_threads_come_in_pages(here: Scene) -> None:
    """A page never holds more than was asked or than Slack gives; each page of a thread begins with its root."""
    ts = here.ana.says("general", "root")
    replies = [here.ana.says("general", f"reply {number}", ts) for number in range(5)]
    here.slack.room.most_a_page = 3
    answer = here.client.conversations_replies(channel=here.general.id, ts=ts, limit=1000)
    pages = [[one["ts"] for one in page["messages"]] for page in answer]
    assert pages == [[ts, *replies[:2]], [ts, *replies[2:4]], [ts, replies[4]]]
    recent = here.client.conversations_replies(channel=here.general.id, ts=ts, oldest=replies[3])["messages"]
    assert [one["ts"] for one in recent] == [ts, replies[4]]
    assert here.refusal("conversations.replies", channel=here.general.id, ts=ts, cursor="?") == "invalid_cursor"


def test_history_is_newest_first_without_replies(here: Scene) -> None:
    """A channel's history leaves out replies, but for those that were shown in the channel too."""
    first = here.ana.says("general", "one")
    here.ana.says("general", "reply", first)
    told = here.ana.says("general", "told to all", first, broadcast=True)
    last = here.ana.says("general", "two")
    rows = here.client.conversations_history(channel=here.general.id)["messages"]
    assert [one["ts"] for one in rows] == [last, told, first]


def test_direct_messages_open_by_person(here: Scene) -> None:
    """A direct message can be opened, or written to by the person's id; both lead to one place."""
    opened = here.client.conversations_open(users=here.ana.id)["channel"]["id"]
    said = here.client.chat_postMessage(channel=here.ana.id, text="Hello")
    assert said["channel"] == opened == here.ana.home
    assert [one.shown for one in here.slack.directs(here.ana)] == ["Hello"]
    assert here.client.conversations_info(channel=opened)["channel"]["is_im"]


def test_what_is_not_there_or_not_ours_is_refused(here: Scene) -> None:
    """Each wrong call gets Slack's own word for it."""
    here.slack.channel("secret", private=True, bot=False)
    here.slack.channel("quiet", bot=False)
    general, secret, quiet = (here.slack.state.channel_named(name).id for name in ("general", "secret", "quiet"))
    ts = here.ana.says("general", "hm")
    assert here.refusal("chat.postMessage", channel=secret, text="x") == "channel_not_found"
    assert here.refusal("chat.postMessage", channel=quiet, text="x") == "not_in_channel"
    assert here.refusal("conversations.history", channel=quiet) == "not_in_channel"
    assert here.refusal("chat.postMessage", channel=general) == "no_text"
    assert here.refusal("chat.postMessage", channel=general, text="x" * 40_001) == "msg_too_long"
    assert here.refusal("chat.postMessage", channel=general, text="x", thread_ts="1.000001") == "thread_not_found"
    assert here.refusal("conversations.replies", channel=general, ts="1.000001") == "thread_not_found"
    assert here.refusal("chat.update", channel=general, ts="1.000001", text="x") == "message_not_found"
    assert here.refusal("chat.update", channel=general, ts=ts, text="x") == "cant_update_message"
    assert here.refusal("chat.delete", channel=general, ts=ts) == "cant_delete_message"
    assert here.refusal("users.info", user="U404") == "user_not_found"
    assert here.refusal("reactions.add", channel=general, timestamp="1.000001", name="eyes") == "message_not_found"
    here.client.reactions_add(channel=general, timestamp=ts, name="eyes")
    assert here.refusal("reactions.add", channel=general, timestamp=ts, name="eyes") == "already_reacted"
    assert here.slack.messages("general")[0].reactions == {"eyes": ("honk",)}


def test_tokens_and_scopes_are_checked(here: Scene) -> None:
    """No token, a wrong one, one of the wrong kind, and one whose app did not ask for a scope are each refused."""
    for token, error in (
        ("", "not_authed"),
        ("xoxb-no", "invalid_auth"),
        (here.slack.app.app_token, "not_allowed_token_type"),
    ):
        client = WebClient(token or None, base_url=here.slack.api_url, retry_handlers=[])
        with pytest.raises(SlackApiError) as caught:
            client.auth_test()
        assert caught.value.response["error"] == error
    assert here.client.auth_test()["user_id"] == here.slack.app.bot.id
    with scene(scopes={"chat:write", "channels:history"}) as poor:
        assert poor.refusal("reactions.add", channel=poor.general.id, timestamp="1", name="eyes") == "missing_scope"
        assert poor.refusal("conversations.history", channel=poor.ana.home) == "missing_scope"


def test_unknown_things_are_kept_as_violations(here: Scene) -> None:
    """A method, an argument or a kind of value that is not modelled is refused, and fails the test that did it."""
    assert here.refusal("chat.scheduleMessage", channel="C1", post_at=1) == "unknown_method"
    assert here.refusal("chat.postMessage", channel=here.general.id, text="x", icon_emoji=":x:") == "invalid_arguments"
    assert here.refusal("conversations.history", channel=here.general.id, limit="many") == "invalid_arguments"
    assert here.refusal("chat.postMessage", text="x") == "invalid_arguments"
    ts = here.ana.says("general", "root")
    reply = here.ana.says("general", "reply", ts)
    assert here.refusal("chat.postMessage", channel=here.general.id, text="x", thread_ts=reply) == "thread_not_found"
    assert requests.get(f"{here.slack.base_url}/services/hook", timeout=10).status_code == 501
    told = " / ".join(here.slack.violations)
    here.slack.violations.clear()
    for word in ("chat.scheduleMessage", "icon_emoji", "limit", "is a reply", "/services/hook"):
        assert word in told


def test_limits_and_errors_strike_when_told(here: Scene) -> None:
    """After so many calls of a method the next is answered with 429 and how long to wait, then it goes on."""
    here.slack.limit("chat.postMessage", after=1, retry_after=7)
    here.client.chat_postMessage(channel=here.general.id, text="one")
    with pytest.raises(SlackApiError) as caught:
        here.client.chat_postMessage(channel=here.general.id, text="two")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    here.client.chat_postMessage(channel=here.general.id, text="three")
    here.slack.fail("chat.postMessage", "fatal_error")
    assert here.refusal("chat.postMessage", channel=here.general.id, text="four") == "fatal_error"
    assert [one.shown for one in here.slack.messages("general")] == ["one", "three"]


def test_an_answer_can_be_lost(here: Scene) -> None:
    """The message is written and the connection breaks: whoever simply tries again writes it twice."""
    here.slack.lose("chat.postMessage")
    with pytest.raises(OSError, match=r"closed|reset"):
        here.client.chat_postMessage(channel=here.general.id, text="once")
    assert [one.shown for one in here.slack.messages("general")] == ["once"]
    here.slack.lose("chat.postMessage")
    careless = WebClient(here.slack.app.bot_token, base_url=here.slack.api_url)
    careless.chat_postMessage(channel=here.general.id, text="twice")
    assert [one.shown for one in here.slack.messages("general")] == ["once", "twice", "twice"]


def test_something_can_happen_just_before_a_call(here: Scene) -> None:
    """A message that is deleted at the last moment is not found by the edit that comes then."""
    ts = here.client.chat_postMessage(channel=here.general.id, text="Queued")["ts"]
    here.slack.meanwhile("chat.update", lambda: here.general.messages.pop(ts))
    assert here.refusal("chat.update", channel=here.general.id, ts=ts, text="Working") == "message_not_found"


def test_what_the_app_asked_for_is_kept(here: Scene) -> None:
    """Links in a message unfold unless the app said no to both kinds, and its address is known."""
    where = here.general.id
    here.client.chat_postMessage(channel=where, text="https://example.com")
    said = here.client.chat_postMessage(
        channel=where, text="https://example.com", unfurl_links=False, unfurl_media=False
    )
    assert [one.unfurls for one in here.slack.messages("general")] == [True, False]
    link = here.client.chat_getPermalink(channel=where, message_ts=said["ts"])["permalink"]
    assert link == f"{here.slack.base_url}/archives/{where}/p{said['ts'].replace('.', '')}"
    assert [one.method for one in here.slack.calls] == ["chat.postMessage"] * 2 + ["chat.getPermalink"]


def test_pages_can_be_mounted_on_the_workspace() -> None:
    """A blueprint that is given to the workspace is served at its address, and what it does not find is its affair."""

    def pages(slack: SlackWorkspace) -> list[Blueprint]:
        made = Blueprint("pages", __name__)

        @made.get("/c/<name>")
        def channel(name: str) -> str:
            return slack.messages(name)[0].shown if name == "general" else abort(404)

        return [made]

    with scene(blueprints=pages) as here:
        here.ana.says("general", "hello")
        assert requests.get(f"{here.slack.base_url}/c/general", timeout=10).text == "hello"
        assert requests.get(f"{here.slack.base_url}/c/none", timeout=10).status_code == 404
