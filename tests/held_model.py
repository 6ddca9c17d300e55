"""The playground's scripted model, one of whose replies waits in the middle of its stream; and what it has counted."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from ghapp.core.budget import Usage, price_of
from ghapp.playground.model import create_app
from ghapp.playground.model_turns import ScriptedModel, Spent
from ghapp.playground.script import read_script

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SHOWN = 4  # events: the figures of what went in, the beginning of a block, a ping, some of its text


class HeldModel:
    """Serves `script`. The reply to turn number `turn` (from 1) sets `reached` and waits for `go` in its middle."""

    def __init__(self, script: str, key: str, turn: int = 1) -> None:
        self.model = ScriptedModel([read_script(script, "held.yml")])
        self.reached, self.go = threading.Event(), threading.Event()
        self._app, self._turn = create_app(self.model, key), turn
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """The address for the relay."""
        return f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> HeldModel:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        pieces = self._app(environ, start_response)
        answered = [entry.turn for entry in self.model.log()[-1:]] == [self._turn]
        return self._slowly(pieces) if answered and not self.reached.is_set() else pieces

    def _slowly(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for number, piece in enumerate(pieces):
            if number == _SHOWN:
                self.reached.set()
                self.go.wait()
            yield piece


def as_usage(spent: Spent, model: str) -> Usage:
    """The server's own count, at its price."""
    counted = Usage(
        spent.input_tokens,
        spent.cache_creation_input_tokens,
        spent.cache_read_input_tokens,
        spent.output_tokens,
        spent.requests,
    )
    return counted + Usage(micros=price_of(model).micros(counted))


def asserted_paid(charged: Usage, spent: Spent, model: str) -> None:
    """It is what the server has counted, class by class; each call's price is rounded up to a whole micro-dollar."""
    counted = as_usage(spent, model)
    assert replace(charged, micros=0) == replace(counted, micros=0)
    assert counted.micros <= charged.micros < counted.micros + max(1, charged.calls)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass
