"""Deploying on somebody's word, by a GitHub deployment or a workflow, and following it to its end."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ghapp.core import checks as ci
from ghapp.core import messages
from ghapp.core.commands import Verb
from ghapp.core.config import Config, Environment
from ghapp.core.events import Repository, Thread
from ghapp.core.intents import DeployRun
from ghapp.core.ports import Checks, Comment, Deployed, Deployments, Inbox, Issues, Pulls, Repositories
from ghapp.core.rights import needed
from ghapp.core.run import Deployment, Run
from ghapp.flow.attempt import Attempt
from ghapp.flow.status import Status


@dataclass(frozen=True)
class Commit:
    """What is deployed, and the branch that a workflow runs on for it."""

    sha: str
    branch: str


@dataclass(frozen=True)
class Deploying:
    """Carries wishes to deploy. The caller holds the thread's inbox."""

    repositories: Repositories
    issues: Issues
    pulls: Pulls
    checks: Checks
    deployments: Deployments
    inbox: Inbox
    status: Status

    def ask(self, attempt: Attempt, word: DeployRun, config: Config) -> str:
        """Deploy the merged commit, or the green head of an open pull request; what the person is told."""
        run, environment = attempt.run, config.deploy.get(word.environment)
        if environment is None:
            return messages.unknown_environment(word.environment, tuple(config.deploy))
        if refusal := self._why_not(run, word, config):
            return refusal
        if run.deployment is not None and is_underway(run):
            return messages.deploy_is_underway(run.deployment)
        commit = self._commit(run)
        if isinstance(commit, str):
            return commit
        begun = self._begin(run.thread.repository, word.environment, environment, commit)
        self.inbox.follow(run.thread, commit.sha)
        asked = run.deployments if begun.workflow else (*run.deployments, begun.id)
        attempt.update(deployment=begun, deployments=asked)
        attempt.tell("note", f"{word.by.login} deploys {commit.sha[:9]} to {word.environment}")
        return f"{_mark(run, begun)}\n{messages.deploying(begun, followed=not run.is_done)}"

    def look(self, attempt: Attempt) -> None:
        """Read the newest deployment that was asked for; edit the answer, and tell the chat, when it moved on."""
        run = attempt.run
        if run.deployment is None or not is_underway(run):
            return
        now = self._read(run.thread.repository, run.deployment)
        moved = replace(run.deployment, state=now.state, url=now.url)
        if moved == run.deployment:
            return
        self._edit(run, moved)
        if now.failed:
            self._alert(run, moved)
        attempt.update(deployment=moved)
        self.status.tell(attempt.run)

    def _why_not(self, run: Run, word: DeployRun, config: Config) -> str:
        needs = needed(Verb.DEPLOY, word.environment, config)
        has = self.repositories.permission(run.thread.repository, word.by)
        return (
            ""
            if has >= needs
            else messages.not_allowed(word.by.login, Verb.DEPLOY, needs.name.lower(), has.name.lower())
        )

    def _commit(self, run: Run) -> Commit | str:
        """The commit, or why there is none to deploy."""
        if run.merged_sha:
            return Commit(run.merged_sha, run.base_branch)
        assert run.pull is not None, "nothing is deployed without a pull request"
        pull = self.pulls.read(run.thread.repository, run.pull)
        if pull.merged:
            return Commit(pull.merged_sha, pull.base_branch)
        if not pull.open:
            return messages.deploy_needs_open(pull.number)
        if pull.head_repository != run.thread.repository.full_name:
            return messages.deploy_not_from_a_fork(pull.number)
        verdict = ci.judge(self.checks.on(run.thread.repository, pull.head_sha))
        if verdict.state is not ci.CiState.GREEN:
            return messages.deploy_needs_green(pull.number, pull.head_sha, verdict.failing, verdict.pending)
        return Commit(pull.head_sha, pull.head_branch)

    def _begin(self, repository: Repository, name: str, environment: Environment, commit: Commit) -> Deployment:
        if environment.workflow is None:
            number = self.deployments.create(repository, commit.sha, name)
        else:
            inputs = _filled(environment.inputs, commit.sha)
            number = self.deployments.dispatch(repository, environment.workflow, commit.branch, inputs)
        begun = Deployment(name, commit.sha, number, environment.workflow or "")
        now = self._read(repository, begun)
        return replace(begun, state=now.state, url=now.url)

    def _read(self, repository: Repository, deployment: Deployment) -> Deployed:
        read = self.deployments.read_run if deployment.workflow else self.deployments.read
        return read(repository, deployment.id)

    def _edit(self, run: Run, deployment: Deployment) -> None:
        """Our answer, wherever it stands, keeps what it begins with: by that it is known as the answer to its word."""
        mark, words = _mark(run, deployment), messages.deploying(deployment, followed=True)
        found = self._answer(run, mark)
        before = found.body.partition(mark)[0] if found else ""
        body = f"{before}{mark}\n{words}"
        self.status.comment(run.thread, body, mark, found.id if found else None)

    def _answer(self, run: Run, mark: str) -> Comment | None:
        numbers = dict.fromkeys((run.pull or run.thread.number, run.thread.number))
        threads = (Thread(run.thread.repository, number) for number in numbers)
        said = (one for thread in threads for one in self.issues.comments(thread))
        return next((one for one in said if mark in one.body and one.author.type == "Bot"), None)

    def _alert(self, run: Run, deployment: Deployment) -> None:
        hidden = messages.marker(f"{run.id}-{deployment.id}", "deploy-failed")
        words = messages.deployment_failed(run, deployment.environment, deployment.state, deployment.url)
        self.status.comment(run.place, f"{hidden}\n{words}", hidden)


def is_underway(run: Run) -> bool:
    """Whether a deployment that somebody asked for has not ended."""
    return run.deployment is not None and run.deployment.is_underway


def _filled(inputs: Mapping[str, str], sha: str) -> dict[str, str]:
    return {name: value.replace("{sha}", sha) for name, value in inputs.items()}


def _mark(run: Run, deployment: Deployment) -> str:
    return messages.marker(f"{run.id}-{deployment.id}", "deploy")
