"""Where a wish from the chat belongs, by plain rules: which repository, what kind of run, and under what title.

A rule that is certain decides; what is only likely orders the buttons of the question.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ghapp.core.disarm import seen
from ghapp.core.events import Repository
from ghapp.core.wildcards import matches

MOST_CHOICES = 5
MAX_TITLE = 80
_SHORTEST_WORD = 6
_MAX_TEXT = 40_000
"""A message in Slack has no more."""

_NAME = r"([A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100})"
_ADDRESS = re.compile(r"https?://[^\s<>()|]+", re.IGNORECASE)
_PAGE = re.compile(rf"https?://[^/?#]+/{_NAME}(?!\w)", re.IGNORECASE)
_FULL_NAME = re.compile(rf"(?<![\w./-]){_NAME}(?![\w/-])")
_GREETING = re.compile(r"(?:hi|hey|hello)(?: there| all| honk)?[ \t]*[,.!:\n]\s*", re.IGNORECASE)
_ASKED = r"(?:(?:can|could|would|will) you )?(?:please,? )?"
_PLAN = re.compile(
    rf"{_ASKED}(?:plan|(?:make|write|draft|propose) (?:me |us )?a (?:\w+ )?plan|a plan (?:for|to))\b", re.IGNORECASE
)
_QUESTION = re.compile(
    r"(?!(?:what|how) about\b|why (?:not|don.?t (?:we|you))\b)"
    r"(?:why|what|how|where|when|whose|who|which|does|do|is|are|did)\b.*\?\s*",
    re.IGNORECASE | re.DOTALL,
)
_EXPLAIN = re.compile(
    rf"{_ASKED}(?:explain|tell)(?: to)?(?: me| us)? (?:why|what|how|where|when|who|which)\b", re.IGNORECASE
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
    """`channels` are the patterns of `slack.channels`, by the id of the repository whose config has them.

    A full name decides. A name in the sentence, and what the channel says, decide when they do not contradict each
    other. Then comes what was used before, and last that there is only one.
    """
    names, here = _named(wish.text), _meant_in(wish.channel, candidates, channels)
    rules: tuple[Callable[[Repository], bool], ...] = (
        lambda one: one.full_name.lower() in names,
        lambda one: one in here or _is_word(_short(one), wish.text),
        lambda one: wish.used == (one.id,),
        lambda one: True,
    )
    found = next(filter(None, ([one for one in candidates if rule(one)] for rule in rules)), [])
    if len(found) == 1 and not _is_elsewhere(names, candidates):
        return Route(found[0])
    return Route(None, _ordered(found, wish)[:MOST_CHOICES])


def kind_of(text: str) -> str:
    """Whether a change is wanted, a plan for one, or an answer."""
    words = _GREETING.sub("", text.strip()[:_MAX_TEXT], count=1)
    if _PLAN.match(words):
        return "plan"
    return "ask" if _QUESTION.fullmatch(words) or _EXPLAIN.match(words) else "fix"


def title_of(text: str) -> str:
    """The first sentence that says something, in a line of at most 80 characters."""
    said = _GREETING.sub("", seen(text[:_MAX_TEXT]).strip(), count=1)
    lines = [" ".join(line.split()) for line in said.splitlines() if re.search(r"\w", line)]
    first = _SENTENCE.split(lines[0], maxsplit=1)[0] if lines else ""
    return first if len(first) <= MAX_TITLE else first[: MAX_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _named(text: str) -> frozenset[str]:
    """Full names that stand in the text, by themselves or in the addresses of pages, in lower case.

    The host does not matter: it may be GitHub's, or a tool's that goes by the same names. Whoever writes an address can
    as well write the name, and it only counts for what they may use.
    """
    text = text[:_MAX_TEXT]
    found = [page[1] for address in _ADDRESS.findall(text) if (page := _PAGE.match(address))]
    found += _FULL_NAME.findall(_ADDRESS.sub(" ", text))
    return frozenset(name.lower().rstrip(".").removesuffix(".git") for name in found)


def _is_elsewhere(names: frozenset[str], candidates: Sequence[Repository]) -> bool:
    """Whether a repository is named that is not to be had, next to those that are: it is about none of them, then."""
    known = {one.full_name.lower() for one in candidates}
    owners = {name.partition("/")[0] for name in known}
    return any(name not in known and name.partition("/")[0] in owners for name in names)


def _meant_in(
    channel: str, candidates: Sequence[Repository], channels: Mapping[int, Sequence[str]]
) -> Sequence[Repository]:
    """What is meant in the channel by config, or else by its name."""
    name, plain = channel.lower(), _plain(channel)
    if not name:
        return ()
    patterns = {one.id: [pattern.lower() for pattern in channels.get(one.id, ())] for one in candidates}
    said = [one for one in candidates if any(matches(pattern, name) for pattern in patterns[one.id])]
    return said or [one for one in candidates if plain and _plain(_short(one)) == plain]


def _short(one: Repository) -> str:
    return one.full_name.partition("/")[2]


def _is_word(name: str, text: str) -> bool:
    """Short plain names are words of the language, too: `app` in a sentence need not be the repository."""
    if len(name) < _SHORTEST_WORD and name.isalpha():
        return False
    bare = _ADDRESS.sub(" ", text[:_MAX_TEXT])
    return re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w/-]|\.\w)", bare, re.IGNORECASE) is not None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _ordered(found: Sequence[Repository], wish: Wish) -> tuple[Repository, ...]:
    """What was used before comes first, most often first; then by name."""
    place = {number: index for index, number in enumerate(wish.used)}
    return tuple(sorted(found, key=lambda one: (place.get(one.id, len(place)), one.full_name.lower())))
