"""Slack's JSON, read: what somebody wrote to us or pressed, or nothing. No body, whatever is in it, raises.

https://docs.slack.dev/apis/events-api, https://docs.slack.dev/interactivity/handling-user-interaction
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from ghapp.core.chat import Speaker, Talk
from ghapp.core.events import ButtonPressed, ChatEvent, MessageWritten
from ghapp.slack import reading

SHORTCUT = "ask_honk"
_SUBTYPES = (None, "thread_broadcast", "file_share")
"""Words of a person. All others are edits, deletions, arrivals, bots, and what Slack itself says."""
_STOP_SIGNS = ("octagonal_sign", "stop_sign")
_SLACKBOT = "USLACKBOT"

_ID = re.compile("[A-Z][A-Z0-9]{1,31}")
_TS = re.compile(r"[0-9]{1,11}\.[0-9]{6}")
_NAME = re.compile(r"[\w.:-]{1,128}", re.ASCII)
_ACTION = re.compile("honk:([a-z][a-z-]{0,31})(?::[0-9]{1,3})?")


@dataclass(frozen=True)
class Delivery:
    """What came in. `id` is the same when Slack sends it once more."""

    id: str
    event: ChatEvent


@dataclass(frozen=True)
class _Home:
    """The workspace that the App is installed in, and who we are there."""

    team: str
    us: str


def parse(raw: str) -> dict[str, Any]:
    """A body as it came over HTTP: JSON, or a form, which has JSON in its field `payload` unless it is a command's.

    Raises ValueError when it is neither.
    """
    form = {} if raw.lstrip().startswith("{") else dict(parse_qsl(raw, keep_blank_values=True))
    found = form if form and "payload" not in form else json.loads(form.get("payload", raw))
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def read(body: object, now: datetime) -> Delivery | None:
    """What a body of Slack's tells; None when nothing begins with it. `now` is for what carries no time of its own."""
    at = _iso(now.timestamp())
    match _get(body, "type"):
        case "event_callback":
            return _event(body)
        case "block_actions":
            return _press(body)
        case "message_action":
            return _shortcut(body, at)
        case None:
            return _command(body, at)
    return None


def _event(body: object) -> Delivery | None:
    id_, home, event = _match(_NAME, body, "event_id"), _home(body), _get(body, "event")
    if not id_ or home is None:
        return None
    found: ChatEvent | None = None
    match _get(event, "type"):
        case "message" | "app_mention":
            found = _message(event, home)
        case "reaction_added":
            found = _reaction(event, home)
    return None if found is None else Delivery(f"slack:{id_}", found)


def _home(body: object) -> _Home | None:
    """The installation that the event is for. In a shared channel `team_id` may be that of the other workspace."""
    rows = _get(body, "authorizations")
    ours = rows[0] if isinstance(rows, list) and rows else None
    team = _id(ours, "team_id") or _id(body, "context_team_id") or _id(body, "team_id")
    us = _id(ours, "user_id")
    return _Home(team, us) if team and us else None


def _message(event: object, home: _Home) -> MessageWritten | None:
    """The same for a `message` and for the `app_mention` that comes of it, so that the two become one."""
    user, channel, ts, text = _id(event, "user"), _id(event, "channel"), _ts(event, "ts"), _string(event, "text")
    if not (user and channel and ts and _is_by_a_person(event, home)):
        return None
    root = _ts(event, "thread_ts")
    is_direct = _get(event, "channel_type") == "im" or channel.startswith("D")
    addressed = is_direct or reading.mentions(text, home.us)
    if not addressed and not root:
        return None
    said = reading.plain(reading.without(text, home.us))
    return MessageWritten(
        Talk(home.team, channel, root or ts), Speaker(home.team, user), said, ts, _time(ts), addressed=addressed
    )


def _is_by_a_person(event: object, home: _Home) -> bool:
    """A person of this workspace said it, just now."""
    if _get(event, "subtype") not in _SUBTYPES or _get(event, "user") in (home.us, _SLACKBOT):
        return False
    if any(_get(event, mark) for mark in ("bot_id", "bot_profile", "edited", "hidden")):
        return False
    if _get(event, "attachments") and not _string(event, "text").strip():  # forwarded, without a word to it
        return False
    return _is_of(home.team, *(_get(event, mark) for mark in ("team", "user_team", "source_team")))


def _is_of(home: str, *teams: object) -> bool:
    """Whether all teams that are named are this one."""
    return all(team is None or team == home for team in teams)


def _reaction(event: object, home: _Home) -> ButtonPressed | None:
    """A stop sign on a message of ours. Slack's name of it is `octagonal_sign`; others call it `stop_sign`."""
    user, channel, ts = _id(event, "user"), _id(event, "item", "channel"), _ts(event, "item", "ts")
    press = _ts(event, "event_ts")
    if not (user and channel and ts and press) or user == home.us:
        return None
    if _get(event, "reaction") not in _STOP_SIGNS or _get(event, "item_user") != home.us:
        return None
    return ButtonPressed(
        Talk(home.team, channel, ts), Speaker(home.team, user), "stop", "", message=ts, press=press, at=_time(press)
    )


def _press(body: object) -> Delivery | None:
    """A button of ours. An ephemeral message is told by `container` alone."""
    speaker, channel = _who(body), _id(body, "channel", "id") or _id(body, "container", "channel_id")
    message = _ts(body, "message", "ts") or _ts(body, "container", "message_ts")
    action, name = _action(body)
    press = _ts(action, "action_ts")
    if not (speaker and channel and message and name and press and _is_on_ours(body, speaker.team)):
        return None
    root = _ts(body, "message", "thread_ts") or _ts(body, "container", "thread_ts") or message
    talk, value = Talk(speaker.team, channel, root), _string(action, "value")
    event = ButtonPressed(talk, speaker, name, value, message=message, press=press, at=_time(press))
    return Delivery(f"slack:press:{press}:{speaker.user}", event)


def _action(body: object) -> tuple[object, str]:
    """The first button of ours in the payload, and its name."""
    rows = _get(body, "actions")
    for row in rows if isinstance(rows, list) else []:
        found = _ACTION.fullmatch(_string(row, "action_id"))
        if found and _get(row, "type") == "button":
            return row, found[1]
    return None, ""


def _is_on_ours(body: object, home: str) -> bool:
    """Whether the message is of the App that the payload is for, and of this workspace."""
    app = _id(body, "api_app_id")
    return bool(app) and _get(body, "message", "app_id") in (None, app) and _is_of(home, _get(body, "message", "team"))


def _shortcut(body: object, at: str) -> Delivery | None:
    """Somebody asks us about a message, which may be of anybody; the one who asks is the one who speaks."""
    speaker, channel, ts = _who(body), _id(body, "channel", "id"), _ts(body, "message", "ts")
    used, text = _match(_NAME, body, "trigger_id"), _string(body, "message", "text")
    if _get(body, "callback_id") != SHORTCUT or not (speaker and channel and ts and used):
        return None
    talk = Talk(speaker.team, channel, _ts(body, "message", "thread_ts") or ts)
    pressed = _ts(body, "action_ts")
    when, use = (_time(pressed), pressed) if pressed else (at, _ts_of(used))
    event = MessageWritten(talk, speaker, reading.plain(text), ts, when, addressed=True, use=use)
    return Delivery(f"slack:shortcut:{used}", event)


def _who(body: object) -> Speaker | None:
    """Who used something, when they are of the workspace that it was used in."""
    team, user = _id(body, "team", "id"), _id(body, "user", "id")
    return Speaker(team, user) if team and user and _is_of(team, _get(body, "user", "team_id")) else None


def _command(body: object, at: str) -> Delivery | None:
    """`/honk …`. It has no message and no time; its trigger tells it from every other."""
    team, user, channel = _id(body, "team_id"), _id(body, "user_id"), _id(body, "channel_id")
    used, text = _match(_NAME, body, "trigger_id"), _string(body, "text")
    if not _string(body, "command").startswith("/") or not (team and user and channel and used):
        return None
    talk, speaker = Talk(team, channel, ""), Speaker(team, user)
    event = MessageWritten(talk, speaker, reading.plain(text), _ts_of(used), at, addressed=True, command=True)
    return Delivery(f"slack:command:{used}", event)


def _ts_of(trigger: str) -> str:
    """A timestamp's shape for what has none: the same for the same trigger, and no other's."""
    number = int.from_bytes(hashlib.sha256(trigger.encode()).digest()[:8]) % 10**16
    return f"{number // 10**6:010d}.{number % 10**6:06d}"


def _get(body: object, *path: str) -> Any:
    for name in path:
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


def _string(body: object, *path: str) -> str:
    """A text; half a character, which JSON can hold and no store can, becomes a question mark."""
    found = _get(body, *path)
    return found.encode(errors="replace").decode() if isinstance(found, str) else ""


def _match(pattern: re.Pattern[str], body: object, *path: str) -> str:
    found = _string(body, *path)
    return found if pattern.fullmatch(found) else ""


def _id(body: object, *path: str) -> str:
    return _match(_ID, body, *path)


def _ts(body: object, *path: str) -> str:
    return _match(_TS, body, *path)


def _time(ts: str) -> str:
    return _iso(float(ts))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
