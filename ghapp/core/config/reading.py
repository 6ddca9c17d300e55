"""From the bytes of the file to plain values, within bounds and without surprises."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import yaml

from ghapp.core.config.sentences import shown
from ghapp.core.config.values import PATH, ConfigError

MAX_BYTES = 65_536
MAX_DEPTH = 16

_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What an escape can put into a text, and no program takes as an argument. YAML makes all line ends `\\n`."""


class _Loader(yaml.SafeLoader):
    """YAML without surprises: a key counts once, and a date stays the text it is."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say which plain values mean something
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := [key for key, count in Counter(keys).items() if count > 1]:
            raise ConfigError(f"`{PATH}`: the key `{shown(twice[0])}` is there twice.")
        return super().construct_mapping(node, deep)


def load(text: str | bytes) -> object:
    """The content as plain values. Size, depth and aliases are bounded before anything is built from it."""
    if len(text) > MAX_BYTES:
        raise ConfigError(f"`{PATH}` is larger than {MAX_BYTES // 1024} KiB.")
    try:
        content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        _check_events(yaml.parse(content, Loader=yaml.SafeLoader))
        found: object = yaml.load(content, Loader=_Loader)  # noqa: S506 - a SafeLoader that takes less
    except UnicodeDecodeError:
        raise ConfigError(f"`{PATH}` is not UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"`{PATH}`{line} is not valid YAML: {error.problem}.") from None
    except (yaml.YAMLError, ValueError):  # ValueError: numbers that look like numbers and are none
        raise ConfigError(f"`{PATH}` is not valid YAML.") from None
    except OverflowError:  # an escape like "\Uffffffff", or a float of base 60
        raise ConfigError(f"`{PATH}` is not valid YAML: a number in it is too large.") from None
    _check_texts(found)
    return found


def _check_events(events: Iterable[yaml.Event]) -> None:
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(f"`{PATH}` is nested more than {MAX_DEPTH} deep.")
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"`{PATH}` uses an alias (`*{shown(event.anchor)}`); write the value out.")
        if getattr(event, "tag", None):
            raise ConfigError(f"`{PATH}` uses a tag (`!`); only plain values are understood.")


def _check_texts(found: object, *place: object) -> None:
    """Refuse a text, be it a key or a value, with a character that is none."""
    if place and isinstance(found, str) and (wrong := _NO_TEXT.search(found)):
        where, character = ".".join(map(shown, place)), ascii(wrong[0])[1:-1]
        raise ConfigError(f"`{PATH}`: `{where}` has the character `{character}`, which no text may have here.")
    if isinstance(found, dict):
        for key, value in found.items():
            _check_texts(key, *place, key)
            _check_texts(value, *place, key)
    if isinstance(found, list):
        for number, value in enumerate(found):
            _check_texts(value, *place, number)
