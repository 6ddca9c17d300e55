"""`slack.yml`: what we ask of a workspace, and no more than that."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import yaml

from ghapp.cli.manifest import EVENTS, SCOPES, manifest, new_app_link

FILE = Path(__file__).parents[2] / "slack.yml"

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
