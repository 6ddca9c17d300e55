"""What to do about an event: one pure decision, with its reason.

`decide` maps what happened, the thread's newest run, the repository's config and the actor's right to exactly one
intent (see intents.py). It reads nothing and does nothing; `flow/intake.py` carries the intent out.
"""

from datetime import datetime
from typing import TypeGuard

from ghapp.core import commands, messages
from ghapp.core.commands import Command, Refusal, Verb, added_micros
from ghapp.core.config import Config, same_label
from ghapp.core.events import (
    ChecksChanged,
    CommentCreated,
    CommentDeleted,
    Event,
    InstallationChanged,
    IssueClosed,
    IssueLabeled,
    IssueUnlabeled,
    PullChanged,
)
from ghapp.core.intents import (
    AllowPaths,
    Answer,
    CancelRun,
    FollowPull,
    Ignore,
    Intent,
    LeaveRepositories,
    ResumeForCI,
    StartRun,
    SteerRun,
    TopUp,
)
from ghapp.core.rights import BEYOND_THE_CAP, NEEDED, TO_STEER, Permission
from ghapp.core.run import ACTIVE, FOLLOWED, Conclusion, Pause, Remark, Run, State, Trigger

MAX_REMARK = 8_192

_READY = {Verb.FIX, Verb.STOP, Verb.RETRY, Verb.STATUS, Verb.WHY, Verb.HELP, Verb.BUDGET, Verb.ALLOW}
_LISTENING = ACTIVE | {State.QUEUED, State.PAUSED}
"""States in which whatever is said on the thread is meant for the agent; later it takes a command to wake it."""
_STEERED = _LISTENING | FOLLOWED
"""States in which a command's words are for the agent; a merged run has none any more."""

_SAME_SECONDS = 3
"""GitHub's timeline and its deliveries need not agree on the second in which a label was put on."""


def decide(event: Event, run: Run | None, config: Config, right: Permission) -> Intent:
    """The one thing to do about `event`. `run` is the thread's newest; `right` the actor's, looked up just now."""
    match event:
        case IssueLabeled():
            return _labeled(event, run, config, right)
        case CommentCreated():
            return _commented(event, run, config, right)
        case IssueUnlabeled() | CommentDeleted() | IssueClosed():
            return _taken_back(event, run)
        case ChecksChanged():
            return _checks_changed(event, run)
        case PullChanged():
            return _pull_changed(event, run)
        case InstallationChanged():
            return _installation_changed(event)


def asks_for_something(event: Event) -> bool:
    """Whether a person may be asking us to act, so that the repository's config must be read."""
    match event:
        case IssueLabeled():
            return True
        case CommentCreated():
            return event.actor.type != "Bot" and commands.parse(event.body) is not None
        case _:
            return False


def concerns_a_right(event: Event, run: Run | None, config: Config) -> bool:
    """Whether the decision depends on who did it, so that the right must be looked up."""
    match event:
        case IssueLabeled():
            return config.rule(event.label) is not None
        case CommentCreated():
            return asks_for_something(event) or _why_not_heard(event, run) is None
        case _:
            return False


def _labeled(event: IssueLabeled, run: Run | None, config: Config, right: Permission) -> Intent:
    rule = config.rule(event.label)
    if rule is None:
        return Ignore(f"the label {event.label!r} means nothing here")
    verb = Verb(rule.kind)
    if refusal := _not_allowed(verb, right, event.actor.login):
        return refusal
    if verb not in _READY:
        return Answer(messages.not_yet(verb), f"{verb} is not in this version", once=f"not-yet-{verb}")
    trigger = Trigger(at=event.updated_at, label=event.label)
    reason = f"labelled {event.label}"
    return _start(run, StartRun(verb, rule.instructions or "", trigger, reason, rule.model, rule.engine))


def _commented(event: CommentCreated, run: Run | None, config: Config, right: Permission) -> Intent:
    if event.actor.type == "Bot":
        return Ignore("apps do not command")
    said = commands.parse(event.body)
    if said is None:
        return _overheard(event, run, right)
    verb = said.verb if isinstance(said, Command) else Verb.HELP
    if refusal := _not_allowed(verb, right, event.actor.login):
        return refusal
    if isinstance(said, Refusal):
        return Answer(messages.refusal(said), f"the command was not understood: {said.reason}")
    return _obey(said, event, run, config, right)


def _overheard(event: CommentCreated, run: Run | None, right: Permission) -> Intent:
    """A plain comment: it is for the agent at work, if it comes from someone who may say what that does."""
    if reason := _why_not_heard(event, run):
        return Ignore(reason)
    login = event.actor.login
    if right < TO_STEER:
        return Ignore(f"{login} has {right.name.lower()}, to steer needs {TO_STEER.name.lower()}")
    return _steer(event, event.body, wakes=False)


def _why_not_heard(event: CommentCreated, run: Run | None) -> str | None:
    """Why a plain comment is nothing to the agent, whoever wrote it; None when it may be something."""
    if event.actor.type == "Bot":
        return "apps do not command"
    if run is None or run.state not in _LISTENING or not event.body.strip():
        return "there is no command in the comment"
    if event.created_at <= run.trigger.at:
        return "it stood there when the run was asked for"
    return None


def _steer(event: CommentCreated, text: str, *, wakes: bool) -> SteerRun:
    login = event.actor.login
    return SteerRun(event.comment, Remark(login, text[:MAX_REMARK]), wakes, f"@{login} steers")


def _not_allowed(verb: Verb, right: Permission, login: str) -> Answer | None:
    needed = NEEDED[verb]
    if right >= needed:
        return None
    has, needs = right.name.lower(), needed.name.lower()
    text = messages.not_allowed(login, verb, needs, has)
    return Answer(text, f"{login} has {has}, {verb} needs {needs}", once=f"right-{login}")


def _obey(command: Command, event: CommentCreated, run: Run | None, config: Config, right: Permission) -> Intent:
    login = event.actor.login
    match command.verb:
        case Verb.FIX:
            return _fix(command, event, run)
        case Verb.STOP:
            return _stop(run, login)
        case Verb.RETRY:
            return _retry(run, config, Trigger(at=event.created_at, comment=event.comment), login)
        case Verb.BUDGET:
            return _top_up(added_micros(command.argument), event, run, config, right)
        case Verb.ALLOW:
            return _allow(event, run)
        case Verb.STATUS:
            return Answer(messages.standing(run), "status was asked for")
        case Verb.WHY:
            return Answer(messages.why(run), "the reason was asked for")
        case Verb.HELP:
            return Answer(messages.help_text(), "help was asked for")
        case other:
            return Answer(messages.not_yet(other), f"{other} is not in this version")


def _fix(command: Command, event: CommentCreated, run: Run | None) -> Intent:
    """A new run; while one is open, the words of the command are for its agent."""
    trigger = Trigger(at=event.created_at, comment=event.comment)
    if _is_open(run) and command.argument and run.state in _STEERED and not _same_trigger(run.trigger, trigger):
        return _steer(event, command.argument, wakes=True)
    if event.on_pull and not _is_open(run):
        return Answer(messages.not_yet_on_pulls(), "fix on a pull request is not in this version")
    return _start(run, StartRun("fix", command.argument, trigger, f"@{event.actor.login} said fix"))


def _start(run: Run | None, start: StartRun) -> Intent:
    if run is not None and _same_trigger(run.trigger, start.trigger):
        return Ignore("this has started a run already")
    if _is_open(run):
        return Answer(messages.already_at_work(run), "a run is open on this thread")
    return start


def _is_open(run: Run | None) -> TypeGuard[Run]:
    return run is not None and not run.is_done


def _same_trigger(one: Trigger, other: Trigger) -> bool:
    """One labelling may be told twice, by a delivery and by the reconciler."""
    if one.label is None or other.label is None or not one.at:
        return one == other
    apart = datetime.fromisoformat(other.at) - datetime.fromisoformat(one.at)
    return same_label(one.label, other.label) and abs(apart.total_seconds()) < _SAME_SECONDS


def _stop(run: Run | None, login: str) -> Intent:
    if not _is_open(run):
        return Answer(messages.nothing_to_stop(), "no run is open")
    return CancelRun(Conclusion.CANCELLED, f"@{login} said stop")


def _retry(run: Run | None, config: Config, trigger: Trigger, login: str) -> Intent:
    if run is None:
        return Answer(messages.nothing_to_retry(), "there was no run")
    rule = config.rule(run.trigger.label)
    engine = rule.engine if rule else None
    reason = f"@{login} said retry"
    return _start(run, StartRun(run.kind, run.request.instruction, trigger, reason, run.model or None, engine))


def _top_up(micros: int, event: CommentCreated, run: Run | None, config: Config, right: Permission) -> Intent:
    if not _is_open(run):
        return Answer(messages.nothing_open(), "no run is open")
    login = event.actor.login
    note = messages.topped_up_note(login, micros, event.comment)
    if note in run.notes:
        return Answer(messages.topped_up(run, micros), "it was added before")
    cap, total = config.budget.cap_micros, run.budget.micros + micros
    if total > cap and right < BEYOND_THE_CAP:
        return Answer(messages.above_the_cap(total, cap), f"{login} may raise it to {messages.money(cap)}")
    if run.pause is Pause.BUDGET and run.usage.micros >= total:
        return Answer(messages.too_little(run, total), "it would not get far with that")
    return TopUp(micros, note, f"@{login} added {messages.money(micros)}")


def _allow(event: CommentCreated, run: Run | None) -> Intent:
    """Only what was shown before it was allowed: a pause that began later has shown something else."""
    login = event.actor.login
    if _is_open(run) and any(note.startswith(messages.allowed_by(login, event.comment)) for note in run.notes):
        return Answer(messages.let_through(), "it was allowed before")
    if not _is_open(run) or run.pause is not Pause.PROTECTED:
        return Answer(messages.nothing_to_allow(), "no run waits for that")
    if datetime.fromisoformat(event.created_at).timestamp() < int(run.history[-1].at):
        return Answer(messages.said_before_the_pause(), "it was said before that was shown")
    paths = messages.paths_to_allow(run)
    return AllowPaths(paths, messages.allowed_note(login, event.comment, paths), f"@{login} let {len(paths)} through")


def _taken_back(event: IssueUnlabeled | CommentDeleted | IssueClosed, run: Run | None) -> Intent:
    if run is None or run.is_done:
        return Ignore("no run is open")
    match event:
        case IssueUnlabeled() if same_label(run.trigger.label, event.label):
            return CancelRun(Conclusion.CANCELLED, f"@{event.actor.login} took the label {event.label} off")
        case CommentDeleted() if run.trigger.comment == event.comment and run.state is State.QUEUED:
            return CancelRun(Conclusion.CANCELLED, "the comment that asked for it was deleted")
        case IssueClosed() if run.is_followed:
            return FollowPull("the issue was closed")
        case IssueClosed():
            return CancelRun(Conclusion.CLOSED, f"@{event.actor.login} closed the issue")
        case _:
            return Ignore("it is not what the run was started by")


def _checks_changed(event: ChecksChanged, run: Run | None) -> Intent:
    if run is None or not run.is_followed:
        return Ignore("no run waits for checks")
    if event.head_sha != run.head_sha:
        return Ignore("the checks are of another commit")
    return ResumeForCI(f"{event.source} on the head")


def _pull_changed(event: PullChanged, run: Run | None) -> Intent:
    if run is not None and run.state in _LISTENING and run.pull == event.number and event.action == "closed":
        conclusion = Conclusion.MERGED if event.merged else Conclusion.CLOSED
        return CancelRun(conclusion, f"@{event.actor.login} {conclusion.value} #{event.number}")
    if run is None or not run.is_followed or run.pull != event.number:
        return Ignore("no run follows this pull request")
    if event.action == "closed":
        return FollowPull("the pull request was merged" if event.merged else "the pull request was closed")
    if event.action in ("synchronize", "reopened"):
        return FollowPull("the pull request's head moved")
    return Ignore(f"{event.action} changes nothing for the run")


def _installation_changed(event: InstallationChanged) -> Intent:
    if event.action in ("deleted", "suspend"):
        return LeaveRepositories(None, f"the installation was {event.action}")
    if event.removed:
        return LeaveRepositories(tuple(item.id for item in event.removed), "repositories were taken out")
    return Ignore("nothing was taken away")
