"""What is decided, as a table: event, run, right, and the one intent with its reason.

What each further verb comes to is in test_policy_verbs.py, and who may say it in test_rights.py.
"""

from dataclasses import replace

import pytest

from ghapp.core import policy
from ghapp.core.builds import Build
from ghapp.core.config import Config
from ghapp.core.events import ChecksChanged, CommentDeleted, Event, InstallationChanged, IssueClosed, IssueUnlabeled
from ghapp.core.intents import (
    Answer,
    BuildRun,
    CancelRun,
    FollowPull,
    Ignore,
    Intent,
    LeaveRepositories,
    ResumeForCI,
    ResumeForReview,
    StartRun,
    SteerRun,
    TellStatus,
)
from ghapp.core.rights import Permission
from ghapp.core.run import ACTIVE, FOLLOWED, Conclusion, Deployment, Remark, Run, State, Trigger
from tests.core.policy_cases import (
    AT,
    BOT,
    BY_COMMENT,
    CI,
    CODING,
    DONE,
    HEAD,
    LATER,
    MERGED,
    MERGED_SHA,
    MERGING,
    MONA,
    NO_LEAVE,
    NO_MONEY,
    NONE,
    PUBLISHING,
    QUEUED,
    REPOSITORY,
    REVIEW,
    THEIRS,
    THREAD,
    TRIAGE,
    WATCHED,
    WRITE,
    changed,
    labeled,
    on_their_branch,
    on_theirs,
    reading,
    reviewed,
    run,
    said,
    ticked,
)

BUILT = replace(MERGED, builds=(Build("app", HEAD),))

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
    (labeled("honk:plan"), None, TRIAGE, StartRun, "labelled honk:plan"),
    (labeled("honk:plan"), None, Permission.READ, Answer, "mona has read, plan needs triage"),
    (labeled(), WATCHED, WRITE, StartRun, "labelled honk"),
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
    (said("/honk do it", on_pull=True), DONE, WRITE, StartRun, "@mona said fix"),
    (said("/honk do it", on_pull=True), WATCHED, WRITE, StartRun, "@mona said fix"),
    (on_theirs("/honk do it"), None, WRITE, StartRun, "@mona said fix"),
    (on_theirs("/honk do it"), reading("review", State.DONE), WRITE, StartRun, "@mona said fix"),
    (on_theirs("/honk"), on_their_branch(State.AWAITING_CI), WRITE, Answer, "a run is open on this thread"),
    (said("/honk do it"), run(trigger=Trigger(LATER, comment=5)), WRITE, Ignore, "this has started a run already"),
    (said("/honk"), run(trigger=Trigger(LATER, comment=5)), WRITE, Ignore, "this has started a run already"),
    (said("/honk"), None, TRIAGE, Answer, "mona has triage, fix needs write"),
    (said("/honk stop"), None, WRITE, Answer, "no run is open"),
    (said("/honk stop"), DONE, WRITE, Answer, "no run is open"),
    (said("/honk stop"), CODING, WRITE, CancelRun, "@mona said stop"),
    (said("/honk stop"), REVIEW, WRITE, CancelRun, "@mona said stop"),
    (said("/honk stop"), reading("ask"), WRITE, CancelRun, "@mona said stop"),
    (said("/honk stop"), WATCHED, WRITE, CancelRun, "@mona said stop: it is merged, and not watched any more"),
    (said("/honk stop"), CODING, TRIAGE, Answer, "mona has triage, stop needs write"),
    (said("/honk retry"), None, WRITE, Answer, "there was no run"),
    (said("/honk retry"), DONE, WRITE, StartRun, "@mona said retry"),
    (said("/honk retry"), QUEUED, WRITE, Answer, "a run is open on this thread"),
    (said("/honk status"), None, TRIAGE, TellStatus, "status was asked for"),
    (said("/honk why"), DONE, TRIAGE, Answer, "the reason was asked for"),
    (said("/honk help"), None, TRIAGE, Answer, "help was asked for"),
    (said("/honk help"), None, Permission.READ, Answer, "mona has read, help needs triage"),
    (said("/honk status"), WATCHED, TRIAGE, TellStatus, "status was asked for"),
    (said("/honk build"), REVIEW, WRITE, BuildRun, "@mona said build"),
    (said("/honk build"), BUILT, WRITE, BuildRun, "@mona said build"),
    (said("/honk build"), replace(CODING, builds=BUILT.builds), WRITE, BuildRun, "@mona said build"),
    (said("/honk build"), CODING, WRITE, Answer, "it is still being changed"),
    (said("/honk build"), None, WRITE, Answer, "there is no pull request of ours"),
    (said("/honk build"), DONE, WRITE, Answer, "there is no pull request of ours"),
    (said("/honk build"), REVIEW, TRIAGE, Answer, "mona has triage, build needs write"),
    (said("/honk allow"), None, WRITE, Answer, "mona has write, allow needs maintain"),
    (said("/honk retyr"), None, WRITE, Answer, "the command was not understood: unknown"),
    (said("/honk retyr"), None, NONE, Answer, "mona has none, help needs triage"),
    # words to an open run
    (said("/honk be quick"), QUEUED, WRITE, SteerRun, "@mona steers"),
    (said("/honk fix it well", on_pull=True), REVIEW, WRITE, SteerRun, "@mona steers"),
    (said("/honk be quick"), NO_LEAVE, WRITE, SteerRun, "@mona steers"),
    (said("/honk be quick"), CODING, TRIAGE, Answer, "mona has triage, fix needs write"),
    (said("/honk be quick"), WATCHED, WRITE, StartRun, "@mona said fix"),
    (said("/honk be quick"), reading("plan", pull=None), WRITE, SteerRun, "@mona steers"),
    (on_theirs("/honk be quick"), on_their_branch(State.AWAITING_CI), WRITE, SteerRun, "@mona steers"),
    (said("be quick"), reading("ask", pull=None), WRITE, SteerRun, "@mona steers"),
    (on_theirs("mind the locks"), reading("review"), WRITE, SteerRun, "@mona steers"),
    (on_theirs("mind the locks"), reading("review"), TRIAGE, Ignore, "mona has triage, to steer needs write"),
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
    # what pauses
    (IssueUnlabeled(THREAD, MONA, "honk", LATER), NO_MONEY, NONE, CancelRun, "@mona took the label honk off"),
    (IssueClosed(THREAD, MONA, LATER), NO_MONEY, NONE, CancelRun, "@mona closed the issue"),
    (changed("closed"), NO_MONEY, NONE, CancelRun, "@mona closed #2"),
    (changed("closed", merged=True), NO_MONEY, NONE, FollowPull, "@mona merged #2"),
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
    (IssueClosed(THREAD, MONA, LATER), CI, NONE, CancelRun, "@mona closed the issue"),
    (IssueClosed(THREAD, MONA, LATER), DONE, NONE, Ignore, "no run is open"),
    (IssueClosed(THREAD, MONA, LATER), WATCHED, NONE, Ignore, "it is merged already"),
    (IssueUnlabeled(THREAD, MONA, "honk", LATER), WATCHED, NONE, Ignore, "it is merged already"),
    (IssueClosed(THREAD, MONA, LATER), reading("plan", pull=None), NONE, CancelRun, "@mona closed the issue"),
    # the pull request and its checks
    (ChecksChanged(THREAD, HEAD, "status"), CI, NONE, ResumeForCI, "status on the head"),
    (ChecksChanged(THREAD, HEAD, "poll"), REVIEW, NONE, ResumeForCI, "poll on the head"),
    (ChecksChanged(THREAD, "b" * 40, "status"), CI, NONE, Ignore, "the checks are of another commit"),
    (ChecksChanged(THREAD, HEAD, "status"), CODING, NONE, Ignore, "no run waits for checks"),
    (ChecksChanged(THREAD, HEAD, "status"), None, NONE, Ignore, "no run waits for checks"),
    (ChecksChanged(THREAD, MERGED_SHA, "check_run"), WATCHED, NONE, ResumeForCI, "check_run on what was merged"),
    (ChecksChanged(THREAD, HEAD, "check_run"), WATCHED, NONE, Ignore, "the checks are of another commit"),
    (
        ChecksChanged(THREAD, "d" * 40, "deployment_status"),
        replace(WATCHED, deployment=Deployment("staging", "d" * 40, 1)),
        NONE,
        ResumeForCI,
        "deployment_status on what was merged",
    ),
    (changed("closed"), CI, NONE, FollowPull, "the pull request was closed"),
    (changed("closed", merged=True), REVIEW, NONE, FollowPull, "the pull request was merged"),
    (changed("synchronize"), CI, NONE, FollowPull, "the pull request's head moved"),
    (changed("reopened"), REVIEW, NONE, FollowPull, "the pull request was opened again"),
    (changed("enqueued"), MERGING, NONE, FollowPull, "the merge queue has it"),
    (changed("dequeued"), MERGING, NONE, FollowPull, "the merge queue has it no more"),
    (changed("auto_merge_enabled"), REVIEW, NONE, FollowPull, "auto-merge was switched on"),
    (changed("auto_merge_disabled"), MERGING, NONE, FollowPull, "auto-merge was switched off"),
    (changed("labeled"), REVIEW, NONE, Ignore, "labeled changes nothing for the run"),
    (changed("opened", number=3), None, NONE, Ignore, "no run follows this pull request"),
    (changed("closed", merged=True), WATCHED, NONE, Ignore, "no run follows this pull request"),
    (changed("closed", number=THEIRS), reading("review"), NONE, CancelRun, "@mona closed #8"),
    (changed("closed", number=THEIRS, merged=True), reading("ask"), NONE, CancelRun, "@mona merged #8"),
    (changed("synchronize", number=THEIRS), reading("plan"), NONE, Ignore, "no run follows this pull request"),
    (
        changed("closed", number=THEIRS),
        on_their_branch(State.AWAITING_CI),
        NONE,
        FollowPull,
        "the pull request was closed",
    ),
    # reviews
    (reviewed(), REVIEW, NONE, ResumeForReview, "pull_request_review on the pull request"),
    (reviewed(), CI, NONE, ResumeForReview, "pull_request_review on the pull request"),
    (reviewed(BOT), MERGING, NONE, ResumeForReview, "pull_request_review on the pull request"),
    (reviewed(), CODING, NONE, Ignore, "no run waits for reviews"),
    (reviewed(), WATCHED, NONE, Ignore, "no run waits for reviews"),
    (reviewed(), None, NONE, Ignore, "no run waits for reviews"),
    (changed("edited"), CI, NONE, Ignore, "edited changes nothing for the run"),
    (changed("closed", number=3), CI, NONE, Ignore, "no run follows this pull request"),
    (changed("closed"), QUEUED, NONE, CancelRun, "@mona closed #2"),
    (changed("closed", merged=True), CODING, NONE, FollowPull, "@mona merged #2"),
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
    (InstallationChanged(3, "created"), None, NONE, Ignore, "nothing was taken away"),
]


@pytest.mark.parametrize(("event", "newest", "right", "intent", "reason"), TABLE)
def test_each_event_has_one_intent_with_its_reason(
    event: Event, newest: Run | None, right: Permission, intent: type, reason: str
) -> None:
    """The table above is what is decided."""
    decided = policy.decide(event, newest, Config(), right)
    assert (type(decided), decided.reason) == (intent, reason)


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
        (reviewed(), REVIEW, False, False),
        (ticked("stop"), CODING, True, True),
        (ticked("stop", comment=98), CODING, True, False),
        (ticked("stop"), None, True, False),
        (ticked("stop", actor=BOT), CODING, False, False),
        (ticked("dance"), CODING, False, False),
        (ticked("merge"), CODING, True, False),
        (InstallationChanged(3, "deleted"), None, False, False),
    ],
)
def test_nothing_is_looked_up_for_events_that_ask_for_nothing(
    event: Event, newest: Run | None, asks: bool, concerns: bool
) -> None:
    """Config and right are read from GitHub only when the decision needs them."""
    assert policy.asks_for_something(event) is asks
    assert policy.concerns_a_right(event, newest, Config()) is concerns


@pytest.mark.parametrize(
    ("merged", "kind", "intent"),
    [
        (True, "fix", FollowPull("@mona merged #2")),
        (False, "fix", CancelRun(Conclusion.CLOSED, "@mona closed #2")),
        (True, "review", CancelRun(Conclusion.CLOSED, "@mona merged #2")),
        (True, "ask", CancelRun(Conclusion.CLOSED, "@mona merged #2")),
        (False, "plan", CancelRun(Conclusion.CLOSED, "@mona closed #2")),
    ],
)
@pytest.mark.parametrize("state", [State.QUEUED, State.CODING, State.PUBLISHING, State.PAUSED])
def test_only_a_run_that_changes_something_is_merged(state: State, merged: bool, kind: str, intent: Intent) -> None:
    """Somebody's pull request that is merged while we read it is no merge of ours, and nothing of ours to revert."""
    assert policy.decide(changed("closed", merged=merged), run(state, kind=kind, pull=2), Config(), NONE) == intent


def test_to_stop_the_watching_leaves_it_merged() -> None:
    """What is merged stays so, and can be reverted still."""
    decided = policy.decide(said("/honk stop"), WATCHED, Config(), WRITE)
    assert isinstance(decided, CancelRun)
    assert decided.conclusion is Conclusion.MERGED
