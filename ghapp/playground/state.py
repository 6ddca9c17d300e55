"""What is true in the playground: people, Apps, repositories, threads, checks. JSON is only a view of it (`views/`).

These dataclasses are mutable on purpose: they are the database. Only the verbs (`verbs/`) change them, under the room's
one lock. Times are aware datetimes in UTC; ids are whole numbers that no two things share.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.bare import Bare
from ghapp.playground.deploy_state import Deployment
from ghapp.playground.merge_state import METHODS, Activity, AutoMerge, Method, Protection, QueueEntry, Ruleset

Role = Literal["read", "triage", "write", "maintain", "admin"]
ROLES: tuple[Role, ...] = ("read", "triage", "write", "maintain", "admin")
UserType = Literal["User", "Bot", "Organization"]
Level = Literal["read", "write"]


@dataclass(eq=False)
class User:
    id: int
    login: str
    type: UserType
    created_at: datetime

    @property
    def node_id(self) -> str:
        return f"{self.type[0]}_{self.id}"


@dataclass(eq=False)
class App:
    """A GitHub App. `public_key` is PEM; `events` and `permissions` are what its owner asked for."""

    id: int
    slug: str
    client_id: str
    owner: User
    bot: User
    public_key: str
    permissions: dict[str, str]
    events: tuple[str, ...]
    created_at: datetime
    hook_id: int
    hook_url: str | None = None
    webhook_secret: str = ""
    client_secret: str = ""
    callback_urls: tuple[str, ...] = ()

    @property
    def node_id(self) -> str:
        return f"A_{self.id}"


@dataclass(frozen=True)
class Actor:
    """Who does something: a user, and the App through which it is done, if any."""

    user: User
    app: App | None = None


@dataclass(eq=False)
class Installation:
    """An App on an account. `repository_ids` is None when it covers all repositories of the account."""

    id: int
    app: App
    account: User
    permissions: dict[str, str]
    events: tuple[str, ...]
    created_at: datetime
    repository_ids: set[int] | None = None

    @property
    def node_id(self) -> str:
        return f"IN_{self.id}"

    def covers(self, repository: "Repository") -> bool:
        """Whether the owner gave this installation the repository."""
        chosen = self.repository_ids is None or repository.id in self.repository_ids
        return repository.owner is self.account and chosen


@dataclass(eq=False)
class Label:
    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(eq=False)
class Reaction:
    id: int
    user: User
    content: str
    created_at: datetime


@dataclass(eq=False)
class Comment:
    id: int
    number: int
    author: Actor
    body: str
    created_at: datetime
    updated_at: datetime
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(eq=False)
class LabelEvent:
    """One labelling, kept for the timeline: who put or took which label, and when."""

    id: int
    event: Literal["labeled", "unlabeled"]
    actor: Actor
    label: Label
    created_at: datetime


@dataclass(eq=False)
class Review:
    id: int
    author: Actor
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]
    body: str
    commit_id: str
    submitted_at: datetime


@dataclass(eq=False)
class ReviewComment:
    """`line` is of the side and commit that it was written on; `start_line` begins a range that ends with it."""

    id: int
    review: Review
    author: Actor
    body: str
    path: str
    line: int
    commit_id: str
    diff_hunk: str
    created_at: datetime
    updated_at: datetime
    side: Literal["LEFT", "RIGHT"] = "RIGHT"
    start_line: int | None = None
    in_reply_to: "ReviewComment | None" = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(eq=False)
class ReviewThread:
    id: int
    comments: list[ReviewComment]
    resolved_by: User | None = None

    @property
    def node_id(self) -> str:
        return f"PRRT_{self.id}"


@dataclass(eq=False)
class Pull:
    """What a pull request has beyond its issue. `source` holds its head branch: None once that fork is deleted."""

    id: int
    head_ref: str
    base_ref: str
    head_sha: str
    base_sha: str
    draft: bool
    source: "Repository | None"
    source_owner: User
    maintainer_can_modify: bool = False
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    auto_merge: AutoMerge | None = None
    queued: QueueEntry | None = None
    requested_reviewers: list[User] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    threads: list[ReviewThread] = field(default_factory=list)


@dataclass(eq=False)
class Issue:
    """An issue, or with `pull` set the conversation of a pull request: at GitHub both share one row of numbers."""

    id: int
    number: int
    author: Actor
    title: str
    body: str | None
    created_at: datetime
    updated_at: datetime
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: User | None = None
    reactions: list[Reaction] = field(default_factory=list)
    timeline: list[LabelEvent] = field(default_factory=list)
    locked: bool = False
    lock_reason: str | None = None
    pull: Pull | None = None

    @property
    def node_id(self) -> str:
        return f"I_{self.id}" if self.pull is None else f"PR_{self.pull.id}"


@dataclass(eq=False)
class CheckSuite:
    id: int
    app: App
    head_sha: str
    head_branch: str | None
    before: str | None
    created_at: datetime
    updated_at: datetime
    status: str = "queued"
    conclusion: str | None = None


@dataclass(eq=False)
class CheckRun:
    """One check on one commit; `annotations` are as the App sent them. A workflow's job has the id of its check run."""

    id: int
    suite: CheckSuite
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    started_at: datetime
    completed_at: datetime | None = None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)


@dataclass(eq=False)
class CommitStatus:
    id: int
    sha: str
    creator: User
    state: str
    context: str
    description: str | None
    target_url: str | None
    created_at: datetime


@dataclass(eq=False)
class Repository:
    id: int
    owner: User
    name: str
    bare: Bare
    created_at: datetime
    pushed_at: datetime
    private: bool = False
    default_branch: str = "main"
    description: str | None = None
    parent: "Repository | None" = None
    """What it is a fork of."""
    holds_workflows: bool = False
    """Whether workflows on other branches than the default one wait until somebody approves their run."""
    keeps_jobs_back: bool = False
    """Whether new runs of workflows have no jobs yet, as those that wait for their concurrency group."""
    collaborators: dict[str, Role] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    suites: dict[int, CheckSuite] = field(default_factory=dict)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    statuses: list[CommitStatus] = field(default_factory=list)
    workflow_runs: dict[int, WorkflowRun] = field(default_factory=dict)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    protections: dict[str, Protection] = field(default_factory=dict)
    rulesets: list[Ruleset] = field(default_factory=list)
    ruleless: bool = False
    """Whether its plan has no rules of branches: it is private, and its owner pays nothing."""
    methods: tuple[Method, ...] = METHODS
    auto_merge_allowed: bool = False
    activities: list[Activity] = field(default_factory=list)
    signed: dict[str, datetime] = field(default_factory=dict)
    """Commits that GitHub itself made and signed, with the time when they were verified."""
    told: dict[str, str] = field(default_factory=dict)
    """The last sha of each ref that was told of, so that a push and REST at one time tell nothing twice."""

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def node_id(self) -> str:
        return f"R_{self.id}"

    def role_of(self, user: User) -> Role | None:
        """The role this person holds here; everybody may read what is public, nobody else what is private."""
        if user is self.owner:
            return "admin"
        return self.collaborators.get(user.login.lower(), None if self.private else "read")

    def pulls(self) -> Iterator[tuple[Issue, Pull]]:
        """Pull requests, oldest first."""
        return ((issue, issue.pull) for issue in self.issues.values() if issue.pull is not None)


@dataclass(eq=False)
class Token:
    """What a bearer may do: for a person a `user`, and the `app` they signed in to, for an `installation` limits."""

    value: str
    user: User | None = None
    app: App | None = None
    installation: Installation | None = None
    permissions: dict[str, str] = field(default_factory=dict)
    repository_ids: frozenset[int] | None = None
    expires_at: datetime | None = None


@dataclass(eq=False)
class State:
    """Everything there is. `base_url` begins every address in every answer, to the letter."""

    base_url: str
    users: dict[str, User] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    installations: dict[int, Installation] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    renamed: dict[str, Repository] = field(default_factory=dict)
    """Repositories by the names that they had before."""
    tokens: dict[str, Token] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1001))

    @property
    def api(self) -> str:
        return f"{self.base_url}/api/v3"

    def next_id(self) -> int:
        """A number that nothing else in this world has."""
        return next(self.ids)

    def repository(self, full_name: str) -> Repository | None:
        return self.repositories.get(full_name.lower())

    def moved(self, full_name: str) -> Repository | None:
        """The repository that had this name, as long as no other has it."""
        return None if self.repository(full_name) else self.renamed.get(full_name.lower())

    def user(self, login: str) -> User | None:
        return self.users.get(login.lower())

    def installations_on(self, repository: Repository) -> list[Installation]:
        return [one for one in self.installations.values() if one.covers(repository)]
