"""Replies that the scripted model does not give: odd, half, or with an error inside. A server by hand sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from ghapp.agents.messages_loop import MessagesLoop
from ghapp.core.errors import TransientError, UserError
from ghapp.core.evidence import Outcome, Report
from ghapp.core.ports import BudgetSpent, Verdict
from ghapp.core.run import Remark
from ghapp.sandbox.relay import ModelRelay
from tests.accounts import Charges, run_of
from tests.agents.attempts import KEY, MODEL, Folder, task_of
from tests.listening import listening

Event = dict[str, Any]

START: Event = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
}
STOP: Event = {"type": "message_stop"}
READ = {"path": "a.txt"}


def block(index: int, kind: str, text: str) -> list[Event]:
    """A block of text, or a tool call of `kind` whose input is written as `text`."""
    if kind == "text":
        opening: Event = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": text}
    else:
        opening = {"type": "tool_use", "id": f"toolu_{index}_{kind}", "name": kind, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": text}
    return [
        {"type": "content_block_start", "index": index, "content_block": opening},
        {"type": "content_block_delta", "index": index, "delta": delta},
        {"type": "content_block_stop", "index": index},
    ]


def ended(reason: str) -> list[Event]:
    """The end of a reply."""
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}}, STOP]


def failed(kind: str) -> list[Event]:
    """An error inside a stream that had begun well."""
    return [START, {"type": "error", "error": {"type": kind, "message": "so it goes"}}]


REPORT = [
    START,
    *block(0, "report", json.dumps({"outcome": "no_change", "summary": "x", "reason": "y"})),
    *ended("tool_use"),
]


@contextmanager
def service(replies: list[list[Event]]) -> Iterator[tuple[str, list[Any]]]:
    """A model's service that gives these replies in turn, and the requests that it got."""
    asked: list[Any] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for event in replies[len(asked) - 1]:
                self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Answer) as url:
        yield url, asked


class Easygoing:
    """A host for whom all is green (`ports.Host`)."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def verify(self) -> Verdict:
        """Green."""
        return Verdict(True, "")

    def tell(self, kind: str, text: str) -> None:
        """Keep it."""
        text.encode()
        self.told.append(f"{kind}: {text}")

    def heard(self) -> tuple[Remark, ...]:
        """Nobody says anything."""
        return ()

    def remember(self, lines: Sequence[str]) -> None:
        """Nobody goes on with it."""


def work(root: Path, *replies: list[Event]) -> tuple[Report, list[Any], list[str]]:
    """The report, the requests, and what was told."""
    host = Easygoing()
    with (
        service(list(replies)) as (url, asked),
        ModelRelay(url, KEY, lambda run: Charges()).open(run_of(), MODEL) as access,
    ):
        engine = MessagesLoop(sleep=lambda seconds: None)
        return engine.work(task_of(), Folder(root), access, host), asked, host.told


def test_a_stream_that_ends_without_its_end_is_asked_for_again(tmp_path: Path) -> None:
    """A proxy may end a stream politely in the middle; its tool calls are not made."""
    half = [START, *block(0, "bash", '{"command": "echo x >> b.txt"}')]
    report, asked, _ = work(tmp_path, half, REPORT)
    assert report.outcome is Outcome.NO_CHANGE
    assert asked[0] == asked[1]
    assert not (tmp_path / "b.txt").exists()


@pytest.mark.parametrize("kind", ["overloaded_error", "api_error", "rate_limit_error", "timeout_error"])
def test_an_error_inside_a_stream_is_asked_for_again(tmp_path: Path, kind: str) -> None:
    """The status was 200 by then; the error's type tells that it passes."""
    report, asked, _ = work(tmp_path, failed(kind), REPORT)
    assert report.outcome is Outcome.NO_CHANGE
    assert len(asked) == 2


def test_an_error_that_stays_ends_the_work(tmp_path: Path) -> None:
    """Five tries for what passes, one for what does not."""
    with pytest.raises(TransientError):
        work(tmp_path, *[failed("overloaded_error")] * 5)
    with pytest.raises(UserError):
        work(tmp_path, failed("invalid_request_error"))


def test_input_that_cannot_be_read_at_all_is_asked_for_again(tmp_path: Path) -> None:
    """The SDK gives up on a tool input with a syntax error."""
    broken = [START, *block(0, "read", '{"path": nonsense}'), *ended("tool_use")]
    report, asked, told = work(tmp_path, broken, REPORT)
    assert report.outcome is Outcome.NO_CHANGE
    assert len(asked) == 2
    assert "cannot be read" in told[0]


@pytest.mark.parametrize("written", ["[1, 2]", '"a.txt"', "null", "7"])
def test_input_that_is_no_object_is_answered_and_sent_back_as_one(tmp_path: Path, written: str) -> None:
    """The service would refuse to take such an input back, so the history has an empty one."""
    odd = [START, *block(0, "read", written), *ended("tool_use")]
    _, asked, _ = work(tmp_path, odd, REPORT)
    call, result = asked[1]["messages"][1]["content"][0], asked[1]["messages"][2]["content"][0]
    assert call["input"] == {}
    assert (result["is_error"], "does not fit" in result["content"]) == (True, True)


def test_blank_text_is_not_sent_back(tmp_path: Path) -> None:
    """The service refuses empty text, also when it wrote it."""
    blank = [START, *block(0, "text", "\n\n"), *block(1, "read", json.dumps(READ)), *ended("tool_use")]
    _, asked, told = work(tmp_path, blank, REPORT)
    assert [part["type"] for part in asked[1]["messages"][1]["content"]] == ["tool_use"]
    assert not [line for line in told if line.startswith("say")]


def test_characters_that_cannot_be_stored_are_replaced(tmp_path: Path) -> None:
    """JSON can spell half a surrogate pair; it reaches neither the transcript nor the next request."""
    lone = [START, *block(0, "text", "half \ud83d"), *block(1, "read", json.dumps(READ)), *ended("tool_use")]
    _, asked, told = work(tmp_path, lone, REPORT)
    assert told[0] == "say: half ?"
    assert asked[1]["messages"][1]["content"][0]["text"] == "half ?"


def test_a_full_context_ends_the_work_as_a_limit(tmp_path: Path) -> None:
    """What was done so far is kept, and the person is told why it goes no further."""
    full = [START, *block(0, "text", "and so"), *ended("model_context_window_exceeded")]
    with pytest.raises(BudgetSpent, match="longer than the model can take"):
        work(tmp_path, full)


def test_sends_what_the_service_takes(tmp_path: Path) -> None:
    """Streaming, cached by a mark at the end, tools with a schema, and no conversation kept on the server."""
    _, asked, _ = work(tmp_path, REPORT)
    (request,) = asked
    assert (request["stream"], request["cache_control"], request.get("thread")) == (True, {"type": "ephemeral"}, None)
    assert [tool["name"] for tool in request["tools"]] == ["read", "edit", "write", "bash", "verify", "report"]
    assert all(tool["input_schema"]["additionalProperties"] is False for tool in request["tools"])
