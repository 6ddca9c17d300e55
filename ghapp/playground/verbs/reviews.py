"""Reviews, their comments and the threads that these make."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Issue, Repository, Review, ReviewComment, ReviewThread, User
from ghapp.playground.views import pulls as views
from ghapp.playground.views.pulls import pull_of

Verdict = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]


@dataclass(frozen=True)
class Remark:
    """What a reviewer writes beside one line of the new side."""

    path: str
    line: int
    body: str


def review(
    room: Room,
    repository: Repository,
    actor: Actor,
    issue: Issue,
    verdict: Verdict,
    body: str = "",
    remarks: Iterable[Remark] = (),
) -> Review:
    """Submit a review; every remark begins a thread."""
    with room.lock:
        pull = pull_of(issue)
        made = Review(room.state.next_id(), actor, verdict, body, pull.head_sha, room.now())
        pull.reviews.append(made)
        pull.requested_reviewers = [who for who in pull.requested_reviewers if who is not actor.user]
        _tell_review(room, repository, issue, made)
        for remark in remarks:
            comment = _comment(room, actor, issue, made, remark)
            pull.threads.append(ReviewThread(room.state.next_id(), [comment]))
            _tell_comment(room, repository, issue, comment)
        return made


def reply(
    room: Room, repository: Repository, actor: Actor, issue: Issue, thread: ReviewThread, body: str
) -> ReviewComment:
    """Answer in a thread; at GitHub a reply is a review of its own."""
    with room.lock:
        pull, first = pull_of(issue), thread.comments[0]
        around = Review(room.state.next_id(), actor, "COMMENTED", "", pull.head_sha, room.now())
        pull.reviews.append(around)
        made = _comment(room, actor, issue, around, Remark(first.path, first.line, body))
        made.in_reply_to = first
        thread.comments.append(made)
        _tell_review(room, repository, issue, around)
        _tell_comment(room, repository, issue, made)
        return made


def resolve(
    room: Room, repository: Repository, actor: Actor, issue: Issue, thread: ReviewThread, *, resolved: bool
) -> None:
    """Resolve a thread or open it again. Only resolving is told, as much as is modelled."""
    with room.lock:
        changed = (thread.resolved_by is not None) != resolved
        by: User | None = actor.user if resolved else None
        thread.resolved_by = by
        if changed and resolved:
            payload = {
                "action": "resolved",
                "pull_request": views.pull_simple(room.state, repository, issue),
                "thread": views.review_thread(room.state, repository, issue, thread),
            }
            room.emit("pull_request_review_thread", repository, actor, payload)


def _comment(room: Room, actor: Actor, issue: Issue, around: Review, remark: Remark) -> ReviewComment:
    now, sha = room.now(), pull_of(issue).head_sha
    hunk = f"@@ -{remark.line},1 +{remark.line},1 @@"
    number = room.state.next_id()
    return ReviewComment(number, around, actor, remark.body, remark.path, remark.line, sha, hunk, now, now)


def _tell_review(room: Room, repository: Repository, issue: Issue, made: Review) -> None:
    payload = {
        "action": "submitted",
        "review": views.review_in_delivery(room.state, repository, issue, made),
        "pull_request": views.pull_simple(room.state, repository, issue),
    }
    room.emit("pull_request_review", repository, made.author, payload)


def _tell_comment(room: Room, repository: Repository, issue: Issue, made: ReviewComment) -> None:
    payload = {
        "action": "created",
        "comment": views.review_comment(room.state, repository, issue, made),
        "pull_request": views.pull_simple(room.state, repository, issue),
    }
    room.emit("pull_request_review_comment", repository, made.author, payload)
