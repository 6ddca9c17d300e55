"""Reviews, their comments and the threads that these make."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ghapp.playground import diff_lines
from ghapp.playground.diff_lines import Side
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Issue, Pull, Repository, Review, ReviewComment, ReviewThread, User
from ghapp.playground.views import pulls as views
from ghapp.playground.views.pulls import pull_of

Verdict = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]


@dataclass(frozen=True)
class Remark:
    """What a reviewer writes beside one line, or beside the lines from `start` to `line`, of one side of the diff."""

    path: str
    line: int
    body: str
    start: int | None = None
    side: Side = "RIGHT"


class NotInDiffError(ValueError):
    """A remark is on a line that the diff does not show; the message is GitHub's."""


def review(
    room: Room,
    repository: Repository,
    actor: Actor,
    issue: Issue,
    verdict: Verdict,
    body: str = "",
    remarks: Iterable[Remark] = (),
    *,
    sha: str | None = None,
) -> Review:
    """Submit a review of the head, or of the older commit `sha`; every remark begins a thread.

    Raises NotInDiffError, and PermissionError for a verdict on one's own pull request; then nothing is submitted.
    """
    with room.lock:
        if verdict != "COMMENTED" and actor.user is issue.author.user:
            raise PermissionError("Nobody approves or requests changes on their own pull request")
        pull = pull_of(issue)
        commit = sha or pull.head_sha
        placed = [(remark, _hunk(repository, pull, commit, remark)) for remark in remarks]
        made = Review(room.state.next_id(), actor, verdict, body, commit, room.now())
        pull.reviews.append(made)
        pull.requested_reviewers = [who for who in pull.requested_reviewers if who is not actor.user]
        _tell_review(room, repository, issue, made)
        for remark, hunk in placed:
            comment = _comment(room, actor, made, remark, hunk)
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
        remark = Remark(first.path, first.line, body, first.start_line, first.side)
        made = _comment(room, actor, around, remark, first.diff_hunk)
        made.commit_id, made.in_reply_to = first.commit_id, first
        thread.comments.append(made)
        _tell_review(room, repository, issue, around)
        _tell_comment(room, repository, issue, made)
        return made


def resolve(
    room: Room, repository: Repository, actor: Actor, issue: Issue, thread: ReviewThread, *, resolved: bool
) -> None:
    """Resolve a thread or open it again; no event when nothing changes."""
    with room.lock:
        changed = (thread.resolved_by is not None) != resolved
        by: User | None = actor.user if resolved else None
        thread.resolved_by = by
        if changed:
            payload = {
                "action": "resolved" if resolved else "unresolved",
                "pull_request": views.pull_simple(room.state, repository, issue),
                "thread": views.review_thread(room.state, repository, issue, thread),
            }
            room.emit("pull_request_review_thread", repository, actor, payload)


def dismiss(room: Room, repository: Repository, actor: Actor, issue: Issue, made: Review) -> None:
    """Let an approval or a request for changes count no more."""
    with room.lock:
        made.state = "DISMISSED"
        _tell_review(room, repository, issue, made, "dismissed", actor)


def _hunk(repository: Repository, pull: Pull, sha: str, remark: Remark) -> str:
    """The part of the diff that a remark stands below. Raises NotInDiffError."""
    bare = repository.bare
    files = bare.changed_files(bare.merge_base(pull.base_sha, sha) or pull.base_sha, sha)
    file = next((one for one in files if one.path == remark.path), None)
    if file is None:
        raise NotInDiffError("Path could not be resolved")
    line = diff_lines.find(file.patch, remark.side, remark.line)
    if line is None:
        raise NotInDiffError("Line could not be resolved")
    if remark.start is not None:
        start = diff_lines.find(file.patch, remark.side, remark.start)
        if start is None or start.hunk != line.hunk or remark.start >= remark.line:
            raise NotInDiffError("Start line could not be resolved")
    return line.hunk_text


def _comment(room: Room, actor: Actor, around: Review, remark: Remark, hunk: str) -> ReviewComment:
    now = room.now()
    return ReviewComment(
        id=room.state.next_id(),
        review=around,
        author=actor,
        body=remark.body,
        path=remark.path,
        line=remark.line,
        commit_id=around.commit_id,
        diff_hunk=hunk,
        created_at=now,
        updated_at=now,
        side=remark.side,
        start_line=remark.start,
    )


def _tell_review(
    room: Room, repository: Repository, issue: Issue, made: Review, action: str = "submitted", by: Actor | None = None
) -> None:
    payload = {
        "action": action,
        "review": views.review_in_delivery(room.state, repository, issue, made),
        "pull_request": views.pull_simple(room.state, repository, issue),
    }
    room.emit("pull_request_review", repository, by or made.author, payload)


def _tell_comment(room: Room, repository: Repository, issue: Issue, made: ReviewComment) -> None:
    payload = {
        "action": "created",
        "comment": views.review_comment(room.state, repository, issue, made),
        "pull_request": views.pull_simple(room.state, repository, issue),
    }
    room.emit("pull_request_review_comment", repository, made.author, payload)
