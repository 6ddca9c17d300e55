"""What may happen to a thread, and the runs that it may happen to: what the tests of policy decide about."""

from dataclasses import replace
from datetime import datetime

from ghapp.core.budget import Usage
from ghapp.core.chat import Talk
from ghapp.core.events import (
    Actor,
    BoxTicked,
    CommentCreated,
    IssueLabeled,
    IssueText,
    PullChanged,
    Repository,
    ReviewsChanged,
    Thread,
    WordSaid,
)
from ghapp.core.gate import Finding, Rule, Severity
from ghapp.core.rights import Permission
from ghapp.core.run import Conclusion, Pause, Request, Run, State, Step, Target, Trigger

REPOSITORY = Repository(7, "octo/demo", 3)
THREAD = Thread(REPOSITORY, 1)
MONA = Actor(11, "mona")
BOT = Actor(12, "robot[bot]", "Bot")
THEIRS = 8
"""The number of somebody's pull request."""
TEXT = IssueText("It is broken", "Please mend it.", MONA)
AT = "2026-11-01T10:00:00Z"
LATER = "2026-11-01T11:00:00Z"
HEAD, MERGED_SHA = "a" * 40, "c" * 40
TALK = Talk("T1", "C1", "1.000001")
"""The talk in the chat that is about the thread."""
STATUS = 99
"""The status comment of every run here."""
MAINTAIN, WRITE = Permission.MAINTAIN, Permission.WRITE
TRIAGE, NONE = Permission.TRIAGE, Permission.NONE


def run(state: State = State.QUEUED, **changes: object) -> Run:
    """A run that the label started."""
    made = Run("r1", "key", THREAD, MONA, Trigger(AT, label="honk"), Request("It is broken", ""), 0.0, state=state)
    done = {"conclusion": Conclusion.FAILED} if state is State.DONE else {}
    return replace(made, **{"head_sha": HEAD, "pull": 2, "status_comment": STATUS, **done, **changes})  # type: ignore[arg-type]


def labeled(label: str = "honk", at: str = LATER, actor: Actor = MONA) -> IssueLabeled:
    """The label was put on."""
    return IssueLabeled(THREAD, actor, label, TEXT, at)


def said(body: str, actor: Actor = MONA, *, on_pull: bool = False) -> CommentCreated:
    """A comment was written."""
    return CommentCreated(THREAD, actor, 5, body, TEXT, LATER, on_pull)


def ticked(box: str, sha: str = "", actor: Actor = MONA, comment: int = STATUS) -> BoxTicked:
    """A box was ticked."""
    return BoxTicked(THREAD, actor, comment, box, sha, LATER)


def chatted(text: str, sha: str = "", actor: Actor = MONA) -> WordSaid:
    """A word of the chat came through, or a button with what it says."""
    return WordSaid(THREAD, actor, text, sha, LATER, TALK, 1_793_530_800_000_001)


def on_theirs(body: str) -> CommentCreated:
    """A comment was written on somebody's pull request, which is a thread of its own."""
    return replace(said(body, on_pull=True), thread=Thread(REPOSITORY, THEIRS))


def reviewed(actor: Actor = MONA) -> ReviewsChanged:
    """A review was submitted, or a comment in one was written."""
    return ReviewsChanged(THREAD, actor, "pull_request_review")


def changed(action: str, *, number: int = 2, merged: bool = False) -> PullChanged:
    """Something happened to the pull request."""
    return PullChanged(THREAD, MONA, action, number, merged)


QUEUED, DONE, CI, REVIEW = run(), run(State.DONE), run(State.AWAITING_CI), run(State.AWAITING_REVIEW)
CODING, PUBLISHING = run(State.CODING), run(State.PUBLISHING)
CONFIG_FINDING = Finding(Rule.WORKFLOW, ".github/workflows/ci.yml", Severity.PAUSE, "a workflow")
OTHER_FINDING = Finding(Rule.TESTS, "tests/test_a.py", Severity.NOTE, "deleted")
PAUSED_AT = (Step(State.PAUSED, datetime.fromisoformat(AT).timestamp()),)
NO_MONEY = run(State.PAUSED, pause=Pause.BUDGET, usage=Usage(micros=5_300_000), history=PAUSED_AT)
NO_LEAVE = run(State.PAUSED, pause=Pause.PROTECTED, findings=(CONFIG_FINDING, OTHER_FINDING), history=PAUSED_AT)
BY_COMMENT = run(trigger=Trigger(AT, comment=5))
MERGING = run(State.MERGING)
WATCHED = run(State.DEPLOYING, merged_sha=MERGED_SHA)
MERGED = run(State.DONE, conclusion=Conclusion.MERGED, merged_sha=MERGED_SHA)
FIRST = run(State.CODING, pull=None, head_sha="")
"""At its first attempt, so that there is no pull request yet."""


def reading(kind: str, state: State = State.CODING, pull: int | None = THEIRS) -> Run:
    """A run that reads somebody's pull request, or an issue."""
    conclusion = {"plan": Conclusion.PLANNED}.get(kind, Conclusion.ANSWERED) if state is State.DONE else None
    return run(state, kind=kind, pull=pull, head_sha="", conclusion=conclusion, trigger=Trigger(AT, comment=4))


def on_their_branch(state: State) -> Run:
    """A run that pushes to the branch of somebody's pull request."""
    return run(state, pull=THEIRS, target=Target("topic", "ada/demo"), trigger=Trigger(AT, comment=4))
