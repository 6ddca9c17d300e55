"""Writing, changing and deleting messages: https://docs.slack.dev/reference/methods?family=chat"""

import re

from ghapp.playground.slack import views
from ghapp.playground.slack.blocks import breaches, completed
from ghapp.playground.slack.changing import change, remove
from ghapp.playground.slack.methods.method import Arguments, Method
from ghapp.playground.slack.room import RefusedError, SlackRoom
from ghapp.playground.slack.state import Channel, Json, Message
from ghapp.playground.slack.telling import told_new

_MOST_POSTED = 40_000
_MOST_UPDATED = 4_000  # chat.update bounds its text more than chat.postMessage
_MOST_METADATA = 8_000


def _post(room: SlackRoom, given: Arguments) -> Json:
    person = given["channel"].startswith("U")
    channel = _direct(room, given["channel"]) if person else room.visible(given["channel"])
    if room.app.bot not in channel.members and "chat:write.public" not in room.app.scopes:
        raise RefusedError("not_in_channel")
    if channel.archived:
        raise RefusedError("is_archived")
    made = _new(room, channel, given, _MOST_POSTED)
    made.broadcast = bool(given.get("reply_broadcast")) and bool(made.thread_ts)
    channel.messages[made.ts] = made
    told_new(room, made)
    return {"channel": channel.id, "ts": made.ts, "message": views.message(room.state, room.app, made)}


def _direct(room: SlackRoom, user_id: str) -> Channel:
    """A person's id leads to the direct messages with them."""
    user = room.state.users.get(user_id)
    if user is None or user.is_bot:
        raise RefusedError("channel_not_found")
    return room.state.direct(room.app.bot, user)


def _new(room: SlackRoom, channel: Channel, given: Arguments, most: int) -> Message:
    check(room, given, most)
    thread = given.get("thread_ts", "")
    if thread:
        _threadable(room, channel, thread)
    return Message(
        room.state.next_ts(),
        channel,
        room.app.bot,
        given.get("text", ""),
        completed(given.get("blocks", [])),
        thread,
        metadata=given.get("metadata"),
        unfurls=given.get("unfurl_links", False) or given.get("unfurl_media", True),
    )


def _threadable(room: SlackRoom, channel: Channel, ts: str) -> None:
    """A reply's own timestamp is no thread, Slack warns: https://docs.slack.dev/reference/methods/chat.postMessage"""
    if ts not in channel.messages:
        raise RefusedError("thread_not_found")
    if channel.messages[ts].thread_ts:
        room.violate(f"thread_ts {ts} is a reply, not the first message of a thread")
        raise RefusedError("thread_not_found")


def check(room: SlackRoom, given: Arguments, most: int) -> None:
    """Whether a message may say this. Raises RefusedError; blocks and metadata out of bounds are violations as well."""
    text, blocks, metadata = given.get("text", ""), given.get("blocks"), given.get("metadata")
    if not text and not blocks:
        raise RefusedError("no_text")
    if len(text) > most:
        raise RefusedError("msg_too_long")
    found = breaches(blocks) if blocks is not None else []
    for one in found:
        room.violate(f"blocks: {one}")
    if not found and not _pictures_known(room, blocks or []):
        found = ["invalid slack file"]
    if found:
        messages = [f"[ERROR] {one}" for one in found]
        raise RefusedError("invalid_blocks", errors=found, response_metadata={"messages": messages})
    if metadata is not None and not _is_metadata(metadata):
        room.violate(f"metadata: {metadata!r:.80}")
        raise RefusedError("invalid_metadata_format")


def _is_metadata(given: object) -> bool:
    """https://docs.slack.dev/messaging/message-metadata"""
    if not isinstance(given, dict) or set(given) != {"event_type", "event_payload"}:
        return False
    named = isinstance(given["event_type"], str) and given["event_type"] != ""
    return named and isinstance(given["event_payload"], dict) and len(str(given)) <= _MOST_METADATA


def _pictures_known(room: SlackRoom, blocks: list[Json]) -> bool:
    """Whether every picture that is a file of Slack's is there, and ready: each refusal counts as a look at it."""
    wanted = set(re.findall(r"'slack_file': \{'(?:id|url)': '([^']*)'", str(blocks)))
    complete = [one for one in room.state.files.values() if one.complete and one.mimetype.startswith("image/")]
    names = {key: one for one in complete for key in (one.id, views.file(room.state, one)["url_private"])}
    waited = [names[one] for one in wanted & set(names) if names[one].looks]
    for one in waited:
        one.looks -= 1
    return not waited and wanted <= set(names)


def _own(room: SlackRoom, given: Arguments, refusal: str) -> Message:
    channel = room.visible(given["channel"])
    found = room.message(channel, given["ts"])
    if found.user is not room.app.bot:
        raise RefusedError(refusal)
    return found


def _update(room: SlackRoom, given: Arguments) -> Json:
    found = _own(room, given, "cant_update_message")
    if "metadata" not in given or "text" in given or "blocks" in given:
        check(room, given, _MOST_UPDATED)
    change(room, found, given)
    shown = views.message(room.state, room.app, found)
    return {"channel": found.channel.id, "ts": found.ts, "text": found.text, "message": shown}


def _delete(room: SlackRoom, given: Arguments) -> Json:
    found = _own(room, given, "cant_delete_message")
    remove(room, found)
    return {"channel": found.channel.id, "ts": found.ts}


def _whisper(room: SlackRoom, given: Arguments) -> Json:
    channel = room.joined(given["channel"])
    user = room.state.users.get(given["user"])
    if user is None or user not in channel.members:
        raise RefusedError("user_not_in_channel")
    made = _new(room, channel, given, _MOST_POSTED)
    made.to = user
    room.state.whispers.append(made)
    return {"message_ts": made.ts}


def _permalink(room: SlackRoom, given: Arguments) -> Json:
    channel = room.visible(given["channel"])
    found = room.message(channel, given["message_ts"])
    return {"channel": channel.id, "permalink": permalink(room, found)}


def permalink(room: SlackRoom, found: Message) -> str:
    """The address of a message."""
    address = f"{room.state.base_url}/archives/{found.channel.id}/p{found.ts.replace('.', '')}"
    return f"{address}?thread_ts={found.thread_ts}&cid={found.channel.id}" if found.thread_ts else address


_SAYS = "text blocks:json metadata:json"
METHODS = (
    Method(
        "chat.postMessage",
        f"channel! {_SAYS} thread_ts reply_broadcast:bool unfurl_links:bool unfurl_media:bool mrkdwn:bool",
        "chat:write",
        _post,
    ),
    Method("chat.update", f"channel! ts! {_SAYS}", "chat:write", _update),
    Method("chat.delete", "channel! ts!", "chat:write", _delete),
    Method("chat.postEphemeral", "channel! user! text blocks:json thread_ts", "chat:write", _whisper),
    Method("chat.getPermalink", "channel! message_ts!", "", _permalink),
)
