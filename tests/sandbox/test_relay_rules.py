"""What the relay reads is what the provider gets: no second reading of one request."""

import json
from typing import Any

import pytest

from ghapp.sandbox.relay_rules import Refused, check, upward

MODEL = "claude-sonnet-5-5"
ASKED: dict[str, Any] = {"model": MODEL, "max_tokens": 10, "messages": [{"role": "user", "content": "hello"}]}


def checked(body: bytes) -> dict[str, Any]:
    """What would be sent on."""
    sent: dict[str, Any] = json.loads(check(b"POST", b"/v1/messages", body, MODEL).body)
    return sent


def test_a_key_that_stands_twice_is_sent_once() -> None:
    """The last one counts for the check, so it alone goes on."""
    body = json.dumps(ASKED)[:-1].replace(MODEL, "claude-opus-5-5", 1) + f', "model": "{MODEL}"}}'
    assert body.count('"model"') == 2
    assert checked(body.encode()) == ASKED


def test_another_encoding_is_sent_as_plain_json() -> None:
    """JSON in UTF-16 can be read here, so it is written anew for those who cannot."""
    assert checked(json.dumps(ASKED).encode("utf-16")) == ASKED


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_tokens": -1_000_000_000},
        {"max_tokens": 0},
        {"max_tokens": 64000.0},
        {"max_tokens": True},
        {"tools": {"type": "web_search_20250305"}},
        {"system": {"type": "image", "source": {"type": "url", "url": "http://x"}}},
        {"messages": [{"role": "user", "content": {"type": "image", "source": {"type": "url", "url": "http://x"}}}]},
        {"messages": ["hello"]},
    ],
)
def test_a_request_of_another_shape_is_refused(wrong: dict[str, Any]) -> None:
    """What is not looked into does not pass, and a limit that limits nothing is none."""
    with pytest.raises(Refused) as refused:
        check(b"POST", b"/v1/messages", json.dumps(ASKED | wrong).encode(), MODEL)
    assert refused.value.status in (400, 403)


CLAUDE_CODE: dict[str, Any] = ASKED | {
    "max_tokens": 128_000,
    "metadata": {"user_id": "{}"},
    "output_config": {"effort": "medium"},
    "stream": True,
    "system": [{"type": "text", "text": "You are Honk.", "cache_control": {"type": "ephemeral"}}],
    "thinking": {"type": "adaptive"},
    "tools": [{"name": "Read", "description": "Reads", "input_schema": {"type": "object"}}],
}
"""All fields that Claude Code 2.1.330 sends with the variables that ghapp/agents/claude_options.py sets."""


def test_what_claude_code_sends_passes_whole() -> None:
    """Its fields and its query; of its headers those on how to read the body, and no word on the machine."""
    call = check(b"POST", b"/v1/messages?beta=true", json.dumps(CLAUDE_CODE).encode(), MODEL)
    assert (call.target, json.loads(call.body)) == ("/v1/messages?beta=true", CLAUDE_CODE)
    betas = b"claude-code-20250219,interleaved-thinking-2025-05-14,effort-2025-11-24"
    sent = [
        (b"x-api-key", b"relay"),
        (b"anthropic-version", b"2023-06-01"),
        (b"anthropic-beta", betas),
        (b"x-claude-code-session-id", b"1"),
        (b"x-stainless-os", b"Linux"),
    ]
    assert upward(sent, "sk-real") == [
        (b"anthropic-version", b"2023-06-01"),
        (b"anthropic-beta", betas),
        (b"x-api-key", b"sk-real"),
        (b"accept-encoding", b"identity"),
    ]
