"""What Honk said in the town, and what of it nobody has read yet: a test that leaves a word unread fails."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ghapp.playground.state import Comment, Review, ReviewComment, ReviewThread
from ghapp.playground.verbs.reviews import Remark
from ghapp.playground.world import World

DEMO = "octo/demo"
STATUS = "<!-- honk:status:"


@dataclass(frozen=True)
class OurReview:
    """A review that Honk submitted: the verdict in GitHub's words, its body, and its remarks in order."""

    verdict: str
    body: str
    remarks: tuple[Remark, ...]


@dataclass(repr=False)
class Reading:
    """Reads what was said. Threads go by the number of their issue or pull request in `octo/demo`."""

    world: World
    _read: set[tuple[int, str]] = field(default_factory=set, init=False)

    # Comments

    def said(self, number: int) -> list[Comment]:
        """What the App said on a thread, oldest first."""
        return [one for one in self.world.comments(DEMO, number) if one.author.app is self.world.app]

    def status(self, number: int) -> str:
        """The newest status comment of an issue, as it is now."""
        found = [one for one in self.said(number) if one.body.startswith(STATUS)]
        assert found, f"there is no status comment on #{number}"
        self._read.update((one.id, "") for one in found)
        return found[-1].body

    def next_comment(self, number: int) -> str:
        """The oldest answer that was not read yet, without its hidden marker."""
        for one in self.said(number):
            if self._is_new(one) and not one.body.startswith(STATUS):
                return self._take(one)
        pytest.fail(f"nothing new was said on #{number}")

    def said_on(self, number: int) -> list[str]:
        """Every answer and reply on a thread that was not read yet, oldest first; status and reviews stay apart."""
        answers: list[Comment | ReviewComment] = []
        answers += (one for one in self.said(number) if not one.body.startswith(STATUS))
        answers += (one for one in self._remarks(number) if one.in_reply_to is not None)
        return [self._take(one) for one in answers if self._is_new(one)]

    def comment_with_box(self, number: int, text: str) -> Comment:
        """Our comment with a box whose line has this text: the status comment, or else the newest that has one."""
        said = sorted(self.said(number), key=lambda one: (one.body.startswith(STATUS), one.id), reverse=True)
        for one in said:
            if any(text in line and "- [" in line for line in one.body.splitlines()):
                return one
        pytest.fail(f"there is no box on #{number} that says {text}")

    # Reviews

    def threads(self, number: int) -> list[ReviewThread]:
        """The review threads of a pull request, oldest first."""
        return [] if self.world.issue(DEMO, number).pull is None else self.world.review_threads(DEMO, number)

    def replies(self, thread: ReviewThread) -> list[str]:
        """What Honk answered in a thread, oldest first, without hidden markers."""
        ours = [one for one in thread.comments if one.author.app is self.world.app and one.in_reply_to is not None]
        return [self._take(one) for one in ours]

    def next_reply(self, number: int) -> str:
        """The oldest answer of ours in any review thread that was not read yet."""
        for one in self._remarks(number):
            if one.in_reply_to is not None and self._is_new(one):
                return self._take(one)
        pytest.fail(f"there is no new reply on #{number}")

    def next_review(self, number: int) -> OurReview:
        """The oldest review of ours that was not read yet, with its remarks."""
        for review in self._reviews(number):
            if self._is_new(review):
                mine = [one for one in self._remarks(number) if one.review is review]
                remarks = [Remark(one.path, one.line, self._take(one), one.start_line, one.side) for one in mine]
                return OurReview(review.state, self._take(review), tuple(remarks))
        pytest.fail(f"there is no new review on #{number}")

    def _reviews(self, number: int) -> list[Review]:
        """Reviews of ours; those that only hold a reply are none."""
        pull = self.world.issue(DEMO, number).pull
        ours = [] if pull is None else [one for one in pull.reviews if one.author.app is self.world.app]
        begun = [one.review for one in self._remarks(number) if one.in_reply_to is None]
        return [one for one in ours if one.body or one in begun]

    def _remarks(self, number: int) -> list[ReviewComment]:
        rows = [one for thread in self.threads(number) for one in thread.comments]
        return sorted((one for one in rows if one.author.app is self.world.app), key=lambda one: one.id)

    # What is left

    def unread(self) -> list[str]:
        """Everything that the App said and the test did not look at."""
        numbers = self.world.repo(DEMO).issues
        return [one.body for number in numbers for one in self._everything(number) if self._is_new(one)]

    def _everything(self, number: int) -> Iterator[Comment | Review | ReviewComment]:
        yield from self.said(number)
        yield from self._reviews(number)
        yield from self._remarks(number)

    def _is_new(self, one: Comment | Review | ReviewComment) -> bool:
        return (one.id, one.body) not in self._read and (one.id, "") not in self._read

    def _take(self, one: Comment | Review | ReviewComment) -> str:
        self._read.add((one.id, one.body or " "))
        return one.body.partition("-->\n")[2] or one.body
