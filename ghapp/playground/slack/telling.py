"""What the app hears of: who says, changes, deletes or reacts to something, as Slack's events tell it.

An event goes out when the app asks for its type, may read it, and its bot is in the channel.
https://docs.slack.dev/reference/events
"""

import time

from ghapp.playground.slack import views
from ghapp.playground.slack.room import SlackRoom
from ghapp.playground.slack.state import Channel, Json, Message, User

_SCOPES = {"channel": "channels:history", "group": "groups:history", "im": "im:history"}
_EVENTS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


def told_new(room: SlackRoom, message: Message) -> None:
    """A message was written. One that mentions the bot in a channel is told twice, as two events of one timestamp."""
    shown = _in_channel(room, message, message.channel)
    if message.broadcast:
        root = message.channel.messages[message.thread_ts]
        shown |= {"subtype": "thread_broadcast", "root": views.message(room.state, room.app, root)}
    _tell_mention(room, message, shown)
    _tell_message(room, message.channel, shown)


def told_changed(room: SlackRoom, message: Message, before: Json) -> None:
    """A message was edited. One that mentions the bot is told as a mention again, with its `edited`.

    https://docs.slack.dev/reference/events/message/message_changed
    """
    _tell_mention(room, message, _in_channel(room, message, message.channel))
    now = views.message(room.state, room.app, message)
    hidden = _hidden(room, message, "message_changed", {"message": now, "previous_message": before})
    _tell_message(room, message.channel, hidden)


def told_deleted(room: SlackRoom, message: Message) -> None:
    """https://docs.slack.dev/reference/events/message/message_deleted"""
    before = views.message(room.state, room.app, message)
    hidden = _hidden(room, message, "message_deleted", {"deleted_ts": message.ts, "previous_message": before})
    _tell_message(room, message.channel, hidden)


def told_reaction(room: SlackRoom, who: User, message: Message, name: str, removed: bool = False) -> None:
    """https://docs.slack.dev/reference/events/reaction_added"""
    item = {"type": "message", "channel": message.channel.id, "ts": message.ts}
    kind = "reaction_removed" if removed else "reaction_added"
    shown = {"type": kind, "user": who.id, "reaction": name, "item": item, "item_user": message.user.id}
    _tell(room, kind, "reactions:read", message.channel, shown | {"event_ts": room.state.next_ts()})


def _in_channel(room: SlackRoom, message: Message, channel: Channel) -> Json:
    shown = views.message(room.state, room.app, message)
    return shown | {"channel": channel.id, "channel_type": channel.kind, "event_ts": message.ts}


def _tell_mention(room: SlackRoom, message: Message, shown: Json) -> None:
    mentioned = f"<@{room.app.bot.id}>" in message.text and message.user is not room.app.bot
    if mentioned and message.channel.kind != "im":
        mention = {name: value for name, value in shown.items() if name not in ("channel_type", "subtype")}
        _tell(room, "app_mention", "app_mentions:read", message.channel, mention | {"type": "app_mention"})


def _hidden(room: SlackRoom, message: Message, subtype: str, more: Json) -> Json:
    ts, channel = room.state.next_ts(), message.channel
    shown = {"type": "message", "subtype": subtype, "hidden": True, "channel": channel.id, "ts": ts, "event_ts": ts}
    return shown | {"channel_type": channel.kind} | more


def _tell_message(room: SlackRoom, channel: Channel, shown: Json) -> None:
    _tell(room, _EVENTS[channel.kind], _SCOPES[channel.kind], channel, shown)


def _tell(room: SlackRoom, event: str, scope: str, channel: Channel, shown: Json) -> None:
    if event in room.app.events and scope in room.app.scopes and room.app.bot in channel.members:
        outside = any(one.team is not room.state.home for one in channel.members)
        room.outlet.event(envelope(room, shown, outside))


def envelope(room: SlackRoom, event: Json, outside: bool = False) -> Json:
    """What goes around an event: https://docs.slack.dev/apis/events-api#callback-field"""
    team = room.state.home.id
    ours = {"enterprise_id": None, "team_id": team, "user_id": room.app.bot.id, "is_bot": True}
    return {
        "token": room.app.verification_token,
        "team_id": team,
        "context_team_id": team,
        "context_enterprise_id": None,
        "api_app_id": room.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": room.state.next_id("Ev"),
        "event_time": int(time.time()),
        "authorizations": [ours | {"is_enterprise_install": False}],
        "is_ext_shared_channel": outside,
        "event_context": f"4-{room.state.next_id('X')}",
    }
