"""The playground in people's words: what tests and the demo say, and what they look at.

world.repository("octo/demo", files={"README.md": "hello"})
world.install(repositories=["octo/demo"])
mona = world.person("mona", write="octo/demo")
issue = mona.open_issue("octo/demo", "It is broken", labels=["honk"])
world.settle()
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from ghapp.playground.bare import Files
from ghapp.playground.mergeability import check_outcomes
from ghapp.playground.room import Room
from ghapp.playground.state import (
    Actor,
    App,
    CheckRun,
    Comment,
    Installation,
    Issue,
    Protection,
    Reaction,
    Repository,
    Review,
    Role,
    User,
)
from ghapp.playground.verbs import accounts, checks, issues, pulls, pushes, reviews, workflows


@dataclass(eq=False)
class World(Room):
    """The room with everything one can do in it by hand. Repositories go by `owner/name`."""

    _app: App | None = None

    @property
    def app(self) -> App:
        """The App under test: the one that was registered last."""
        assert self._app is not None, "no App is registered yet"
        return self._app

    def register_app(
        self,
        slug: str = "honk",
        *,
        public_key: str = "",
        permissions: Mapping[str, str] | None = None,
        events: Iterable[str] = (),
        hook_url: str | None = None,
        webhook_secret: str = "",
        app_id: int | None = None,
    ) -> App:
        """Register the App under test; `public_key` is PEM, `permissions` and `events` all that it may and hears."""
        self._app = accounts.app(
            self,
            slug,
            self.user("app-owner"),
            public_key=public_key,
            permissions=permissions,
            events=events,
            hook_url=hook_url,
            webhook_secret=webhook_secret,
            app_id=app_id,
        )
        return self._app

    def install(self, account: str, repositories: Iterable[str] | None = None) -> Installation:
        """Install the App on an account, for all its repositories or for these."""
        only = None if repositories is None else [self.repo(name) for name in repositories]
        return accounts.install(self, self.app, self.user(account), only)

    def user(self, login: str) -> User:
        return accounts.user(self, login)

    def organization(self, login: str) -> User:
        return accounts.user(self, login, "Organization")

    def person(self, login: str, **roles: str) -> "Person":
        """Someone who can act; `write="octo/demo"` makes them a collaborator with that role."""
        who = self.user(login)
        for role, full_name in roles.items():
            self.grant(full_name, login, role)  # type: ignore[arg-type]
        return Person(self, who)

    def grant(self, full_name: str, login: str, role: Role) -> None:
        accounts.grant(self, self.repo(full_name), self.user(login), role)

    def repository(
        self,
        full_name: str,
        files: Files | None = None,
        *,
        path: Path | None = None,
        private: bool = False,
        message: str = "Start",
    ) -> Repository:
        """Make a repository with one commit of these files, or of the folder at `path`; without both it is empty."""
        content = accounts.files_of(path) if path is not None else files
        return accounts.repository(self, full_name, content, private=private, message=message)

    def protect(
        self, full_name: str, branch: str = "main", *contexts: str, strict: bool = False, approvals: int = 0
    ) -> None:
        """Require these checks, and so many approvals, before anything is merged into a branch."""
        with self.lock:
            self.repo(full_name).protections[branch] = Protection(tuple(contexts), strict, approvals)

    def set_check(self, full_name: str, sha: str, name: str, status: str, conclusion: str | None = None) -> CheckRun:
        """Say by hand how a check of the CI stands: the one of a queued workflow, or a new one."""
        with self.lock:
            repository = self.repo(full_name)
            fields = {"status": status, "conclusion": conclusion}
            app = workflows.actions_app(self)
            for run in reversed(repository.checks.values()):
                if run.head_sha == sha and run.name == name and run.suite.app is app:
                    checks.update_run(self, repository, run, fields)
                    return run
            return checks.create_run(self, repository, app, name, sha, fields)

    def attach(self, full_name: str, data: bytes) -> str:
        """Drop a file into a text of this repository; the address that GitHub puts there."""
        return issues.attach(self, self.repo(full_name), data)

    def set_log(self, full_name: str, check: CheckRun, log: str) -> None:
        """Say by hand what the job of a workflow printed whose check this is."""
        with self.lock:
            for run in self.repo(full_name).workflow_runs.values():
                for job in run.jobs:
                    job.log = log if job.check is check else job.log

    # What there is to see

    def repo(self, full_name: str) -> Repository:
        """The repository of this name. Raises KeyError."""
        return self.state.repositories[full_name.lower()]

    def issue(self, full_name: str, number: int) -> Issue:
        return self.repo(full_name).issues[number]

    def pull(self, full_name: str, number: int) -> Issue:
        """The pull request of this number. Raises LookupError when it is an issue."""
        issue = self.issue(full_name, number)
        if issue.pull is None:
            raise LookupError(f"#{number} is no pull request")
        return issue

    def pulls(self, full_name: str) -> list[Issue]:
        with self.lock:
            return [issue for issue, _ in self.repo(full_name).pulls()]

    def comments(self, full_name: str, number: int) -> list[Comment]:
        with self.lock:
            return [one for one in self.repo(full_name).comments.values() if one.number == number]

    def check_outcomes(self, full_name: str, sha: str) -> dict[str, str]:
        """Each check and status of a commit with its conclusion, or `pending`."""
        with self.lock:
            return check_outcomes(self.repo(full_name), sha)

    def read(self, full_name: str, path: str, ref: str = "main") -> str | None:
        """A file's text on a branch, or None."""
        with self.lock:
            data = self.repo(full_name).bare.read(ref, path)
        return None if data is None else data.decode()

    def settle(self, *, ci: bool = True, timeout: float = 60) -> None:
        """Wait until the CI (unless told otherwise) is done and every delivery was answered. Raises TimeoutError."""
        end = monotonic() + timeout
        if ci:
            for thread in self._running():
                thread.join(max(0.0, end - monotonic()))
                if thread.is_alive():
                    raise TimeoutError(f"{thread.name} is still running")
        self.deliveries.settle(max(0.0, end - monotonic()))

    def _running(self) -> list[threading.Thread]:
        with self.lock:
            return [thread for thread in self.threads if thread.is_alive()]


@dataclass(frozen=True)
class Person:
    """Someone who does things on GitHub, with or without the right to: `world` does not ask, REST does."""

    world: World
    user: User

    @property
    def actor(self) -> Actor:
        return Actor(self.user)

    def token(self) -> str:
        """A new personal token, to do things by REST or by git instead."""
        return accounts.personal_token(self.world, self.user).value

    def open_issue(self, full_name: str, title: str, body: str | None = None, labels: Iterable[str] = ()) -> Issue:
        return issues.open_issue(self.world, self.world.repo(full_name), self.actor, title, body, labels)

    def comment(self, full_name: str, number: int, body: str) -> Comment:
        world = self.world
        return issues.comment(world, world.repo(full_name), self.actor, world.issue(full_name, number), body)

    def edit_comment(self, full_name: str, comment: Comment, body: str) -> None:
        issues.edit_comment(self.world, self.world.repo(full_name), self.actor, comment, body)

    def delete_comment(self, full_name: str, comment: Comment) -> None:
        issues.delete_comment(self.world, self.world.repo(full_name), self.actor, comment)

    def edit_issue(self, full_name: str, number: int, **changes: str) -> None:
        """Change `title` or `body`."""
        issue = self.world.issue(full_name, number)
        issues.edit(self.world, self.world.repo(full_name), self.actor, issue, changes)

    def label(self, full_name: str, number: int, *names: str) -> None:
        issue = self.world.issue(full_name, number)
        issues.add_labels(self.world, self.world.repo(full_name), self.actor, issue, names)

    def unlabel(self, full_name: str, number: int, name: str) -> None:
        """Take a label off. Raises ValueError when it is not on."""
        repository, issue = self.world.repo(full_name), self.world.issue(full_name, number)
        with self.world.lock:
            label = issues.label_named(self.world, repository, name)
            issues.remove_label(self.world, repository, self.actor, issue, label)

    def react(self, reactions: list[Reaction], content: str) -> None:
        issues.react(self.world, reactions, self.actor, content)

    def close(self, full_name: str, number: int) -> None:
        issue = self.world.issue(full_name, number)
        issues.close(self.world, self.world.repo(full_name), self.actor, issue)

    def reopen(self, full_name: str, number: int) -> None:
        issue = self.world.issue(full_name, number)
        issues.reopen(self.world, self.world.repo(full_name), self.actor, issue)

    def push(self, full_name: str, branch: str, files: Files, message: str = "Change something") -> str:
        """One commit on a branch, made from the default branch when it is new. Returns its sha."""
        return pushes.commit(self.world, self.world.repo(full_name), self.actor, branch, files, message)

    def open_pull(
        self, full_name: str, title: str, head: str, base: str = "main", body: str = "", draft: bool = False
    ) -> Issue:
        repository = self.world.repo(full_name)
        return pulls.open_pull(self.world, repository, self.actor, title, body, head, base, draft=draft)

    def review(
        self,
        full_name: str,
        number: int,
        verdict: reviews.Verdict = "COMMENTED",
        body: str = "",
        remarks: Iterable[reviews.Remark] = (),
    ) -> Review:
        repository, issue = self.world.repo(full_name), self.world.pull(full_name, number)
        return reviews.review(self.world, repository, self.actor, issue, verdict, body, remarks)

    def ready(self, full_name: str, number: int, *, draft: bool = False) -> None:
        """Mark a pull request ready for review, or with `draft=True` turn it back into a draft."""
        issue = self.world.pull(full_name, number)
        pulls.set_draft(self.world, self.world.repo(full_name), self.actor, issue, draft=draft)

    def merge(self, full_name: str, number: int) -> str:
        """Merge a pull request and return the merge commit. Raises CannotMergeError."""
        issue = self.world.pull(full_name, number)
        return pulls.merge(self.world, self.world.repo(full_name), self.actor, issue)
