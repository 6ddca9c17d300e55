"""The playground's Slack over HTTP: the Web API, uploads, private files, response addresses, and the socket's door."""

import json
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler

from ghapp.playground.slack.methods import chat, conversations, files, people
from ghapp.playground.slack.methods.method import Method, parse
from ghapp.playground.slack.responding import respond_to
from ghapp.playground.slack.room import Call, Misfortune, RefusedError, SlackRoom
from ghapp.playground.slack.sockets import Sockets
from ghapp.playground.slack.state import Json

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

METHODS = {one.name: one for one in (*chat.METHODS, *conversations.METHODS, *people.METHODS, *files.METHODS)}


def create_app(room: SlackRoom, blueprints: Iterable[Blueprint] = ()) -> Flask:
    """All but the socket as a Flask app; `blueprints` are web pages."""
    app = Flask(__name__, static_folder=None)
    rules: list[tuple[str, str, Callable[..., Response], list[str]]] = [
        ("/api/<method>", "api", _api(room), ["GET", "POST"]),
        ("/upload/v1/<file_id>", "upload", _upload(room), ["POST"]),
        ("/files-pri/<ids>/<name>", "file", _file(room), ["GET"]),
        ("/files-pri/<ids>/download/<name>", "download", _file(room), ["GET"]),
        ("/signin", "signin", _sign_in, ["GET"]),
        ("/response/<token>", "response", _response(room), ["POST"]),
    ]
    for rule, name, view, methods in rules:
        app.add_url_rule(rule, name, view, methods=methods)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    app.register_error_handler(404, _unknown(room))
    return app


def _unknown(room: SlackRoom) -> Callable[[HTTPException], HTTPException | Response]:
    """A path that is nobody's: 501, and a violation. What a page did not find is the page's own affair."""

    def answer(error: HTTPException) -> HTTPException | Response:
        if request.url_rule is not None or request.path == "/favicon.ico":
            return error
        room.violate(f"{request.method} {request.path} is not modelled")
        return Response("not modelled", 501)

    return answer


def _api(room: SlackRoom) -> Callable[..., Response]:
    def answer(method: str) -> Response:
        return _answer(room, method, lambda given: _done(room, method, given))

    return answer


def _answer(room: SlackRoom, name: str, work: Callable[[dict[str, Any]], Json], refused_status: int = 200) -> Response:
    """Do what is asked, unless a misfortune strikes, and keep the call."""
    call = Call(name, _given(), {"ok": True})
    with room.lock:
        struck = room.strike(name)
        room.calls.append(call)
        try:
            _spoil(struck)
            call.answer |= work(call.arguments)
        except RefusedError as refused:
            call.answer = {"ok": False, "error": refused.error} | refused.more
            call.status = refused_status
    return _sent(call, struck)


def _given() -> dict[str, Any]:
    """The arguments, from the query, a form or JSON: https://docs.slack.dev/apis/web-api#basics"""
    body = request.get_json(silent=True) if request.is_json else None
    return {**request.args, **request.form, **(body if isinstance(body, dict) else {})}


def _spoil(struck: Misfortune | None) -> None:
    """Raises RefusedError for a misfortune that strikes before anything is done."""
    if struck is not None and struck.retry_after:
        raise RefusedError("ratelimited")
    if struck is not None and not struck.lost:
        raise RefusedError(struck.error)


def _sent(call: Call, struck: Misfortune | None) -> Response:
    headers = {"Retry-After": str(struck.retry_after)} if struck and struck.retry_after else {}
    call.status = struck.status if struck else call.status
    if struck is not None and struck.lost:
        call.lost = True
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response(json.dumps(call.answer), call.status, headers, content_type="application/json; charset=utf-8")


def _done(room: SlackRoom, name: str, given: dict[str, Any]) -> Json:
    method = METHODS.get(name)
    if method is None:
        room.violate(f"{name} is not modelled")
        raise RefusedError("unknown_method", req_method=name)
    _authorize(room, method, given)
    return method.does(room, parse(method, given, room.violate))


def _bearer() -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ").strip()


def _authorize(room: SlackRoom, method: Method, given: dict[str, Any]) -> None:
    """Raises RefusedError unless the right token of the app came along, with the scope that is needed."""
    app, token = room.app, _bearer() or given.get("token", "")
    if not token:
        raise RefusedError("not_authed")
    if token not in (app.bot_token, app.app_token):
        raise RefusedError("invalid_auth")
    if (token == app.app_token) != method.app_level:
        raise RefusedError("not_allowed_token_type")
    scopes = app.app_scopes if method.app_level else app.scopes
    if method.scope and method.scope not in scopes:
        raise RefusedError("missing_scope", needed=method.scope, provided=",".join(sorted(scopes)))


def _upload(room: SlackRoom) -> Callable[..., Response]:
    """The bytes of a file, as the body or as a form's field `filename`."""

    def answer(file_id: str) -> Response:
        form = request.mimetype == "multipart/form-data"
        content = next(iter(request.files.values())).read() if form else request.get_data()
        with room.lock:
            struck, file = room.strike("upload"), room.state.files.get(file_id)
            if struck is not None or file is None or file.complete:
                return Response("upload failed", struck.status if struck else 404)
            if len(content) != file.size:
                room.violate(f"an upload of {len(content)} bytes was announced with {file.size}")
                return Response("length mismatch", 400)
            file.content = content
        return Response(f"OK - {len(content)}")

    return answer


def _file(room: SlackRoom) -> Callable[..., Response]:
    """A private file. Who may not open it is led to the sign-in page, a web page with status 200, as Slack does."""

    def answer(ids: str, name: str) -> Response:
        with room.lock:
            struck, file = room.strike("files-pri"), room.state.files.get(ids.partition("-")[2])
            if struck is not None:
                return Response("", struck.status)
            allowed = _bearer() == room.app.bot_token and "files:read" in room.app.scopes
            if not allowed or file is None or not files.may_read(room, file):
                return Response(status=302, headers={"Location": f"{room.state.base_url}/signin?redir={request.path}"})
            return Response(file.content, content_type=file.mimetype)

    return answer


def _sign_in() -> Response:
    return Response("<!DOCTYPE html><title>Slack</title><p>Sign in", content_type="text/html; charset=utf-8")


def _response(room: SlackRoom) -> Callable[..., Response]:
    def answer(token: str) -> Response:
        return _answer(room, "response_url", lambda given: respond_to(room, token, given), 404)

    return answer


class Application:
    """Sends each request to the socket's door or to the rest."""

    def __init__(self, room: SlackRoom, sockets: Sockets, blueprints: Iterable[Blueprint]) -> None:
        self._room, self._sockets = room, sockets
        self._other = create_app(room, blueprints)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/link/":
            return self._other(environ, start_response)
        ticket = environ["QUERY_STRING"].partition("ticket=")[2].partition("&")[0]
        with self._room.lock:
            known = ticket in self._room.tickets
            self._room.tickets.discard(ticket)
        if not known:
            start_response("403 Forbidden", [("Content-Length", "0")])
            return []
        self._sockets.serve(environ)
        raise ConnectionError  # the socket was not left to HTTP: nothing may be written to it any more


class Quiet(WSGIRequestHandler):
    """No line for every request; errors still show."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
