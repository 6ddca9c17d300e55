"""The pages for linking accounts in a web part of their own, over a playground."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from flask import Flask
from redis import Redis
from werkzeug.serving import WSGIRequestHandler, make_server

from ghapp.github.people import GitHubSignIn
from ghapp.playground.world import World
from ghapp.store.identities import ChatIdentities
from ghapp.store.inbox import Inboxes
from ghapp.store.runs import Runs
from ghapp.store.transcripts import Streams
from ghapp.web import create_app, linking
from tests.web.web_over import SECRETS, Wakes

ROOT = "https://honk.example"
BACK = f"{ROOT}/slack/linked"


def app_with(world: World, redis: Redis, wakes: Wakes, root: str = ROOT, boxes: type[Inboxes] = Inboxes) -> Flask:
    """The web part with these pages."""
    inbox, app = boxes(redis), world.app
    room = linking.blueprint(
        identities=ChatIdentities(redis),
        sign_in=GitHubSignIn(app.client_id, app.client_secret, world.state.api, world.state.base_url),
        inbox=inbox,
        queue=wakes,
        public_root=root,
        secret=app.client_secret,
    )
    return create_app(
        inbox=inbox, queue=wakes, secrets=SECRETS, pages=Runs(redis), transcripts=Streams(redis), rooms=[room]
    )


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@contextmanager
def served(make: Callable[[str], Flask], *, https: bool = False) -> Iterator[str]:
    """An application that knows its own address, on a free port of loopback; https is with a certificate of its own."""
    tls: Literal["adhoc"] | None = "adhoc" if https else None
    server = make_server("127.0.0.1", 0, Flask(__name__), threaded=True, request_handler=_Quiet, ssl_context=tls)
    root = f"{'https' if https else 'http'}://127.0.0.1:{server.server_port}"
    server.app = make(root)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield root
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
