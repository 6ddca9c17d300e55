"""Reading channels and threads, and opening direct messages, a page at a time.

https://docs.slack.dev/reference/methods?family=conversations, https://docs.slack.dev/apis/web-api/pagination
"""

import base64
import binascii
from decimal import Decimal, InvalidOperation

from ghapp.playground.slack import views
from ghapp.playground.slack.methods.method import Arguments, Method
from ghapp.playground.slack.room import RefusedError, SlackRoom
from ghapp.playground.slack.state import Channel, Json, Message

_WORDS = {"channel": "channels", "group": "groups", "im": "im"}
_MOST = 1000


def _readable(room: SlackRoom, channel_id: str) -> Channel:
    channel = room.visible(channel_id)
    room.require(f"{_WORDS[channel.kind]}:history")
    return room.joined(channel_id)


def _replies(room: SlackRoom, given: Arguments) -> Json:
    """A thread from its first message on, oldest first; a reply alone when it is its timestamp that was asked for."""
    channel = _readable(room, given["channel"])
    if given["ts"] not in channel.messages:
        raise RefusedError("thread_not_found")
    rows = [one for one in channel.messages.values() if given["ts"] in (one.ts, one.thread_ts)]
    head, rest = rows[0], [one for one in rows[1:] if _within(one, given)]
    page = _page(room, rest, given, room_for_head=1)
    return page | {"messages": [_shown(room, head, given), *page["messages"]]}


def _history(room: SlackRoom, given: Arguments) -> Json:
    """What stands in the channel itself, newest first."""
    channel = _readable(room, given["channel"])
    rows = [one for one in channel.messages.values() if not one.thread_ts or one.broadcast]
    return _page(room, [one for one in reversed(rows) if _within(one, given)], given)


def _within(one: Message, given: Arguments) -> bool:
    try:
        ts, oldest = Decimal(one.ts), Decimal(given.get("oldest", "0"))
        latest = Decimal(given.get("latest", "9999999999"))
    except InvalidOperation:
        raise RefusedError("invalid_ts_oldest") from None
    return oldest <= ts <= latest if given.get("inclusive") else oldest < ts < latest


def _page(room: SlackRoom, rows: list[Message], given: Arguments, room_for_head: int = 0) -> Json:
    size = min(given.get("limit", _MOST), room.most_a_page) - room_for_head
    start = _start(given.get("cursor", ""))
    shown = [_shown(room, one, given) for one in rows[start : start + max(size, 1)]]
    more = start + len(shown) < len(rows)
    page: Json = {"messages": shown, "has_more": more}
    if more:
        cursor = base64.b64encode(f"next:{start + len(shown)}".encode()).decode()
        page["response_metadata"] = {"next_cursor": cursor}
    return page


def _start(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).removeprefix(b"next:") or b"0")
    except (binascii.Error, ValueError):
        raise RefusedError("invalid_cursor") from None


def _shown(room: SlackRoom, one: Message, given: Arguments) -> Json:
    return views.message(room.state, room.app, one, metadata=bool(given.get("include_all_metadata")))


def _info(room: SlackRoom, given: Arguments) -> Json:
    channel = room.visible(given["channel"])
    room.require(f"{_WORDS[channel.kind]}:read")
    return {"channel": views.channel(room.state, room.app, channel)}


def _open(room: SlackRoom, given: Arguments) -> Json:
    user = room.state.users.get(given["users"])
    if user is None:
        raise RefusedError("user_not_found")
    if user.is_bot:
        raise RefusedError("cannot_dm_bot")
    if user.deleted:
        raise RefusedError("user_disabled")
    channel = room.state.direct(room.app.bot, user)
    shown = views.channel(room.state, room.app, channel) if given.get("return_im") else {"id": channel.id}
    return {"channel": shown}


_READS = "cursor inclusive:bool include_all_metadata:bool latest limit:int oldest"
METHODS = (
    Method("conversations.replies", f"channel! ts! {_READS}", "", _replies),
    Method("conversations.history", f"channel! {_READS}", "", _history),
    Method("conversations.info", "channel! include_locale:bool include_num_members:bool", "", _info),
    Method("conversations.open", "users! return_im:bool", "im:write", _open),
)
