"""A scripted model that speaks the Messages API over HTTP on loopback.

Engines, the relay and the SDK run unchanged against it. The scripts are described in ``docs/model-scripts.md``;
``GET /_model/state`` shows what was spent, what went against the scripts, and each turn given.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from types import TracebackType
from typing import Any

from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

from ghapp.playground.model_reply import Reply, error_json
from ghapp.playground.model_request import ApiError, parse_request, tokens
from ghapp.playground.model_turns import Entry, ScriptedModel, Spent
from ghapp.playground.script import Script

_MAX_BODY = 32 * 1024 * 1024  # https://docs.claude.com/en/api/errors#request-size-limits
_log = logging.getLogger(__name__)


def create_app(model: ScriptedModel, key: str) -> Flask:
    """The HTTP face of ``model``; requests must carry ``key`` as x-api-key or as a Bearer token."""
    app = Flask("honk-playground-model")
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY

    @app.post("/v1/messages")
    def messages() -> Response:
        _check_door(request.headers, key)
        asked = parse_request(request.get_json(force=True))
        reply = model.answer(asked)
        if asked.stream:
            return Response(reply.events(), mimetype="text/event-stream", headers={"Cache-Control": "no-cache"})
        if reply.cut:
            return Response(_cut(reply), mimetype="application/json")
        return _json(reply.as_json())

    @app.post("/v1/messages/count_tokens")
    def count_tokens() -> Response:
        _check_door(request.headers, key)
        asked = parse_request(request.get_json(force=True), counting=True)
        return _json({"input_tokens": sum(tokens(segment.text) for segment in asked.segments)})

    @app.get("/_model/state")
    def state() -> Response:
        turns = [asdict(entry) for entry in model.log()]
        return _json({"spent": asdict(model.spent()), "violations": model.violations(), "turns": turns})

    app.register_error_handler(ApiError, _error)
    app.register_error_handler(HTTPException, lambda error: _error(ApiError(error.code or 500, str(error.description))))
    return app


class ModelServer:
    """A scripted model on loopback for as long as the ``with`` block lasts.

    ``port`` 0 takes a free one. Raises ValueError for a host that is not loopback: the key is no secret here.
    """

    def __init__(self, scripts: Iterable[Script], key: str, host: str = "127.0.0.1", port: int = 0) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the playground serves loopback only, not {host}")
        self.model = ScriptedModel(scripts)
        app = create_app(self.model, key)
        self._server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
        # The poll interval is how long shutdown() may take.
        serve, interval = self._server.serve_forever, {"poll_interval": 0.02}
        self._thread = threading.Thread(target=serve, kwargs=interval, name="playground-model", daemon=True)

    @property
    def url(self) -> str:
        """The address to use as the SDK's ``base_url``."""
        return f"http://{self._server.host}:{self._server.port}"

    def spent(self) -> Spent:
        """What the clients were told that they used."""
        return self.model.spent()

    def violations(self) -> tuple[str, ...]:
        """What went against the scripts; a test should end with none."""
        return self.model.violations()

    def log(self) -> tuple[Entry, ...]:
        """Each valid request in order, with its answer."""
        return self.model.log()

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _QuietHandler(WSGIRequestHandler):
    """Requests are in the model's own log, so the server's go to debug."""

    def log(self, type: str, message: str, *args: Any) -> None:
        _log.debug(message, *args)


def _check_door(headers: Headers, key: str) -> None:
    """Raises ApiError 401 without the right key, 400 without a version, as the real service does."""
    given = headers.get("x-api-key") or headers.get("Authorization", "").removeprefix("Bearer ")
    if not given:
        raise ApiError(401, "x-api-key header is required")
    if not hmac.compare_digest(given.encode(), key.encode()):
        raise ApiError(401, "invalid x-api-key")
    if not headers.get("anthropic-version"):
        raise ApiError(400, "anthropic-version: header is required")


def _json(value: Mapping[str, Any], status: int = 200) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    return Response(text, status, headers={"request-id": _request_id(text)}, mimetype="application/json")


def _cut(reply: Reply) -> Iterator[bytes]:
    text = json.dumps(reply.as_json()).encode()
    yield text[: len(text) // 2]
    raise ConnectionAbortedError("the script cuts this reply")


def _error(error: ApiError) -> Response:
    response = _json(error_json(error.status, error.message, _request_id(error.message)), error.status)
    if error.retry_after is not None:
        response.headers["retry-after"] = f"{error.retry_after:g}"
    return response


def _request_id(text: str) -> str:
    """Deterministic, like everything here: two equal answers have one id."""
    return f"req_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
