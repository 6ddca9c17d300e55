"""The scripted model, spoken to by the real SDK."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types.beta import BetaMessageParam, BetaToolParam

from ghapp.playground.model import ModelServer
from ghapp.playground.model_turns import Spent
from ghapp.playground.script import Script, load_script, load_scripts, read_script

KEY = "sk-play"
MODEL = "claude-sonnet-5-5"
READ_TOOL: BetaToolParam = {
    "name": "read",
    "description": "Read a file",
    "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
}
HELLO: dict[str, Any] = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
DEMO = Path(__file__).parents[2] / "ghapp" / "playground" / "demo"

Serve = Callable[..., ModelServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers for scripts given as YAML; all end with the test."""
    started: list[ModelServer] = []

    def start(*texts: str) -> ModelServer:
        server = ModelServer([read_script(text, f"script-{n}") for n, text in enumerate(texts)], KEY)
        started.append(server.__enter__())
        return server

    yield start
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture
def client_of() -> Iterator[Callable[..., anthropic.Anthropic]]:
    """The real SDK, pointed at a server."""
    clients: list[anthropic.Anthropic] = []

    def make(server: ModelServer, api_key: str = KEY, max_retries: int = 0) -> anthropic.Anthropic:
        clients.append(anthropic.Anthropic(api_key=api_key, base_url=server.url, max_retries=max_retries))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


Client = Callable[..., anthropic.Anthropic]


def post(server: ModelServer, body: object, **headers: str) -> httpx2.Response:
    """A request as bare HTTP, for what the SDK would not send."""
    sent = {"x-api-key": KEY, "anthropic-version": "2023-06-01", **headers}
    return httpx2.post(f"{server.url}/v1/messages?beta=true", json=body, headers=sent, trust_env=False)


def test_streams_text_and_a_tool_call_in_pieces(serve: Serve, client_of: Client) -> None:
    """A streamed turn arrives as the service's events, text and input in several pieces, and adds up."""
    server = serve("name: a\nturns: [{say: I will look around, tools: [{read: {path: src/a.py}}]}]")
    with client_of(server).messages.stream(**HELLO, tools=[READ_TOOL]) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert kinds.count("text") == 3
    assert kinds.count("input_json") >= 3
    text, call = message.content
    assert text.type == "text"
    assert text.text == "I will look around"
    assert call.type == "tool_use"
    assert (call.name, call.input) == ("read", {"path": "src/a.py"})
    assert message.stop_reason == "tool_use"


def test_wire_events_are_in_the_documented_order(serve: Serve) -> None:
    """The raw stream has the event names of the documentation, a ping after the first block, and both usages."""
    server = serve("name: a\nturns: [{say: Hi}]")
    answer = post(server, {**HELLO, "stream": True})
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    kinds = [event["type"] for event in events]
    assert kinds == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "ping",
        "message_delta",
        "message_stop",
    ]
    assert events[0]["message"]["usage"]["input_tokens"] == events[-2]["usage"]["input_tokens"] > 0
    assert events[-2]["delta"]["stop_reason"] == "end_turn"


def test_the_tool_runner_plays_a_whole_script(serve: Serve, client_of: Client) -> None:
    """The SDK's streaming tool runner goes through all turns, and each sees what the tool before it gave."""
    server = serve("""
name: whole
turns:
- {shown: [You are Honk, Fix it], tools: [{read: {path: a.py}}, {read: {path: b.py}}]}
- {shown: [text of a.py, text of b.py], not_shown: [c.py], say: Done.}
""")

    @anthropic.beta_tool
    def read(path: str) -> str:
        """Read a file."""
        return f"text of {path}"

    runner = client_of(server).beta.messages.tool_runner(
        model=MODEL,
        max_tokens=1000,
        system="You are Honk.",
        messages=[{"role": "user", "content": "Fix it"}],
        tools=[read],
        cache_control={"type": "ephemeral"},
        stream=True,
        thread=False,
    )
    usages = [stream.get_final_message().usage for stream in runner]
    assert server.violations() == ()
    assert [(entry.turn, entry.answer, entry.tools) for entry in server.log()] == [
        (1, "tool_use", ("read", "read")),
        (2, "end_turn", ()),
    ]
    assert server.spent() == Spent(
        requests=2,
        input_tokens=sum(usage.input_tokens for usage in usages),
        cache_creation_input_tokens=sum(usage.cache_creation_input_tokens or 0 for usage in usages),
        cache_read_input_tokens=sum(usage.cache_read_input_tokens or 0 for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
    )
    assert usages[1].cache_read_input_tokens == usages[0].cache_creation_input_tokens


def test_an_unexpected_view_is_refused_and_recorded(serve: Serve, client_of: Client) -> None:
    """A turn whose text was not shown answers 400 and names what was missing."""
    server = serve("name: a\nturns: [{shown: [the secret word], say: Hi}]")
    with pytest.raises(anthropic.BadRequestError, match="the secret word"):
        client_of(server).messages.create(**HELLO)
    assert server.violations() == ("a: turn 1: the model was not shown 'the secret word' since its previous turn",)
    assert server.spent().requests == 0


def test_text_shown_before_the_previous_turn_does_not_count(serve: Serve, client_of: Client) -> None:
    """What the model saw earlier is not what it is shown now."""
    server = serve("name: a\nturns: [{say: One}, {shown: [Hello], say: Two}]")
    more = [*HELLO["messages"], {"role": "assistant", "content": "One"}, {"role": "user", "content": "Go on"}]
    with pytest.raises(anthropic.BadRequestError, match="not shown 'Hello'"):
        client_of(server).messages.create(**{**HELLO, "messages": more})


def test_text_that_must_not_be_shown_is_looked_for_everywhere(serve: Serve, client_of: Client) -> None:
    """A forbidden text is found even in a tool's description."""
    server = serve("name: a\nturns: [{not_shown: [hunter2], say: Hi}]")
    tool: BetaToolParam = {**READ_TOOL, "description": "use hunter2"}
    with pytest.raises(anthropic.BadRequestError, match="must not see"):
        client_of(server).messages.create(**HELLO, tools=[tool])
    assert len(server.violations()) == 1


def test_past_the_last_turn_it_says_so(serve: Serve, client_of: Client) -> None:
    """A conversation that goes on after the script gets an end, and the test gets a violation."""
    server = serve("name: a\nturns: [{say: One}]")
    more = [*HELLO["messages"], {"role": "assistant", "content": "One"}, {"role": "user", "content": "Go on"}]
    message = client_of(server).messages.create(**{**HELLO, "messages": more})
    assert message.content[0].text == "The script has no more turns."
    assert message.stop_reason == "end_turn"
    assert server.violations() == ("a: asked for turn 2, the script has no more turns",)


@pytest.mark.parametrize("status", [429, 500, 529])
def test_the_sdk_retries_planned_errors(serve: Serve, client_of: Client, status: int) -> None:
    """An error planned twice is answered twice, and the SDK's third try gets the turn."""
    fail = f"{{status: {status}, times: 2, retry_after: 0.01}}"
    server = serve(f"name: a\nturns: [{{say: Hi, fail: {fail}}}]")
    message = client_of(server, max_retries=2).messages.create(**HELLO)
    assert message.stop_reason == "end_turn"
    assert [entry.answer for entry in server.log()] == [f"error {status}", f"error {status}", "end_turn"]
    assert server.spent().requests == 1


def test_rate_limit_says_when_to_come_back(serve: Serve) -> None:
    """A 429 has retry-after and the API's error shape."""
    server = serve("name: a\nturns: [{say: Hi, fail: {status: 429}}]")
    answer = post(server, HELLO)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json()["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize("streaming", [True, False])
def test_a_cut_answer_breaks_the_connection_once(serve: Serve, streaming: bool) -> None:
    """A cut answer ends in the middle; the same request again gets all of it."""
    server = serve("name: a\nturns: [{say: A long story, fail: {cut: true}}]")
    body = {**HELLO, "stream": streaming}
    with pytest.raises(httpx2.RemoteProtocolError):
        post(server, body)
    assert "message_stop" in post(server, body).text or not streaming
    assert [entry.answer for entry in server.log()] == ["cut", "end_turn"]


def test_an_empty_reply_and_then_the_turn(serve: Serve, client_of: Client) -> None:
    """An empty reply has no content at all and still costs."""
    server = serve("name: a\nturns: [{say: Hi, fail: {empty: true}}]")
    client = client_of(server)
    with client.messages.stream(**HELLO) as stream:
        assert stream.get_final_message().content == []
    assert len(client.messages.create(**HELLO).content) == 1
    assert server.spent().requests == 2


def test_broken_tool_input_is_no_json(serve: Serve) -> None:
    """The pieces of a bad_json call do not add up to JSON."""
    server = serve("name: a\nturns: [{tools: [{read: {path: a}}], fail: {bad_json: true}}]")
    answer = post(server, {**HELLO, "stream": True})
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    with pytest.raises(json.JSONDecodeError):
        json.loads("".join(delta["partial_json"] for delta in deltas))


def test_the_first_script_that_matches_answers(serve: Serve, client_of: Client) -> None:
    """Scripts are tried in name order, those without a condition last."""
    server = serve(
        "name: a-anything\nturns: [{say: anything}]",
        "name: z\nwhen: Hello\nturns: [{say: z}]",
        "name: b\nwhen: Hell\nturns: [{say: b}]",
    )
    client = client_of(server)
    client.messages.create(**HELLO)
    client.messages.create(**{**HELLO, "messages": [{"role": "user", "content": "Good day"}]})
    assert [entry.script for entry in server.log()] == ["b", "a-anything"]


def test_no_script_for_a_conversation_is_a_violation(serve: Serve, client_of: Client) -> None:
    """A conversation that no script is for gets 400."""
    server = serve("name: a\nwhen: Goodbye\nturns: [{say: Hi}]")
    with pytest.raises(anthropic.BadRequestError, match="no script answers"):
        client_of(server).messages.create(**HELLO)
    assert len(server.violations()) == 1


def test_the_demo_script_notes_a_hostile_title_as_text(client_of: Client) -> None:
    """The fallback script carries the title into a quoted here-document, and placeholders are filled once."""
    with ModelServer(load_scripts(DEMO), KEY) as server:
        body = {**HELLO, "messages": [{"role": "user", "content": "Issue 3\n# $(reboot) ${body}\n\nPlease.\n# Not me"}]}
        message = client_of(server).messages.create(**body)
    assert message.content[1].input["command"] == (
        "cat >> NOTES.md <<'END_OF_NOTE'\n- $(reboot) ${body}\nEND_OF_NOTE\n"
    )


def test_the_demo_script_names_the_tools_of_the_engine() -> None:
    """The fallback script writes, verifies and reports."""
    script = load_script(DEMO / "anything.yml")
    assert [call.name for turn in script.turns for call in turn.tools] == ["bash", "verify", "report"]


def test_a_wrong_key_is_refused(serve: Serve, client_of: Client) -> None:
    """Neither kind of header opens the door with a wrong key, and none at all is 401 too."""
    server = serve("name: a\nturns: [{say: Hi}]")
    with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key"):
        client_of(server, api_key="wrong").messages.create(**HELLO)
    assert post(server, HELLO, **{"x-api-key": "wrong"}).json()["error"]["type"] == "authentication_error"
    assert post(server, HELLO, **{"x-api-key": ""}).status_code == 401
    assert post(server, HELLO, **{"x-api-key": "", "Authorization": f"Bearer {KEY}"}).status_code == 200


def with_messages(*messages: BetaMessageParam | dict[str, Any]) -> dict[str, Any]:
    """The smallest request with these messages."""
    return {**HELLO, "messages": list(messages)}


USER: dict[str, Any] = {"role": "user", "content": "Hello"}
CALL: dict[str, Any] = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "read", "input": {}}]}
RESULT: dict[str, Any] = {"type": "tool_result", "tool_use_id": "t1", "content": "text"}
BAD_REQUESTS = {
    "surprise: Extra inputs": {**HELLO, "surprise": 1},
    "thread=False": {**HELLO, "thread": {"type": "new"}},
    "model: ": {**HELLO, "model": ""},
    "max_tokens: ": {**HELLO, "max_tokens": 0},
    "stream: ": {**HELLO, "stream": "yes"},
    "at least one message": with_messages(),
    "roles must alternate": with_messages(USER, USER),
    "start with user": with_messages({"role": "assistant", "content": "Hi"}),
    "end with a user message": with_messages(USER, {"role": "assistant", "content": "Hi"}),
    "non-empty content": with_messages({"role": "user", "content": []}),
    "must be non-empty": with_messages({"role": "user", "content": " "}),
    "without `tool_result` blocks": with_messages(USER, CALL, USER),
    "unexpected `tool_use_id`": with_messages({"role": "user", "content": [RESULT]}),
    "must come before": with_messages(USER, CALL, {"role": "user", "content": [{"type": "text", "text": "a"}, RESULT]}),
    "ids must be unique": with_messages(
        USER, CALL, {"role": "user", "content": [RESULT]}, CALL, {"role": "user", "content": [RESULT]}
    ),
    "Tool names must be unique": {**HELLO, "tools": [READ_TOOL, READ_TOOL]},
    "tools.0.colour": {**HELLO, "tools": [{**READ_TOOL, "colour": "red"}]},
    "tools.0.input_schema": {**HELLO, "tools": [{"name": "read"}]},
    "server tools": {**HELLO, "tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    "cache_control": {**HELLO, "cache_control": {"type": "forever"}},
    "is not a block": with_messages({"role": "user", "content": [CALL["content"][0]]}),
    "system.0": {**HELLO, "system": [{"type": "image"}]},
    "not a JSON object": [HELLO],
}


@pytest.mark.parametrize("complaint", BAD_REQUESTS)
def test_a_request_against_the_rules_is_refused(serve: Serve, complaint: str) -> None:
    """Each broken request gets 400 with the API's shape and a word on what is wrong."""
    server = serve("name: a\nturns: [{say: Hi}]")
    answer = post(server, BAD_REQUESTS[complaint])
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert complaint in answer.json()["error"]["message"]
    assert server.spent() == Spent()


def test_counting_tokens_agrees_with_the_bill(serve: Serve, client_of: Client) -> None:
    """What count_tokens says is what the message then costs, cached or not."""
    server = serve("name: a\nturns: [{say: Hi}]")
    client = client_of(server)
    counted = client.beta.messages.count_tokens(model=MODEL, messages=HELLO["messages"], system="Be kind. " * 50)
    body = {**HELLO, "system": [{"type": "text", "text": "Be kind. " * 50, "cache_control": {"type": "ephemeral"}}]}
    first, second = (client.messages.create(**body).usage for _ in range(2))
    assert counted.input_tokens == first.input_tokens + (first.cache_creation_input_tokens or 0)
    assert first.cache_read_input_tokens == second.cache_creation_input_tokens == 0
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    assert second.input_tokens == first.input_tokens > 0


def test_the_state_page_shows_totals_violations_and_turns(serve: Serve, client_of: Client) -> None:
    """The state is JSON over HTTP for a test in another process."""
    server = serve("name: a\nturns: [{say: Hi}]")
    client_of(server).messages.create(**HELLO)
    state = httpx2.get(f"{server.url}/_model/state", trust_env=False).json()
    assert state["spent"]["requests"] == 1
    assert state["violations"] == []
    assert state["turns"][0]["script"] == "a"


def test_an_unknown_path_answers_in_the_api_shape(serve: Serve) -> None:
    """A path that is not modelled is 404 in the error shape."""
    server = serve("name: a\nturns: [{say: Hi}]")
    answer = httpx2.get(f"{server.url}/v1/models", trust_env=False)
    assert answer.json()["error"]["type"] == "not_found_error"


def test_it_serves_loopback_only() -> None:
    """An address that others could reach is refused."""
    script = Script.model_validate({"name": "a", "turns": [{"say": "Hi"}]})
    with pytest.raises(ValueError, match="loopback only"):
        ModelServer([script], KEY, host="0.0.0.0")  # noqa: S104
