"""What people say to us: by a label, in a comment, by ticking a box, in the chat. Who may is looked at here."""

import re

from ghapp.core import commands, messages
from ghapp.core.commands import Command, Refusal, Verb
from ghapp.core.config import Config
from ghapp.core.events import BoxTicked, CommentCreated, IssueLabeled, WordSaid
from ghapp.core.intents import Answer, Ignore, Intent, StartRun
from ghapp.core.policy.verbs import LISTENING, Asked, obey, start, steer
from ghapp.core.rights import NEEDED, TO_STEER, Permission, needed
from ghapp.core.routing import kind_of
from ghapp.core.run import Run, Trigger

BOXES = {verb.value: verb for verb in (Verb.STOP, Verb.RETRY, Verb.MERGE, Verb.REVERT, Verb.ALLOW)}
"""What the boxes of a status comment say when they are ticked."""

_APPS = "apps do not command"
_KIND = re.compile(
    r"(?::[\w+-]+:|\W|\b(?:thank(?:s| you)|thx|cheers|ok|okay|great|nice|cool|perfect|awesome|wow|lgtm|well done"
    r"|good (?:job|work)|looks good|so much|very much|a lot|honk)\b)*+",
    re.IGNORECASE,
)
"""What people say to be kind, signs and emoji included: nobody wants a run for it."""


def labeled(event: IssueLabeled, run: Run | None, config: Config, right: Permission) -> Intent:
    """A label counts as the verb of its kind."""
    rule = config.rule(event.label)
    if rule is None:
        return Ignore(f"the label {event.label!r} means nothing here")
    if refusal := _not_allowed(Verb(rule.kind), NEEDED[Verb(rule.kind)], right, event.actor.login):
        return refusal
    trigger = Trigger(at=event.updated_at, label=event.label)
    reason = f"labelled {event.label}"
    return start(run, StartRun(rule.kind, rule.instructions or "", trigger, reason, rule.model, rule.engine))


def commented(event: CommentCreated, run: Run | None, config: Config, right: Permission) -> Intent:
    """A command, or words for the agent at work."""
    if event.actor.type == "Bot":
        return Ignore(_APPS)
    said = commands.parse(event.body)
    if said is None:
        return _overheard(event, run, right)
    if isinstance(said, Refusal):
        refusal = _not_allowed(Verb.HELP, NEEDED[Verb.HELP], right, event.actor.login)
        return refusal or Answer(messages.refusal(said), f"the command was not understood: {said.reason}")
    trigger = Trigger(at=event.created_at, comment=event.comment)
    number, place = event.thread.number, event.place
    return _obey(Asked(said, event.actor, trigger, run, config, right, number, event.on_pull, place))


def ticked(event: BoxTicked, run: Run | None, config: Config, right: Permission) -> Intent:
    """A box of the run's status comment, whose words are ours and whose right is that of who ticked it."""
    if reason := why_not_ticked(event, run):
        return Ignore(reason)
    command, trigger = Command(BOXES[event.box]), Trigger(at=event.at)
    return _obey(Asked(command, event.actor, trigger, run, config, right, number=event.thread.number, sha=event.sha))


def said(event: WordSaid, run: Run | None, config: Config, right: Permission) -> Intent:
    """A command from the chat, or words: there the talk is about this thread only, so they are for its agent.

    They wake one that waits, too.
    """
    found, login = commands.parse(event.text), event.actor.login
    if event.actor.type == "Bot":
        return Ignore(_APPS)
    if isinstance(found, Refusal):
        refusal = _not_allowed(Verb.HELP, NEEDED[Verb.HELP], right, login)
        return refusal or Answer(messages.refusal(found), f"the command was not understood: {found.reason}")
    if found is None and _KIND.fullmatch(event.text):
        return Ignore("nothing is asked for in it")
    command = found or Command(_verb_of(event.text, run), event.text)
    trigger = Trigger(at=event.at, comment=event.number)
    number = event.thread.number
    return _obey(
        Asked(command, event.actor, trigger, run, config, right, number, sha=event.sha, pause=event.pause, in_chat=True)
    )


def _verb_of(text: str, run: Run | None) -> Verb:
    """The agent at work hears whatever is said. Where none is, a question is answered, and changes nothing."""
    at_work = run is not None and run.state in LISTENING
    return Verb.ASK if not at_work and kind_of(text) == "ask" else Verb.FIX


def _obey(asked: Asked) -> Intent:
    verb = asked.command.verb
    least = needed(verb, asked.command.argument, asked.config)
    return _not_allowed(verb, least, asked.right, asked.by.login) or obey(asked)


def _not_allowed(verb: Verb, least: Permission, right: Permission, login: str) -> Answer | None:
    if right >= least:
        return None
    has, needs = right.name.lower(), least.name.lower()
    text = messages.not_allowed(login, verb, needs, has)
    return Answer(text, f"{login} has {has}, {verb} needs {needs}", once=f"right-{login}")


def _overheard(event: CommentCreated, run: Run | None, right: Permission) -> Intent:
    """A plain comment: it is for the agent at work, if it comes from someone who may say what that does."""
    if reason := why_not_heard(event, run):
        return Ignore(reason)
    login = event.actor.login
    if right < TO_STEER:
        return Ignore(f"{login} has {right.name.lower()}, to steer needs {TO_STEER.name.lower()}")
    return steer(event.comment, login, event.body, wakes=False)


def why_not_heard(event: CommentCreated, run: Run | None) -> str | None:
    """Why a plain comment is nothing to the agent, whoever wrote it; None when it may be something."""
    if event.actor.type == "Bot":
        return _APPS
    if run is None or run.state not in LISTENING or not event.body.strip():
        return "there is no command in the comment"
    if event.created_at <= run.trigger.at:
        return "it stood there when the run was asked for"
    return None


def why_not_ticked(event: BoxTicked, run: Run | None) -> str | None:
    """Why a box is nothing to us, whoever ticked it; None when it may be something."""
    if event.actor.type == "Bot":
        return _APPS
    if run is None or run.status_comment != event.comment:
        return "the box is not in the newest run's status comment"
    if event.box not in BOXES:
        return f"the box {event.box!r} means nothing here"
    if event.box == Verb.MERGE and not event.sha:
        return "the box names no commit"
    return None
