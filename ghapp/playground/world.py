"""The playground in people's words: what tests and the demo say, and what they look at.

world.repository("octo/demo", files={"README.md": "hello"})
world.install(repositories=["octo/demo"])
mona = world.person("mona", write="octo/demo")
issue = mona.open_issue("octo/demo", "It is broken", labels=["honk"])
world.settle()
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from ghapp.playground.actions_state import Artifact, WorkflowRun
from ghapp.playground.bare import Files
from ghapp.playground.deploy_state import Deployment, DeploymentStatus
from ghapp.playground.merge_state import METHODS, Method, Protection, Ruleset
from ghapp.playground.mergeability import check_outcomes
from ghapp.playground.person import Person
from ghapp.playground.room import Room
from ghapp.playground.state import (
    Actor,
    App,
    CheckRun,
    Comment,
    CommitStatus,
    Installation,
    Issue,
    Repository,
    ReviewThread,
    Role,
    User,
)
from ghapp.playground.verbs import (
    accounts,
    auto_merge,
    checks,
    deployments,
    forks,
    issues,
    jobs,
    merge_queue,
    renames,
    workflows,
)
from ghapp.playground.views.pulls import pull_of

__all__ = ["Person", "World"]


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
        client_id: str | None = None,
        client_secret: str | None = None,
        callback_urls: Iterable[str] = (),
    ) -> App:
        """Register the App under test; `public_key` is PEM, `permissions` and `events` all that it may and hears.

        `callback_urls` are where people may be led back to when they signed in; id and secret are made when not given.
        """
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
            client_id=client_id,
            client_secret=client_secret,
            callback_urls=callback_urls,
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

    def person(self, login: str, **roles: str) -> Person:
        """Someone who can act; `write="octo/demo"` makes them a collaborator with that role."""
        who = self.user(login)
        for role, full_name in roles.items():
            self.grant(full_name, login, role)  # type: ignore[arg-type]
        return Person(self, who)

    def grant(self, full_name: str, login: str, role: Role) -> None:
        accounts.grant(self, self.repo(full_name), self.user(login), role)

    def revoke(self, full_name: str, login: str) -> None:
        """Take away whatever role someone has."""
        with self.lock:
            self.repo(full_name).collaborators.pop(login.lower(), None)

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
        self,
        full_name: str,
        branch: str = "main",
        *contexts: str,
        strict: bool = False,
        approvals: int = 0,
        sources: Mapping[str, App | str] | None = None,
    ) -> None:
        """Require these checks, and so many approvals, before anything is merged into a branch.

        `sources` maps a check to the App (or its slug) that it must come from: `{"tests": "github-actions"}`.
        """
        with self.lock:
            rules = Protection(tuple(contexts), strict, approvals, self._sources(sources))
            self.repo(full_name).protections[branch] = rules

    def ruleset(
        self,
        full_name: str,
        branch: str = "main",
        *contexts: str,
        strict: bool = False,
        approvals: int = 0,
        sources: Mapping[str, App | str] | None = None,
        queue: bool = False,
        queue_method: Method = "merge",
        methods: Sequence[Method] = METHODS,
    ) -> Ruleset:
        """Add a ruleset for a branch: it may ask the same as `protect`, allow some methods only, or want a merge queue.

        All rulesets of a branch hold, beside its protection.
        """
        with self.lock:
            made = Ruleset(tuple(contexts), strict, approvals, self._sources(sources), self.state.next_id(), branch)
            made.queue, made.queue_method, made.methods = queue, queue_method, tuple(methods)
            self.repo(full_name).rulesets.append(made)
            return made

    def _sources(self, given: Mapping[str, App | str] | None) -> dict[str, App]:
        rows = (given or {}).items()
        return {name: self._app_named(app) if isinstance(app, str) else app for name, app in rows}

    def free_plan(self, full_name: str) -> None:
        """Make a repository private in GitHub's Free plan: its branches have no rules, and who asks is refused."""
        with self.lock:
            repository = self.repo(full_name)
            assert not repository.protections, "protection is not kept in that plan"
            assert not repository.rulesets, "rulesets are not kept in that plan"
            repository.private = repository.ruleless = True

    def allow_methods(self, full_name: str, *methods: Method) -> None:
        """Allow these ways to merge alone: merge, squash, rebase."""
        with self.lock:
            self.repo(full_name).methods = methods

    def allow_auto_merge(self, full_name: str, *, allowed: bool = True) -> None:
        with self.lock:
            self.repo(full_name).auto_merge_allowed = allowed

    def queue_passes(self, full_name: str, number: int) -> str | None:
        """The checks of a queued pull request pass, so it is merged; the new head of its base.

        None for one that conflicts with what came in before it, and is thrown out. Raises CannotMergeError.
        """
        return merge_queue.succeed(self, self.repo(full_name), self.pull(full_name, number))

    def queue_fails(self, full_name: str, number: int) -> None:
        """The checks of a queued pull request fail, so it is thrown out. Raises CannotMergeError."""
        issue = self.pull(full_name, number)
        merge_queue.leave(self, self.repo(full_name), merge_queue.bot(self), issue, "CI_FAILURE")

    def follow_up(self) -> None:
        """GitHub keeps its merge queues, and merges by itself what waits for that."""
        auto_merge.follow_up(self)

    def fork(self, full_name: str, owner: str) -> Repository:
        """Someone forks a repository, with all its branches."""
        return forks.fork(self, self.repo(full_name), self.user(owner))

    def rename_repository(self, full_name: str, name: str) -> None:
        """Give a repository another name; its old one still leads to it."""
        renames.rename(self, self.repo(full_name), name)

    def delete_repository(self, full_name: str) -> None:
        """Delete a repository; pull requests from it lose their source."""
        forks.delete(self, self.repo(full_name))

    def set_check(
        self,
        full_name: str,
        sha: str,
        name: str,
        status: str,
        conclusion: str | None = None,
        *,
        app: str | None = None,
        **output: object,
    ) -> CheckRun:
        """Say by hand how a check stands: the newest of this name (a queued workflow's, after a rerun the new one), or
        a new one. `app` is the slug of the App whose check it is, GitHub Actions without. `output` are `title`,
        `summary`, `text`, `annotations` (as REST takes them) and `details_url`.
        """
        with self.lock:
            repository = self.repo(full_name)
            fields = {"status": status, "conclusion": conclusion, **output}
            app_ = self._app_named(app) if app else jobs.actions_app(self)
            for run in reversed(repository.checks.values()):
                if run.head_sha == sha and run.name == name and run.suite.app is app_:
                    checks.update_run(self, repository, run, fields)
                    return run
            return checks.create_run(self, repository, app_, name, sha, fields)

    def _app_named(self, slug: str) -> App:
        if slug == jobs.ACTIONS_SLUG:
            return jobs.actions_app(self)
        known = next((app for app in self.state.apps.values() if app.slug == slug), None)
        return known or accounts.app(self, slug, self.user(f"{slug}-owner"))

    def set_status(
        self,
        full_name: str,
        sha: str,
        context: str,
        state: str,
        description: str | None = None,
        *,
        url: str | None = None,
        by: str = "status-bot",
        app: str | None = None,
    ) -> CommitStatus:
        """A service, or the App with the slug `app`, reports a commit status: error, failure, pending or success."""
        service = self._app_named(app) if app else None
        actor = Actor(service.bot, service) if service else Actor(self.user(by))
        return checks.set_status(self, self.repo(full_name), actor, sha, state, context, description, url)

    def hold_workflows(self, full_name: str, *, hold: bool = True) -> None:
        """From now on, workflows on other branches than the default one wait until somebody approves their run."""
        with self.lock:
            self.repo(full_name).holds_workflows = hold

    def keep_jobs_back(self, full_name: str) -> None:
        """From now on, runs of workflows are queued without any job, until `make_jobs`."""
        with self.lock:
            self.repo(full_name).keeps_jobs_back = True

    def make_jobs(self, full_name: str, sha: str) -> None:
        """The runs of workflows on a commit get the jobs that were kept back."""
        with self.lock:
            for run in self.workflow_runs(full_name, sha):
                workflows.make_jobs(self, self.repo(full_name), run)

    def workflow_runs(self, full_name: str, sha: str | None = None) -> list[WorkflowRun]:
        """Runs of workflows, oldest first; of one commit, if it is given."""
        with self.lock:
            rows = self.repo(full_name).workflow_runs.values()
            return [run for run in rows if sha in (None, run.suite.head_sha)]

    def end_run(self, full_name: str, run_id: int, conclusion: str) -> None:
        """End every job of a workflow run that has not ended with this conclusion, and so the run."""
        repository = self.repo(full_name)
        jobs.finish(self, repository, repository.workflow_runs[run_id], conclusion)

    def deploy(self, full_name: str, ref: str, environment: str = "production", *, by: str = "deployer") -> Deployment:
        """Somebody else, such as a workflow, deploys a branch or commit."""
        repository = self.repo(full_name)
        sha = repository.bare.resolve(ref)
        assert sha is not None, f"there is no {ref}"
        return deployments.deploy(self, repository, Actor(self.user(by)), ref, sha, environment=environment)

    def deploy_status(
        self, full_name: str, deployment: int, state: str, url: str = "", *, by: str = "deployer"
    ) -> DeploymentStatus:
        """Say how a deployment goes; `url` is where it can be seen."""
        repository = self.repo(full_name)
        of, actor = repository.deployments[deployment], Actor(self.user(by))
        return deployments.set_status(self, repository, actor, of, state, environment_url=url)

    def deployments(self, full_name: str) -> list[Deployment]:
        """Deployments, oldest first."""
        with self.lock:
            return list(self.repo(full_name).deployments.values())

    def attach(self, full_name: str, data: bytes) -> str:
        """Drop a file into a text of this repository; the address that GitHub puts there."""
        return issues.attach(self, self.repo(full_name), data)

    def artifact(self, full_name: str, run_id: int, name: str, files: Mapping[str, bytes] | bytes) -> Artifact:
        """A workflow run uploads an artifact: a zip of these files, or these very bytes for one that is no good zip."""
        with self.lock:
            run = self.repo(full_name).workflow_runs[run_id]
            return jobs.upload(self, run, name, files if isinstance(files, bytes) else jobs.zipped(files))

    def file_artifact(self, full_name: str, run_id: int, name: str, data: bytes) -> Artifact:
        """A workflow run uploads one file with `archive: false`: its name is then the artifact's."""
        made = self.artifact(full_name, run_id, name, data)
        made.as_it_is = True
        return made

    def set_log(self, full_name: str, check: CheckRun, log: str) -> None:
        """Say by hand what the job of a workflow printed whose check this is."""
        with self.lock:
            for run in self.repo(full_name).workflow_runs.values():
                for job in run.jobs:
                    job.log = log if job.check is check else job.log

    # What there is to see

    def repo(self, full_name: str) -> Repository:
        """The repository of this name, also when it is an old one. Raises KeyError."""
        return self.state.moved(full_name) or self.state.repositories[full_name.lower()]

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

    def review_threads(self, full_name: str, number: int) -> list[ReviewThread]:
        """The review threads of a pull request, oldest first."""
        with self.lock:
            return list(pull_of(self.pull(full_name, number)).threads)

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
