"""Who somebody is in the workspace, asked of Slack and believed for a minute."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ghapp.core.chat import Person, Speaker
from ghapp.core.errors import UserError
from ghapp.slack.api import Api, code, spoken

_SECONDS = 60.0
_MOST = 1_000
_UNKNOWN = frozenset(("user_not_found", "user_not_visible", "users_not_found"))
_OUTSIDERS = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "is_invited_user")
_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class Us:
    """Our bot, and the workspace that it is in."""

    team: str
    user: str
    bot: str


class Directory:
    """The people of the workspace. `clock` counts seconds."""

    def __init__(self, api: Api, clock: Callable[[], float]) -> None:
        self._api = api
        self._clock = clock
        self._us: Us | None = None
        self._known: dict[str, tuple[float, Person]] = {}

    def us(self) -> Us:
        """Asked once: a token is of one workspace and one bot, for ever."""
        if self._us is None:
            with spoken():
                found = self._api.asks.auth_test()
            self._us = Us(str(found["team_id"]), str(found["user_id"]), str(found.get("bot_id") or ""))
        return self._us

    def person(self, speaker: Speaker) -> Person:
        """Somebody as the workspace shows them now, or did a minute ago. Whom it does not know is no member."""
        until, known = self._known.get(speaker.key, (0.0, None))
        if known is None or self._clock() >= until:
            known = self._ask(speaker)
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[speaker.key] = (self._clock() + _SECONDS, known)
        return known

    def _ask(self, speaker: Speaker) -> Person:
        home = self.us().team
        try:
            with spoken():
                user = self._api.asks.users_info(user=speaker.user).get("user") or {}
        except UserError as refusal:
            if code(refusal.__cause__) in _UNKNOWN:
                return Person(speaker, "", member=False)
            raise
        return Person(speaker, _name(user), member=speaker.team == home and _is_member(user, home))


def _name(user: dict[str, Any]) -> str:
    profile = user.get("profile") or {}
    found = profile.get("display_name") or profile.get("real_name") or user.get("real_name") or user.get("name")
    return " ".join(str(found or "").split())


def _is_member(user: dict[str, Any], home: str) -> bool:
    """A full member of this workspace; on Enterprise Grid, one who is in it among others.

    https://docs.slack.dev/reference/objects/user-object
    """
    if user.get("id") == _SLACKBOT or any(user.get(mark) for mark in _OUTSIDERS):
        return False
    return user.get("team_id") == home or home in ((user.get("enterprise_user") or {}).get("teams") or ())
