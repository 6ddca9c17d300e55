"""The Flask application of the web part."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from ghapp.core.errors import StoreDown
from ghapp.core.ports import Inbox, Queue
from ghapp.web import hooks, runs

# What default-src does not cover has to be said on its own.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class _App(Flask):
    """Logs a defect by the name of its page: addresses of runs, builds and links are secrets."""

    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("a defect in %s [%s]", request.endpoint, request.method, exc_info=exc_info)


def create_app(
    *,
    inbox: Inbox,
    queue: Queue,
    secrets: tuple[str, ...],
    pages: runs.Pages,
    transcripts: runs.Lines,
    rooms: Iterable[Blueprint] = (),
    forget: Callable[[int], None] = lambda user: None,
) -> Flask:
    """The application. `secrets` must not be empty, for an unsigned delivery is nobody's. `rooms` are further pages.

    `forget` is told the number of a user of GitHub who takes back their sign-in.
    """
    if not secrets or not all(secrets):
        raise ValueError("a webhook secret is needed")
    app = _App(__name__)
    app.register_blueprint(hooks.blueprint(inbox, queue, secrets, forget))
    app.register_blueprint(runs.blueprint(pages, transcripts))
    for room in rooms:
        app.register_blueprint(room)
    app.get("/healthz")(lambda: jsonify(ok=True))
    app.register_error_handler(StoreDown, _store_down)
    app.register_error_handler(HTTPException, _refused)
    app.after_request(_guarded)
    return app


def _store_down(error: StoreDown) -> tuple[Response, int]:
    return jsonify(error=str(error)), 503


def _refused(error: HTTPException) -> Response:
    """The error as JSON, with the headers that belong to it (Allow, Location)."""
    response = Response(status=error.code or 500, headers=error.get_headers())
    response.data = json.dumps({"error": error.description or error.name})
    response.content_type = "application/json"
    return response


def _guarded(response: Response) -> Response:
    """Pages are nobody's to frame, to index, to cache or to be led away from; those with forms say their own policy."""
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response
