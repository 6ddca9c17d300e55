"""A webhook's payload, read field by field.

GitHub's payloads do not always keep to GitHub's own schema, so only the few fields that we use are read, and each of
them is checked.
"""

import re
from typing import Any

_MAX_TEXT = 65_536
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class BadDelivery(ValueError):
    """The delivery is signed and cannot be read; the message says what is wrong with it."""


class Part:
    """A JSON object whose fields are checked as they are read."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise BadDelivery(f"{path} is not an object")
        self._value = value
        self._path = path

    def has(self, name: str) -> bool:
        return self._value.get(name) is not None

    def part(self, name: str) -> "Part":
        return Part(self._value.get(name), f"{self._path}.{name}")

    def parts(self, name: str) -> list["Part"]:
        found = self._value.get(name) or []
        if not isinstance(found, list):
            raise BadDelivery(f"{self._path}.{name} is not a list")
        return [Part(item, f"{self._path}.{name}[]") for item in found]

    def number(self, name: str) -> int:
        found = self._value.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 < found < 2**63:
            raise BadDelivery(f"{self._path}.{name} is not a positive number")
        return found

    def text(self, name: str) -> str:
        """A text, cut at 64k characters; what JSON may carry and UTF-8 or a command line may not is replaced."""
        found = self._value.get(name)
        if not isinstance(found, str):
            raise BadDelivery(f"{self._path}.{name} is not a text")
        return found[:_MAX_TEXT].replace("\0", "\ufffd").encode("utf-8", "replace").decode()

    def sha(self, name: str) -> str:
        """A commit's name; it becomes part of addresses and keys."""
        found = self.text(name)
        if not _SHA.fullmatch(found):
            raise BadDelivery(f"{self._path}.{name} is no commit's sha")
        return found

    def text_or_none(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def flag(self, name: str) -> bool:
        return self._value.get(name) is True
