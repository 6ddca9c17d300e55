"""`slack.yml`: what we ask of a workspace, and no more than that."""

import ast
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from slack_sdk import WebClient

from ghapp.cli.manifest import COMMAND, EVENTS, SCOPES, SHORTCUT, manifest, new_app_link
from ghapp.core.events import ButtonPressed, MessageWritten
from ghapp.playground.slack import state
from ghapp.slack import payloads

ROOT = Path(__file__).parents[2]
FILE = ROOT / "slack.yml"

# What each method and event of ours asks for, by docs.slack.dev/reference; those with "" ask for nothing.
METHODS = {
    "apps.connections.open": "",  # with the app-level token
    "auth.test": "",
    "chat.getPermalink": "",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history groups:history im:history",
    "conversations.info": "channels:read groups:read im:read",
    "conversations.open": "im:write",
    "conversations.replies": "channels:history groups:history im:history",
    "files.completeUploadExternal": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "reactions.add": "reactions:write",
    "users.info": "users:read",
}
NEEDED_BY_EVENTS = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
}


def test_the_file_is_the_manifest_that_the_set_up_uses() -> None:
    """`slack.yml` says the same as `honk setup slack`, with an address to be filled in."""
    assert yaml.safe_load(FILE.read_text()) == manifest("https://HONK.EXAMPLE")


def test_it_asks_for_what_is_needed_and_nothing_more() -> None:
    """Each scope serves a method, an event or the command, and none is missing."""
    needed = {scope for scopes in (*METHODS.values(), *NEEDED_BY_EVENTS.values()) for scope in scopes.split()}
    assert set(SCOPES) == needed | {"commands"}
    assert set(EVENTS) == NEEDED_BY_EVENTS.keys()
    assert list(SCOPES) == sorted(set(SCOPES))


def test_the_playground_grants_what_it_asks_for() -> None:
    """The App of the demo has the same scopes, and hears the same events."""
    assert set(state.SCOPES) == set(SCOPES)
    assert set(state.EVENTS) == set(EVENTS)


def test_the_code_calls_these_methods() -> None:
    """What `ghapp/slack` calls of Slack's client is what the scopes are for."""
    trees = [ast.parse(path.read_text()) for path in sorted((ROOT / "ghapp" / "slack").glob("*.py"))]
    names = {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    called = {
        name.replace("_", ".", 1) for name in names if "_" in name[1:] and callable(getattr(WebClient, name, None))
    }
    through_all = "api.call"  # which our client extends, and all methods pass
    assert called - {through_all} == METHODS.keys() - {"apps.connections.open"}


ENVELOPE = {
    "type": "event_callback",
    "event_id": "Ev1",
    "authorizations": [{"team_id": "T1", "user_id": "U0HONK"}],
}
MESSAGE = {"type": "message", "user": "U1", "ts": "1700000000.000100", "text": "<@U0HONK> hello"}
SAID: dict[str, dict[str, Any]] = {
    "app_mention": {**MESSAGE, "type": "app_mention", "channel": "C1"},
    "message.channels": {**MESSAGE, "channel": "C1", "channel_type": "channel"},
    "message.groups": {**MESSAGE, "channel": "G1", "channel_type": "group"},
    "message.im": {**MESSAGE, "channel": "D1", "channel_type": "im"},
    "reaction_added": {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "octagonal_sign",
        "item_user": "U0HONK",
        "item": {"type": "message", "channel": "C1", "ts": "1700000000.000100"},
        "event_ts": "1700000001.000100",
    },
}


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_that_we_ask_for_is_understood(event: str) -> None:
    """None is sent to us for nothing."""
    found = payloads.read({**ENVELOPE, "event": SAID[event]}, datetime.now(UTC))
    assert found is not None
    assert isinstance(found.event, ButtonPressed if event == "reaction_added" else MessageWritten)


def test_the_shortcut_and_the_command_are_understood() -> None:
    """By the names that the manifest gives them."""
    shortcut = {
        "type": "message_action",
        "callback_id": SHORTCUT,
        "trigger_id": "1.2.a",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "message": MESSAGE,
    }
    command = {
        "command": COMMAND,
        "text": "hello",
        "trigger_id": "1.2.b",
        "team_id": "T1",
        "user_id": "U1",
        "channel_id": "C1",
    }
    for body in (shortcut, command):
        found = payloads.read(body, datetime.now(UTC))
        assert found is not None
        assert isinstance(found.event, MessageWritten)
        assert found.event.addressed


def test_each_scope_has_its_reason() -> None:
    """Whoever installs it can read beside each scope what it is for."""
    lines = [line.strip() for line in FILE.read_text().splitlines()]
    assert [
        scope for scope in SCOPES if not any(line.startswith(f"- {scope} ") and "# " in line for line in lines)
    ] == []


def test_everything_of_slack_comes_in_at_one_address() -> None:
    """Events, buttons and the command; in Socket Mode there is no address at all."""
    assert json.dumps(manifest("https://honk.example")).count("https://honk.example/slack/events") == 3
    without = json.dumps(manifest(None))
    assert "http" not in without
    assert "url" not in without
    assert manifest(None)["settings"]["socket_mode_enabled"] is True


def test_it_keeps_slacks_limits() -> None:
    """Longer texts are refused by Slack when the app is made."""
    of = manifest("https://honk.example")
    about, features = of["display_information"], of["features"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert len(features["shortcuts"][0]["name"]) <= 24


def test_the_link_carries_the_manifest() -> None:
    """Slack's page for new apps is opened with all of it filled in."""
    of = manifest("https://honk.example")
    link = urlsplit(new_app_link(of))
    assert (link.netloc, link.path) == ("api.slack.com", "/apps")
    assert json.loads(parse_qs(link.query)["manifest_json"][0]) == of
    assert parse_qs(link.query)["new_app"] == ["1"]
