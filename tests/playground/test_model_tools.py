"""One script for each engine: calls are spelled for whoever asks."""

from __future__ import annotations

from typing import Any

import pytest

from ghapp.playground.model_request import ModelRequest, parse_request
from ghapp.playground.model_tools import spelled
from ghapp.playground.script import ToolCall

CLAUDE_CODE = ("Read", "Edit", "Write", "Bash", "Grep", "Glob", "mcp__honk__verify", "mcp__honk__report")
REMINDER = "<system-reminder>\n# Environment\nlinux\n</system-reminder>"


def sent(written: dict[str, Any], offered: tuple[str, ...]) -> list[dict[str, Any]]:
    """The calls as a script would write them."""
    return [{call.name: call.input} for call in spelled(ToolCall.model_validate(written), offered)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"read": {"path": "a", "limit": 2}}, [{"Read": {"file_path": "/workspace/a", "limit": 2}}]),
        (
            {"edit": {"path": "/tmp/a", "old": "x", "new": "y", "all": True}},
            [
                {"Read": {"file_path": "/tmp/a"}},
                {"Edit": {"file_path": "/tmp/a", "old_string": "x", "new_string": "y", "replace_all": True}},
            ],
        ),
        (
            {"write": {"path": "a", "content": "x"}},
            [{"Read": {"file_path": "/workspace/a"}}, {"Write": {"file_path": "/workspace/a", "content": "x"}}],
        ),
        ({"bash": {"command": "ls", "timeout": 2}}, [{"Bash": {"command": "ls", "timeout": 2000}}]),
        ({"report": {"outcome": "done"}}, [{"mcp__honk__report": {"outcome": "done"}}]),
        ({"Grep": {"pattern": "x"}}, [{"Grep": {"pattern": "x"}}]),
        ({"fetch": {"path": "a"}}, [{"fetch": {"path": "a"}}]),
        ({"edit": {}}, [{"Edit": {}}]),
    ],
)
def test_calls_are_spelled_for_claude_code(written: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    """Names, keys, absolute paths and milliseconds; what has no counterpart stays as it is."""
    assert sent(written, CLAUDE_CODE) == expected
    assert sent(written, ("read", "edit", "write", "bash", "verify", "report")) == [written]


def asked(*messages: tuple[str, list[str]]) -> ModelRequest:
    """A request with these texts."""
    said = [{"role": role, "content": [{"type": "text", "text": text} for text in texts]} for role, texts in messages]
    return parse_request({"model": "m", "max_tokens": 1, "messages": said})


def test_title_and_body_are_the_requests_own() -> None:
    """Headings in what the client adds are not taken for the title."""
    assert asked(("user", [REMINDER, "# Mend it\nIt is bad."])).title_and_body == ("Mend it", "It is bad.")


def test_what_the_client_wrote_in_the_models_place_is_no_turn() -> None:
    """A piece of a reply that was cut off is asked for again, and a filler was never said."""
    cut = "Your response above was cut off mid-stream. Resume directly from where it stops."
    request = asked(("user", ["Begin"]), ("assistant", ["Hal"]), ("user", [cut]))
    assert (request.turn, request.news) == (0, f"\nBegin\n{cut}")
    request = asked(
        ("user", ["Begin"]), ("assistant", ["One"]), ("user", ["x"]), ("assistant", ["No response requested."]),
        ("user", ["And now"]),
    )  # fmt: skip
    assert (request.turn, request.news) == (1, "x\nAnd now")


def test_a_picture_is_shown_by_its_type_and_size() -> None:
    """So that a script can say that it must have been there."""
    source = {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}
    said = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    assert parse_request({"model": "m", "max_tokens": 1, "messages": said}).news == "\n[image/png, 5 bytes]"
