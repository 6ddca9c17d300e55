"""Answers to what a person did: by a `response_url`, or in the body that a slash command is answered with.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import json
import secrets

from ghapp.playground.slack.blocks import completed
from ghapp.playground.slack.changing import change, remove
from ghapp.playground.slack.methods.chat import check
from ghapp.playground.slack.room import RefusedError, SlackRoom
from ghapp.playground.slack.state import Channel, Json, Message, User
from ghapp.playground.slack.telling import told_new

MOST_RESPONSES = 5
_FIELDS = {"text", "blocks", "response_type", "replace_original", "delete_original", "thread_ts"}
_MOST = 40_000


def response_url(room: SlackRoom, message: Message | None, channel: Channel, user: User) -> str:
    """An address that answers to what this person did, five times."""
    token = secrets.token_urlsafe(12)
    room.responses[token] = (message, channel, user)
    return f"{room.state.base_url}/response/{token}"


def respond_to(room: SlackRoom, token: str, given: Json) -> Json:
    """Do what was sent to a response address. Raises RefusedError."""
    if token not in room.responses:
        raise RefusedError("expired_url")
    room.responded[token] += 1
    if room.responded[token] > MOST_RESPONSES:
        raise RefusedError("used_url")
    message, channel, user = room.responses[token]
    if message is not None and given.get("delete_original"):
        remove(room, message)
    elif message is not None and given.get("replace_original"):
        check(room, given, _MOST)
        change(room, message, given)
    else:
        say(room, channel, user, given)
    return {}


def answered(room: SlackRoom, channel: Channel, user: User, body: str) -> None:
    """Show what a slash command was answered with: text, or JSON as for a response address; nothing when empty."""
    if not body.strip():
        return
    try:
        given = json.loads(body)
    except ValueError:
        given = {"text": body}
    with room.lock:
        try:
            say(room, channel, user, given if isinstance(given, dict) else {"text": body})
        except RefusedError as refused:
            room.violate(f"a command was answered with {body[:80]!r}: {refused.error}")


def say(room: SlackRoom, channel: Channel, user: User, given: Json) -> None:
    """A new message of the app: for this person alone, unless `response_type` says `in_channel`."""
    for name in sorted(set(given) - _FIELDS):
        room.violate(f"a response was given {name!r}, which is not modelled")
    check(room, given, _MOST)
    text, blocks = given.get("text", ""), completed(given.get("blocks", []))
    made = Message(room.state.next_ts(), channel, room.app.bot, text, blocks, given.get("thread_ts", ""))
    if given.get("response_type") == "in_channel":
        channel.messages[made.ts] = made
        told_new(room, made)
    else:
        made.to = user
        room.state.whispers.append(made)
