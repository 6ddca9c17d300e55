"""What the use cases need of GitHub: issues, pull requests, checks, and people's rights."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ghapp.core.checks import Check as CiCheck
from ghapp.core.events import Actor, IssueLabeled, IssueText, Repository, Thread
from ghapp.core.ports.work import Image
from ghapp.core.rights import Permission


@dataclass(frozen=True)
class Remote:
    """Where git finds a repository. `token` opens only this repository, for at most an hour; None = no password."""

    url: str
    token: str | None = field(repr=False)


@dataclass(frozen=True)
class Comment:
    """An issue comment. Times are GitHub's (ISO 8601, UTC)."""

    id: int
    author: Actor
    body: str
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class Issue:
    """An issue, or the conversation of a pull request, as it is now.

    `closed_as` is GitHub's reason (completed, not_planned, duplicate), empty when it gives none. `updated_at` is
    GitHub's time (ISO 8601, UTC).
    """

    number: int
    text: IssueText
    open: bool
    labels: tuple[str, ...]
    is_pull: bool = False
    closed_as: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class Pictures:
    """Pictures of a text, and a sentence about each that was left out."""

    images: tuple[Image, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class JobLog:
    """What a job of Actions printed, its end when it is long. `from_fork`: it ran what somebody else's fork holds."""

    name: str
    conclusion: str
    text: str
    from_fork: bool


@dataclass(frozen=True)
class Pull:
    """A pull request as it is now."""

    number: int
    head_branch: str
    head_sha: str
    base_branch: str
    open: bool
    draft: bool
    merged: bool
    title: str
    body: str
    url: str


class Repositories(Protocol):
    """What GitHub says of a repository and of people's rights on it."""

    def default_branch(self, repository: Repository) -> str: ...

    def permission(self, repository: Repository, actor: Actor) -> Permission:
        """The right that counts now. NONE for Apps, strangers and deleted users."""
        ...

    def read_file(self, repository: Repository, path: str) -> bytes | None:
        """A file of the default branch, or None when there is none (or no branch yet)."""
        ...

    def remote(self, repository: Repository) -> Remote:
        """Where to fetch and push, with a token for this repository alone."""
        ...

    def installed(self) -> tuple[Repository, ...]:
        """Every repository that some installation of the App can see."""
        ...

    def redeliver_failed(self, since: float) -> int:
        """Ask for another delivery of each that failed after `since` (seconds since the epoch); how many."""
        ...


class Issues(Protocol):
    """Issues and the comments on issues and pull requests."""

    def read(self, thread: Thread) -> Issue:
        """The issue as it is now; another number, and perhaps another repository's issue, when it was moved there."""
        ...

    def comments(self, thread: Thread) -> tuple[Comment, ...]: ...

    def react(self, thread: Thread, comment: int | None, content: str) -> None:
        """React to a comment, or to the issue itself when `comment` is None. Twice is once."""
        ...

    def write_comment(self, thread: Thread, body: str, comment: int | None = None, marker: str = "") -> int:
        """Write a comment, or edit `comment`; the id.

        `marker` is a hidden text that the body carries: a comment of ours that has it already is edited instead of
        writing a second one, and one that a person deleted is written anew.
        """
        ...

    def add_label(self, thread: Thread, label: str) -> None: ...

    def labelled(self, repository: Repository, label: str) -> tuple[IssueLabeled, ...]:
        """Who put `label` on each open issue (not pull request) that wears it, and when, as GitHub's events tell."""
        ...

    def images(self, thread: Thread, asked: str) -> Pictures:
        """The pictures that the text `asked` shows, of those that are attached to this thread at GitHub itself."""
        ...

    def similar(self, repository: Repository, words: Sequence[str]) -> tuple[Issue, ...]:
        """Closed issues that have all these words, best first, at most ten. Anybody may have written them."""
        ...


class Pulls(Protocol):
    """Pull requests."""

    def find(self, repository: Repository, branch: str) -> Pull | None:
        """The newest pull request from our `branch`, open or closed."""
        ...

    def open(self, repository: Repository, *, branch: str, base: str, title: str, body: str) -> Pull:
        """Open a draft. When one is open from this branch already, that one."""
        ...

    def read(self, repository: Repository, number: int) -> Pull: ...

    def edit_body(self, repository: Repository, number: int, body: str) -> None: ...

    def mark_ready(self, repository: Repository, number: int) -> None:
        """Out of draft. Twice is once."""
        ...

    def mark_draft(self, repository: Repository, number: int) -> None:
        """Back to draft. Twice is once."""
        ...

    def ours(self, repository: Repository) -> tuple[Pull, ...]:
        """Open pull requests of the App from our own branches."""
        ...


class Checks(Protocol):
    """Check runs and commit statuses."""

    def on(self, repository: Repository, sha: str) -> tuple[CiCheck, ...]:
        """All that is reported on a commit, our own check run left out."""
        ...

    def report(self, repository: Repository, sha: str, *, conclusion: str, title: str, summary: str, url: str) -> None:
        """Our own completed check run on a commit; there is one, and a second report replaces the first."""
        ...

    def logs(self, repository: Repository, run: int) -> tuple[JobLog, ...]:
        """What the failed jobs of a run of Actions printed, at most three."""
        ...

    def log(self, repository: Repository, job: int) -> JobLog:
        """What one job of Actions printed, by its own id or its check run's, which are the same."""
        ...
