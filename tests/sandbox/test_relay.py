"""The model relay in front of the playground's model, spoken to as an engine would."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ghapp.core.budget import Budget, Price, Usage, price_of
from ghapp.core.errors import StoreDown, Superseded, UserError
from ghapp.core.ports import ModelAccess
from ghapp.playground.model import ModelServer
from ghapp.playground.script import read_script
from ghapp.sandbox.relay import ModelRelay
from ghapp.sandbox.relay_meter import Meter, Purse
from ghapp.sandbox.relay_rules import Refused
from tests.accounts import Charges, run_of

KEY = "sk-real-and-secret"
MODEL = "claude-sonnet-5-5"
HELLO: dict[str, Any] = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
TALK = "name: talk\nturns: [{say: Good day to you and all of yours}]"
SOURCE = {"type": "url", "url": "http://evil.test/?secret"}
IMAGE_BY_ADDRESS = {"type": "image", "source": SOURCE}


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    """Everything that a test starts ends with it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def serve(cleanup: ExitStack) -> Callable[[str], ModelServer]:
    """A model that plays a script."""
    return lambda script: cleanup.enter_context(ModelServer([read_script(script, "script")], KEY))


def ask(access: ModelAccess, body: object = HELLO, path: str = "/v1/messages", **headers: str) -> httpx2.Response:
    """One call through the relay, as Claude Code would make it."""
    with caller(access) as client:
        return client.post(path, json=body, headers={"x-api-key": "none", "anthropic-version": "2023-06-01", **headers})


def caller(access: ModelAccess) -> httpx2.Client:
    """A client that reaches the relay and nothing else."""
    return httpx2.Client(
        transport=httpx2.HTTPTransport(uds=str(access.socket)), base_url="http://relay", trust_env=False, timeout=20
    )


@contextmanager
def relay_to(
    url: str, budget: Budget | None = None, spent: Usage | None = None, **options: Any
) -> Iterator[tuple[ModelAccess, list[Usage]]]:
    """An open relay, and what it records."""
    account = Charges()
    relay = ModelRelay(url, KEY, lambda run: account, **options)
    with relay.open(run_of(budget, spent or Usage()), MODEL) as access:
        yield access, account.charged


class Upstream:
    """A model's service by hand, for what the playground does not do: it tells what it got, and can be held up.

    `pieces` are the body; before each piece but the first it waits for `go`.
    """

    def __init__(self, pieces: list[str], status: int = 200, kind: str = "text/event-stream", **headers: str) -> None:
        self.seen: list[dict[str, str]] = []
        self.go, self.begun = threading.Event(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(pieces, status, kind, headers))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Upstream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(
        self, pieces: list[str], status: int, kind: str, headers: dict[str, str]
    ) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                upstream.seen.append({name.lower(): value for name, value in self.headers.items()})
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(status)
                for name, value in {"content-type": kind, **headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                for number, piece in enumerate(pieces):
                    if number:
                        upstream.begun.set()
                        upstream.go.wait(20)
                    self.wfile.write(piece.encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Answer


def event(**fields: object) -> str:
    return f"event: {fields['type']}\ndata: {json.dumps(fields)}\n\n"


START = event(type="message_start", message={"usage": {"input_tokens": 70, "output_tokens": 1}})
SOME = event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 40})
END = event(type="message_delta", delta={}, usage={"output_tokens": 33}) + event(type="message_stop")


@pytest.mark.parametrize("stream", [True, False])
def test_passes_a_call_on_and_records_what_the_service_says_it_used(
    serve: Callable[[str], ModelServer], stream: bool
) -> None:
    """The answer arrives whole, and usage and cost equal the service's own count."""
    server = serve(TALK)
    with relay_to(server.url) as (access, recorded):
        answer = ask(access, {**HELLO, "stream": stream, "cache_control": {"type": "ephemeral"}})
    assert answer.status_code == 200
    assert "message_stop" in answer.text if stream else "and all" in answer.text
    spent = server.spent()
    assert spent.cache_creation_input_tokens > 0
    (usage,) = recorded
    counted = Usage(
        spent.input_tokens, spent.cache_creation_input_tokens, spent.cache_read_input_tokens, spent.output_tokens, 1
    )
    assert usage == counted + Usage(micros=price_of(MODEL).micros(counted))


def test_streams_without_holding_back(cleanup: ExitStack) -> None:
    """The caller reads the beginning of an answer while its end is not yet written."""
    upstream = cleanup.enter_context(Upstream([START, END]))
    asked = {**HELLO, "stream": True}
    with (
        relay_to(upstream.url) as (access, _),
        caller(access) as client,
        client.stream("POST", "/v1/messages", json=asked) as answer,
    ):
        pieces = answer.iter_raw()
        assert next(pieces).decode() == START
        upstream.go.set()
        assert b"".join(pieces).decode() == END


def test_counts_a_call_whose_caller_hangs_up(cleanup: ExitStack) -> None:
    """Hanging up is no way to spend what nobody counts: the figures at the end of the answer are recorded."""
    long = event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 500_000})
    upstream = cleanup.enter_context(Upstream([START, long + END]))
    recorded: list[Usage] = []
    ended = threading.Event()

    def record(usage: Usage) -> None:
        recorded.append(usage)
        ended.set()

    with ModelRelay(upstream.url, KEY, lambda run: Charges(record)).open(run_of(), MODEL) as access:
        with caller(access) as client, client.stream("POST", "/v1/messages", json=HELLO) as answer:
            next(answer.iter_raw())
        upstream.go.set()
        assert ended.wait(20)
    assert [(usage.input_tokens, usage.output_tokens, usage.calls) for usage in recorded] == [(70, 33, 1)]


def test_a_cut_stream_is_cut_for_the_caller_and_counted_by_what_was_shown(
    serve: Callable[[str], ModelServer],
) -> None:
    """An answer without its end does not look complete, and what it showed is paid for."""
    server = serve("name: cut\nturns: [{say: a rather long sentence that is never finished, fail: {cut: true}}]")
    with relay_to(server.url) as (access, recorded), pytest.raises(httpx2.RemoteProtocolError):
        ask(access, {**HELLO, "stream": True})
    (usage,) = recorded
    assert usage.input_tokens == server.spent().input_tokens
    assert usage.output_tokens > server.spent().output_tokens


def test_closing_cuts_what_is_underway_and_leaves_nothing(cleanup: ExitStack) -> None:
    """A relay closes at once although the service still writes; thread, socket and folder are gone."""
    upstream = cleanup.enter_context(Upstream([START + SOME, END]))
    with relay_to(upstream.url) as (access, recorded):
        client = cleanup.enter_context(caller(access))
        answer = cleanup.enter_context(client.stream("POST", "/v1/messages", json=HELLO))
        pieces = answer.iter_raw()
        assert next(pieces).decode() == START + SOME
    with pytest.raises(httpx2.TransportError):
        next(pieces)
    assert not access.socket.parent.exists()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("honk-relay")]
    assert [(usage.input_tokens, usage.output_tokens) for usage in recorded] == [(70, 10)]


def test_the_socket_is_the_workers_alone(serve: Callable[[str], ModelServer]) -> None:
    """Nobody else on the machine can reach the folder of the socket."""
    with relay_to(serve(TALK).url) as (access, _):
        assert stat.S_IMODE(access.socket.parent.stat().st_mode) == 0o700
        assert stat.S_ISSOCK(access.socket.stat().st_mode)


def test_says_so_when_the_path_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for temporary files with a very long name is a matter for the operator."""
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(UserError, match="TMPDIR"), relay_to("http://127.0.0.1:1"):
        pass


def test_sweeps_what_a_killed_worker_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of a relay whose process is gone is removed; that of one which still listens is not."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "honk-relay-left"
    left.mkdir()
    with relay_to("http://127.0.0.1:1") as (first, _), relay_to("http://127.0.0.1:1") as (second, _):
        assert not left.exists()
        assert first.socket.exists()
        assert second.socket.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"x-api-key": "none"}, {"x-api-key": KEY}),
        ({"authorization": "Bearer none", "x-api-key": ""}, {"authorization": f"Bearer {KEY}"}),
    ],
)
def test_puts_the_key_in_where_the_callers_client_has_it(
    cleanup: ExitStack, given: dict[str, str], sent: dict[str, str]
) -> None:
    """The service gets our key in the header of the caller's client, its version and betas, and no other header."""
    upstream = cleanup.enter_context(Upstream([START + END]))
    extra = {"anthropic-beta": "one-2026, context-1m-2025", "x-forwarded-for": "10.0.0.1", "cookie": "a=b"}
    with relay_to(upstream.url) as (access, _):
        ask(access, **given, **extra)
    (seen,) = upstream.seen
    assert {name: seen[name] for name in ("authorization", "x-api-key") if name in seen} == sent
    assert seen["anthropic-version"] == "2023-06-01"
    assert seen["anthropic-beta"] == "one-2026"
    assert seen["accept-encoding"] == "identity"
    assert not seen.keys() & {"x-forwarded-for", "cookie"}


def test_the_key_is_not_visible_to_the_caller(cleanup: ExitStack) -> None:
    """No header of an answer, no body of the relay's own, and nothing in what the engine is given has the key."""
    upstream = cleanup.enter_context(Upstream(["{}"], status=401, kind="application/json", set_cookie=KEY, x_key=KEY))
    with relay_to(upstream.url) as (access, _):
        answers = [ask(access), ask(access, path="/v1/files"), ask(access, {**HELLO, "model": "other"})]
    shown = [f"{answer.headers} {answer.text}" for answer in answers]
    assert [answer.status_code for answer in answers] == [401, 404, 403]
    assert not [text for text in [*shown, repr(access)] if KEY in text]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/messages"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1/messages?beta=true&x=1"),
        ("POST", "/v1/files"),
        ("POST", "/v1/messages/../files"),
        ("GET", "/"),
    ],
)
def test_serves_no_other_address(serve: Callable[[str], ModelServer], method: str, path: str) -> None:
    """What is not the Messages API is not found, and the service does not hear of it."""
    server = serve(TALK)
    with relay_to(server.url) as (access, recorded), caller(access) as client:
        answer = client.request(method, path, json=HELLO)
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found_error"
    assert (recorded, server.log()) == ([], ())


@pytest.mark.parametrize(
    "extra",
    [
        {"model": "claude-opus-5-5"},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]},
        {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]},
        {"tools": [{"type": "mcp_toolset", "mcp_server_name": "x"}]},
        {"mcp_servers": [{"type": "url", "url": "http://evil.test", "name": "x"}]},
        {"container": "c"},
        {"speed": "fast"},
        {"fallbacks": [{"model": "other"}]},
        {"thread": {"type": "create"}},
        {"context_management": {"edits": [{"type": "compact_20260112"}]}},
        {"messages": [{"role": "user", "content": [IMAGE_BY_ADDRESS]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [IMAGE_BY_ADDRESS]}]}]},
        {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "f"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]}]},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "document", "source": {"type": "content", "content": [IMAGE_BY_ADDRESS]}}],
                }
            ]
        },
        {"messages": [{"role": "system", "content": [{"type": "tool_addition", "tool": {}}]}]},
    ],
    ids=lambda extra: json.dumps(extra)[:60],
)
def test_refuses_what_reaches_out_or_changes_the_price(
    serve: Callable[[str], ModelServer], extra: dict[str, Any]
) -> None:
    """The provider's servers are not a way around the sandbox, and the budget's prices stay true."""
    server = serve(TALK)
    with relay_to(server.url) as (access, recorded):
        answer = ask(access, {**HELLO, **extra})
    assert answer.status_code == 403
    assert answer.json()["error"]["type"] == "permission_error"
    assert answer.headers["x-should-retry"] == "false"
    assert (recorded, server.log()) == ([], ())


def test_a_tool_calls_own_input_is_not_mistaken_for_a_block(cleanup: ExitStack) -> None:
    """An agent may write about pictures by address; only sending one is refused."""
    upstream = cleanup.enter_context(Upstream([START + END]))
    call = {"type": "tool_use", "id": "a", "name": "write", "input": {"content": [IMAGE_BY_ADDRESS], "source": SOURCE}}
    with relay_to(upstream.url) as (access, _):
        answer = ask(access, {**HELLO, "messages": [{"role": "assistant", "content": [call]}]})
    assert answer.status_code == 200


def test_answers_a_spent_budget_itself(serve: Callable[[str], ModelServer]) -> None:
    """Once a limit is reached the service is not called, and the client is told not to try again."""
    server = serve(TALK)
    with relay_to(server.url, Budget(turns=3), Usage(calls=2)) as (access, recorded):
        answers = [ask(access), ask(access), ask(access)]
    assert [answer.status_code for answer in answers] == [200, 402, 402]
    assert answers[1].json() == {
        "type": "error",
        "error": {"type": "billing_error", "message": "the limit of 3 turns is reached"},
    }
    assert (answers[1].headers["x-should-retry"], answers[1].headers["honk-budget"]) == ("false", "spent")
    assert (len(recorded), server.spent().requests) == (1, 1)


def test_counts_time_from_the_opening(serve: Callable[[str], ModelServer]) -> None:
    """The limit of minutes runs while the relay is open, whatever the calls do."""
    now = [1000.0]
    with relay_to(serve(TALK).url, Budget(seconds=60), clock=lambda: now[0]) as (access, _):
        assert ask(access).status_code == 200
        now[0] += 60
        answer = ask(access)
    assert answer.json()["error"]["message"] == "the limit of 1 minutes is reached"
    assert answer.headers["honk-budget"] == "time"


def test_calls_side_by_side_go_over_the_budget_by_one_call_at_most(serve: Callable[[str], ModelServer]) -> None:
    """With room for hardly one call, eight at once make one call."""
    server = serve(TALK)
    with relay_to(server.url, Budget(micros=1)) as (access, recorded), ThreadPoolExecutor(8) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda _: ask(access), range(8)))
    assert statuses == [200] + [402] * 7
    assert (len(recorded), server.spent().requests) == (1, 1)


def test_a_call_waits_for_those_that_may_use_the_budget_up() -> None:
    """What is underway is reckoned with at its worst, and let go when it ends for less or for nothing."""
    worst, call = Usage(micros=90, calls=1), Usage(micros=60, calls=1)

    async def three_calls() -> list[bool]:
        purse = Purse(Budget(micros=100), Usage(micros=20), Charges(), lambda: 0.0)
        await purse.admit(worst)
        second = asyncio.create_task(purse.admit(worst))
        await asyncio.sleep(0)
        waited = [second.done()]
        purse.settle(worst, None)
        await second
        third = asyncio.create_task(purse.admit(worst))
        await asyncio.sleep(0)
        waited.append(third.done())
        purse.settle(worst, call + call)
        with pytest.raises(Refused, match="is spent"):
            await third
        return waited

    assert asyncio.run(three_calls()) == [False, False]


def test_an_entry_that_is_cached_for_an_hour_costs_twice_the_input() -> None:
    """The service tells which part of what it cached is to live longer, and asks more for it."""
    meter = Meter()
    meter.begin(streamed=False)
    kinds = {"ephemeral_1h_input_tokens": 400, "ephemeral_5m_input_tokens": 600}
    answer = json.dumps({"usage": {"input_tokens": 10, "cache_creation_input_tokens": 1000, "cache_creation": kinds}})
    for character in answer:
        meter.feed(character.encode())
    usage = meter.usage(Price(input=1, output=5))
    assert usage == Usage(input_tokens=10, cache_write_tokens=1000, calls=1, micros=10 + 800 + 750)


def test_calls_run_side_by_side_while_the_budget_holds_both(cleanup: ExitStack) -> None:
    """A second call does not wait for the first one's end when both can be paid."""
    upstream = cleanup.enter_context(Upstream([START, END]))
    with relay_to(upstream.url) as (access, recorded), ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, access)
        assert upstream.begun.wait(20)
        upstream.begun.clear()
        second = pool.submit(ask, access)
        assert upstream.begun.wait(20)
        upstream.go.set()
        assert (first.result().status_code, second.result().status_code) == (200, 200)
    assert len(recorded) == 2


@pytest.mark.parametrize("status", [400, 401, 429, 500, 529])
def test_passes_the_services_errors_on_and_charges_nothing(serve: Callable[[str], ModelServer], status: int) -> None:
    """An error of the service arrives as it is, with the time it asks to wait."""
    wait = ", retry_after: 7" if status == 429 else ""
    server = serve(f"name: bad\nturns: [{{say: late, fail: {{status: {status}{wait}}}}}]")
    with relay_to(server.url) as (access, recorded):
        answer = ask(access)
    assert (answer.status_code, answer.json()["type"], recorded) == (status, "error", [])
    assert answer.headers.get("retry-after") == ("7" if wait else None)


def test_says_that_the_service_cannot_be_reached(cleanup: ExitStack) -> None:
    """A dead service is an error in the API's shape that a client may try again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with relay_to(f"http://127.0.0.1:{port}") as (access, recorded):
        answer = ask(access)
    assert (answer.status_code, answer.json()["error"]["type"], recorded) == (502, "api_error", [])
    assert "x-should-retry" not in answer.headers


def test_does_not_follow_a_redirect(cleanup: ExitStack) -> None:
    """The key goes to the address that the operator gave, and to no other."""
    other = cleanup.enter_context(Upstream([START + END]))
    upstream = cleanup.enter_context(Upstream([""], status=307, location=f"{other.url}/v1/messages"))
    with relay_to(upstream.url) as (access, _):
        assert ask(access).status_code == 502
    assert other.seen == []


def test_counting_tokens_is_free_and_not_a_turn(serve: Callable[[str], ModelServer]) -> None:
    """The second address passes even when the turns are used up, and nothing is recorded."""
    asked = {"model": MODEL, "messages": HELLO["messages"]}
    with relay_to(serve(TALK).url, Budget(turns=1), Usage(calls=1)) as (access, recorded):
        answer = ask(access, asked, "/v1/messages/count_tokens?beta=true")
    assert (answer.status_code, recorded) == (200, [])
    assert answer.json()["input_tokens"] > 0


def test_refuses_what_is_too_long_or_none(serve: Callable[[str], ModelServer]) -> None:
    """Bodies over the service's own limit, and bodies that are no request, are answered without asking it."""
    server = serve(TALK)
    with relay_to(server.url) as (access, _), caller(access) as client:
        long = client.post("/v1/messages", content=b"x" * (32 * 1024 * 1024 + 1))
        broken = client.post("/v1/messages", content=b'{"model":')
        deep = client.post("/v1/messages", content=b"[" * 200_000)
        other = client.post("/v1/messages", json=[HELLO])
    assert [answer.status_code for answer in (long, broken, deep, other)] == [413, 400, 400, 400]
    assert server.log() == ()


def test_survives_callers_that_do_not_speak_http(serve: Callable[[str], ModelServer]) -> None:
    """Noise and half a request end that caller's connection; the next caller is served."""
    with relay_to(serve(TALK).url) as (access, _):
        for noise in (
            b"\x16\x03\x01\x00\xff\r\n\r\n",
            b"POST /v1/messages HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n",
        ):
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(str(access.socket))
                raw.sendall(noise)
                raw.shutdown(socket.SHUT_WR)
                raw.settimeout(20)
                assert raw.recv(1000)[:12] in (b"", b"HTTP/1.1 400")
        assert ask(access).status_code == 200


def test_takes_sixteen_callers_at_a_time(serve: Callable[[str], ModelServer], cleanup: ExitStack) -> None:
    """A sandbox that opens connections without end does not use up the worker's files."""
    with relay_to(serve(TALK).url) as (access, _):
        for _ in range(16):
            raw = cleanup.enter_context(socket.socket(socket.AF_UNIX))
            raw.connect(str(access.socket))
        assert ask(access).status_code == 429


def test_what_recording_raises_ends_the_relay(serve: Callable[[str], ModelServer]) -> None:
    """A superseded attempt cannot record any more: it gets no further call, and the relay's end says why."""
    server = serve(TALK)

    def record(usage: Usage) -> None:
        raise Superseded

    relay = ModelRelay(server.url, KEY, lambda run: Charges(record))
    with pytest.raises(Superseded), relay.open(run_of(), MODEL) as access:
        assert [ask(access).status_code, ask(access).status_code] == [200, 402]
    assert server.spent().requests == 1


def test_an_account_that_cannot_be_asked_lets_nothing_through(serve: Callable[[str], ModelServer]) -> None:
    """Who does not know whether a limit is reached spends nothing, and the relay's end says why."""
    server = serve(TALK)

    class Away(Charges):
        def closed(self) -> str | None:
            raise StoreDown("the store does not answer")

    relay = ModelRelay(server.url, KEY, lambda run: Away())
    with pytest.raises(StoreDown), relay.open(run_of(), MODEL) as access:
        assert ask(access).status_code == 402
    assert server.log() == ()


def test_a_closing_purse_lets_nothing_in_and_waits_for_what_is_underway() -> None:
    """Who waits for room is sent away, who comes later too, and the close ends with the last settlement."""
    worst, account = Usage(micros=90, calls=1), Charges()

    async def closing() -> bool:
        purse = Purse(Budget(micros=100), Usage(micros=20), account, lambda: 0.0)
        await purse.admit(worst)
        waits = asyncio.create_task(purse.admit(worst))
        await asyncio.sleep(0)
        closed = asyncio.create_task(purse.close())
        for late in (waits, purse.admit(Usage())):
            with pytest.raises(Refused, match="over"):
                await late
        waited = not closed.done()
        purse.settle(worst, Usage(micros=3))
        await closed
        return waited

    assert asyncio.run(closing())
    assert account.charged == [Usage(micros=3)]
