"""The ledger of a pull request's reviews: each point that somebody raised, and what became of it."""

from dataclasses import dataclass
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
    `asked` is what was said in it, author by author. `newest` is the id of the last comment (or review) that was
    taken in, by which a point that is raised again is told from one that is settled. `words` are the agent's, for
    the reply; `told` that the reply is written.
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


@dataclass(frozen=True)
class Settled:
    """The agent's word on one point of the ledger."""

    name: str
    fate: Fate
    words: str
