"""Where a wish from the chat belongs, by plain rules: which repository, what kind of run, and under what title.

A rule that is certain decides; what is only likely orders the buttons of the question.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from ghapp.core.events import Repository

MOST_CHOICES = 5
MAX_TITLE = 80
_SHORTEST_WORD = 6

_ADDRESS = re.compile(r"https?://[^\s<>()|]+")
_FULL_NAME = re.compile(r"(?<![\w./-])([A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100})(?![\w/-])")
_PLAN = re.compile(r"(?:please )?(?:make |write )?(?:a )?plan\b", re.IGNORECASE)
_QUESTION = re.compile(
    r"(?:why|what|how|where|when|who|which|does|do|is|are|did|explain)\b.*\?\s*$", re.IGNORECASE | re.DOTALL
)
_SENTENCE = re.compile(r"(?<=[.!?])\s")


@dataclass(frozen=True)
class Wish:
    """What somebody wrote, and where. `used` are ids of repositories that were asked about there before."""

    text: str
    channel: str = ""
    used: tuple[int, ...] = ()


@dataclass(frozen=True)
class Route:
    """The repository when it is certain, and else those that it may be, likeliest first."""

    repository: Repository | None
    choices: tuple[Repository, ...] = ()


def route(wish: Wish, candidates: Sequence[Repository], channels: Mapping[int, Sequence[str]]) -> Route:
    """`channels` are the patterns of `slack.channels`, by the id of the repository whose config has them."""
    rules: tuple[Callable[[Repository], bool], ...] = (
        lambda one: one.full_name.lower() in _named(wish.text),
        lambda one: _is_word(one.full_name.partition("/")[2], wish.text),
        lambda one: any(fnmatchcase(wish.channel.lower(), pattern.lower()) for pattern in channels.get(one.id, ())),
        lambda one: bool(wish.channel) and _plain(one.full_name.partition("/")[2]) == _plain(wish.channel),
        lambda one: wish.used == (one.id,),
        lambda one: True,
    )
    for rule in rules:
        found = [one for one in candidates if rule(one)]
        if len(found) == 1:
            return Route(found[0])
        if found and rule is not rules[-1]:
            return Route(None, _ordered(found, wish)[:MOST_CHOICES])
    return Route(None, _ordered(candidates, wish)[:MOST_CHOICES])


def kind_of(text: str) -> str:
    """Whether a change is wanted, a plan for one, or an answer."""
    words = text.strip()
    if _PLAN.match(words):
        return "plan"
    return "ask" if _QUESTION.fullmatch(words) else "fix"


def title_of(text: str) -> str:
    """The first sentence, in a line of at most 80 characters."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    first = _SENTENCE.split(lines[0], maxsplit=1)[0] if lines else ""
    return first if len(first) <= MAX_TITLE else first[: MAX_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _named(text: str) -> frozenset[str]:
    """Full names that stand in the text, by themselves or in the addresses of GitHub's pages."""
    addresses = [urlsplit(found).path.strip("/").split("/") for found in _ADDRESS.findall(text)]
    names = ["/".join(parts[:2]) for parts in addresses if len(parts) > 1]
    names += _FULL_NAME.findall(_ADDRESS.sub(" ", text))
    return frozenset(name.lower().removesuffix(".git").rstrip(".") for name in names)


def _is_word(name: str, text: str) -> bool:
    """Short plain names are words of the language, too: `app` in a sentence need not be the repository."""
    if len(name) < _SHORTEST_WORD and name.isalpha():
        return False
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", text, re.IGNORECASE) is not None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _ordered(found: Sequence[Repository], wish: Wish) -> tuple[Repository, ...]:
    """What was used before comes first, most often first; then by name."""
    place = {number: index for index, number in enumerate(wish.used)}
    return tuple(sorted(found, key=lambda one: (place.get(one.id, len(place)), one.full_name.lower())))
