"""What to do about an event: one pure decision, with its reason.

`decide` maps what happened, the thread's newest run, the repository's config and the actor's right to exactly one
intent. It reads nothing and does nothing; `flow/intake.py` carries the intent out.
"""

from dataclasses import dataclass
from datetime import datetime

from ghapp.core import commands, messages
from ghapp.core.commands import Command, Refusal, Verb
from ghapp.core.config import Config, Label
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
from ghapp.core.rights import NEEDED, Permission
from ghapp.core.run import Conclusion, Run, State, Trigger


@dataclass(frozen=True)
class StartRun:
    """Begin a run of this kind. `model` and `instruction` come from the label's rule or the command's text."""

    kind: str
    instruction: str
    trigger: Trigger
    reason: str
    model: str | None = None


@dataclass(frozen=True)
class CancelRun:
    """End the open run and say so."""

    conclusion: Conclusion
    reason: str


@dataclass(frozen=True)
class ResumeForCI:
    """Look at the checks of the head again."""

    reason: str


@dataclass(frozen=True)
class FollowPull:
    """Look at the pull request again: it was merged, closed or pushed to."""

    reason: str


@dataclass(frozen=True)
class LeaveRepositories:
    """The App may no longer see these repositories (all of the installation's when `ids` is None)."""

    ids: tuple[int, ...] | None
    reason: str


@dataclass(frozen=True)
class Answer:
    """Say something on the thread. With `once`, only the first time for that name on this thread."""

    text: str
    reason: str
    once: str = ""


@dataclass(frozen=True)
class Ignore:
    """Do nothing, for a reason."""

    reason: str


Intent = StartRun | CancelRun | ResumeForCI | FollowPull | LeaveRepositories | Answer | Ignore

_READY = {Verb.FIX, Verb.STOP, Verb.RETRY, Verb.STATUS, Verb.WHY, Verb.HELP}
_ENGINES = {None, "messages"}
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


def concerns_a_right(event: Event, config: Config) -> bool:
    """Whether the decision depends on who did it, so that the right must be looked up."""
    return asks_for_something(event) and not (isinstance(event, IssueLabeled) and rule_for(event.label, config) is None)


def rule_for(label: str, config: Config) -> Label | None:
    """What a label asks for; GitHub takes `Honk` and `honk` for one label."""
    return next((rule for name, rule in config.labels.items() if _same_label(name, label)), None)


def _same_label(one: str | None, other: str) -> bool:
    return one is not None and one.casefold() == other.casefold()


def _labeled(event: IssueLabeled, run: Run | None, config: Config, right: Permission) -> Intent:
    rule = rule_for(event.label, config)
    if rule is None:
        return Ignore(f"the label {event.label!r} means nothing here")
    verb = Verb(rule.kind)
    if refusal := _not_allowed(verb, right, event.actor.login):
        return refusal
    if verb not in _READY:
        return Answer(messages.not_yet(verb), f"{verb} is not in this version", once=f"not-yet-{verb}")
    trigger = Trigger(at=event.updated_at, label=event.label)
    return _start(run, config, StartRun(verb, rule.instructions or "", trigger, f"labelled {event.label}", rule.model))


def _commented(event: CommentCreated, run: Run | None, config: Config, right: Permission) -> Intent:
    if event.actor.type == "Bot":
        return Ignore("apps do not command")
    said = commands.parse(event.body)
    if said is None:
        return Ignore("there is no command in the comment")
    verb = said.verb if isinstance(said, Command) else Verb.HELP
    if refusal := _not_allowed(verb, right, event.actor.login):
        return refusal
    if isinstance(said, Refusal):
        return Answer(messages.refusal(said), f"the command was not understood: {said.reason}")
    return _obey(said, event, run, config)


def _not_allowed(verb: Verb, right: Permission, login: str) -> Answer | None:
    needed = NEEDED[verb]
    if right >= needed:
        return None
    has, needs = right.name.lower(), needed.name.lower()
    text = messages.not_allowed(login, verb, needs, has)
    return Answer(text, f"{login} has {has}, {verb} needs {needs}", once=f"right-{login}")


def _obey(command: Command, event: CommentCreated, run: Run | None, config: Config) -> Intent:
    trigger = Trigger(at=event.created_at, comment=event.comment)
    match command.verb:
        case Verb.FIX if event.on_pull:
            return Answer(messages.not_yet_on_pulls(), "fix on a pull request is not in this version")
        case Verb.FIX:
            return _start(run, config, StartRun("fix", command.argument, trigger, f"@{event.actor.login} said fix"))
        case Verb.STOP:
            return _stop(run, event.actor.login)
        case Verb.RETRY:
            return _retry(run, config, trigger, event.actor.login)
        case Verb.STATUS:
            return Answer(messages.standing(run), "status was asked for")
        case Verb.WHY:
            return Answer(messages.why(run), "the reason was asked for")
        case Verb.HELP:
            return Answer(messages.help_text(), "help was asked for")
        case other:
            return Answer(messages.not_yet(other), f"{other} is not in this version")


def _start(run: Run | None, config: Config, start: StartRun) -> Intent:
    if run is not None and _same_trigger(run.trigger, start.trigger):
        return Ignore("this has started a run already")
    if run is not None and not run.is_done:
        return Answer(messages.already_at_work(run), "a run is open on this thread")
    if config.engine not in _ENGINES:
        return Answer(messages.no_such_engine(str(config.engine)), f"the engine {config.engine} is not in this version")
    return start


def _same_trigger(one: Trigger, other: Trigger) -> bool:
    """One labelling may be told twice, by a delivery and by the reconciler."""
    if one.label is None or other.label is None or not one.at:
        return one == other
    apart = datetime.fromisoformat(other.at) - datetime.fromisoformat(one.at)
    return _same_label(one.label, other.label) and abs(apart.total_seconds()) < _SAME_SECONDS


def _stop(run: Run | None, login: str) -> Intent:
    if run is None or run.is_done:
        return Answer(messages.nothing_to_stop(), "no run is open")
    return CancelRun(Conclusion.CANCELLED, f"@{login} said stop")


def _retry(run: Run | None, config: Config, trigger: Trigger, login: str) -> Intent:
    if run is None:
        return Answer(messages.nothing_to_retry(), "there was no run")
    again = StartRun(run.kind, run.request.instruction, trigger, f"@{login} said retry", run.model or None)
    return _start(run, config, again)


def _taken_back(event: IssueUnlabeled | CommentDeleted | IssueClosed, run: Run | None) -> Intent:
    if run is None or run.is_done:
        return Ignore("no run is open")
    match event:
        case IssueUnlabeled() if _same_label(run.trigger.label, event.label):
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
