"""After the pull request is open: its fate, head, checks, reviews and merge, read from GitHub, never from the event."""

import logging
from dataclasses import dataclass

from ghapp.core import messages
from ghapp.core.builds import builds_are_settled
from ghapp.core.config import Config
from ghapp.core.errors import Gone, TransientError
from ghapp.core.intents import BuildRun
from ghapp.core.ports import Clock, Inbox, Pull, Pulls, Repositories, Store, Transcripts
from ghapp.core.run import Conclusion, Run, State
from ghapp.flow.aftermath import Aftermath
from ghapp.flow.attempt import Attempt
from ghapp.flow.builds import FollowBuilds
from ghapp.flow.ci import FollowCi, wait_again
from ghapp.flow.configured import configured
from ghapp.flow.merging import Merging
from ghapp.flow.reviews import FollowReviews
from ghapp.flow.status import Status

log = logging.getLogger(__name__)

BUILDS_AGAIN = 15.0  # seconds


@dataclass(frozen=True)
class FollowUp:
    """Moves a parked run on, and one that a merge by hand overtakes. The caller holds the thread's inbox.

    So nobody else writes the record of a run that is parked; from a worker it is taken by the next epoch.
    """

    repositories: Repositories
    pulls: Pulls
    inbox: Inbox
    builds: FollowBuilds
    ci: FollowCi
    reviews: FollowReviews
    merging: Merging
    aftermath: Aftermath
    store: Store
    transcripts: Transcripts
    status: Status
    clock: Clock

    def look(self, run: Run) -> None:
        """Read the pull request and what belongs to it, and do what is due."""
        attempt = self.attempt(run)
        if run.state is State.DEPLOYING:
            self.aftermath.look(attempt)
        elif run.pull is not None and run.is_followed:
            self._look_at_pull(attempt, run.pull)
        else:
            self.watch_if_merged(run)

    def watch_if_merged(self, run: Run) -> bool:
        """Watch what comes of a merge by hand while the run was queued, at work or paused; whether there was one."""
        try:
            pull = self.pulls.read(run.thread.repository, run.pull) if run.pull is not None else None
        except Gone:
            return False
        if pull is None or not pull.merged:
            return False
        attempt = self.attempt(run)
        self.aftermath.begin(attempt, pull, self._config(attempt)[0])
        return True

    def attempt(self, run: Run) -> Attempt:
        """A hand on a parked run."""
        return Attempt(run, self.store, self.transcripts, self.status, self.clock)

    def _config(self, attempt: Attempt) -> tuple[Config, str]:
        """The repository's config as it is now, and what is wrong with it.

        One that is not understood stops nothing that is underway, but for a merge: it says who may ask for that.
        """
        return configured(self.repositories, attempt.run.thread.repository)

    def _look_at_pull(self, attempt: Attempt, number: int) -> None:
        repository = attempt.run.thread.repository
        try:
            pull = self.pulls.read(repository, number)
        except Gone:
            attempt.end(Conclusion.CLOSED, f"#{number} is not there any more.")
            return
        if pull.merged:
            self.aftermath.begin(attempt, pull, self._config(attempt)[0])
        elif not pull.open:
            self.merging.withdraw(attempt.run)
            attempt.end(Conclusion.CLOSED, f"#{number} was closed without a merge.")
        else:
            self._look_at_head(attempt, pull)

    def _look_at_head(self, attempt: Attempt, pull: Pull) -> None:
        """One thing after the other, as long as the run stays parked."""
        config, trouble = self._config(attempt)
        self._take_head(attempt, pull)
        if attempt.run.means != config.merge.means:
            attempt.update(means=config.merge.means)
        self.aftermath.follow(attempt)
        for look in (self._look_at_builds, self.ci.look, self._look_at_builds_again, self.reviews.look):
            if attempt.run.is_followed:
                look(attempt, pull, config)
        if attempt.run.wish is not None and trouble:
            attempt.note(messages.merge_needs_config(trouble))
        elif attempt.run.is_followed:
            self.merging.look(attempt, pull, config)

    def _look_at_builds(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """They are on servers of their own. One that is away is asked again, and holds up nothing else."""
        try:
            self.builds.look(attempt, pull, config)
        except TransientError as error:
            log.warning("the builds of run %s are looked for again: %s", attempt.run.id, error)
            attempt.look_by(self.clock.now() + BUILDS_AGAIN)

    def _look_at_builds_again(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """CI may have come to its end just now, by which it is known what it did not leave."""
        if not builds_are_settled(attempt.run.builds, attempt.run.head_sha):
            self._look_at_builds(attempt, pull, config)

    def build(self, attempt: Attempt, word: BuildRun, config: Config) -> str:
        """Carry a word about builds out; what the person is told."""
        run = attempt.run
        assert run.pull is not None, "builds are those of a pull request"
        return self.builds.asked(attempt, word, self.pulls.read(run.thread.repository, run.pull), config)

    def _take_head(self, attempt: Attempt, pull: Pull) -> None:
        if pull.head_sha == attempt.run.head_sha:
            return
        self.inbox.follow(attempt.run.thread, pull.head_sha)
        since = self.clock.now()
        attempt.update(head_sha=pull.head_sha, quiet_since=since, ci=(), failures=(), reran=(), verified=False)
        attempt.tell("note", f"the head of #{pull.number} is now {pull.head_sha[:9]}")
        wait_again(attempt, "the head moved")
