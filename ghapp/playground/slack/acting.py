"""What the app is sent when somebody presses, chooses a shortcut, or types a command.

https://docs.slack.dev/reference/interaction-payloads, https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from dataclasses import dataclass

from ghapp.playground.slack import views
from ghapp.playground.slack.responding import response_url
from ghapp.playground.slack.room import SlackRoom
from ghapp.playground.slack.shown import SeenButton
from ghapp.playground.slack.state import Channel, Json, Message, User

_NAMES = {"group": "privategroup", "im": "directmessage"}


@dataclass(frozen=True)
class Press:
    """A button of a message as it was shown at one moment; `button.confirm` is what it asks first."""

    message: Message
    button: SeenButton


def press_payload(room: SlackRoom, user: User, press: Press) -> Json:
    """A message that only one person sees is not in the payload: Slack does not keep it."""
    message, button = press.message, press.button
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel.id}
    container |= {"is_ephemeral": message.to is not None}
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    ts = room.state.next_ts()
    label = {"type": "plain_text", "text": button.text, "emoji": True}
    action: Json = {"type": "button", "action_id": button.action_id, "block_id": button.block_id, "text": label}
    given = {"value": button.value, "style": button.style, "url": button.url, "confirm": button.confirm}
    action |= {name: value for name, value in given.items() if value} | {"action_ts": ts}
    shown = {} if message.to else {"message": views.message(room.state, room.app, message)}
    return (
        _common(room, user, message.channel, "block_actions")
        | shown
        | {
            "container": container,
            "state": {"values": {}},
            "response_url": response_url(room, message, message.channel, user),
            "actions": [action],
        }
    )


def shortcut_payload(room: SlackRoom, user: User, message: Message, callback_id: str) -> Json:
    return _common(room, user, message.channel, "message_action") | {
        "action_ts": room.state.next_ts(),
        "callback_id": callback_id,
        "response_url": response_url(room, None, message.channel, user),
        "message_ts": message.ts,
        "message": views.message(room.state, room.app, message),
    }


def command_payload(room: SlackRoom, user: User, channel: Channel, name: str, text: str) -> Json:
    return {
        "token": room.app.verification_token,
        "team_id": room.state.home.id,
        "team_domain": room.state.home.domain,
        "channel_id": channel.id,
        "channel_name": _NAMES.get(channel.kind, channel.name),
        "user_id": user.id,
        "user_name": user.handle,
        "command": name,
        "text": text,
        "api_app_id": room.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url(room, None, channel, user),
        "trigger_id": room.state.next_id("T"),
    }


def _common(room: SlackRoom, user: User, channel: Channel, kind: str) -> Json:
    home = room.state.home
    return {
        "type": kind,
        "token": room.app.verification_token,
        "api_app_id": room.app.id,
        "trigger_id": room.state.next_id("T"),
        "team": {"id": home.id, "domain": home.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team.id},
        "channel": {"id": channel.id, "name": _NAMES.get(channel.kind, channel.name)},
    }
