"""Socket Mode: while a socket is open everything comes over it, and nothing by HTTP."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient

from tests.playground.slack_scene import Scene, button, row, scene

Answer = Callable[[SocketModeRequest], SocketModeResponse | None]


@pytest.fixture
def here() -> Iterator[Scene]:
    with scene(patience=5) as made:
        yield made


def _yes(request: SocketModeRequest) -> SocketModeResponse | None:
    return SocketModeResponse(envelope_id=request.envelope_id)


@contextmanager
def _listening(here: Scene, answer: Answer = _yes) -> Iterator["queue.Queue[SocketModeRequest]"]:
    """Slack's own client over a socket; what it heard, in order."""
    heard: queue.Queue[SocketModeRequest] = queue.Queue()
    client = SocketModeClient(
        app_token=here.slack.app.app_token,
        web_client=WebClient(base_url=here.slack.api_url),
        auto_reconnect_enabled=True,
    )

    def take(_: BaseSocketModeClient, request: SocketModeRequest) -> None:
        heard.put(request)
        response = answer(request)
        if response is not None:
            client.send_socket_mode_response(response)

    client.socket_mode_request_listeners.append(take)
    client.connect()
    here.slack.sockets.wait()
    yield heard
    client.auto_reconnect_enabled = False
    here.slack.sockets.close()  # a client that reads while it closes waits for its own timeout
    client.close()


def test_events_presses_and_commands_come_over_the_socket(here: Scene) -> None:
    """Each kind comes in an envelope of its own, and the app's address hears nothing."""
    with _listening(here) as heard:
        here.ana.says("general", "hm")
        blocks = [row(button("Merge", "m", "abc"))]
        ts = here.client.chat_postMessage(channel=here.general.id, text="x", blocks=blocks)["ts"]
        here.ana.presses("general", ts, "Merge")
        here.ana.command("/honk status", "general")
        here.slack.settle()
        event, own, pressed, command = (heard.get(timeout=10) for _ in range(4))
    assert [one.type for one in (event, own, pressed, command)] == [
        *("events_api", "events_api", "interactive", "slash_commands")
    ]
    assert event.payload["event"]["text"] == "hm"
    assert pressed.payload["actions"][0]["value"] == "abc"
    assert command.payload["text"] == "status"
    assert here.ear.heard == []
    assert here.slack.unheard == []


def test_a_command_is_answered_in_its_acknowledgement(here: Scene) -> None:
    """What comes back with the acknowledgement of a command is shown to who typed it."""

    def answer(request: SocketModeRequest) -> SocketModeResponse:
        payload: dict[str, Any] = {"text": "Two runs are going on"}
        return SocketModeResponse(request.envelope_id, payload)

    with _listening(here, answer):
        here.ana.command("/honk status", "general")
        here.slack.settle()
    assert [one.shown for one in here.slack.whispers(here.ana)] == ["Two runs are going on"]


def test_an_event_without_acknowledgement_comes_again() -> None:
    """What was not acknowledged in time comes again with its number."""

    def second_time(request: SocketModeRequest) -> SocketModeResponse | None:
        return _yes(request) if request.retry_attempt else None

    with scene(patience=1) as here, _listening(here, second_time) as heard:
        here.ana.says("general", "hm")
        here.slack.settle()
        first, again = heard.get(timeout=10), heard.get(timeout=10)
    assert (first.retry_attempt, again.retry_attempt, again.retry_reason) == (0, 1, "timeout")
    assert first.payload["event_id"] == again.payload["event_id"]
    assert first.envelope_id != again.envelope_id


def test_without_a_socket_it_is_http_again(here: Scene) -> None:
    """Once the socket is closed, events go to the app's address."""
    with _listening(here):
        here.ana.says("general", "one")
        here.slack.settle()
    here.slack.sockets.wait_gone()
    here.ana.says("general", "two")
    here.slack.settle()
    assert [one["text"] for one in here.ear.events()] == ["two"]


def test_an_app_that_is_asked_to_comes_back_by_a_new_socket(here: Scene) -> None:
    """Slack ends sockets now and then; the app opens another, and hears on."""
    with _listening(here) as heard:
        here.slack.sockets.disconnect()
        here.slack.sockets.wait(opened=2)
        here.ana.says("general", "still there?")
        here.slack.settle()
        assert heard.get(timeout=10).payload["event"]["text"] == "still there?"


def test_a_socket_opens_with_a_ticket_only(here: Scene) -> None:
    """The address is good once; the bot's token does not get one."""
    assert here.refusal("apps.connections.open") == "not_allowed_token_type"
    address = f"{here.slack.base_url}/link/?ticket=made-up&app_id={here.slack.app.id}"
    assert requests.get(address, timeout=10).status_code == 403
