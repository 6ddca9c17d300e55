"""How an attempt is told to people, line by line: the same for each engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ghapp.core.ports import Host, Tell, Verdict
from ghapp.core.run import Remark

LOST = "the earlier conversation cannot be taken up; a new one begins with what is known of it"

_MAX_TOLD = 2_000  # characters
_MAX_HEADLINE = 200
_MAIN = ("path", "file_path", "command", "pattern", "outcome")
_WORKSPACE = "/workspace/"


def headline(name: str, given: object) -> str:
    """One line for people: the tool and its main argument."""
    fields: dict[str, Any] = given if isinstance(given, dict) else {}
    main = str(next((fields[key] for key in _MAIN if key in fields), ""))
    line = " ".join(f"{name} {main.removeprefix(_WORKSPACE)}".split())
    return line if len(line) <= _MAX_HEADLINE else line[: _MAX_HEADLINE - 1] + "…"


def first_lines(text: str) -> str:
    """What is told of a result."""
    return text if len(text) <= _MAX_TOLD else text[:_MAX_TOLD] + "…"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters: a third from the start and the rest from the end, where errors stand."""
    if len(text) <= limit:
        return text
    first = limit // 3
    return f"{text[:first]}\n[… {len(text) - limit} characters left out …]\n{text[first - limit :]}"


def storable(tell: Tell) -> Tell:
    """`tell` for texts that came as JSON, which can spell file names that UTF-8 cannot."""

    def tell_storable(kind: str, text: str) -> None:
        tell(kind, text.encode("utf-8", "replace").decode())

    return tell_storable


class Storable:
    """The host, told only what can be stored (`ports.Host`)."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.tell = storable(host.tell)

    def verify(self) -> Verdict:
        """Run the repository's checks on the workspace as it is."""
        return self._host.verify()

    def heard(self) -> tuple[Remark, ...]:
        """What people said since this was asked last."""
        return self._host.heard()

    def remember(self, lines: Sequence[str]) -> None:
        """Keep the next lines of the conversation."""
        self._host.remember(lines)
