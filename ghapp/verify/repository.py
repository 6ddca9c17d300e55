"""A commit's files as the detectors ask for them: nothing raises, whatever stands in a file."""

import json
import tomllib
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from functools import cached_property
from typing import Any

Files = Mapping[str, Callable[[], bytes]]


class Tree:
    """Questions to the files of one commit. Files that cannot be parsed count as empty."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def __contains__(self, path: str) -> bool:
        return path in self._files

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths, in the order of the mapping."""
        return tuple(self._files)

    def text(self, path: str) -> str:
        """The file as text, or nothing when there is no such file."""
        return self._files[path]().decode(errors="replace") if path in self._files else ""

    def first(self, *paths: str) -> str | None:
        """The first of these paths that is there."""
        return next((path for path in paths if path in self._files), None)

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """`pyproject.toml` as tables."""
        try:
            return tomllib.loads(self.text("pyproject.toml"))
        except (tomllib.TOMLDecodeError, RecursionError):
            return {}

    @cached_property
    def package_json(self) -> dict[str, Any]:
        """`package.json` as an object."""
        try:
            found = json.loads(self.text("package.json") or "{}")
        except (json.JSONDecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def ini(self, path: str) -> ConfigParser:
        """A configuration file of sections, as far as it can be read."""
        parser = ConfigParser(interpolation=None, strict=False, allow_no_value=True)
        try:
            parser.read_string(self.text(path))
        except ConfigError:
            return ConfigParser()
        return parser


def table(value: object, *keys: str) -> dict[str, Any]:
    """The table below `keys`, or an empty one where a file says something else."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def strings(value: object) -> list[str]:
    """The strings of a list, or none where a file says something else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
