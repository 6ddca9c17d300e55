"""Messages as the Web API shows them (raw JSON), read into what the core knows of them."""

from collections.abc import Callable
from typing import Any

from ghapp.core.chat import Attached, Message, Speaker
from ghapp.slack import reading
from ghapp.slack.people import Us

METADATA = "honk"
_SAID = (None, "thread_broadcast", "file_share", "bot_message", "me_message")

Json = dict[str, Any]


def is_said(one: Json) -> bool:
    """Whether somebody said it, and not Slack: no arrivals, no pins, no graves of deleted messages."""
    return one.get("subtype") in _SAID and not one.get("hidden")


def is_ours(one: Json, us: Us) -> bool:
    """Whether our bot wrote it."""
    return one.get("user") == us.user or (bool(us.bot) and one.get("bot_id") == us.bot)


def carries(one: Json, key: str) -> bool:
    """Whether the message carries the key: https://docs.slack.dev/messaging/message-metadata"""
    metadata = one.get("metadata") or {}
    return metadata.get("event_type") == METADATA and (metadata.get("event_payload") or {}).get("key") == key


def read(one: Json, us: Us, called: Callable[[str], str]) -> Message:
    """The message. `called` names somebody by their id. A bot that is nobody's user goes by its own id."""
    team = str(one.get("user_team") or one.get("team") or us.team)
    speaker = Speaker(team, str(one.get("user") or one.get("bot_id") or ""))
    files = tuple(_file(file) for file in one.get("files") or () if file.get("url_private"))
    return Message(str(one["ts"]), speaker, reading.plain(str(one.get("text") or ""), called), is_ours(one, us), files)


def _file(one: Json) -> Attached:
    name, kind = str(one.get("name") or one.get("id")), str(one.get("mimetype") or "")
    return Attached(name, int(one.get("size") or 0), kind, str(one["url_private"]))
