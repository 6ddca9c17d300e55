"""The relay, wired: the process that a worker starts, and what runs in it. It is started for each attempt."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from ghapp.core.ports import Account, Relay
from ghapp.core.run import Run
from ghapp.records import records
from ghapp.settings import Settings

if TYPE_CHECKING:
    from ghapp.sandbox.relay import ModelRelay

# What `honk relay` reads of the settings, and of the machine's environment besides `*_proxy`.
_FOR_THE_RELAY = frozenset(
    {"redis_url", "anthropic_base_url", "anthropic_api_key", "log"}
    | {"issue_dollars", "person_dollars", "repository_dollars", "day_dollars"}
)
_OF_THE_MACHINE = frozenset(
    {"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG", "LC_ALL"} | {"SSL_CERT_FILE", "SSL_CERT_DIR"}
)


def relay_process(settings: Settings, environ: Mapping[str, str]) -> Relay:
    """The relay in a process of its own, which charges what a call costs although its worker dies meanwhile."""
    from ghapp.sandbox.relay_process import RelayProcess

    # Empty, not missing: it would read those from the operator's `.env`.
    told = {
        item.metadata["name"]: str(getattr(settings, item.name)) if item.name in _FOR_THE_RELAY else ""
        for item in fields(settings)
    }
    machine = {
        name: text for name, text in environ.items() if name in _OF_THE_MACHINE or name.lower().endswith("_proxy")
    }
    return RelayProcess([sys.executable, "-m", "ghapp", "relay"], machine | told)


def relay(settings: Settings) -> ModelRelay:
    """What runs in that process."""
    return relay_in_process(settings, records(settings).spending.account)


def relay_in_process(settings: Settings, account_of: Callable[[Run], Account]) -> ModelRelay:
    """A relay that ends with the process that it is in."""
    from ghapp.sandbox.relay import ModelRelay

    return ModelRelay(settings.anthropic_base_url, settings.anthropic_api_key, account_of)
