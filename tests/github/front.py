"""Stands before a playground: counts what is asked, and says in its place what GitHub says at times.

The playground has no custom roles, no plans without drafts and no suspended installations. What GitHub answers there
is said here word for word, over the same HTTP.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ghapp.playground.server import Playground

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@dataclass
class Front:
    """`asked` are the requests so far, as `GET /path`; `says` adds an answer."""

    behind: "WSGIApplication"
    asked: list[str] = field(default_factory=list)
    _answers: list[tuple[str, str, list[tuple[str, str]], bytes, list[int]]] = field(default_factory=list)

    @classmethod
    def before(cls, playground: Playground) -> Self:
        """A front for this playground, from now on."""
        server = playground._server
        assert server.app is not None
        front = cls(server.app)
        server.app = front
        return front

    def says(self, request: str, status: str, body: Any, times: int = 1000, **headers: str) -> None:
        """Answer requests that match (`POST .*/pulls`) so, the next so many times."""
        lines = [("Content-Type", "application/json; charset=utf-8"), *headers.items()]
        named = [(name.replace("_", "-"), value) for name, value in lines]
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._answers.append((request, status, named, raw, [times]))

    def count(self, request: str) -> int:
        """How many of the requests so far match."""
        return sum(re.fullmatch(request, one) is not None for one in self.asked)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        asked = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        self.asked.append(asked)
        for request, status, headers, body, left in self._answers:
            if left[0] > 0 and re.fullmatch(request, asked):
                left[0] -= 1
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start_response(status, [*headers, ("Content-Length", str(len(body)))])
                return [body]
        return self.behind(environ, start_response)
