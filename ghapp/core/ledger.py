"""The ledger of a pull request's reviews: each point that somebody raised, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Fate(StrEnum):
    """What became of a point. OPEN is for those that an attempt works on."""

    OPEN = "open"
    FIXED = "fixed"
    ANSWERED = "answered"
    ASKED = "asked back"
    DECLINED = "declined"
    ESCALATED = "left to a person"


@dataclass(frozen=True)
class Point:
    """One thread of a review, or the text of a review as a whole.

    `id` is GitHub's node id of the thread, or `review:` and the review's number; `name` is what the agent calls it
    (`T1`, `T2`, …); `comment` is the thread's first comment, to which one replies, and None for a review's text.
    `asked` is what was said in it, each line with its author. `newest` is the id of the last comment (or review) that
    was taken in, by which a point that is raised again is told from one that is settled. `words` are the agent's, for
    the reply; `told` that the reply is written. `claimed` says that the agent called an answered point fixed, and no
    commit came of it.
    """

    id: str
    name: str
    author: str
    asked: str
    path: str = ""
    line: int | None = None
    url: str = ""
    comment: int | None = None
    newest: int = 0
    fate: Fate = Fate.OPEN
    words: str = ""
    sha: str = ""
    told: bool = False
    claimed: bool = False


@dataclass(frozen=True)
class Settled:
    """The agent's word on one point of the ledger."""

    name: str
    fate: Fate
    words: str


def settle(ledger: Sequence[Point], settled: Sequence[Settled], sha: str) -> tuple[Point, ...]:
    """The ledger after an attempt: each open point has its fate, also one that the agent left out.

    `sha` is the commit that the attempt published, empty when it published none; nothing is fixed without one.
    """
    said = {one.name: one for one in settled if one.fate is not Fate.OPEN}
    return tuple(_settled(one, said.get(one.name), sha) if one.fate is Fate.OPEN else one for one in ledger)


def _settled(point: Point, word: Settled | None, sha: str) -> Point:
    if word is None:
        return replace(point, fate=Fate.DECLINED, words="")
    if word.fate is not Fate.FIXED:
        return replace(point, fate=word.fate, words=word.words)
    if not sha:
        return replace(point, fate=Fate.ANSWERED, words=word.words, claimed=True)
    return replace(point, fate=Fate.FIXED, words=word.words, sha=sha)


def take_in(ledger: Sequence[Point], raised: Sequence[Point]) -> tuple[Point, ...]:
    """The ledger with these points open; one that is raised again stands where it stood."""
    anew = {point.id: point for point in raised}
    known = {point.id for point in ledger}
    return (*(anew.get(one.id, one) for one in ledger), *(one for one in raised if one.id not in known))


QUESTION = "comment:"
"""How the id of a point begins that is a question about the pull request, not a part of a review."""


def only_questions(ledger: Sequence[Point]) -> tuple[Point, ...]:
    """The open points, if all of them are questions: then nothing is to be changed, whoever asked. Else none."""
    opened = tuple(point for point in ledger if point.fate is Fate.OPEN)
    return opened if all(point.id.startswith(QUESTION) for point in opened) else ()


def untold(ledger: Sequence[Point]) -> tuple[Point, ...]:
    """The points whose fate nobody has been told."""
    return tuple(point for point in ledger if point.fate is not Fate.OPEN and not point.told)
