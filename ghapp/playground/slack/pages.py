"""A Slack for a phone's browser: who one is, channels, threads; to type, react and press buttons by hand.

Mounted on the workspace's own server: `SlackWorkspace(blueprints=lambda slack: [pages.blueprint(slack)])`. There is no
sign-in, because the playground is on loopback only. Who one is stands in the address, so that two people can be in two
tabs: `/as/USER`, `/as/USER/CHANNEL`, `/as/USER/CHANNEL/THREAD`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from ghapp.playground.pages import refuse_other_sites
from ghapp.playground.slack import page_values as values
from ghapp.playground.slack.acting import Press
from ghapp.playground.slack.person import SlackPerson
from ghapp.playground.slack.shown import SeenButton
from ghapp.playground.slack.state import Channel, User
from ghapp.playground.slack.workspace import SlackWorkspace

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_MOST = 12_000  # characters of a message here
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_USER = "/as/<user>"
_CHANNEL = f"{_USER}/<channel>"
_MESSAGE = f"{_CHANNEL}/<ts>"


def blueprint(workspace: SlackWorkspace) -> Blueprint:
    """The pages over a workspace, from `/` on."""
    pages = Blueprint(
        "slack_pages",
        __name__,
        template_folder="../templates",
        static_folder="../static",
        static_url_path="/_pages",
    )
    views = _Pages(workspace)
    routes: list[tuple[str, str, Callable[..., str | Response]]] = [
        ("GET", "/", views.people),
        ("GET", "/archives/<channel>/p<digits>", views.permalink),
        ("GET", _USER, views.channels),
        ("GET", f"{_USER}/files/<file>", views.file),
        ("GET", _CHANNEL, views.talk),
        ("GET", _MESSAGE, views.talk),
        ("POST", f"{_CHANNEL}/say", views.say),
        ("POST", f"{_MESSAGE}/press", views.press),
        ("POST", f"{_MESSAGE}/react", views.react),
        ("POST", f"{_MESSAGE}/shortcut", views.shortcut),
    ]
    for method, rule, view in routes:
        pages.add_url_rule(rule, view.__name__, view, methods=[method])
    pages.before_request(refuse_other_sites)
    pages.after_request(_closed)
    pages.register_error_handler(HTTPException, _error)
    return pages


@dataclass(frozen=True)
class _Pages:
    slack: SlackWorkspace

    def people(self, then: str = "") -> str:
        """Who one can be; `then` is the rest of the address that one is led to."""
        with self.slack.room.lock:
            everybody = [one for one in self.slack.state.users.values() if not one.is_bot and not one.deleted]
        rows = [(one, self._note(one)) for one in sorted(everybody, key=lambda one: one.name.casefold())]
        return render_template("slack_people.html", team=self.slack.state.home.name, rows=rows, then=then)

    def permalink(self, channel: str, digits: str) -> str:
        """The address of a message, as the app gives it to others: to its thread, as somebody."""
        ts = request.args.get("thread_ts", f"{digits[:-6]}.{digits[-6:]}")
        if channel not in self.slack.state.channels or not re.fullmatch(r"\d+\.\d{6}", ts):
            abort(404)
        return self.people(f"/{channel}/{ts}")

    def channels(self, user: str) -> str:
        me = self._person(user)
        with self.slack.room.lock:
            assert me.home  # opens their direct messages with the app
            rows = values.places(self.slack.state, me.user)
        return render_template("slack_channels.html", me=me.user, team=self.slack.state.home.name, rows=rows)

    def talk(self, user: str, channel: str, ts: str = "") -> str:
        """A channel, or one thread of it."""
        me, where = self._where(user, channel)
        with self.slack.room.lock:
            if ts and (ts not in where.messages or where.messages[ts].thread_ts):
                abort(404)
            place = values.place(where, me.user)
            lines = values.lines(self.slack.state, me.user, where, ts)
        shortcuts = [(one, one.replace("_", " ").title()) for one in self.slack.app.shortcuts]
        signs = [(name, values.sign(name)) for name in values.OFFERED]
        return render_template(
            "slack_talk.html", me=me.user, place=place, root=ts, lines=lines, shortcuts=shortcuts, signs=signs
        )

    def say(self, user: str, channel: str) -> Response:
        """Write, or give a command."""
        me, where = self._where(user, channel)
        text, thread = request.form.get("text", "").strip(), request.form.get("thread", "")
        files = [(one.filename, one.read()) for one in request.files.getlist("files") if one.filename]
        if (not text and not files) or len(text) > _MOST:
            abort(422, f"A message has 1 to {_MOST} characters.")
        if thread and thread not in where.messages:
            abort(404)
        command = text.split()[0] if text.startswith("/") else ""
        if command and (thread or command not in self.slack.app.commands):
            abort(422, f"There is no command {command} {'in threads' if thread else 'here'}.")
        if command:
            me.command(text, channel)
        else:
            me.says(channel, self._mentioning(text), thread or None, files)
        return _to(user, channel, thread)

    def press(self, user: str, channel: str, ts: str) -> Response:
        """A button as the page showed it, even if the message was edited since."""
        me, where = self._where(user, channel)
        given = {name: request.values.get(name, "") for name in ("action", "label", "value", "block")}
        try:
            press = me.button(channel, ts, given["action"])
        except LookupError:
            if ts not in where.messages:
                abort(404)
            button = SeenButton(given["label"], given["action"], "", "", "", None, given["block"])
            press = Press(where.messages[ts], button)
        me.presses_old(replace(press, button=replace(press.button, value=given["value"])))
        return self._back(user, channel, ts)

    def react(self, user: str, channel: str, ts: str) -> Response:
        """React, or take it back."""
        me, name = self._at(user, channel, ts), request.form.get("name", "")
        if not re.fullmatch(r"[a-z0-9_+-]{1,100}", name):
            abort(422, "A reaction is the name of an emoji.")
        with self.slack.room.lock:
            mine = me.user in self.slack.state.channels[channel].messages[ts].reactions.get(name, [])
            (me.unreacts if mine else me.reacts)(channel, ts, name)
        return self._back(user, channel, ts)

    def shortcut(self, user: str, channel: str, ts: str) -> Response:
        me, name = self._at(user, channel, ts), request.form.get("name", "")
        if name not in self.slack.app.shortcuts:
            abort(422, "There is no such shortcut.")
        me.shortcut(channel, ts, name)
        return self._back(user, channel, ts)

    def file(self, user: str, file: str) -> Response:
        """A file as somebody of the team sees it. Only pictures are shown in the browser."""
        self._person(user)
        found = self.slack.state.files.get(file)
        if found is None or not found.complete:
            abort(404)
        response = make_response(found.content)
        response.mimetype = found.mimetype if found.mimetype in _PICTURES else "application/octet-stream"
        return response

    def _person(self, user: str) -> SlackPerson:
        found = self.slack.state.users.get(user)
        if found is None or found.is_bot or found.deleted:
            abort(404, "There is nobody of that name.")
        return SlackPerson(self.slack.room, found)

    def _where(self, user: str, channel: str) -> tuple[SlackPerson, Channel]:
        me, found = self._person(user), self.slack.state.channels.get(channel)
        if found is None or not values.visible(me.user, found, me.user.team is self.slack.state.home):
            abort(404, "There is no such channel, or it is not open to you.")
        return me, found

    def _at(self, user: str, channel: str, ts: str) -> SlackPerson:
        me, where = self._where(user, channel)
        if ts not in where.messages:
            abort(404, "The message is gone.")
        return me

    def _note(self, user: User) -> str:
        if user.team is not self.slack.state.home:
            return f"of {user.team.name}"
        return "guest" if user.guest else ""

    def _mentioning(self, text: str) -> str:
        """Names after an `@` become handles, as Slack's apps make mentions of the names that are picked there."""
        with self.slack.room.lock:
            users = sorted(self.slack.state.users.values(), key=lambda one: len(one.name), reverse=True)
        for one in users:
            text = re.sub(rf"(?<![\w/])@{re.escape(one.name)}\b", f"@{one.handle}", text, flags=re.IGNORECASE)
        return text

    def _back(self, user: str, channel: str, ts: str) -> Response:
        """To where the message was touched: its channel, or its thread."""
        return _to(user, channel, request.values.get("thread", ""), f"m-{ts}")


def _to(user: str, channel: str, thread: str = "", anchor: str | None = None) -> Response:
    """Look at the page by GET, so that reloading it does nothing again."""
    address = url_for("slack_pages.talk", user=user, channel=channel, ts=thread or None, _anchor=anchor)
    return make_response(redirect(address, 303))


def _closed(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _error(error: HTTPException) -> tuple[str, int]:
    return render_template("slack_error.html", name=error.name, text=error.description), error.code or 500
