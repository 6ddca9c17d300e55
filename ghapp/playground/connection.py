"""How the playground's server serves one connection: calls of the API come one after the other on it, as at GitHub.

Werkzeug's own handler closes each connection after one answer, and drains it first. That suits what is streamed (git)
and what people open (pages), and is left to it; a call of the API is read whole, so there is nothing to drain.
"""

import socket
from contextlib import suppress
from io import BytesIO

from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app

_API = "/api/"


class Connection(WSGIRequestHandler):
    """No line for every request; errors still show. `serving` gives a server its own kind, which knows who is there."""

    disable_nagle_algorithm = True  # an answer is sent in two parts, and the second would wait for an acknowledgement
    open: set[socket.socket]

    def setup(self) -> None:
        super().setup()
        self.open.add(self.connection)

    def finish(self) -> None:
        self.open.discard(self.connection)
        super().finish()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def run_wsgi(self) -> None:
        """Answer one request; the connection is kept only after a call of the API."""
        streams = {"Expect", "Transfer-Encoding"} & set(self.headers)
        if streams or not self.path.startswith(_API):
            super().run_wsgi()
            return
        environ = self.make_environ()
        environ["wsgi.input"] = BytesIO(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        body = b"".join(parts)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def serving() -> type[Connection]:
    """The connections of one server."""
    return type("ServedConnection", (Connection,), {"open": set()})


def close_all(kind: type[Connection]) -> None:
    """End what is still open, also in the middle of an answer: a server that has stopped must not answer any more."""
    for one in list(kind.open):
        with suppress(OSError):  # its client has closed it meanwhile
            one.shutdown(socket.SHUT_RDWR)
