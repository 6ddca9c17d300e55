"""Who somebody is, who we are, reactions, and opening a socket."""

import re
import secrets

from ghapp.playground.slack import views
from ghapp.playground.slack.methods.method import Arguments, Method
from ghapp.playground.slack.room import RefusedError, SlackRoom
from ghapp.playground.slack.state import Json
from ghapp.playground.slack.telling import told_reaction

_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


def _test(room: SlackRoom, given: Arguments) -> Json:
    """https://docs.slack.dev/reference/methods/auth.test"""
    bot, team = room.app.bot, room.state.home
    ours = {"user": bot.handle, "user_id": bot.id, "bot_id": bot.bot_id, "is_enterprise_install": False}
    return {"url": f"{room.state.base_url}/", "team": team.name, "team_id": team.id} | ours


def _user(room: SlackRoom, given: Arguments) -> Json:
    """https://docs.slack.dev/reference/methods/users.info"""
    found = room.state.users.get(given["user"])
    if found is None:
        raise RefusedError("user_not_found")
    return {"user": views.user(room.state, room.app, found)}


def _react(room: SlackRoom, given: Arguments) -> Json:
    """https://docs.slack.dev/reference/methods/reactions.add"""
    found = room.message(room.joined(given["channel"]), given["timestamp"])
    if not _EMOJI.fullmatch(given["name"]):
        raise RefusedError("invalid_name")
    who = found.reactions.setdefault(given["name"], [])
    if room.app.bot in who:
        raise RefusedError("already_reacted")
    who.append(room.app.bot)
    told_reaction(room, room.app.bot, found, given["name"])
    return {}


def _connect(room: SlackRoom, given: Arguments) -> Json:
    """https://docs.slack.dev/reference/methods/apps.connections.open: an address that opens one socket, once."""
    ticket = secrets.token_urlsafe(16)
    room.tickets.add(ticket)
    return {"url": f"{room.state.base_url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={room.app.id}"}


METHODS = (
    Method("auth.test", "", "", _test),
    Method("users.info", "user! include_locale:bool", "users:read", _user),
    Method("reactions.add", "channel! name! timestamp!", "reactions:write", _react),
    Method("apps.connections.open", "", "connections:write", _connect, app_level=True),
)
