"""Notices an agent that goes in circles: the same call with the same result, again and again."""

from __future__ import annotations

from ghapp.core.ports import NoProgress, Tell

_REPEATS_TOLD = 5
_REPEATS_ENDED = 8


class Circles:
    """Remembers the last call. Any other call, and any other result, begins anew."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._last = ("", "")
        self._repeats = 0

    def word_on(self, name: str, given: object, result: str) -> str:
        """What the agent is to be told beside this result; mostly nothing. Raises NoProgress when it does not stop."""
        this = (f"{name} {given!r}", result)
        self._repeats = self._repeats + 1 if this == self._last else 1
        self._last = this
        if self._repeats >= _REPEATS_ENDED:
            raise NoProgress(f"the agent made no progress: the same call of {name} {self._repeats} times in a row")
        if self._repeats == _REPEATS_TOLD:
            self._tell("note", f"the same call {self._repeats} times in a row")
            return f"You have made this very call {self._repeats} times with this result. Do something else."
        return ""
