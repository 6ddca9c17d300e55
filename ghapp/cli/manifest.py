"""Slack's manifest of our app, as a value: the same as `slack.yml`, by test, for the address of one server.

https://docs.slack.dev/reference/app-manifest
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

EVENTS_PATH = "/slack/events"
LINKED_PATH = "/slack/linked"
COMMAND = "/honk"
SHORTCUT = "ask_honk"

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "reactions:read",
    "reactions:write",
    "users:read",
)
EVENTS = ("app_mention", "message.channels", "message.groups", "message.im", "reaction_added")

_NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_json="


def manifest(address: str | None) -> dict[str, Any]:
    """The manifest for the server at this address, or for Socket Mode, which has no addresses at all."""
    url = {} if address is None else {"url": f"{address}{EVENTS_PATH}"}
    request_url = {} if address is None else {"request_url": f"{address}{EVENTS_PATH}"}
    return {
        "display_information": {
            "name": "Honk",
            "description": "Ask for a fix or a feature, try the build on your phone, merge it by tap.",
            "background_color": "#24292f",
        },
        "features": _features(url),
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": address is None,
            "token_rotation_enabled": False,
        },
    }


def _features(url: Mapping[str, str]) -> dict[str, Any]:
    return {
        "app_home": {
            "home_tab_enabled": False,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "honk", "always_online": True},
        "shortcuts": [
            {
                "name": "Ask Honk",
                "type": "message",
                "callback_id": SHORTCUT,
                "description": "Have Honk work on what this message says",
            }
        ],
        "slash_commands": [
            {
                "command": COMMAND,
                **url,
                "description": "Ask for a change, or say what becomes of one",
                "usage_hint": "the save button does nothing on small screens",
            }
        ],
    }


def new_app_link(of: Mapping[str, Any]) -> str:
    """The page of Slack that makes an app of this manifest.

    https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests
    """
    return _NEW_APP + quote(json.dumps(of, separators=(",", ":")), safe="")
