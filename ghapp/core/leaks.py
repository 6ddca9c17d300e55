"""Secrets in text: known ones by their exact characters, others by the shape that their makers gave them.

Every pattern begins with fixed characters, which are looked for first, and has no part that could be read in two ways:
the time is linear in the text. Nothing here returns the secret itself. A secret that is encoded, or torn over lines, is
not found; the sandbox has none to begin with, this is the second lock.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SHORTEST = 8
"""Known secrets with fewer characters are not looked for: they would be found everywhere."""

_SHORTEST_PART = 20  # of a secret over several lines, so that its common lines do not count


@dataclass(frozen=True)
class Shape:
    """What a kind of secret looks like: the fixed beginnings of which one must be there, and the whole."""

    name: str
    beginnings: tuple[str, ...]
    pattern: re.Pattern[str]


SHAPES = (
    Shape(
        "a private key",
        ("-----BEGIN ",),
        re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"),
    ),
    Shape(
        "a GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        re.compile(r"gh[pousr]_[A-Za-z0-9]{36}|ghs_[0-9]{1,20}_eyJ[A-Za-z0-9_-]{20}"),
    ),
    Shape("a GitHub token", ("github_pat_",), re.compile(r"github_pat_[A-Za-z0-9_]{50}")),
    Shape("a GitLab token", ("glpat-",), re.compile(r"glpat-[A-Za-z0-9_-]{20}")),
    Shape(
        "an AWS access key",
        ("AKIA", "ASIA"),
        # Amazon's own documentation uses keys that end in EXAMPLE.
        re.compile(r"(?<![A-Za-z0-9])A[KS]IA(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ),
    Shape("a Slack token", ("xox",), re.compile(r"xox[abeoprs]-(?:[0-9]-)?[A-Za-z0-9]{8,64}-[A-Za-z0-9-]{8}")),
    Shape("a Slack token", ("xapp-",), re.compile(r"xapp-[0-9]-[A-Z0-9]{8,20}-[0-9]{8}")),
    Shape(
        "a Slack webhook",
        ("hooks.slack.com/",),
        re.compile(r"hooks\.slack\.com/(?:services|workflows)/[A-Z0-9]{8,20}/[A-Z0-9]{8,20}/[A-Za-z0-9]{16}"),
    ),
    Shape("an Anthropic key", ("sk-ant-",), re.compile(r"sk-ant-[A-Za-z0-9_-]{20}")),
    Shape("an OpenAI key", ("sk-proj-", "sk-svcacct-"), re.compile(r"sk-(?:proj|svcacct)-[A-Za-z0-9_-]{20}")),
    Shape("a Google key", ("AIza",), re.compile(r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])")),
    Shape("a Google client secret", ("GOCSPX-",), re.compile(r"GOCSPX-[A-Za-z0-9_-]{28}")),
    Shape("a Stripe key", ("k_live_",), re.compile(r"[rs]k_live_[A-Za-z0-9]{16}")),
    Shape("an npm token", ("npm_",), re.compile(r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])")),
    Shape("a PyPI token", ("pypi-AgE",), re.compile(r"pypi-AgE[A-Za-z0-9_-]{40}")),
)


@dataclass(frozen=True)
class Leak:
    """A kind of secret, and where it is first: the line, counted from 1."""

    kind: str
    line: int


class Watch:
    """Looks for secrets in text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = frozenset(part for secret in secrets for part in _parts(secret))

    def withhold(self, text: str) -> str:
        """The text, or a word in its place when there is a secret in it."""
        return "(left out: there was a secret in it)" if self.find(text) else text

    def find(self, text: str) -> tuple[Leak, ...]:
        """Each kind of secret in `text`, once, the first first."""
        first: dict[str, int] = {}
        for kind, position in self._found(text):
            first[kind] = min(position, first.get(kind, position))
        return tuple(
            Leak(kind, text.count("\n", 0, position) + 1)
            for kind, position in sorted(first.items(), key=lambda item: item[1])
        )

    def _found(self, text: str) -> Iterator[tuple[str, int]]:
        for part in self._known:
            if (position := text.find(part)) >= 0:
                yield "a secret of this server", position
        for shape in SHAPES:
            if any(beginning in text for beginning in shape.beginnings) and (match := shape.pattern.search(text)):
                yield shape.name, match.start()


def _parts(secret: str) -> Iterator[str]:
    """The characters to look for. Of a key over several lines each telling line, since text comes line by line."""
    lines = [line.strip() for line in secret.strip().splitlines()]
    if len(lines) == 1 and len(lines[0]) >= SHORTEST:
        yield lines[0]
    elif len(lines) > 1:
        yield from (line for line in lines if len(line) >= _SHORTEST_PART and not line.startswith("-----"))
