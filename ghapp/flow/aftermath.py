"""After the merge: deployments, and the base branch watched for a while."""

from dataclasses import dataclass

from ghapp.core import messages
from ghapp.core.checks import Health, health
from ghapp.core.config import Config
from ghapp.core.intents import DeployRun
from ghapp.core.ports import Checks, Clock, Deployed, Deployments, Inbox, Merges, Pull
from ghapp.core.run import Conclusion, Run, State
from ghapp.flow.attempt import Attempt
from ghapp.flow.deploying import Deploying, is_underway
from ghapp.flow.status import Status

PATIENCE_SECONDS = 3_600.0
"""How much longer than the watch a deployment is followed that somebody asked for."""


@dataclass(frozen=True)
class Aftermath:
    """Follows what comes of a merge, and of a wish to deploy. The caller holds the thread's inbox."""

    checks: Checks
    merges: Merges
    deployments: Deployments
    deploying: Deploying
    inbox: Inbox
    status: Status
    clock: Clock

    def begin(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """The pull request was merged, by whomever: watch its base branch, or end. A worker on the run stops."""
        run, minutes = attempt.run, config.merge.watch
        words = messages.is_merged(pull.number, pull.base_branch, pull.merged_sha, config.merge.means)
        facts = {"merged_sha": pull.merged_sha, "base_branch": pull.base_branch, "means": config.merge.means}
        attempt.overtake(wish=None, pause=None, **facts)
        if _is_left_out(run):
            attempt.note(messages.left_out(pull.number))
        if not pull.merged_sha or not (minutes or is_underway(run)):
            attempt.end(Conclusion.MERGED, words)
            return
        self.inbox.follow(run.thread, pull.merged_sha)
        until = self.clock.now() + 60 * minutes
        attempt.enter(State.DEPLOYING, f"{words} {messages.is_watched(minutes)}", watched_until=until)

    def look(self, attempt: Attempt) -> None:
        """Look at the base branch and at deployments again; end when the time is over."""
        self.deploying.look(attempt)
        run, repository = attempt.run, attempt.run.thread.repository
        base = health(self.checks.on(repository, run.merged_sha))
        found = self.deployments.of(repository, run.merged_sha)
        self._heed_checks(attempt, base)
        for one in found:
            self._heed_deployment(attempt, one)
        now = self.clock.now()
        patient = is_underway(attempt.run) and now < run.watched_until + PATIENCE_SECONDS
        if now >= run.watched_until and not patient:
            self._end(attempt, base, [one.environment for one in found if one.state in ("success", "inactive")])

    def follow(self, attempt: Attempt) -> None:
        """Follow a deployment of a pull request that is still open."""
        self.deploying.look(attempt)

    def deploy(self, attempt: Attempt, word: DeployRun, config: Config) -> str:
        """Deploy the run's commit; what the person is told."""
        return self.deploying.ask(attempt, word, config)

    def _heed_checks(self, attempt: Attempt, base: Health) -> None:
        """Alert once to what is red now and was not before the merge."""
        run = attempt.run
        if not base.broken or any(note.startswith(messages.BASE_RED) for note in run.notes):
            return
        before = self._before(run)
        if new := [name for name in base.broken if name not in before.broken]:
            self._alert(run, "base-red", messages.base_is_red(run, new, before))
            attempt.note(messages.base_red_note(new))
            self.status.tell(attempt.run)

    def _before(self, run: Run) -> Health:
        """How the base stood before the merge."""
        repository = run.thread.repository
        sha = self.merges.base_before(repository, run.pull or 0, run.merged_sha)
        return health(self.checks.on(repository, sha) if sha else ())

    def _heed_deployment(self, attempt: Attempt, one: Deployed) -> None:
        """A good end is noted, a bad one alerts; of those that were asked for their own answers tell."""
        run = attempt.run
        if one.id in run.deployments:
            return
        if one.failed:
            note = messages.deployment_failed_note(one.environment)
            if note not in run.notes:
                words = messages.deployment_failed(run, one.environment, one.state, one.url)
                self._alert(run, f"deployment-{one.id}", words)
        elif one.state == "success":
            note = messages.deployed_note(one.environment, one.url)
        else:
            return
        if note not in run.notes:
            attempt.note(note)
            self.status.tell(attempt.run)

    def _end(self, attempt: Attempt, base: Health, environments: list[str]) -> None:
        run = attempt.run
        asked = run.deployment
        if asked and asked.sha == run.merged_sha and asked.state == "success" and asked.environment not in environments:
            environments.append(asked.environment)
        conclusion = Conclusion.DEPLOYED if environments else Conclusion.MERGED
        words = messages.watch_is_over(run.pull or 0, base, environments)
        attempt.end(conclusion, words)

    def _alert(self, run: Run, what: str, words: str) -> None:
        """On the pull request, once."""
        hidden = messages.marker(f"{run.id}-{what}", "alert")
        self.status.comment(run.place, f"{hidden}\n{words}", hidden)


def _is_left_out(run: Run) -> bool:
    """Whether a run had, or may have had, work that it had not pushed when its pull request was merged."""
    made = run.unfinished or run.candidate
    return run.state in (State.CODING, State.VERIFYING, State.JUDGING) or made not in ("", *run.published)
