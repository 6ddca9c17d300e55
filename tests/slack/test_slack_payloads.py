"""Which of Slack's payloads begin something, and what; made by hand where the playground is too well-behaved."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core.chat import Speaker, Talk
from ghapp.core.events import ButtonPressed, MessageWritten, meaning
from ghapp.slack.payloads import read

NOW = datetime(2026, 11, 1, 10, 5, tzinfo=UTC)
TEAM, US, ANA, CHANNEL = "T0HOME", "U0HONK", "U0ANA", "C0GENERAL"
TS, ROOT = "1793527500.000200", "1793527400.000100"
AT = "2026-11-01T10:05:00Z"

Json = dict[str, Any]


def event(inner: Json, **outer: object) -> Json:
    """An event in its envelope."""
    ours = {"enterprise_id": None, "team_id": TEAM, "user_id": US, "is_bot": True}
    around = {"type": "event_callback", "event_id": "Ev01", "team_id": TEAM, "authorizations": [ours], "event": inner}
    return around | outer


def message(text: str = f"<@{US}> mend it", **other: object) -> Json:
    """A message that Ana wrote in a channel."""
    written = {"type": "message", "user": ANA, "channel": CHANNEL, "channel_type": "channel", "ts": TS, "text": text}
    return written | {"team": TEAM, "event_ts": TS} | other


def pressed(**other: object) -> Json:
    """Ana pressed a button of ours."""
    action = {"type": "button", "action_id": "honk:merge", "value": "a1b2", "action_ts": "1793527500.000300"}
    payload = {
        "type": "block_actions",
        "api_app_id": "A0HONK",
        "team": {"id": TEAM, "domain": "hq"},
        "user": {"id": ANA, "team_id": TEAM},
        "channel": {"id": CHANNEL},
        "container": {"type": "message", "message_ts": TS, "channel_id": CHANNEL},
        "message": {"ts": TS, "thread_ts": ROOT, "user": US, "app_id": "A0HONK", "team": TEAM},
        "actions": [action],
    }
    return payload | other


def asked(**other: object) -> Json:
    """Ana chose "Ask Honk" on somebody's message."""
    payload = {
        "type": "message_action",
        "callback_id": "ask_honk",
        "trigger_id": "133.7.abc",
        "action_ts": TS,
        "team": {"id": TEAM},
        "user": {"id": ANA, "team_id": TEAM},
        "channel": {"id": CHANNEL},
        "message": {"ts": ROOT, "user": "U0BEN", "text": "It is &lt;broken&gt;"},
    }
    return payload | other


def commanded(**other: object) -> Json:
    """Ana typed `/honk mend it`."""
    typed = {"command": "/honk", "text": "mend it", "trigger_id": "133.7.abc"}
    return typed | {"team_id": TEAM, "user_id": ANA, "channel_id": CHANNEL} | other


def heard(body: object) -> MessageWritten | ButtonPressed | None:
    found = read(body, NOW)
    return found.event if found else None


def test_a_mention_begins_a_talk_at_its_own_message() -> None:
    """The talk is the thread that an answer to the message opens; the wish is what is left without our name."""
    expected = MessageWritten(Talk(TEAM, CHANNEL, TS), Speaker(TEAM, ANA), "mend it", TS, AT, addressed=True)
    assert heard(event(message())) == expected


def test_a_mention_that_comes_twice_is_one() -> None:
    """Slack sends `message` and `app_mention`, under two ids and without `channel_type` in one; they mean the same."""
    mention = {name: value for name, value in message().items() if name != "channel_type"} | {"type": "app_mention"}
    twice = heard(event(mention, event_id="Ev02"))
    assert twice is not None
    assert heard(event(message())) == twice
    assert meaning(twice) is not None


def test_a_reply_in_a_thread_is_heard_but_not_addressed() -> None:
    """It may steer a run; whether the thread is one of ours is found out later."""
    expected = MessageWritten(Talk(TEAM, CHANNEL, ROOT), Speaker(TEAM, ANA), "not so", TS, AT, addressed=False)
    assert heard(event(message("not so", thread_ts=ROOT))) == expected


def test_a_reply_that_mentions_us_is_addressed() -> None:
    """In a thread of others, it makes the thread ours."""
    found = heard(event(message(thread_ts=ROOT, subtype="thread_broadcast")))
    assert isinstance(found, MessageWritten)
    assert (found.talk.root, found.addressed) == (ROOT, True)


def test_a_direct_message_needs_no_mention() -> None:
    """There is nobody else to speak to; also a picture without a word is a message."""
    direct = message("mend it", channel="D0ANA", channel_type="im")
    assert heard(event(direct)) == MessageWritten(
        Talk(TEAM, "D0ANA", TS), Speaker(TEAM, ANA), "mend it", TS, AT, addressed=True
    )
    assert heard(event(direct | {"text": "", "subtype": "file_share"})) is not None


def test_the_shortcut_is_the_word_of_who_uses_it() -> None:
    """The text is the reporter's, the speaker is who asked, and each use is another one."""
    expected = MessageWritten(
        Talk(TEAM, CHANNEL, ROOT), Speaker(TEAM, ANA), "It is <broken>", ROOT, AT, addressed=True, use=TS
    )
    assert heard(asked()) == expected
    uses = [heard(asked(action_ts=None, trigger_id=one)) for one in ("133.7.abc", "133.7.abc", "133.8.def")]
    assert [isinstance(one, MessageWritten) and one.use for one in uses].count(getattr(uses[0], "use", "")) == 2


def test_a_shortcut_on_a_reply_is_about_its_thread() -> None:
    """The talk is the thread that the message is in."""
    found = heard(asked(message={"ts": TS, "thread_ts": ROOT, "bot_id": "B0SENTRY"}))
    assert isinstance(found, MessageWritten)
    assert (found.talk.root, found.ts, found.text) == (ROOT, TS, "")


def test_a_command_has_no_message() -> None:
    """Its timestamp is made of its trigger: the same for the same, another for another."""
    first, again, other = heard(commanded()), heard(commanded()), heard(commanded(trigger_id="133.8.def"))
    assert isinstance(first, MessageWritten)
    assert isinstance(other, MessageWritten)
    assert first == again
    assert (first.talk, first.text, first.command, first.at) == (Talk(TEAM, CHANNEL, ""), "mend it", True, AT)
    assert first.ts != other.ts
    assert float(first.ts) > 0


def test_a_button_says_who_pressed_what_where() -> None:
    """The one who pressed counts, and each press is its own."""
    expected = ButtonPressed(
        Talk(TEAM, CHANNEL, ROOT), Speaker(TEAM, ANA), "merge", "a1b2", TS, "1793527500.000300", AT
    )
    assert heard(pressed()) == expected


def test_one_of_several_buttons_of_a_name_is_told_by_its_value() -> None:
    """The index behind the name only keeps them apart."""
    action = {"type": "button", "action_id": "honk:choose:2", "value": "7 fix", "action_ts": TS}
    found = heard(pressed(actions=[action]))
    assert isinstance(found, ButtonPressed)
    assert (found.name, found.value) == ("choose", "7 fix")


def test_a_button_on_a_whisper_is_heard_without_its_message() -> None:
    """Slack does not send the message with it, only where it stood."""
    container = {"message_ts": TS, "channel_id": CHANNEL, "thread_ts": ROOT, "is_ephemeral": True}
    found = heard({name: value for name, value in pressed(container=container).items() if name != "message"})
    assert isinstance(found, ButtonPressed)
    assert (found.talk.root, found.message) == (ROOT, TS)


@pytest.mark.parametrize("name", ["octagonal_sign", "stop_sign"])
def test_a_stop_sign_on_a_message_of_ours_stops(name: str) -> None:
    """The talk is not known yet, only the message."""
    found = heard(event(_reaction(reaction=name)))
    assert found == ButtonPressed(Talk(TEAM, CHANNEL, ROOT), Speaker(TEAM, ANA), "stop", "", ROOT, TS, AT)


def _reaction(**other: object) -> Json:
    item = {"type": "message", "channel": CHANNEL, "ts": ROOT}
    reacted = {"type": "reaction_added", "user": ANA, "reaction": "octagonal_sign", "item_user": US, "item": item}
    return reacted | {"event_ts": TS} | other


NOTHING: dict[str, Json] = {
    "a channel message without a mention": event(message("good morning")),
    "a mention of another": event(message("<@U0BEN> mend it")),
    "a mention in code": event(message(f"`<@{US}> mend it`")),
    "a mention in a quote": event(message(f"&gt; <@{US}> mend it")),
    "a mention in a forwarded message": event(message("look", attachments=[{"text": f"<@{US}> mend it"}])),
    "a forwarded message in a direct message": event(
        message("", channel="D0ANA", channel_type="im", attachments=[{"is_share": True, "text": "mend it"}])
    ),
    "a bot": event(message(bot_id="B0SENTRY")),
    "a bot message": event(message(subtype="bot_message", user=None)),
    "our own": event(message(user=US)),
    "Slackbot": event(message(user="USLACKBOT")),
    "an edit": event(message(subtype="message_changed", message=message())),
    "a mention that an edit brought": event(message(edited={"user": ANA, "ts": TS}) | {"type": "app_mention"}),
    "a deletion": event(message(subtype="message_deleted")),
    "a join": event(message(subtype="channel_join")),
    "somebody of another workspace": event(message(user_team="T0OTHER", source_team="T0OTHER", team="T0OTHER")),
    "a source elsewhere": event(message(source_team="T0OTHER")),
    "a grid's number instead of a team": event(message(user_team="E0GRID")),
    "nobody": event(message(user=None)),
    "no text": event(message() | {"text": None}),
    "no time": event(message(ts="now")),
    "a message in no workspace": event(message(), authorizations=[], team_id=None),
    "an event without an id": event(message(), event_id=None),
    "a thumb": event(_reaction(reaction="+1")),
    "a stop sign on another's message": event(_reaction(item_user="U0BEN")),
    "a stop sign on a file": event(_reaction(item={"type": "file", "file": "F1"})),
    "a stop sign of ours": event(_reaction(user=US)),
    "a stop sign taken away": event(_reaction(type="reaction_removed")),
    "another event": event({"type": "team_join", "user": {"id": ANA}}),
    "another's button": pressed(actions=[{"type": "button", "action_id": "jira:merge", "action_ts": TS}]),
    "a button that only leads": pressed(actions=[{"type": "button", "action_id": "open:build", "action_ts": TS}]),
    "a select": pressed(actions=[{"type": "static_select", "action_id": "honk:merge", "action_ts": TS}]),
    "a button of another app": pressed(message={"ts": TS, "app_id": "A0OTHER"}),
    "a button of no app": pressed(api_app_id=None),
    "a press from elsewhere": pressed(user={"id": "U0EVE", "team_id": "T0OTHER"}),
    "a press on a message from elsewhere": pressed(message={"ts": TS, "app_id": "A0HONK", "team": "T0OTHER"}),
    "a press of nobody": pressed(user=None),
    "another shortcut": asked(callback_id="file_it"),
    "a shortcut from elsewhere": asked(user={"id": "U0EVE", "team_id": "T0OTHER"}),
    "a command of nobody": commanded(user_id=""),
    "a view": {"type": "view_submission", "team": {"id": TEAM}},
}


@pytest.mark.parametrize("body", NOTHING.values(), ids=NOTHING.keys())
def test_what_starts_nothing(body: Json) -> None:
    """Only a person of this workspace, speaking now and for themselves, begins anything."""
    assert heard(body) is None


def test_the_installation_decides_which_workspace_is_home() -> None:
    """In a shared channel `team_id` may be the other's; whoever is of the installation's own is not a stranger."""
    assert heard(event(message(), team_id="T0OTHER")) is not None


def test_half_a_character_does_no_harm() -> None:
    """JSON can hold half of an emoji, which no store can."""
    found = heard(event(message(f"<@{US}> \ud83d it")))
    assert isinstance(found, MessageWritten)
    assert found.text == "? it"


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_WHOLE = [event(message(thread_ts=ROOT)), event(_reaction()), pressed(), asked(), commanded()]


def _paths(body: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    rows = list(body.items()) if isinstance(body, dict) else list(enumerate(body)) if isinstance(body, list) else []
    return [path, *(found for name, value in rows for found in _paths(value, (*path, name)))]


def _with(body: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    if isinstance(body, dict):
        return body | {path[0]: _with(body[path[0]], path[1:], value)}
    return [_with(one, path[1:], value) if index == path[0] else one for index, one in enumerate(body)]


@given(st.data())
def test_no_payload_raises(data: st.DataObject) -> None:
    """Any member of a good payload may be anything; the answer is an event or nothing, never an error."""
    body = data.draw(st.sampled_from(_WHOLE))
    spoilt = _with(body, data.draw(st.sampled_from(_paths(body))), data.draw(_VALUES))
    found = read(spoilt, NOW)
    assert found is None or found.id.startswith("slack:")


@given(_VALUES)
def test_nor_does_anything_else(body: object) -> None:
    """Whatever JSON it is."""
    assert read(body, NOW) is None
