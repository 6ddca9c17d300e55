"""Starting a run: what was asked for as of the trigger, and on whose branch the work is to be."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from ghapp.core import messages, policy
from ghapp.core.config import Config
from ghapp.core.errors import UserError
from ghapp.core.events import BoxTicked, CommentCreated, IssueLabeled, IssueText, Thread, WordSaid, thread_number
from ghapp.core.intents import StartRun
from ghapp.core.ports import Clock, Inbox, Issues, Pull, Pulls, Queue, Repositories, Store
from ghapp.core.rights import Permission
from ghapp.core.run import Conclusion, Errand, Remark, Request, Run, State, Step, Target, Trigger, conclude
from ghapp.flow.status import Status

Word = IssueLabeled | CommentCreated | BoxTicked | WordSaid
"""How a person asks for a run."""
BY_A_PERSON = (IssueLabeled, CommentCreated, BoxTicked, WordSaid)

MAX_REMARKS = 50
MAX_BODY = 65_536


@dataclass(frozen=True)
class Defaults:
    """What the operator sets for every run: engine and model."""

    engine: str
    model: str


@dataclass(frozen=True)
class Starting:
    """Makes runs of wishes.

    `new_key` makes an unguessable page key; `ours` gives the id of the account that the App acts as.
    """

    repositories: Repositories
    issues: Issues
    pulls: Pulls
    store: Store
    inbox: Inbox
    queue: Queue
    status: Status
    clock: Clock
    defaults: Defaults
    new_key: Callable[[], str]
    ours: Callable[[int], int]

    def start(self, start: StartRun, event: Word, last: Run | None, config: Config) -> None:
        """Keep a new run and queue it; `last` is the thread's newest before it.

        Raises UserError, with what to do, when it cannot be on the branch that was meant.
        """
        if not isinstance(event, WordSaid):  # which stands in the chat
            self.issues.react(event.thread, start.trigger.comment, "eyes")
        run = self._about_its_pull(self._run(start, event, last, config), start, last)
        if last is not None and last.state is State.DEPLOYING:
            reason = "The base branch is no longer watched: a new run begins here."
            self.status.tell(self.store.supersede(conclude(last, Conclusion.MERGED, self.clock.now(), reason)))
        opened = self.status.open(run)
        if self.store.create(opened):
            self.inbox.follow(run.thread, run.head_sha)
            self.queue.execute(run.id, run.epoch)
            self.status.begun(opened)

    def _run(self, start: StartRun, event: Word, last: Run | None, config: Config) -> Run:
        now = self.clock.now()
        return Run(
            id=run_id(event.thread, start.trigger),
            key=self.new_key(),
            thread=event.thread,
            requester=event.actor,
            trigger=start.trigger,
            request=self._request(start, event, last),
            created_at=now,
            budget=config.budget.as_limits(),
            kind=start.kind,
            engine=start.engine or str(config.engine),
            model=start.model or config.model or self.defaults.model,
            reason=start.reason,
            history=(Step(State.QUEUED, now),),
        )

    def _request(self, start: StartRun, event: Word, last: Run | None) -> Request:
        text = _told(event) or self.issues.read(event.thread).text
        plan = self._plan(event.thread, last) if start.kind == "fix" else ""
        return Request(
            title=text.title,
            body=text.body[:MAX_BODY],
            instruction="\n\n".join(filter(None, [start.instruction, plan])),
            remarks=self._remarks(event.thread, start.trigger),
        )

    def _plan(self, thread: Thread, last: Run | None) -> str:
        """The plan that the thread's last run made, as people have left it. Only who may write can edit our comment."""
        if last is None or last.conclusion is not Conclusion.PLANNED:
            return ""
        mark = messages.marker(last.id, "plan")
        ours = self.ours(thread.repository.installation)  # another App may repeat what anybody says
        found = [one.body for one in self.issues.comments(last.place) if mark in one.body and one.author.id == ours]
        return messages.agreed_steps(found[0]) if found else ""

    def _remarks(self, thread: Thread, trigger: Trigger) -> tuple[Remark, ...]:
        """Comments of people with write access, as they stood when the run was asked for."""
        standing = [
            comment
            for comment in self.issues.comments(thread)
            if comment.author.type != "Bot" and comment.updated_at <= trigger.at and comment.id != trigger.comment
        ]
        rights = {
            author: self.repositories.permission(thread.repository, author)
            for author in {comment.author for comment in standing}
        }
        trusted = [comment for comment in standing if rights[comment.author] >= Permission.WRITE]
        return tuple(Remark(item.author.login, item.body[: policy.MAX_REMARK]) for item in trusted[-MAX_REMARKS:])

    def _about_its_pull(self, run: Run, start: StartRun, last: Run | None) -> Run:
        """With what its kind has to know of the pull request that it is about."""
        if start.pull is None:
            return run
        pull = self.pulls.read(run.thread.repository, start.pull)
        if start.kind == "revert":
            return self._reverting(run, pull)
        if not pull.open:
            raise UserError(f"#{pull.number} is closed.")
        on_it = replace(run, pull=pull.number, head_sha=pull.head_sha, base_branch=pull.base_branch)
        if start.kind != "fix":
            return on_it
        if why := self._closed_to_us(run, pull):
            raise UserError(messages.cannot_push(pull.number, why))
        target = Target(pull.head_branch, str(pull.head_repository), ours=self._is_ours(run, pull))
        if last is not None and last.pull == pull.number:
            on_it = replace(on_it, published=last.published, reverts=last.reverts)
        return replace(on_it, target=target)

    def _is_ours(self, run: Run, pull: Pull) -> bool:
        """Whether an earlier run of this thread opened it, which goes on as that one would have."""
        repository = run.thread.repository
        if pull.head_repository != repository.full_name or thread_number(pull.head_branch) != run.thread.number:
            return False
        return pull.author.id == self.ours(repository.installation)

    def _reverting(self, run: Run, pull: Pull) -> Run:
        if not pull.merged or not pull.merged_sha:
            raise UserError(f"#{pull.number} is not merged, so there is nothing to undo.")
        request = Request(title=f'Revert "{pull.title}"', body=f"Undo #{pull.number}.")
        errand = Errand("revert", pull.merged_sha, pull.head_sha, pull.commits)
        return replace(run, request=request, errand=errand, reverts=pull.number, base_branch=pull.base_branch)

    def _closed_to_us(self, run: Run, pull: Pull) -> str:
        """Why its branch is none that we may push to; empty when it is."""
        repository = run.thread.repository
        if pull.head_repository is None:
            return messages.fork_is_gone()
        if not pull.writable:
            return messages.fork_is_closed()
        at_home = pull.head_repository == repository.full_name
        is_default = at_home and pull.head_branch == self.repositories.default_branch(repository)
        return messages.is_base() if is_default else ""


def _told(event: Word) -> IssueText | None:
    """The request as it came with the event. On our own pull request, those would be our words."""
    if isinstance(event, BoxTicked | WordSaid) or (isinstance(event, CommentCreated) and event.on_pull):
        return None
    return event.issue


def run_id(thread: Thread, trigger: Trigger) -> str:
    """Ten characters that follow from the trigger: asking twice for the same thing makes the same run."""
    text = f"{thread.key}:{trigger.comment}:{trigger.label}:{trigger.at}"
    return sha256(text.encode()).hexdigest()[:10]
