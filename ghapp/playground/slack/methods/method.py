"""What a method of the Web API is: its name, its arguments and their kinds, the scopes it needs, and what it does."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ghapp.playground.slack.room import RefusedError, SlackRoom
from ghapp.playground.slack.state import Json

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """`takes` names the arguments with their kinds: str, bool, int, json; those with a `!` must be given.

    An `app_level` method is called with the app-level token, all others with the bot's.
    """

    name: str
    takes: str
    scope: str
    does: Callable[[SlackRoom, Arguments], Json]
    app_level: bool = False

    @property
    def kinds(self) -> dict[str, str]:
        rows = (word.rstrip("!").partition(":") for word in self.takes.split())
        return {name: kind or "str" for name, _, kind in rows}

    @property
    def needed(self) -> list[str]:
        return [word.rstrip("!").partition(":")[0] for word in self.takes.split() if word.endswith("!")]


def parse(method: Method, given: Mapping[str, Any], violate: Callable[[str], None]) -> Arguments:
    """The arguments in their kinds, as a form has them (all strings) or as JSON. Raises RefusedError."""
    unknown = sorted(set(given) - set(method.kinds) - {"token"})
    for name in unknown:
        violate(f"{method.name} was given {name!r}, which is not modelled")
    if unknown:
        raise RefusedError("invalid_arguments", response_metadata={"messages": [f"[ERROR] unknown: {unknown}"]})
    found = {name: _value(method, name, given[name], violate) for name in method.kinds if name in given}
    lacking = [name for name in method.needed if found.get(name) in (None, "")]
    if lacking:
        what = [f"[ERROR] missing required field: {name}" for name in lacking]
        raise RefusedError("invalid_arguments", response_metadata={"messages": what})
    return found


def _value(method: Method, name: str, given: Any, violate: Callable[[str], None]) -> Any:
    kind = method.kinds[name]
    try:
        if kind == "json":
            return json.loads(given) if isinstance(given, str) else given
        if kind == "int":
            return int(given)
    except ValueError:
        given = None
    if kind == "bool" and str(given).lower() in ("1", "true", "0", "false"):
        return str(given).lower() in ("1", "true")
    if kind == "str" and isinstance(given, str):
        return given
    violate(f"{method.name} was given a {name} that is no {kind}")
    raise RefusedError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {name} must be {kind}"]})
