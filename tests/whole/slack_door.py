"""The door of a Slack: it knows which tokens are good, and says so as Slack does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from ghapp.cli.manifest import SCOPES
from tests.listening import listening

BOT_TOKEN = "xoxb-1111-2222-goodbottoken"
APP_TOKEN = "xapp-1-A0HONK-3333-goodapptoken"
REVOKED = "xoxb-1111-2222-revokedtoken"
LACKING = "xoxb-1111-2222-lackingtoken"

_BOT = {"ok": True, "team": "Acme", "team_id": "T1", "user": "honk", "user_id": "U1", "bot_id": "B1"}
_ANSWERS: dict[tuple[str, str], tuple[dict[str, Any], str]] = {
    ("/api/auth.test", BOT_TOKEN): (_BOT, ",".join(SCOPES)),
    ("/api/auth.test", LACKING): (_BOT, "chat:write,commands"),
    ("/api/auth.test", REVOKED): ({"ok": False, "error": "token_revoked"}, ""),
    ("/api/apps.connections.open", APP_TOKEN): ({"ok": True, "url": "wss://127.0.0.1:1/"}, "connections:write"),
}
_UNKNOWN: tuple[dict[str, Any], str] = ({"ok": False, "error": "invalid_auth"}, "")


class _Door(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer by the method and its token, which the form or the header has."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        said, scopes = _ANSWERS.get((self.path, token), _UNKNOWN)
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if scopes:
            self.send_header("X-OAuth-Scopes", scopes)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def slack_door() -> Iterator[str]:
    """The address of a Web API that knows these tokens."""
    with listening(_Door) as url:
        yield f"{url}/api/"
