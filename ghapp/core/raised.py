"""What is raised in the reviews of a pull request: which points are open, whose words count, and when they are due.

GitHub is the truth. A thread is open while it is unresolved and somebody who is heard has written in it since it was
taken in (of a thread that the ledger does not know: since we wrote in it last). The text of a review is open once,
unless it is an approval, was dismissed, or its author has approved since.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ghapp.core import commands
from ghapp.core.disarm import seen
from ghapp.core.events import Actor
from ghapp.core.ledger import Fate, Point
from ghapp.core.ports import Review, ReviewComment, ReviewThread
from ghapp.core.rights import TO_STEER, Permission

MAX_POINTS = 40
"""How many points one attempt takes; the others are raised again at a later look."""

MAX_ASKED = 8_000
"""How many characters of one point's dialogue the agent is shown."""

_MAX_LINE = 1_000
_TEXTS = ("COMMENTED", "CHANGES_REQUESTED")
_HIDDEN = re.compile(r"<!-- honk:[^>]*-->\s*")


@dataclass(frozen=True)
class Raised:
    """The open points, who is left out (with their right), and when the points are due (seconds since the epoch)."""

    points: tuple[Point, ...] = ()
    left_out: tuple[str, ...] = ()
    due: float = 0.0


@dataclass(frozen=True)
class Hearing:
    """The reviews of a pull request as they are now, read by the account `ours` with this ledger in hand.

    `answered` are reviews whose text has its answer, though the ledger does not know them.
    """

    threads: Sequence[ReviewThread]
    reviews: Sequence[Review]
    ledger: Sequence[Point]
    ours: int
    answered: Collection[int] = ()

    def authors(self) -> tuple[Actor, ...]:
        """Whose right must be known to say what is raised; nobody's when nothing new was said."""
        threads, texts = self._unresolved(), self._texts()
        if not texts and not any(self.news(thread) for thread in threads):
            return ()
        found = [one.author for thread in threads for one in thread.comments] + [one.author for one in texts]
        return tuple({author.id: author for author in found if author.id != self.ours}.values())

    def raised(self, rights: Mapping[int, Permission], settle: float) -> Raised:
        """What is raised by those who are heard; `rights` go by the id of an account, `settle` is in seconds."""
        heard = {number for number, right in rights.items() if right >= TO_STEER}
        points, due = list[Point](), list[float]()
        for thread in self._unresolved():
            news = [one for one in self.news(thread) if one.author.id in heard]
            if news and self._may_return(thread, news):
                points.append(self._thread_point(thread, news, heard))
                due.append(self._due(news[-1], settle))
        texts = [_text_point(one) for one in self._texts() if one.author.id in heard]
        left_out = tuple(_with_right(one, rights) for one in self.authors() if one.id not in heard)
        named = self._named([*points, *texts][:MAX_POINTS])
        return Raised(named, left_out, 0.0 if texts or 0.0 in due else max(due, default=0.0))

    def news(self, thread: ReviewThread) -> list[ReviewComment]:
        """What others have written in a thread after what was taken in."""
        known = self._known(thread.id)
        ours = (one.id for one in thread.comments if one.author.id == self.ours)
        since = known.newest if known else max(ours, default=0)
        return [one for one in thread.comments if one.author.id != self.ours and one.id > since]

    def _unresolved(self) -> list[ReviewThread]:
        return [thread for thread in self.threads if not thread.resolved]

    def _known(self, point: str) -> Point | None:
        return next((one for one in self.ledger if one.id == point), None)

    def _texts(self) -> list[Review]:
        """Texts of reviews that count and are not in the ledger."""
        approved = {one.author.id: one.id for one in self.reviews if one.state == "APPROVED"}
        return [
            one
            for one in self.reviews
            if one.state in _TEXTS
            and one.body.strip()
            and one.author.id != self.ours
            and one.id not in self.answered
            and self._known(_text_id(one)) is None
            and one.id > approved.get(one.author.id, 0)
        ]

    def _may_return(self, thread: ReviewThread, news: Sequence[ReviewComment]) -> bool:
        """People talk about what was left to them; that is for us only when it says so."""
        known = self._known(thread.id)
        return known is None or known.fate is not Fate.ESCALATED or any(commands.parse(one.body) for one in news)

    def _thread_point(self, thread: ReviewThread, news: Sequence[ReviewComment], heard: Collection[int]) -> Point:
        return Point(
            id=thread.id,
            name="",
            author=news[-1].author.login,
            asked=self._dialogue(thread, heard),
            path=thread.path,
            line=thread.line,
            url=thread.url,
            comment=thread.comments[0].id,
            newest=max(one.id for one in news),
        )

    def _dialogue(self, thread: ReviewThread, heard: Collection[int]) -> str:
        """What was said by those who are heard and by us; of the others only that they were there."""
        lines = list[str]()
        for one in thread.comments:
            if one.author.id == self.ours:
                lines += _attributed("Honk", _HIDDEN.sub("", one.body))
            elif one.author.id in heard:
                lines += _attributed(f"@{one.author.login}", one.body)
            else:
                lines.append("(what somebody without the right to steer wrote is left out)")
        return _bounded(lines)

    def _due(self, newest: ReviewComment, settle: float) -> float:
        """At once when its author has asked for changes in a review with it or after it."""
        asked = [one for one in self.reviews if one.state == "CHANGES_REQUESTED" and one.author.id == newest.author.id]
        return 0.0 if any(one.at >= newest.at for one in asked) else _seconds(newest.at) + settle

    def _named(self, points: Sequence[Point]) -> tuple[Point, ...]:
        """A point keeps the name that it had; new ones go on from the last."""
        names, last = {one.id: one.name for one in self.ledger}, len(self.ledger)
        for point in points:
            if point.id not in names:
                last += 1
                names[point.id] = f"T{last}"
        return tuple(replace(point, name=names[point.id]) for point in points)


def _text_id(review: Review) -> str:
    return f"review:{review.id}"


def _text_point(review: Review) -> Point:
    return Point(
        id=_text_id(review),
        name="",
        author=review.author.login,
        asked=_bounded(_attributed(f"@{review.author.login}", review.body)),
        url=review.url,
        newest=review.id,
    )


def _attributed(who: str, body: str) -> list[str]:
    """Each line says whose it is, so that nobody's text can look like somebody else's."""
    return [f"{who}: {line[:_MAX_LINE]}" for line in seen(body).strip().splitlines()]


def _bounded(lines: Sequence[str]) -> str:
    """The first line, and of the others as many of the last as there is room for."""
    kept, room = list[str](), MAX_ASKED - sum(len(line) + 1 for line in lines[:1])
    for line in reversed(lines[1:]):
        room -= len(line) + 1
        if room < 0:
            kept.append("(some lines are left out)")
            break
        kept.append(line)
    return "\n".join([*lines[:1], *reversed(kept)])


def _with_right(author: Actor, rights: Mapping[int, Permission]) -> str:
    right = rights.get(author.id, Permission.NONE)
    return f"{author.login} ({'an App' if author.type == 'Bot' else right.name.lower()})"


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
