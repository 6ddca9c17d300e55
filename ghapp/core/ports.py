"""What the use cases need of the world: verbs, not mirrors of an API, at most nine to a port.

Every implementation may raise `TransientError` when the world is away or busy, and `UserError` when a person has to
do something about it. What else is raised stands with the verb.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ghapp.core.budget import Budget, Usage
from ghapp.core.checks import Check as CiCheck
from ghapp.core.events import Actor, Event, IssueLabeled, IssueText, Repository, Thread
from ghapp.core.evidence import Check, CheckResult, Report
from ghapp.core.gate import Change
from ghapp.core.rights import Permission
from ghapp.core.run import Request, Run

# --- GitHub ---------------------------------------------------------------------------------------------------------


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
    """An issue as it is now."""

    number: int
    text: IssueText
    open: bool
    labels: tuple[str, ...]


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

    def read(self, thread: Thread) -> Issue: ...

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


# --- git ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CommitText:
    """Message and people of the host-made commit; `at` in seconds since the epoch."""

    message: str
    author_name: str
    author_email: str
    at: float


class GitStore(Protocol):
    """Bare mirrors on this machine. Nothing here ever reads a work tree."""

    def mirror(self, repository: Repository) -> Path:
        """The bare repository's folder, which sandboxes mount read-only."""
        ...

    def fetch(self, repository: Repository, remote: Remote, branch: str) -> str | None:
        """Bring the mirror up to date; the sha of `branch`, or None when the remote has no such branch."""
        ...

    def files(self, repository: Repository, sha: str) -> Mapping[str, Callable[[], bytes]]:
        """Paths of the regular files of a commit, each with a reader of its bytes (at most 1 MiB)."""
        ...

    def import_bundle(self, repository: Repository, bundle: Path, run_id: str) -> str:
        """The commit that a sandbox left, checked by fsck and kept; UserError when the bundle is not sound."""
        ...

    def change(self, repository: Repository, base: str, head: str) -> Change:
        """What the gate looks at."""
        ...

    def commit(self, repository: Repository, head: str, base: str, text: CommitText, run_id: str) -> str:
        """A commit of ours with the tree of `head` on top of `base`, kept in the mirror; its sha."""
        ...

    def has(self, repository: Repository, sha: str) -> bool: ...

    def push(self, repository: Repository, remote: Remote, sha: str, branch: str, ours: Sequence[str] = ()) -> None:
        """Push to one branch, with the lease on what the remote has now being ours or nothing.

        `ours` are commits of ours that this machine's mirror may not know. UserError when the branch holds commits
        that are not ours.
        """
        ...

    def diff(self, repository: Repository, base: str, head: str) -> str:
        """The change as a unified diff, cut at 1 MB."""
        ...


# --- sandbox, engine, verification ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Completed:
    """How a command in the sandbox ended. `output` is stdout and stderr as they came, cut in the middle when long."""

    exit_code: int
    output: str
    seconds: float
    timed_out: bool = False


class Workspace(Protocol):
    """One checkout in a sandbox of its own: no network, empty environment, own HOME and /tmp."""

    def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
        """Run a program at the repository's root. Whatever it started is gone when this returns."""
        ...

    def collect(self, message: str) -> Path:
        """All that differs from the base commit, as a git bundle of one commit; UserError when that fails.

        The sandbox's own `.git` is not asked.
        """
        ...

    def changed(self) -> bool:
        """Whether anything differs from the commit that was checked out."""
        ...


class Sandbox(Protocol):
    """Makes workspaces. Refuses to be made when the isolation does not work on this machine."""

    def prepare(self, mirror: Path, base: str, setup: Sequence[str]) -> "Prepared":
        """The template of a base commit, made once a machine: checkout, and what `setup` installed."""
        ...

    def open(self, mirror: Path, prepared: "Prepared", commit: str | None = None) -> AbstractContextManager[Workspace]:
        """A workspace on the template, at `commit` when it is not the base. Leaves nothing behind."""
        ...


@dataclass(frozen=True)
class Prepared:
    """A template: its folder, the base commit, and what the set-up printed (`failed` when a command did)."""

    path: Path
    base: str
    log: str
    failed: bool
    reused: bool


@dataclass(frozen=True)
class ModelAccess:
    """Where the model is reached: a Unix socket of the relay, and the model's name. There is no key."""

    socket: Path
    model: str


class Relay(Protocol):
    """Stands between an engine and the model: holds the key, meters, and ends the budget."""

    def open(
        self, budget: Budget, spent: Usage, model: str, record: Callable[[Usage], None]
    ) -> AbstractContextManager[ModelAccess]:
        """Listen for one attempt. `spent` is what the run used before; `record` gets each call's usage as it ends."""
        ...


@dataclass(frozen=True)
class Verdict:
    """The verifiers' word to the agent: green or not, and the text it is shown."""

    green: bool
    text: str


@dataclass(frozen=True)
class Task:
    """What an engine is given: the prompt is made of the request, the repository's own advice and these checks."""

    request: Request
    repository: str
    number: int
    advice: Mapping[str, str]
    checks: tuple[Check, ...]
    feedback: str
    budget: Budget


class Engine(Protocol):
    """A coding agent."""

    def work(
        self,
        task: Task,
        workspace: Workspace,
        model: ModelAccess,
        verify: Callable[[], Verdict],
        tell: "Tell",
    ) -> Report:
        """Work until there is a report.

        The engine refuses the outcome `done` while `verify` is red, a bounded number of times. Raises BudgetSpent at
        a limit, UserError when the model refuses or cannot be reached.
        """
        ...


class BudgetSpent(Exception):  # an ending, not an error
    """A limit of the run's budget is reached; the message is the phrase for the person."""


class Tell(Protocol):
    """Receives what happens, as it happens: `kind` is say, tool, result, check, step or note."""

    def __call__(self, kind: str, text: str) -> None: ...


class Verifiers(Protocol):
    """Finds and runs the repository's own checks."""

    def setup(self, files: Mapping[str, Callable[[], bytes]]) -> tuple[str, ...]:
        """The commands that prepare an environment for these files."""
        ...

    def checks(self, files: Mapping[str, Callable[[], bytes]]) -> tuple[Check, ...]:
        """The checks that these files declare."""
        ...

    def run(self, workspace: Workspace, check: Check, log: Path | None = None) -> CheckResult:
        """Run one check; the raw output is kept at `log`."""
        ...


# --- our own records ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One line of a run's transcript; `at` in seconds since the epoch, `id` grows."""

    id: str
    at: float
    kind: str
    text: str


class Store(Protocol):
    """Runs and their claims. Every write names its epoch and raises Superseded when a newer one is out."""

    def create(self, run: Run) -> bool:
        """Keep a new run as its thread's only open one; False when the thread has one, or this very run was there."""
        ...

    def load(self, run_id: str) -> Run: ...

    def save(self, run: Run) -> Run:
        """Replace the record, and give it back as kept.

        Superseded when a newer attempt is out, or when somebody else wrote since `run` was read.
        """
        ...

    def supersede(self, run: Run) -> Run:
        """Replace the record under the next epoch, so that whoever holds the old one ends; the run as kept."""
        ...

    def claim(self, run_id: str, epoch: int, worker: str) -> Run:
        """Take the lease for an attempt. Superseded when it is held, not queued (any more), or not the newest."""
        ...

    def renew(self, run_id: str, epoch: int, worker: str) -> None:
        """Keep the lease. Superseded when the run was given to another attempt or was ended by somebody else.

        Nothing happens when this attempt itself has parked or ended the run.
        """
        ...

    def last_run(self, thread: Thread) -> Run | None:
        """The thread's newest run, done or not."""
        ...

    def unfinished(self) -> tuple[Run, ...]:
        """Every run that is not done."""
        ...

    def is_held(self, run_id: str) -> bool:
        """Whether a worker holds the run's lease."""
        ...


class Inbox(Protocol):
    """What has happened on each thread (and to each installation) and was not yet acted on."""

    def add(self, delivery: str, event: Event) -> str | None:
        """Store one delivery under its id, in one transaction; the inbox it is in, or None when it was stored before.

        The inbox is not always the event's own: what happens on our pull request belongs to its issue.
        """
        ...

    def wanted(self) -> tuple[str, ...]:
        """Names of the inboxes that wait to be drained."""
        ...

    def drain(self, inbox: str) -> AbstractContextManager["Mail | None"]:
        """One thread's mail, for one reader at a time; None when another reads it."""
        ...

    def alias(self, repository: Repository, pull: int, issue: int) -> None:
        """From now on, what happens on the pull request belongs to the issue's thread."""
        ...


class Mail(Protocol):
    """A thread's inbox, held."""

    def peek(self) -> Event | None:
        """The oldest event that was not acted on."""
        ...

    def done(self) -> None:
        """The event of `peek` was acted on."""
        ...


class Transcripts(Protocol):
    """What a run did, line by line."""

    def append(self, run_id: str, kind: str, text: str) -> None: ...

    def read(self, run_id: str, after: str = "0") -> tuple[Entry, ...]: ...


class Results(Protocol):
    """How checks ended on base commits."""

    def get(self, sha: str, command: str) -> CheckResult | None: ...

    def put(self, sha: str, command: str, result: CheckResult) -> None: ...


class Pace(Protocol):
    """Keeps edits of one comment apart, and remembers those that are owed."""

    def allows(self, run_id: str) -> bool:
        """True at most once in five seconds for a run; otherwise an edit is owed."""
        ...

    def owed(self) -> tuple[str, ...]:
        """Runs whose comment is behind and may be edited now."""
        ...

    def settled(self, run_id: str) -> None:
        """The comment says what the record says."""
        ...


class Queue(Protocol):
    """Hands ids to workers. Asking twice for the same thing is asking once."""

    def intake(self, inbox: str) -> None: ...

    def execute(self, run_id: str, epoch: int) -> None: ...

    def has(self, run_id: str, epoch: int) -> bool:
        """Whether that attempt waits or runs."""
        ...


class Clock(Protocol):
    """Seconds since the epoch, UTC."""

    def now(self) -> float: ...
