"""A model's service that answers by hand, with what the scripted model does not give."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.listening import listening

MODEL = "claude-haiku-5-5"


def calling(tool: str, given: object) -> str:
    """A whole reply that calls a tool."""
    used = {"type": "tool_use", "id": "toolu_1", "name": tool, "input": given}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [used]}
    ended = {"stop_reason": "tool_use", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    return json.dumps(message | ended)


@contextmanager
def service(replies: list[str], go: threading.Event | None = None) -> Iterator[tuple[str, list[Any]]]:
    """A model's service that gives these bodies in turn, when it may `go`, and the requests that it got."""
    asked: list[Any] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            body = replies[len(asked) - 1].encode()
            if go is not None:
                go.wait()
                return
            self.send_response(200)
            self.send_header("content-type", "text/html" if body.startswith(b"<") else "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Answer) as url:
        yield url, asked
