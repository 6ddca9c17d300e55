"""What the use cases need of GitHub: issues, pull requests, checks, and people's rights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ghapp.core.checks import Check as CiCheck
from ghapp.core.events import Actor, IssueLabeled, IssueText, Repository, Thread
from ghapp.core.evidence import LineRemark
from ghapp.core.merging import Method, Required, Standing
from ghapp.core.ports.work import Image
from ghapp.core.rights import Permission

GHOST = Actor(0, "ghost")
"""What GitHub shows in place of a user who was deleted."""


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
    """A pull request as it is now.

    `head_repository` is the `owner/name` that holds its branch, None when that was deleted; `writable` that we may push
    there (our own repository, or a fork whose author lets maintainers edit). `base_sha` is the tip of the base that it
    is compared with, `merged_sha` the (last) commit that it became on the base; it has so many `commits`.
    """

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
    author: Actor = GHOST
    head_repository: str | None = None
    writable: bool = True
    base_sha: str = ""
    merged_sha: str = ""
    commits: int = 1


@dataclass(frozen=True)
class ReviewComment:
    """One comment of a thread. `at` is GitHub's time (ISO 8601, UTC); `review` the review that it came with."""

    id: int
    author: Actor
    body: str
    at: str
    review: int | None = None


@dataclass(frozen=True)
class ReviewThread:
    """A thread beside a line of the change, oldest comment first. `id` is GitHub's node id."""

    id: str
    path: str
    line: int | None
    resolved: bool
    comments: tuple[ReviewComment, ...]
    url: str = ""


@dataclass(frozen=True)
class Review:
    """A submitted review. `state` is GitHub's: APPROVED, CHANGES_REQUESTED, COMMENTED or DISMISSED."""

    id: int
    author: Actor
    state: str
    body: str
    at: str
    sha: str
    url: str = ""


@dataclass(frozen=True)
class Deployed:
    """A deployment or a run of a workflow. `state` is GitHub's word; `over` that it will not change any more."""

    id: int
    environment: str
    state: str
    url: str
    over: bool

    @property
    def failed(self) -> bool:
        """Whether it ended badly."""
        return self.over and self.state not in ("success", "inactive", "neutral", "skipped")


class Repositories(Protocol):
    """What GitHub says of a repository and of people's rights on it."""

    def default_branch(self, repository: Repository) -> str: ...

    def permission(self, repository: Repository, actor: Actor) -> Permission:
        """The right that counts now. NONE for Apps, strangers and deleted users."""
        ...

    def read_file(self, repository: Repository, path: str) -> bytes | None:
        """A file of the default branch, or None when there is none (or no branch yet)."""
        ...

    def remote(self, repository: Repository, fork: str = "") -> Remote:
        """Where to fetch and push, with a token for this repository alone; with `fork`, the address is that fork's.

        The token opens a fork's branch where its pull request lets maintainers edit.
        """
        ...

    def sign(self, repository: Repository, branch: str, sha: str) -> str:
        """Have GitHub itself make the commit `sha` anew, signed by it, and put `branch` on that; its sha.

        GitHub must have `sha` already. The branch only moves forward: UserError when it does not, or GitHub refuses.
        """
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

    def open(self, repository: Repository, title: str, body: str, marker: str) -> int:
        """Open an issue; its number. `marker` is a hidden text of the body: when one of ours has it, that one."""
        ...

    def comments(self, thread: Thread) -> tuple[Comment, ...]: ...

    def react(self, thread: Thread, comment: int | None, content: str) -> None:
        """React to a comment, or to the issue itself when `comment` is None. Twice is once, and refused is none."""
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

    def files(self, repository: Repository, number: int) -> tuple[str, ...]:
        """The paths that it touches, of a renamed file the new one; GitHub tells at most 3,000."""
        ...

    def ours(self, repository: Repository) -> tuple[Pull, ...]:
        """Open pull requests of the App from our own branches."""
        ...


class Checks(Protocol):
    """Check runs and commit statuses."""

    def on(self, repository: Repository, sha: str) -> tuple[CiCheck, ...]:
        """All that is reported on a commit, our own check run left out."""
        ...

    def traced(
        self, repository: Repository, sha: str, checks: Sequence[CiCheck], required: Sequence[Required]
    ) -> tuple[Required, ...]:
        """What is required of a commit with these checks, from anybody where the App that must report one has done so.

        A commit status does not say whose it is; that is looked up for those that may be such an App's, and no other.
        """
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

    def told(self, repository: Repository, check: CiCheck) -> JobLog:
        """What a failing check says of itself: its job's log, else its output and annotations, else its description."""
        ...

    def rerun(self, repository: Repository, check: CiCheck) -> bool:
        """Run the failed jobs of the check's workflow run again; False when it is none of Actions."""
        ...


class Reviews(Protocol):
    """Reviews of pull requests and their threads."""

    def threads(self, repository: Repository, number: int) -> tuple[ReviewThread, ...]:
        """All threads, resolved ones too, oldest first."""
        ...

    def submitted(self, repository: Repository, number: int) -> tuple[Review, ...]:
        """All submitted reviews, oldest first."""
        ...

    def reply(self, repository: Repository, number: int, comment: int, body: str, marker: str) -> None:
        """Reply in the thread of a comment. `marker` is a hidden text of the body: one that has it is not repeated."""
        ...

    def resolve(self, repository: Repository, thread: str) -> None:
        """Resolve a thread. Twice is once."""
        ...

    def request(self, repository: Repository, number: int, logins: Sequence[str]) -> None:
        """Ask these people for a review. Who cannot be asked (the author, who left) is passed over."""
        ...

    def submit(
        self, repository: Repository, number: int, sha: str, body: str, remarks: Sequence[LineRemark], marker: str
    ) -> None:
        """Give a review of one commit: comments, never an approval. One of ours that has `marker` is not repeated."""
        ...


class Merges(Protocol):
    """What stands between a pull request and its base, and the merge itself."""

    def standing(self, repository: Repository, number: int) -> Standing: ...

    def head_at(self, repository: Repository, pull: Pull, at: str) -> str | None:
        """What the head was just before `at` (ISO 8601, UTC; a push of that very second came later).

        None when GitHub does not tell.
        """
        ...

    def merge(self, repository: Repository, number: int, sha: str, method: Method) -> None:
        """Merge this head and no other. UserError with GitHub's reason when it refuses."""
        ...

    def enqueue(self, repository: Repository, number: int, sha: str) -> None:
        """Hand this head to the merge queue. UserError as above."""
        ...

    def when_green(self, repository: Repository, number: int, sha: str, method: Method) -> None:
        """Switch GitHub's auto-merge on. UserError as above."""
        ...

    def take_back(self, repository: Repository, number: int) -> None:
        """Out of the queue, and auto-merge off. Nothing happens when neither has it."""
        ...

    def base_before(self, repository: Repository, number: int, sha: str) -> str | None:
        """What the base was before this pull request came to it as its (last) commit `sha`. None for a first commit."""
        ...


class Deployments(Protocol):
    """Deployments, and workflows that deploy."""

    def create(self, repository: Repository, sha: str, environment: str) -> int:
        """Ask for a deployment of one commit; its id. UserError when GitHub refuses, for its checks are red, say."""
        ...

    def dispatch(self, repository: Repository, workflow: str, ref: str, inputs: Mapping[str, str]) -> int:
        """Start a workflow by its file's name on a branch; the id of its run."""
        ...

    def read(self, repository: Repository, deployment: int) -> Deployed:
        """How a deployment stands."""
        ...

    def read_run(self, repository: Repository, run: int) -> Deployed:
        """How a run of a workflow stands."""
        ...

    def of(self, repository: Repository, sha: str) -> tuple[Deployed, ...]:
        """All deployments of one commit, whoever asked for them; the newest of each environment."""
        ...
