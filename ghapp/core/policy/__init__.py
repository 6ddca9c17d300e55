"""What to do about an event: one pure decision, with its reason.

`decide` maps what happened, the thread's newest run, the repository's config and the actor's right to exactly one
intent (see intents.py). It reads nothing and does nothing; `flow/intake.py` carries the intent out.

`saying.py` is about people's words, however they say them, `verbs.py` about what each verb comes to, `news.py` about
what nobody said to us.
"""

from ghapp.core import commands
from ghapp.core.commands import Command, Verb
from ghapp.core.config import Config
from ghapp.core.events import (
    BoxTicked,
    ButtonPressed,
    ChecksChanged,
    CommentCreated,
    CommentDeleted,
    Event,
    Happening,
    InstallationChanged,
    IssueClosed,
    IssueLabeled,
    IssueUnlabeled,
    PullChanged,
    ReviewsChanged,
    WordSaid,
)
from ghapp.core.intents import Intent
from ghapp.core.policy import news, saying
from ghapp.core.policy.verbs import MAX_REMARK
from ghapp.core.rights import Permission
from ghapp.core.run import Run

__all__ = ["MAX_REMARK", "asks_for_something", "concerns_a_right", "decide", "is_told_again", "is_urgent"]


def decide(event: Event, run: Run | None, config: Config, right: Permission) -> Intent:
    """The one thing to do about `event`. `run` is the thread's newest; `right` the actor's, looked up just now."""
    match event:
        case IssueLabeled():
            return saying.labeled(event, run, config, right)
        case CommentCreated():
            return saying.commented(event, run, config, right)
        case BoxTicked():
            return saying.ticked(event, run, config, right)
        case WordSaid():
            return saying.said(event, run, config, right)
        case IssueUnlabeled() | CommentDeleted() | IssueClosed():
            return news.taken_back(event, run)
        case ChecksChanged():
            return news.checks_changed(event, run)
        case ReviewsChanged():
            return news.reviews_changed(event, run)
        case PullChanged():
            return news.pull_changed(event, run)
        case InstallationChanged():
            return news.installation_changed(event)


def is_told_again(event: Happening, after: Happening | None) -> bool:
    """Whether the next event makes us look at the same thing, so that one look is enough for both."""
    match event, after:
        case ChecksChanged(), ChecksChanged():
            return event.head_sha == after.head_sha
        case ReviewsChanged(), ReviewsChanged():
            return True
        case _:
            return False


def asks_for_something(event: Event) -> bool:
    """Whether a person may be asking us to act, so that the repository's config must be read."""
    match event:
        case IssueLabeled():
            return True
        case CommentCreated():
            return event.actor.type != "Bot" and commands.parse(event.body) is not None
        case BoxTicked():
            return event.actor.type != "Bot" and event.box in saying.BOXES
        case WordSaid():
            return True
        case _:
            return False


def concerns_a_right(event: Event, run: Run | None, config: Config) -> bool:
    """Whether the decision depends on who did it, so that the right must be looked up."""
    match event:
        case IssueLabeled():
            return config.rule(event.label) is not None
        case CommentCreated():
            return asks_for_something(event) or saying.why_not_heard(event, run) is None
        case BoxTicked():
            return saying.why_not_ticked(event, run) is None
        case WordSaid():
            return True
        case _:
            return False


def is_urgent(event: Happening) -> bool:
    """Whether it is a word to stop, which is carried out before all that waits; whose word, is looked at then."""
    match event:
        case CommentCreated():
            return event.actor.type != "Bot" and commands.parse(event.body) == Command(Verb.STOP)
        case BoxTicked():
            return event.box == Verb.STOP
        case WordSaid():
            return commands.parse(event.text) == Command(Verb.STOP)
        case ButtonPressed():
            return event.name == Verb.STOP
        case _:
            return False
