"""The door in front of a real Valkey, reachable over HTTP, and what came through it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from flask import Flask, Response
from redis import Redis
from werkzeug.serving import make_server

from ghapp.core.errors import StoreDown
from ghapp.core.events import ButtonPressed, ChatEvent, MessageWritten
from ghapp.playground.slack.server import Quiet
from ghapp.slack import door
from ghapp.store.inbox import Inboxes
from ghapp.web import hooks
from tests.web.web_over import Wakes

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOWHERE = "http://127.0.0.1:9/api/"
"""Nobody listens there: whoever calls Slack fails at once."""


def app_over(redis: Redis, wakes: Wakes, secret: str = SECRET, api_url: str = NOWHERE) -> Flask:
    """A web part with nothing but the door."""
    app = Flask(__name__)
    take = partial(hooks.take, Inboxes(redis), wakes)
    slack = door.blueprint(take, hooks.body, secret=secret, token="xoxb-1", api_url=api_url)
    app.register_blueprint(slack)
    app.register_error_handler(StoreDown, lambda error: Response(str(error), 503))
    return app


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on loopback while the block lasts; the address of the door."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/slack/events"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def heard(redis: Redis) -> list[ChatEvent]:
    """What is in all inboxes, which are empty after that."""
    inboxes = Inboxes(redis)
    found: list[ChatEvent] = []
    for key in inboxes.wanted():
        with inboxes.drain(key) as mail:
            assert mail is not None
            while (event := mail.peek()) is not None:
                assert isinstance(event, MessageWritten | ButtonPressed)
                found.append(event)
                mail.done()
    return found
