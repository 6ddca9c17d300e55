"""Draining one inbox: each event is read, decided on, acted on, and only then taken out."""

import logging
from dataclasses import dataclass

from ghapp.core import intents, messages, policy
from ghapp.core.config import Config
from ghapp.core.errors import Superseded, TransientError, UserError
from ghapp.core.events import (
    BoxTicked,
    ChatEvent,
    CommentCreated,
    Event,
    Happening,
    InstallationChanged,
    IssueLabeled,
    Thread,
    ThreadEvent,
    WordSaid,
)
from ghapp.core.kinds import changes_code
from ghapp.core.ports import Clock, Inbox, Issues, Queue, Repositories, Store, Transcripts
from ghapp.core.rights import Permission
from ghapp.core.run import Conclusion, Errand, Run, State, conclude
from ghapp.flow.configured import configured
from ghapp.flow.desk import Desk
from ghapp.flow.followup import FollowUp
from ghapp.flow.starting import BY_A_PERSON, Starting
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering

log = logging.getLogger(__name__)

_TRIES = 5

_Whole = intents.MergeRun | intents.DeployRun | intents.BuildRun
_BY_CONFIG = intents.StartRun | intents.AskAgent | intents.TopUp | _Whole
"""What is not done by a config that is not understood: it says for how much, by whom, and which builds there are."""

_Passed = intents.SteerRun | intents.AskAgent | intents.TopUp | intents.AllowPaths | intents.UpdateRun


@dataclass(frozen=True)
class Intake:
    """Turns what happened into what is done about it. Without a desk, nobody can say anything in a chat."""

    repositories: Repositories
    issues: Issues
    store: Store
    inbox: Inbox
    queue: Queue
    transcripts: Transcripts
    status: Status
    starting: Starting
    follow_up: FollowUp
    steering: Steering
    clock: Clock
    desk: Desk | None = None

    def drain(self, inbox: str) -> None:
        """Act on all mail of one inbox, oldest first.

        What GitHub cannot do now stays, and is tried again; what a person has to mend is told, and taken out.
        """
        with self.inbox.drain(inbox) as mail:
            while mail is not None and (event := mail.peek()) is not None:
                if isinstance(event, ChatEvent):
                    self._hear(event)
                elif not policy.is_told_again(event, mail.after()):
                    self._act_and_tell(event)
                mail.done()
        if inbox in self.inbox.wanted():
            self.queue.intake(inbox)

    def _hear(self, event: ChatEvent) -> None:
        if self.desk is not None:
            self.desk.hear(event)

    def _act_and_tell(self, event: Event) -> None:
        try:
            self.act(event)
        except UserError as error:
            self._tell_failure(event, str(error))

    def act(self, event: Event) -> None:
        """Decide on one event and do it; once more when the run moved on between the two."""
        for _ in range(_TRIES - 1):
            try:
                self._act(event)
            except Superseded:
                continue
            return
        self._act(event)

    def _act(self, event: Event) -> None:
        if isinstance(event, InstallationChanged):
            self._leave(policy.decide(event, None, Config(), Permission.NONE), event)
            return
        run = self.store.last_run(event.thread)
        config, trouble = self._config(event)
        intent = policy.decide(event, run, config, self._right(event, run, config))
        if trouble and isinstance(intent, _BY_CONFIG) and not _revokes(intent):
            intent = intents.Answer(trouble, "the repository's config is not understood")
        self._do(intent, event, run, config)

    def _config(self, event: Event) -> tuple[Config, str]:
        """The repository's config over the operator's defaults, and what is wrong with it.

        Nothing is started or spent with a config that is not understood; to stop, to ask and to be refused need none.
        """
        found, trouble = Config(), ""
        if not isinstance(event, InstallationChanged) and policy.asks_for_something(event):
            found, trouble = configured(self.repositories, event.thread.repository)
        return found.model_copy(update={"engine": found.engine or self.starting.defaults.engine}), trouble

    def _right(self, event: Event, run: Run | None, config: Config) -> Permission:
        if not isinstance(event, BY_A_PERSON) or not policy.concerns_a_right(event, run, config):
            return Permission.NONE
        return self.repositories.permission(event.thread.repository, event.actor)

    def _do(self, intent: intents.Intent, event: Event, run: Run | None, config: Config) -> None:
        match intent:
            case intents.StartRun() if isinstance(event, BY_A_PERSON):
                self.starting.start(intent, event, run, config)
            case intents.CancelRun() if run is not None:
                self.cancel(run, intent.conclusion, intent.reason)
            case intents.ResumeForCI() | intents.ResumeForReview() | intents.FollowPull() if run is not None:
                self.follow_up.look(run)
            case (
                intents.SteerRun() | intents.AskAgent() | intents.TopUp() | intents.AllowPaths() | intents.UpdateRun()
            ) if run is not None:
                self._pass_on(intent, event, run)
            case intents.MergeRun() | intents.DeployRun() | intents.BuildRun() if run is not None:
                self._carry_out(intent, event, run, config)
            case intents.TellStatus():
                self._answer(event, intents.Answer(self._standing(run), intent.reason))
            case intents.Answer():
                self._answer(event, intent)
        if isinstance(event, BoxTicked) and run is not None and not run.is_done:
            self.status.tell(self.store.load(run.id))  # whose boxes are open again

    def _pass_on(self, word: _Passed, event: Event, run: Run) -> None:
        """A word to the open run. What it changes goes first: on a second time, the answer is made anew."""
        match word:
            case intents.SteerRun():
                self.steering.steer(run, word)
                self._seen(event)
            case intents.AskAgent():
                self.steering.ask(run, word)
                self._seen(event)
            case intents.UpdateRun():
                self.steering.send_back(run, word.reason, errand=Errand("update"))
                self._seen(event)
            case intents.TopUp():
                raised = self.steering.top_up(run, word)
                self._answer(event, intents.Answer(messages.topped_up(raised, word.micros), word.reason))
            case intents.AllowPaths():
                self.steering.allow(run, word)
                self._answer(event, intents.Answer(messages.let_through(), word.reason))

    def _carry_out(self, word: _Whole, event: Event, run: Run, config: Config) -> None:
        """A word about the pull request as a whole."""
        self._seen(event)
        attempt = self.follow_up.attempt(run)
        if isinstance(word, intents.MergeRun):
            told = self.follow_up.merging.ask(attempt, word, config)
        elif isinstance(word, intents.BuildRun):
            told = self.follow_up.build(attempt, word, config)
        else:
            told = self.follow_up.aftermath.deploy(attempt, word, config)
        self._answer(event, intents.Answer(told, word.reason))

    def _seen(self, event: Event) -> None:
        if isinstance(event, CommentCreated):
            self.issues.react(event.thread, event.comment, "eyes")

    def _standing(self, run: Run | None) -> str:
        waits = run is not None and run.state is State.QUEUED
        return messages.standing(run, self.queue.place(run.id, run.epoch) if run is not None and waits else None)

    def cancel(self, run: Run, conclusion: Conclusion, reason: str) -> None:
        """End an open run under a new epoch, so that a worker on it stops."""
        if conclusion is Conclusion.CLOSED and changes_code(run) and self.follow_up.watch_if_merged(run):
            return  # that the merge closed the issue may be told before the merge itself
        self.follow_up.merging.withdraw(run)
        ended = self.store.supersede(conclude(run, conclusion, self.clock.now(), reason))
        self.transcripts.append(run.id, "step", f"{conclusion.value}: {reason}")
        self.status.tell(ended)

    def put_off(self, inbox: str, error: TransientError) -> None:
        """Obey the other side when it named a time; else the next tick tries again."""
        if error.retry_after:
            self.inbox.put_off(inbox, error.retry_after)

    def give_up(self, inbox: str, sentence: str) -> None:
        """Take out an event that can't be acted on, so that it does not block what follows, and say so if we can."""
        with self.inbox.drain(inbox) as mail:
            event = mail.peek() if mail else None
            if mail is None or event is None:
                return
            mail.done()
        self._tell_failure(event, sentence)

    def _tell_failure(self, event: Happening, sentence: str) -> None:
        try:
            if isinstance(event, ChatEvent) and self.desk is not None:
                self.desk.tell_failure(event, sentence)
            elif isinstance(event, InstallationChanged | ChatEvent) or not policy.asks_for_something(event):
                log.warning("%s could not be acted on: %s", event.kind, sentence)
            else:
                self._answer(event, intents.Answer(messages.could_not(sentence), "it failed"))
        except UserError as error:  # the conversation is locked, or the repository is not ours any more
            log.warning("%s could not be acted on (%s), nor answered: %s", event.kind, sentence, error)

    def _leave(self, intent: intents.Intent, event: InstallationChanged) -> None:
        """Repositories that the App may no longer see: their runs end in the record, for there is nobody to tell."""
        if not isinstance(intent, intents.LeaveRepositories):
            return
        for run in self.store.unfinished():
            repository = run.thread.repository
            gone = intent.ids is None or repository.id in intent.ids
            if repository.installation == event.installation and gone:
                self.store.supersede(conclude(run, Conclusion.CANCELLED, self.clock.now(), intent.reason))

    def _answer(self, event: Event, answer: intents.Answer) -> None:
        """Say it where it was said, once for each event (or once for all), even when the event is acted on again."""
        assert not isinstance(event, InstallationChanged)
        if isinstance(event, WordSaid):
            if self.desk is not None:
                self.desk.phone.answer(event.talk, event.number, answer.text)
            return
        marker = messages.marker(answer.once or _name(event), "answer")
        where = _place(event)
        if answer.once and self._was_said(where, marker):
            return
        self.issues.write_comment(where, f"{marker}\n{answer.text}", marker=marker)

    def _was_said(self, thread: Thread, marker: str) -> bool:
        """By us or, which does no harm, by another App that writes our marker. People's comments do not count."""
        return any(marker in one.body and one.author.type == "Bot" for one in self.issues.comments(thread))


def _revokes(intent: intents.Intent) -> bool:
    """Pages are taken away whatever the config says."""
    return isinstance(intent, intents.BuildRun) and intent.revoke


def _place(event: ThreadEvent) -> Thread:
    """Where it is answered: on the issue or the pull request where it was said."""
    said_on = event.place if isinstance(event, CommentCreated) else 0
    return Thread(event.thread.repository, said_on or event.thread.number)


def _name(event: Event) -> str:
    """What tells this event from others of its thread."""
    match event:
        case CommentCreated():
            return str(event.comment)
        case IssueLabeled():
            return f"{event.kind}-{event.updated_at}"
        case BoxTicked():
            return f"{event.box}-{event.at}"
        case WordSaid():
            return str(event.number)
        case _:
            return event.kind
