"""What is decided, as a table: event, run, right, and the one intent with its reason."""

from dataclasses import replace
from datetime import datetime

import pytest

from ghapp.core import messages, policy
from ghapp.core.budget import MICROS, Usage
from ghapp.core.commands import Verb
from ghapp.core.config import Config
from ghapp.core.events import (
    Actor,
    ChecksChanged,
    CommentCreated,
    CommentDeleted,
    Event,
    InstallationChanged,
    IssueClosed,
    IssueLabeled,
    IssueText,
    IssueUnlabeled,
    PullChanged,
    Repository,
    Thread,
)
from ghapp.core.gate import Finding, Rule, Severity
from ghapp.core.intents import (
    AllowPaths,
    Answer,
    CancelRun,
    FollowPull,
    Ignore,
    LeaveRepositories,
    ResumeForCI,
    StartRun,
    SteerRun,
    TopUp,
)
from ghapp.core.rights import NEEDED, Permission
from ghapp.core.run import ACTIVE, FOLLOWED, Conclusion, Pause, Remark, Request, Run, State, Step, Trigger

REPOSITORY = Repository(7, "octo/demo", 3)
THREAD = Thread(REPOSITORY, 1)
MONA = Actor(11, "mona")
BOT = Actor(12, "robot[bot]", "Bot")
TEXT = IssueText("It is broken", "Please mend it.", MONA)
AT = "2026-11-01T10:00:00Z"
LATER = "2026-11-01T11:00:00Z"
HEAD = "a" * 40
MAINTAIN, WRITE = Permission.MAINTAIN, Permission.WRITE
TRIAGE, NONE = Permission.TRIAGE, Permission.NONE


def run(state: State = State.QUEUED, **changes: object) -> Run:
    """A run that the label started."""
    made = Run("r1", "key", THREAD, MONA, Trigger(AT, label="honk"), Request("It is broken", ""), 0.0, state=state)
    done = {"conclusion": Conclusion.FAILED} if state is State.DONE else {}
    return replace(made, **{"head_sha": HEAD, "pull": 2, **done, **changes})  # type: ignore[arg-type]


def labeled(label: str = "honk", at: str = LATER, actor: Actor = MONA) -> IssueLabeled:
    """The label was put on."""
    return IssueLabeled(THREAD, actor, label, TEXT, at)


def said(body: str, actor: Actor = MONA, *, on_pull: bool = False) -> CommentCreated:
    """A comment was written."""
    return CommentCreated(THREAD, actor, 5, body, TEXT, LATER, on_pull)


def changed(action: str, *, number: int = 2, merged: bool = False) -> PullChanged:
    """Something happened to the pull request."""
    return PullChanged(THREAD, MONA, action, number, HEAD, merged)


QUEUED, DONE, CI, REVIEW = run(), run(State.DONE), run(State.AWAITING_CI), run(State.AWAITING_REVIEW)
CODING, PUBLISHING = run(State.CODING), run(State.PUBLISHING)
CONFIG_FINDING = Finding(Rule.WORKFLOW, ".github/workflows/ci.yml", Severity.PAUSE, "a workflow")
OTHER_FINDING = Finding(Rule.TESTS, "tests/test_a.py", Severity.NOTE, "deleted")
PAUSED_AT = (Step(State.PAUSED, datetime.fromisoformat(AT).timestamp()),)
NO_MONEY = run(State.PAUSED, pause=Pause.BUDGET, usage=Usage(micros=5_300_000), history=PAUSED_AT)
NO_LEAVE = run(State.PAUSED, pause=Pause.PROTECTED, findings=(CONFIG_FINDING, OTHER_FINDING), history=PAUSED_AT)
BY_COMMENT = run(trigger=Trigger(AT, comment=5))

TABLE: list[tuple[Event, Run | None, Permission, type, str]] = [
    # labels
    (labeled(), None, WRITE, StartRun, "labelled honk"),
    (labeled("HONK"), None, WRITE, StartRun, "labelled HONK"),
    (labeled(), DONE, WRITE, StartRun, "labelled honk"),
    (labeled(), QUEUED, WRITE, Answer, "a run is open on this thread"),
    (labeled(at=AT), QUEUED, WRITE, Ignore, "this has started a run already"),
    (labeled(at="2026-11-01T10:00:02Z"), DONE, WRITE, Ignore, "this has started a run already"),
    (labeled(at="2026-11-01T10:00:04Z"), DONE, WRITE, StartRun, "labelled honk"),
    (labeled("bug"), None, WRITE, Ignore, "the label 'bug' means nothing here"),
    (labeled("honk:plan"), None, WRITE, Answer, "plan is not in this version"),
    (labeled(), None, TRIAGE, Answer, "mona has triage, fix needs write"),
    (labeled(), None, NONE, Answer, "mona has none, fix needs write"),
    (labeled("bug"), None, NONE, Ignore, "the label 'bug' means nothing here"),
    (labeled(actor=BOT), None, NONE, Answer, r"robot[bot] has none, fix needs write"),
    # commands
    (said("hello"), None, WRITE, Ignore, "there is no command in the comment"),
    (said("/honk", BOT), None, WRITE, Ignore, "apps do not command"),
    (said("/honk"), None, WRITE, StartRun, "@mona said fix"),
    (said("/honk make it fast"), DONE, WRITE, StartRun, "@mona said fix"),
    (said("/honk"), CODING, WRITE, Answer, "a run is open on this thread"),
    (said("/honk"), BY_COMMENT, WRITE, Answer, "a run is open on this thread"),
    (said("/honk", on_pull=True), REVIEW, WRITE, Answer, "a run is open on this thread"),
    (said("/honk do it", on_pull=True), DONE, WRITE, Answer, "fix on a pull request is not in this version"),
    (said("/honk do it"), run(trigger=Trigger(LATER, comment=5)), WRITE, Ignore, "this has started a run already"),
    (said("/honk"), run(trigger=Trigger(LATER, comment=5)), WRITE, Ignore, "this has started a run already"),
    (said("/honk", on_pull=True), None, WRITE, Answer, "fix on a pull request is not in this version"),
    (said("/honk"), None, TRIAGE, Answer, "mona has triage, fix needs write"),
    (said("/honk stop"), None, WRITE, Answer, "no run is open"),
    (said("/honk stop"), DONE, WRITE, Answer, "no run is open"),
    (said("/honk stop"), CODING, WRITE, CancelRun, "@mona said stop"),
    (said("/honk stop"), REVIEW, WRITE, CancelRun, "@mona said stop"),
    (said("/honk stop"), CODING, TRIAGE, Answer, "mona has triage, stop needs write"),
    (said("/honk retry"), None, WRITE, Answer, "there was no run"),
    (said("/honk retry"), DONE, WRITE, StartRun, "@mona said retry"),
    (said("/honk retry"), QUEUED, WRITE, Answer, "a run is open on this thread"),
    (said("/honk status"), None, TRIAGE, Answer, "status was asked for"),
    (said("/honk why"), DONE, TRIAGE, Answer, "the reason was asked for"),
    (said("/honk help"), None, TRIAGE, Answer, "help was asked for"),
    (said("/honk help"), None, Permission.READ, Answer, "mona has read, help needs triage"),
    (said("/honk merge"), REVIEW, WRITE, Answer, "merge is not in this version"),
    (said("/honk allow"), None, WRITE, Answer, "mona has write, allow needs maintain"),
    (said("/honk retyr"), None, WRITE, Answer, "the command was not understood: unknown"),
    (said("/honk retyr"), None, NONE, Answer, "mona has none, help needs triage"),
    # words to an open run
    (said("/honk be quick"), QUEUED, WRITE, SteerRun, "@mona steers"),
    (said("/honk fix it well", on_pull=True), REVIEW, WRITE, SteerRun, "@mona steers"),
    (said("/honk be quick"), NO_LEAVE, WRITE, SteerRun, "@mona steers"),
    (said("/honk be quick"), CODING, TRIAGE, Answer, "mona has triage, fix needs write"),
    (said("/honk be quick"), run(State.DEPLOYING), WRITE, Answer, "a run is open on this thread"),
    (said("be quick"), QUEUED, WRITE, SteerRun, "@mona steers"),
    (said("be quick", on_pull=True), CODING, WRITE, SteerRun, "@mona steers"),
    (said("be quick"), NO_MONEY, WRITE, SteerRun, "@mona steers"),
    (said("be quick"), CODING, TRIAGE, Ignore, "mona has triage, to steer needs write"),
    (said("be quick"), CODING, NONE, Ignore, "mona has none, to steer needs write"),
    (said("be quick", BOT), CODING, Permission.ADMIN, Ignore, "apps do not command"),
    (said("be quick"), CI, WRITE, Ignore, "there is no command in the comment"),
    (said("looks good", on_pull=True), REVIEW, WRITE, Ignore, "there is no command in the comment"),
    (said("be quick"), DONE, WRITE, Ignore, "there is no command in the comment"),
    (said(" \n"), CODING, WRITE, Ignore, "there is no command in the comment"),
    (
        said("old"),
        run(trigger=Trigger(LATER, label="honk")),
        WRITE,
        Ignore,
        "it stood there when the run was asked for",
    ),
    # budget and protected files
    (said("/honk budget +5"), None, WRITE, Answer, "no run is open"),
    (said("/honk budget +5"), DONE, WRITE, Answer, "no run is open"),
    (said("/honk budget +5"), NO_MONEY, WRITE, TopUp, "@mona added $5.00"),
    (said("/honk budget +5"), CODING, WRITE, TopUp, "@mona added $5.00"),
    (said("/honk budget +5"), REVIEW, WRITE, TopUp, "@mona added $5.00"),
    (said("/honk budget +5"), NO_MONEY, TRIAGE, Answer, "mona has triage, budget needs write"),
    (said("/honk budget +20"), CODING, WRITE, TopUp, "@mona added $20.00"),
    (said("/honk budget +20.01"), CODING, WRITE, Answer, "mona may raise it to $25.00"),
    (said("/honk budget +20.01"), CODING, MAINTAIN, TopUp, "@mona added $20.01"),
    (said("/honk budget +0.30"), NO_MONEY, WRITE, Answer, "it would not get far with that"),
    (said("/honk budget +0.31"), NO_MONEY, WRITE, TopUp, "@mona added $0.31"),
    (said("/honk allow"), None, MAINTAIN, Answer, "no run waits for that"),
    (said("/honk allow"), CODING, MAINTAIN, Answer, "no run waits for that"),
    (said("/honk allow"), NO_MONEY, MAINTAIN, Answer, "no run waits for that"),
    (said("/honk allow"), NO_LEAVE, MAINTAIN, AllowPaths, "@mona let 1 through"),
    (said("/honk allow"), NO_LEAVE, WRITE, Answer, "mona has write, allow needs maintain"),
    (said("/honk retry"), NO_MONEY, WRITE, Answer, "a run is open on this thread"),
    (said("/honk stop"), NO_LEAVE, WRITE, CancelRun, "@mona said stop"),
    (IssueUnlabeled(THREAD, MONA, "honk", LATER), NO_MONEY, NONE, CancelRun, "@mona took the label honk off"),
    (IssueClosed(THREAD, MONA, LATER), NO_MONEY, NONE, CancelRun, "@mona closed the issue"),
    (changed("closed"), NO_MONEY, NONE, CancelRun, "@mona closed #2"),
    (changed("closed", merged=True), NO_MONEY, NONE, CancelRun, "@mona merged #2"),
    (changed("synchronize"), NO_MONEY, NONE, Ignore, "no run follows this pull request"),
    # taken back
    (IssueUnlabeled(THREAD, MONA, "honk", LATER), None, NONE, Ignore, "no run is open"),
    (IssueUnlabeled(THREAD, MONA, "honk", LATER), DONE, NONE, Ignore, "no run is open"),
    (IssueUnlabeled(THREAD, MONA, "Honk", LATER), QUEUED, NONE, CancelRun, "@mona took the label Honk off"),
    (IssueUnlabeled(THREAD, MONA, "honk", LATER), CODING, NONE, CancelRun, "@mona took the label honk off"),
    (IssueUnlabeled(THREAD, MONA, "bug", LATER), QUEUED, NONE, Ignore, "it is not what the run was started by"),
    (IssueUnlabeled(THREAD, MONA, "honk", LATER), BY_COMMENT, NONE, Ignore, "it is not what the run was started by"),
    (CommentDeleted(THREAD, MONA, 5), BY_COMMENT, NONE, CancelRun, "the comment that asked for it was deleted"),
    (CommentDeleted(THREAD, MONA, 6), BY_COMMENT, NONE, Ignore, "it is not what the run was started by"),
    (CommentDeleted(THREAD, MONA, 5), CODING, NONE, Ignore, "it is not what the run was started by"),
    (IssueClosed(THREAD, MONA, LATER), QUEUED, NONE, CancelRun, "@mona closed the issue"),
    (IssueClosed(THREAD, MONA, LATER), PUBLISHING, NONE, CancelRun, "@mona closed the issue"),
    (IssueClosed(THREAD, MONA, LATER), CI, NONE, FollowPull, "the issue was closed"),
    (IssueClosed(THREAD, MONA, LATER), DONE, NONE, Ignore, "no run is open"),
    # the pull request and its checks
    (ChecksChanged(THREAD, HEAD, "status"), CI, NONE, ResumeForCI, "status on the head"),
    (ChecksChanged(THREAD, HEAD, "poll"), REVIEW, NONE, ResumeForCI, "poll on the head"),
    (ChecksChanged(THREAD, "b" * 40, "status"), CI, NONE, Ignore, "the checks are of another commit"),
    (ChecksChanged(THREAD, HEAD, "status"), CODING, NONE, Ignore, "no run waits for checks"),
    (ChecksChanged(THREAD, HEAD, "status"), None, NONE, Ignore, "no run waits for checks"),
    (changed("closed"), CI, NONE, FollowPull, "the pull request was closed"),
    (changed("closed", merged=True), REVIEW, NONE, FollowPull, "the pull request was merged"),
    (changed("synchronize"), CI, NONE, FollowPull, "the pull request's head moved"),
    (changed("reopened"), REVIEW, NONE, FollowPull, "the pull request's head moved"),
    (changed("edited"), CI, NONE, Ignore, "edited changes nothing for the run"),
    (changed("closed", number=3), CI, NONE, Ignore, "no run follows this pull request"),
    (changed("closed"), QUEUED, NONE, CancelRun, "@mona closed #2"),
    (changed("closed", merged=True), CODING, NONE, CancelRun, "@mona merged #2"),
    (changed("closed"), run(State.CODING, pull=None), NONE, Ignore, "no run follows this pull request"),
    (changed("closed", number=3), CODING, NONE, Ignore, "no run follows this pull request"),
    (changed("closed"), DONE, NONE, Ignore, "no run follows this pull request"),
    (changed("closed"), None, NONE, Ignore, "no run follows this pull request"),
    # installations
    (InstallationChanged(3, "deleted"), None, NONE, LeaveRepositories, "the installation was deleted"),
    (InstallationChanged(3, "suspend"), None, NONE, LeaveRepositories, "the installation was suspend"),
    (
        InstallationChanged(3, "removed", removed=(REPOSITORY,)),
        None,
        NONE,
        LeaveRepositories,
        "repositories were taken out",
    ),
    (InstallationChanged(3, "created", added=(REPOSITORY,)), None, NONE, Ignore, "nothing was taken away"),
]


@pytest.mark.parametrize(("event", "newest", "right", "intent", "reason"), TABLE)
def test_each_event_has_one_intent_with_its_reason(
    event: Event, newest: Run | None, right: Permission, intent: type, reason: str
) -> None:
    """The table above is what is decided."""
    decided = policy.decide(event, newest, Config(), right)
    assert (type(decided), decided.reason) == (intent, reason)


@pytest.mark.parametrize("right", Permission)
@pytest.mark.parametrize("verb", Verb)
def test_no_verb_is_obeyed_below_its_right(verb: Verb, right: Permission) -> None:
    """Every verb, with every right: without the right it takes, there is only one answer for all times."""
    words = {"ask": "ask why?", "deploy": "deploy staging", "budget": "budget +5"}
    decided = policy.decide(said(f"/honk {words.get(verb, verb)}"), None, Config(), right)
    refused = isinstance(decided, Answer) and decided.once == "right-mona"
    assert refused == (right < NEEDED[verb])


@pytest.mark.parametrize("state", State)
def test_stop_ends_a_run_in_any_state(state: State) -> None:
    """Whatever the run is at, stop cancels it, unless it has ended."""
    decided = policy.decide(said("/honk stop"), run(state), Config(), WRITE)
    assert isinstance(decided, CancelRun) == (state is not State.DONE)


@pytest.mark.parametrize("state", State)
def test_a_head_is_followed_in_a_parked_run_only(state: State) -> None:
    """While a worker holds the record, nobody writes into it what the pull request's head is or is worth."""
    decided = [
        policy.decide(event, run(state), Config(), NONE)
        for event in (changed("synchronize"), ChecksChanged(THREAD, HEAD, "status"))
    ]
    assert all(isinstance(one, Ignore) for one in decided) == (state not in FOLLOWED)


def test_a_label_brings_its_model_and_instructions() -> None:
    """A label of the repository's own, in whatever letter case, starts a run with what its rule says."""
    config = Config.parse("labels: {Quick-Fix: {model: claude-haiku-5-5, instructions: Be brief.}}")
    decided = policy.decide(labeled("quick-fix"), None, config, WRITE)
    assert decided == StartRun(
        "fix", "Be brief.", Trigger(LATER, label="quick-fix"), "labelled quick-fix", "claude-haiku-5-5"
    )


def test_a_command_brings_its_words() -> None:
    """The text behind `/honk fix` is the instruction, and the comment the trigger."""
    decided = policy.decide(said("/honk fix only the parser"), None, Config(), WRITE)
    assert decided == StartRun("fix", "only the parser", Trigger(LATER, comment=5), "@mona said fix")


def test_a_retry_asks_for_the_same_again() -> None:
    """Kind, instruction and model of the last run are those of the next."""
    last = run(State.DONE, model="claude-opus-5-5", request=Request("t", "b", "only the parser"))
    decided = policy.decide(said("/honk retry"), last, Config(), WRITE)
    assert decided == StartRun(
        "fix", "only the parser", Trigger(LATER, comment=5), "@mona said retry", "claude-opus-5-5"
    )


@pytest.mark.parametrize("state", State)
def test_plain_words_reach_the_agent_only_while_it_works(state: State) -> None:
    """At work, queued or paused, a run hears plain comments; what is said about the pull request later wakes nobody."""
    decided = policy.decide(said("be quick"), run(state), Config(), WRITE)
    assert isinstance(decided, SteerRun) == (state in ACTIVE | {State.QUEUED, State.PAUSED})


def test_a_word_carries_who_said_it_and_only_a_command_wakes() -> None:
    """The agent is told whose word it is; of a command, it is told the command's text."""
    plain = policy.decide(said("be quick\nplease"), CODING, Config(), WRITE)
    assert plain == SteerRun(5, Remark("mona", "be quick\nplease"), False, "@mona steers")
    command = policy.decide(said("well:\n\n/honk fix be quick"), REVIEW, Config(), WRITE)
    assert command == SteerRun(5, Remark("mona", "be quick"), True, "@mona steers")


def test_a_word_is_cut_where_it_is_too_long() -> None:
    """A comment may have 65,536 characters; the agent gets the first of them."""
    decided = policy.decide(said("x" * 60_000), CODING, Config(), WRITE)
    assert isinstance(decided, SteerRun)
    assert len(decided.remark.body) == policy.MAX_REMARK


def test_the_repository_sets_how_far_its_writers_may_go() -> None:
    """`budget.cap` is the limit of what write may give."""
    config = Config.parse("budget: {cap: 6}")
    decided = policy.decide(said("/honk budget +5"), CODING, config, WRITE)
    assert isinstance(decided, Answer)
    assert "Above $6.00 it takes the role *maintain*" in decided.text
    assert isinstance(policy.decide(said("/honk budget +1"), CODING, config, WRITE), TopUp)


def test_money_is_added_once_for_each_comment() -> None:
    """The note in the run tells that this very comment was acted on, by whomever and however often it comes again."""
    first = policy.decide(said("/honk budget +5"), NO_MONEY, Config(), WRITE)
    assert isinstance(first, TopUp)
    assert first.micros == 5 * MICROS
    after = run(budget=NO_MONEY.budget.raised(first.micros), notes=(first.note,))
    assert isinstance(policy.decide(said("/honk budget +5"), after, Config(), WRITE), Answer)
    another = replace(said("/honk budget +5"), comment=6)
    assert isinstance(policy.decide(another, after, Config(), WRITE), TopUp)


def test_only_what_is_shown_is_let_through() -> None:
    """The paths that made it pause, not those of other findings, and no more than the comment shows."""
    first = policy.decide(said("/honk allow"), NO_LEAVE, Config(), MAINTAIN)
    assert isinstance(first, AllowPaths)
    assert first.paths == (".github/workflows/ci.yml",)
    many = tuple(replace(CONFIG_FINDING, path=f".github/workflows/{number}.yml") for number in range(40))
    decided = policy.decide(said("/honk allow"), replace(NO_LEAVE, findings=many), Config(), MAINTAIN)
    assert isinstance(decided, AllowPaths)
    assert decided.paths == tuple(finding.path for finding in many[: messages.MAX_PATHS])
    rest = policy.decide(
        said("/honk allow"), replace(NO_LEAVE, findings=many, allowed=decided.paths), Config(), MAINTAIN
    )
    assert isinstance(rest, AllowPaths)
    assert rest.paths == tuple(finding.path for finding in many[messages.MAX_PATHS :])


def test_nothing_is_let_through_that_was_not_shown_before() -> None:
    """An `/honk allow` that was written before this pause was about something else."""
    later = datetime.fromisoformat(LATER).timestamp() + 60
    decided = policy.decide(
        said("/honk allow"), replace(NO_LEAVE, history=(Step(State.PAUSED, later),)), Config(), MAINTAIN
    )
    assert (type(decided), decided.reason) == (Answer, "it was said before that was shown")


def test_a_leave_is_given_once_for_each_comment() -> None:
    """When the same comment comes again, the run may wait for other files by then."""
    first = policy.decide(said("/honk allow"), NO_LEAVE, Config(), MAINTAIN)
    assert isinstance(first, AllowPaths)
    decided = policy.decide(said("/honk allow"), replace(NO_LEAVE, notes=(first.note,)), Config(), MAINTAIN)
    assert (type(decided), decided.reason) == (Answer, "it was allowed before")


def test_a_label_may_bring_its_engine() -> None:
    """The label's engine is the run's, and that of another try of the run."""
    config = Config.parse("labels: {quick: {engine: messages}}")
    decided = policy.decide(labeled("quick"), None, config, WRITE)
    assert isinstance(decided, StartRun)
    assert decided.engine == "messages"
    last = run(State.DONE, trigger=Trigger(AT, label="Quick"))
    again = policy.decide(said("/honk retry"), last, config, WRITE)
    assert isinstance(again, StartRun)
    assert again.engine == "messages"


@pytest.mark.parametrize(
    ("event", "newest", "asks", "concerns"),
    [
        (labeled(), None, True, True),
        (labeled("Honk"), None, True, True),
        (labeled("bug"), None, True, False),
        (said("/honk"), None, True, True),
        (said("/honk frobnicate"), None, True, True),
        (said("hello"), None, False, False),
        (said("hello"), DONE, False, False),
        (said("hello"), REVIEW, False, False),
        (said("hello"), CODING, False, True),
        (said("hello", BOT), CODING, False, False),
        (said("/honk", BOT), CODING, False, False),
        (changed("closed"), CODING, False, False),
        (InstallationChanged(3, "deleted"), None, False, False),
    ],
)
def test_nothing_is_looked_up_for_events_that_ask_for_nothing(
    event: Event, newest: Run | None, asks: bool, concerns: bool
) -> None:
    """Config and right are read from GitHub only when the decision needs them."""
    assert policy.asks_for_something(event) is asks
    assert policy.concerns_a_right(event, newest, Config()) is concerns
