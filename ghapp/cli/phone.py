"""A phone in the demo: one person's Slack, whose talk is printed as it changes, and their browser."""

import re
import time
from collections.abc import Callable
from typing import TypeVar

from ghapp.cli.browser import link
from ghapp.cli.stage import PERSON, Stage
from ghapp.cli.telling import Teller
from ghapp.core.errors import UserError
from ghapp.playground.slack.person import SlackPerson
from ghapp.playground.slack.shown import Seen

_SECONDS = 5 * 60
_PAUSE_SECONDS = 0.02
_ALWAYS_NEW = re.compile(r" · \d+ (?:s|min|h)\b[^·\n]*(?= ·)|\u2060")
"""The time that a run has taken, and what only keeps names from calling somebody."""

Found = TypeVar("Found")


class Phone:
    """It shows one talk: a message in a channel, and what is answered there. `look` comes before each look at it."""

    def __init__(self, stage: Stage, person: SlackPerson, channel: str, say: Teller, look: Callable[[], None]) -> None:
        self._slack = stage.slack
        self._person = person
        self._channel = channel
        self._say = say
        self._before = look
        self._root = ""
        self._shown: dict[str, str] = {}

    def ask(self, wish: str) -> None:
        """Write to Honk in the channel."""
        self._root = self._person.mentions(self._channel, wish)

    def until(self, sight: Callable[[list[Seen]], Found | None], what: str) -> Found:
        """What is waited for, once the talk shows it. Raises UserError when it does not come."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            self._before()
            found = sight(self._look())
            if found is not None:
                return found
            time.sleep(_PAUSE_SECONDS)
        raise UserError(f"the phone did not show {what} within {_SECONDS // 60} minutes")

    def tap(self, label: str) -> float:
        """Press the newest button of this name, and say yes to what it asks; when that was, by the monotonic clock."""
        shown = next(one for one in reversed(self._talk()) if one.button(label))
        button = shown.button(label)
        assert button is not None
        if button.confirm:
            asked = (str(button.confirm[name]["text"]) for name in ("title", "text"))
            self._say.page("phone", "\n".join([*asked, f"[{button.confirm['confirm']['text']}]"]))
        self._say("phone", f"a tap on {label}")
        pressed = time.monotonic()
        self._person.presses(self._channel, shown.ts, label)
        return pressed

    def sign_in(self, note: Seen) -> None:
        """Follow the link of a private note to its end."""
        (button,) = note.buttons
        self._say("phone", f"a tap on {button.text}: signed in at GitHub as {PERSON}")
        link(button.url, PERSON)

    def _talk(self) -> list[Seen]:
        notes = [one for one in self._slack.whispers(self._person) if one.thread in ("", self._root)]
        return sorted([*self._slack.messages(self._channel, self._root), *notes], key=lambda one: one.ts)

    def _look(self) -> list[Seen]:
        rows = self._talk()
        for one in rows:
            before, shown = self._shown.get(one.ts), _ALWAYS_NEW.sub("", one.shown)
            if shown != before:
                self._shown[one.ts] = shown
                self._say.page("phone", f"{_author(one)}\n{_news(before, shown)}")
        return rows


def _author(one: Seen) -> str:
    if one.to:
        return f"{one.author} (only you see this)"
    return f"{one.author}, edited in place" if one.edited else one.author


def _news(before: str | None, shown: str) -> str:
    """A message, or of an edited one its first line and what is new in it."""
    if before is None:
        return shown
    first, *rest = shown.splitlines()
    return "\n".join([first, *(line for line in rest if line and line not in before.splitlines())])
