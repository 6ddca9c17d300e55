"""What no event told: mail that nobody drains, lost workers, owed comments, checks that changed in silence."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from ghapp.core import messages
from ghapp.core.errors import Superseded, UserError
from ghapp.core.events import Actor, ChecksChanged, Event, IssueLabeled, Repository, Thread, thread_number
from ghapp.core.ports import Clock, Inbox, Issues, Pull, Pulls, Queue, Repositories, Store
from ghapp.core.run import MAX_RECOVERIES, Conclusion, Request, Run, State, Step, Trigger, advance, conclude
from ghapp.flow.configured import configured
from ghapp.flow.starting import Defaults
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering

log = logging.getLogger(__name__)

POLL_SECONDS = {State.AWAITING_CI: 300, State.AWAITING_REVIEW: 3600, State.MERGING: 60, State.DEPLOYING: 60}
LOOK_BACK_SECONDS = 3 * 86_400
"""GitHub keeps deliveries for three days; a wish that is older is nobody's any more."""

LABEL = "honk"


@dataclass(frozen=True)
class Reconcile:
    """Two rounds: `tick` every few seconds looks at our own records, `sweep` every ten minutes asks GitHub."""

    repositories: Repositories
    issues: Issues
    pulls: Pulls
    store: Store
    inbox: Inbox
    queue: Queue
    status: Status
    steering: Steering
    clock: Clock
    defaults: Defaults
    new_key: Callable[[], str]

    def tick(self) -> None:
        """Hand out what waits, take back what was lost, write what is owed."""
        for inbox in self.inbox.wanted():
            self.queue.intake(inbox)
        for run in self.store.unfinished():
            self._mind(run)
        self.status.flush()

    def sweep(self) -> None:
        """Ask for failed deliveries again, and rebuild runs whose record is gone from what GitHub shows."""
        self.repositories.redeliver_failed(self.clock.now() - LOOK_BACK_SECONDS)
        for repository in self.repositories.installed():
            try:
                self._look_through(repository)
            except UserError as error:  # issues are switched off, say; the others are looked at all the same
                log.warning("%s cannot be looked through: %s", repository.full_name, error)

    def _look_through(self, repository: Repository) -> None:
        for pull in self.pulls.ours(repository):
            self._readopt(repository, pull)
        config, _ = configured(self.repositories, repository)  # what is wrong with it, intake tells who labels
        for label in config.labels:
            for labelled in self.issues.labelled(repository, label):
                if self.store.last_run(labelled.thread) is None and self._was_missed(labelled):
                    self._hear(f"sweep-{labelled.thread.key}-{labelled.updated_at}-{label.casefold()}", labelled)

    def _was_missed(self, labelled: IssueLabeled) -> bool:
        """Whether the label is new and nothing came of it: its run's comment outlives the record."""
        if datetime.fromisoformat(labelled.updated_at).timestamp() < self.clock.now() - LOOK_BACK_SECONDS:
            return False
        comments = self.issues.comments(labelled.thread)
        return not any(messages.is_status(one.body) and one.author.type == "Bot" for one in comments)

    def _mind(self, run: Run) -> None:
        now = self.clock.now()
        if run.state is State.QUEUED and run.not_before <= now and not self.queue.has(run.id, run.epoch):
            self.queue.execute(run.id, run.epoch)
        elif run.is_active and not self.store.is_held(run.id):
            self._take_back(run, now)
        elif run.state in POLL_SECONDS:
            turn = int(now // POLL_SECONDS[run.state])
            self._look(run, f"poll-{run.id}-{turn}")
            if 0 < run.look_at <= now:
                self._look(run, f"due-{run.id}-{run.look_at}")
            self._heed(run)

    def _look(self, run: Run, name: str) -> None:
        sha = run.merged_sha if run.state is State.DEPLOYING else run.head_sha
        self._hear(name, ChecksChanged(run.thread, sha, "poll"))

    def _heed(self, run: Run) -> None:
        """What was said while it was parked would wait for ever."""
        with suppress(Superseded):
            self.steering.heed(run)

    def _hear(self, name: str, event: Event) -> None:
        """Take in what no delivery told; a name counts once."""
        inbox = self.inbox.add(name, event)
        if inbox is not None:
            self.queue.intake(inbox)

    def _take_back(self, run: Run, now: float) -> None:
        """The worker is lost: the next attempt, under the next epoch, within its own budget."""
        try:
            if run.recoveries >= MAX_RECOVERIES:
                reason = f"Its worker was lost {run.recoveries + 1} times."
                self.status.tell(self.store.supersede(conclude(run, Conclusion.FAILED, now, reason)))
                return
            queued = advance(replace(run, recoveries=run.recoveries + 1), State.QUEUED, now, "its worker was lost")
            queued = self.store.supersede(queued)
        except Superseded:
            return
        self.queue.execute(queued.id, queued.epoch)

    def _readopt(self, repository: Repository, pull: Pull) -> None:
        """A pull request of ours without a record gets one, parked where its CI is followed."""
        number = thread_number(pull.head_branch)
        if number is None:
            return
        thread = Thread(repository, number)
        if self.store.last_run(thread) is not None:
            return
        now = self.clock.now()
        run = Run(
            id=pull.head_branch.rpartition("-")[2],
            key=self.new_key(),
            thread=thread,
            requester=Actor(0, "ghost"),
            trigger=Trigger(at="", label=LABEL),
            request=Request(title=pull.title, body=""),
            created_at=now,
            engine=self.defaults.engine,
            model=self.defaults.model,
            state=State.AWAITING_CI,
            reason="found again on GitHub",
            history=(Step(State.AWAITING_CI, now),),
            base_branch=pull.base_branch,
            head_sha=pull.head_sha,
            pull=pull.number,
        )
        if self.store.create(run):
            self.inbox.alias(repository, pull.number, number)
