"""What the pages show, taken out of the world as plain values: cards of a conversation, checks, diffs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.bare import ChangedFile
from ghapp.playground.mergeability import latest_checks, latest_statuses
from ghapp.playground.page_markdown import render
from ghapp.playground.state import Actor, CheckRun, CommitStatus, Issue, Pull, Reaction, Repository

NOTHING = Markup()
_EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "confused": "😕",
    "heart": "❤️",
    "hooray": "🎉",
    "rocket": "🚀",
    "eyes": "👀",
}
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_MAX_LOG = 200_000  # characters shown of a log, its end
_MAX_PATCH = 3_000  # lines shown of one file
_KINDS = {"+": "added", "-": "removed", "@": "hunk"}


@dataclass(frozen=True)
class Card:
    """One piece of a conversation: a body by somebody, or with ``note`` a line on what they did."""

    anchor: str
    author: str
    when: datetime
    body: Markup = NOTHING
    note: str = ""
    edited: bool = False
    reactions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Check:
    """One check or status on a commit; ``state`` is its conclusion, or how far it is."""

    name: str
    app: str
    state: str
    title: str = ""
    summary: Markup = NOTHING
    log: str = ""
    address: str = ""


@dataclass(frozen=True)
class FileDiff:
    """One changed file; each line with its kind: added, removed, hunk or empty."""

    path: str
    status: str
    additions: int
    deletions: int
    lines: tuple[tuple[str, str], ...]


def conversation(repository: Repository, issue: Issue) -> list[Card]:
    """Opening post, comments, labels and reviews, oldest first."""
    opening = Card(
        "issue",
        name_of(issue.author),
        issue.created_at,
        render(issue.body, repository.full_name),
        reactions=_counted(issue.reactions),
    )
    # Ids grow with time, to finer steps than the clock's seconds.
    return [opening, *(card for _, card in sorted(_later(repository, issue), key=lambda pair: pair[0]))]


def _later(repository: Repository, issue: Issue) -> Iterator[tuple[int, Card]]:
    for one in repository.comments.values():
        if one.number == issue.number:
            edited = one.updated_at != one.created_at
            body = render(one.body, repository.full_name)
            shown = Card(f"issuecomment-{one.id}", name_of(one.author), one.created_at, body, edited=edited)
            yield one.id, _with(shown, one.reactions)
    for event in issue.timeline:
        did = "added" if event.event == "labeled" else "removed"
        note = f"{did} the label {event.label.name}"
        yield event.id, Card(f"event-{event.id}", name_of(event.actor), event.created_at, note=note)
    for review in issue.pull.reviews if issue.pull else ():
        note = f"reviewed: {review.state.replace('_', ' ').lower()}"
        body = render(review.body, repository.full_name)
        yield review.id, Card(f"review-{review.id}", name_of(review.author), review.submitted_at, body, note)


def checks_of(repository: Repository, sha: str) -> list[Check]:
    """The newest checks and statuses of a commit."""
    runs = [_check(repository, check) for check in latest_checks(repository, sha)]
    return runs + [_status(status) for status in latest_statuses(repository, sha)]


def checks_of_run(repository: Repository, run: WorkflowRun) -> list[Check]:
    """The jobs of one workflow run."""
    return [_check(repository, job.check) for job in run.jobs]


def _status(one: CommitStatus) -> Check:
    return Check(one.context, one.creator.login, one.state, one.description or "", address=one.target_url or "")


def _check(repository: Repository, check: CheckRun) -> Check:
    return Check(
        name=check.name,
        app=check.suite.app.slug,
        state=check.conclusion or check.status,
        title=check.title or "",
        summary=render("\n\n".join(filter(None, (check.summary, check.text))), repository.full_name),
        log=_log_of(repository, check),
        address=check.details_url or "",
    )


def _log_of(repository: Repository, check: CheckRun) -> str:
    jobs = (job for run in repository.workflow_runs.values() for job in run.jobs)
    return plain_log(next((job.log for job in jobs if job.check is check), ""))


def plain_log(text: str) -> str:
    """The end of a log without the orders to a terminal's colours."""
    return _ANSI.sub("", text)[-_MAX_LOG:]


def diff_of(repository: Repository, pull: Pull) -> list[FileDiff]:
    """What the pull request changes, since its branch left its base."""
    bare = repository.bare
    start = bare.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    return [_file(changed) for changed in bare.changed_files(start, pull.head_sha)]


def _file(changed: ChangedFile) -> FileDiff:
    path = f"{changed.previous_path} → {changed.path}" if changed.previous_path else changed.path
    lines = (changed.patch or "").split("\n")[:_MAX_PATCH] if changed.patch else []
    marked = tuple((_KINDS.get(line[:1], ""), line) for line in lines)
    return FileDiff(path, changed.status, changed.additions, changed.deletions, marked)


def standing(issue: Issue) -> str:
    """The word on the badge: open, closed, draft, ready for review, merged."""
    if issue.pull is None or issue.state == "closed":
        return "merged" if issue.pull and issue.pull.merged_at else issue.state
    return "draft" if issue.pull.draft else "ready for review"


def name_of(actor: Actor) -> str:
    """The login that stands over what somebody wrote."""
    return actor.user.login


def _with(card: Card, reactions: list[Reaction]) -> Card:
    return Card(card.anchor, card.author, card.when, card.body, card.note, card.edited, _counted(reactions))


def _counted(reactions: list[Reaction]) -> tuple[tuple[str, int], ...]:
    counts = Counter(reaction.content for reaction in reactions)
    return tuple((_EMOJI.get(content, content), count) for content, count in counts.items())
