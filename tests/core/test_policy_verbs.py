"""What each verb comes to, by the state of the thread's newest run, and what the boxes say."""

from dataclasses import replace
from datetime import datetime

import pytest

from ghapp.core import messages, policy
from ghapp.core.budget import MICROS
from ghapp.core.commands import Verb
from ghapp.core.config import Config
from ghapp.core.events import CommentCreated, Event
from ghapp.core.intents import (
    AllowPaths,
    Answer,
    AskAgent,
    CancelRun,
    DeployRun,
    Ignore,
    MergeRun,
    StartRun,
    TopUp,
    UpdateRun,
)
from ghapp.core.rights import Permission
from ghapp.core.run import FOLLOWED, Conclusion, Remark, Request, Run, State, Step, Trigger
from tests.core.policy_cases import (
    BOT,
    CI,
    CODING,
    CONFIG_FINDING,
    DONE,
    FIRST,
    HEAD,
    LATER,
    MAINTAIN,
    MERGED,
    MERGING,
    MONA,
    NO_LEAVE,
    NO_MONEY,
    QUEUED,
    REVIEW,
    THEIRS,
    TRIAGE,
    WATCHED,
    WRITE,
    labeled,
    on_their_branch,
    on_theirs,
    reading,
    run,
    said,
    ticked,
)

CLOSED = run(State.DONE, conclusion=Conclusion.CLOSED)
CONFIG = Config.parse("deploy: {staging: {role: write}, production: {}}")

TABLE: list[tuple[Event, Run | None, Permission, type, str]] = [
    # plan, ask, review
    (said("/honk plan"), None, TRIAGE, StartRun, "@mona said plan"),
    (said("/honk plan"), DONE, TRIAGE, StartRun, "@mona said plan"),
    (said("/honk plan"), WATCHED, TRIAGE, StartRun, "@mona said plan"),
    (said("/honk plan"), CODING, TRIAGE, Answer, "a run is open on this thread"),
    (said("/honk plan"), reading("ask", pull=None), TRIAGE, Answer, "a run is open on this thread"),
    (said("/honk ask why?"), None, TRIAGE, StartRun, "@mona said ask"),
    (said("/honk ask why?"), CODING, TRIAGE, Answer, "a run is open on this thread"),
    (said("/honk ask why?"), CI, TRIAGE, AskAgent, "@mona said ask"),
    (said("/honk ask why?", on_pull=True), REVIEW, TRIAGE, AskAgent, "@mona said ask"),
    (on_theirs("/honk ask why?"), on_their_branch(State.AWAITING_CI), TRIAGE, AskAgent, "@mona said ask"),
    (said("/honk ask why?", on_pull=True), WATCHED, TRIAGE, StartRun, "@mona said ask"),
    (on_theirs("/honk ask why?"), None, TRIAGE, StartRun, "@mona said ask"),
    (on_theirs("/honk ask why?"), reading("review"), TRIAGE, Answer, "a run is open on this thread"),
    (on_theirs("/honk review"), None, WRITE, StartRun, "@mona said review"),
    (on_theirs("/honk review"), reading("review", State.DONE), WRITE, StartRun, "@mona said review"),
    (said("/honk review"), None, WRITE, Answer, "there is no open pull request to review"),
    (said("/honk review"), DONE, WRITE, Answer, "there is no open pull request to review"),
    (said("/honk review", on_pull=True), FIRST, WRITE, Answer, "there is no open pull request to review"),
    (said("/honk review", on_pull=True), DONE, WRITE, StartRun, "@mona said review"),
    (said("/honk review", on_pull=True), REVIEW, WRITE, Answer, "a run is open on this thread"),
    (said("/honk plan"), run(trigger=Trigger(LATER, comment=5)), WRITE, Ignore, "this has started a run already"),
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
    # update
    (said("/honk update"), None, WRITE, Answer, "there is no open pull request of ours"),
    (said("/honk update"), CI, WRITE, UpdateRun, "@mona said update"),
    (said("/honk update", on_pull=True), MERGING, WRITE, UpdateRun, "@mona said update"),
    (on_theirs("/honk update"), on_their_branch(State.AWAITING_REVIEW), WRITE, UpdateRun, "@mona said update"),
    (said("/honk update"), CODING, WRITE, Answer, "it is still being changed"),
    (said("/honk update"), NO_MONEY, WRITE, Answer, "it is still being changed"),
    (said("/honk update"), WATCHED, WRITE, Answer, "it is merged already"),
    (said("/honk update"), DONE, WRITE, Answer, "the run of #2 has ended"),
    (on_theirs("/honk update"), reading("review"), WRITE, Answer, "there is no open pull request of ours"),
    # merge
    (said("/honk merge"), None, WRITE, Answer, "there is no open pull request of ours"),
    (said("/honk merge"), CI, WRITE, MergeRun, "@mona said merge"),
    (said("/honk merge", on_pull=True), REVIEW, WRITE, MergeRun, "@mona said merge"),
    (said("/honk merge"), MERGING, WRITE, MergeRun, "@mona said merge"),
    (on_theirs("/honk merge"), on_their_branch(State.AWAITING_REVIEW), WRITE, MergeRun, "@mona said merge"),
    (said("/honk merge"), QUEUED, WRITE, Answer, "it is still being changed"),
    (said("/honk merge"), FIRST, WRITE, Answer, "it is still being changed"),
    (said("/honk merge"), NO_LEAVE, WRITE, Answer, "it is still being changed"),
    (said("/honk merge"), WATCHED, WRITE, Answer, "it is merged already"),
    (said("/honk merge"), MERGED, WRITE, Answer, "it is merged already"),
    (said("/honk merge"), DONE, WRITE, Answer, "the run of #2 has ended"),
    (on_theirs("/honk merge"), reading("review"), WRITE, Answer, "there is no open pull request of ours"),
    # deploy
    (said("/honk deploy staging"), None, WRITE, Answer, "there is no commit to deploy"),
    (said("/honk deploy staging"), REVIEW, WRITE, DeployRun, "@mona said deploy"),
    (said("/honk deploy staging"), WATCHED, WRITE, DeployRun, "@mona said deploy"),
    (said("/honk deploy staging"), MERGED, WRITE, DeployRun, "@mona said deploy"),
    (said("/honk deploy staging"), CODING, WRITE, Answer, "it is still being changed"),
    (said("/honk deploy staging"), DONE, WRITE, Answer, "the run of #2 has ended"),
    (on_theirs("/honk deploy staging"), reading("review"), WRITE, Answer, "there is no commit to deploy"),
    (said("/honk deploy production"), WATCHED, WRITE, Answer, "mona has write, deploy needs maintain"),
    (said("/honk deploy production"), WATCHED, MAINTAIN, DeployRun, "@mona said deploy"),
    (said("/honk deploy Staging"), WATCHED, WRITE, Answer, "the environment is not known"),
    (said("/honk deploy mars"), WATCHED, TRIAGE, Answer, "mona has triage, deploy needs write"),
    # revert
    (said("/honk revert"), None, WRITE, Answer, "nothing is merged"),
    (said("/honk revert"), WATCHED, WRITE, StartRun, "@mona said revert"),
    (said("/honk revert", on_pull=True), MERGED, WRITE, StartRun, "@mona said revert"),
    (said("/honk revert"), run(State.DONE, conclusion=Conclusion.DEPLOYED), WRITE, StartRun, "@mona said revert"),
    (said("/honk revert"), REVIEW, WRITE, Answer, "nothing is merged"),
    (said("/honk revert"), DONE, WRITE, Answer, "nothing is merged"),
    (said("/honk revert"), run(State.CODING, kind="revert"), WRITE, Answer, "a run is open on this thread"),
    (
        said("/honk revert"),
        run(kind="revert", trigger=Trigger(LATER, comment=5)),
        WRITE,
        Ignore,
        "this has started a run already",
    ),
    (said("/honk revert"), run(State.DEPLOYING, kind="revert"), WRITE, StartRun, "@mona said revert"),
    # boxes
    (ticked("stop"), CODING, WRITE, CancelRun, "@mona said stop"),
    (ticked("stop"), DONE, WRITE, Answer, "no run is open"),
    (ticked("stop"), CODING, TRIAGE, Answer, "mona has triage, stop needs write"),
    (ticked("retry"), DONE, WRITE, StartRun, "@mona said retry"),
    (ticked("retry"), CODING, WRITE, Answer, "a run is open on this thread"),
    (ticked("retry"), run(trigger=Trigger(LATER)), WRITE, Ignore, "this has started a run already"),
    (ticked("merge", HEAD), CI, WRITE, MergeRun, "@mona said merge"),
    (ticked("merge", HEAD), CODING, WRITE, Answer, "it is still being changed"),
    (ticked("merge", HEAD), CI, TRIAGE, Answer, "mona has triage, merge needs write"),
    (ticked("merge"), CI, WRITE, Ignore, "the box names no commit"),
    (ticked("revert"), WATCHED, WRITE, StartRun, "@mona said revert"),
    (ticked("revert"), CI, WRITE, Answer, "nothing is merged"),
    (ticked("allow"), NO_LEAVE, MAINTAIN, AllowPaths, "@mona let 1 through"),
    (ticked("allow"), NO_LEAVE, WRITE, Answer, "mona has write, allow needs maintain"),
    (ticked("allow"), NO_MONEY, MAINTAIN, Answer, "no run waits for that"),
    (ticked("stop", actor=BOT), CODING, Permission.ADMIN, Ignore, "apps do not command"),
    (ticked("stop", comment=98), CODING, WRITE, Ignore, "the box is not in the newest run's status comment"),
    (ticked("stop"), None, WRITE, Ignore, "the box is not in the newest run's status comment"),
    (ticked("fix"), DONE, WRITE, Ignore, "the box 'fix' means nothing here"),
]


@pytest.mark.parametrize(("event", "newest", "right", "intent", "reason"), TABLE)
def test_each_verb_has_one_intent_with_its_reason(
    event: Event, newest: Run | None, right: Permission, intent: type, reason: str
) -> None:
    """The table above is what is decided."""
    decided = policy.decide(event, newest, CONFIG, right)
    assert (type(decided), decided.reason) == (intent, reason)


@pytest.mark.parametrize(
    ("event", "newest", "pull"),
    [
        pytest.param(said("/honk plan it"), None, None, id="an issue"),
        pytest.param(said("/honk plan it"), DONE, None, id="an issue whose pull request is closed"),
        pytest.param(said("/honk plan it", on_pull=True), DONE, 2, id="our pull request"),
        pytest.param(said("/honk plan it", on_pull=True), WATCHED, None, id="ours, after its merge"),
        pytest.param(said("/honk plan it", on_pull=True), CLOSED, None, id="ours, closed"),
        pytest.param(
            said("/honk plan it", on_pull=True), reading("ask", State.DONE, 2), 2, id="ours, after a question about it"
        ),
        pytest.param(on_theirs("/honk plan it"), None, THEIRS, id="somebody's pull request"),
        pytest.param(
            on_theirs("/honk plan it"), reading("plan", State.DONE), THEIRS, id="somebody's pull request, once more"
        ),
    ],
)
@pytest.mark.parametrize("verb", ["plan", "ask", "review", "fix"])
def test_a_run_knows_which_pull_request_it_is_about(
    verb: str, event: CommentCreated, newest: Run | None, pull: int | None
) -> None:
    """Said on an open pull request, ours or somebody's, it is about that one; else it begins anew."""
    event = replace(event, body=event.body.replace("plan", verb))
    decided = policy.decide(event, newest, Config(), WRITE)
    if verb == "review" and pull is None:
        assert isinstance(decided, Answer)
        assert "on the one that you mean" in decided.text
    else:
        assert decided == StartRun(verb, "it", Trigger(LATER, comment=5), f"@mona said {verb}", pull=pull)


def test_a_word_to_merge_is_about_what_was_seen_then() -> None:
    """The comment's time says which head it was, the box names it; both say who it is."""
    word = policy.decide(said("/honk merge"), REVIEW, Config(), WRITE)
    assert word == MergeRun(MONA, LATER, 5, "@mona said merge")
    tick = policy.decide(ticked("merge", "b" * 40), REVIEW, Config(), WRITE)
    assert tick == MergeRun(MONA, LATER, None, "@mona said merge", "b" * 40)


@pytest.mark.parametrize(
    ("event", "urgent"),
    [
        (said("/honk stop"), True),
        (said("well:\n\n/honk stop now"), True),
        (said("/honk stop", BOT), False),
        (said("stop"), False),
        (said("/honk"), False),
        (ticked("stop"), True),
        (ticked("retry"), False),
        (labeled(), False),
    ],
)
def test_only_a_stop_goes_before_all_that_waits(event: Event, urgent: bool) -> None:
    """A stop is carried out at once, said or ticked."""
    assert policy.is_urgent(event) is urgent


def test_a_question_brings_who_asks_and_what() -> None:
    """The agent of the pull request is asked just that."""
    decided = policy.decide(said("/honk ask why so?"), REVIEW, Config(), TRIAGE)
    assert decided == AskAgent(5, Remark("mona", "why so?"), "@mona said ask")


def test_what_is_still_changing_says_when_to_say_it_again() -> None:
    """The answer has the very words, and what the run is at."""
    decided = policy.decide(said("/honk deploy staging"), CODING, CONFIG, WRITE)
    assert isinstance(decided, Answer)
    assert "(working)" in decided.text
    assert "`/honk deploy staging` again" in decided.text


def test_a_deployment_names_where_to() -> None:
    """An environment of the config; any other is answered with those that there are."""
    decided = policy.decide(said("/honk deploy staging"), WATCHED, CONFIG, WRITE)
    assert decided == DeployRun("staging", MONA, "@mona said deploy")
    unknown = policy.decide(said("/honk deploy mars"), WATCHED, CONFIG, WRITE)
    assert isinstance(unknown, Answer)
    assert "`staging`, `production`" in unknown.text


def test_a_revert_is_of_the_merged_pull_request() -> None:
    """By word or by box, the run is told which one it undoes."""
    for event, trigger in ((said("/honk revert"), Trigger(LATER, comment=5)), (ticked("revert"), Trigger(LATER))):
        decided = policy.decide(event, WATCHED, Config(), WRITE)
        assert decided == StartRun("revert", "", trigger, "@mona said revert", pull=2)


@pytest.mark.parametrize(
    ("last", "pull"),
    [
        (DONE, None),
        (reading("review", State.DONE), THEIRS),
        (replace(on_their_branch(State.AWAITING_CI), state=State.DONE, conclusion=Conclusion.FAILED), THEIRS),
        (run(State.DONE, kind="revert", pull=9, reverts=2), 2),
    ],
)
def test_another_try_is_about_the_same_pull_request(last: Run, pull: int | None) -> None:
    """A pull request of our own is left as it is, and the next try opens its own."""
    decided = policy.decide(ticked("retry"), last, Config(), WRITE)
    assert isinstance(decided, StartRun)
    assert (decided.kind, decided.pull) == (last.kind, pull)


def test_a_leave_by_box_is_given_once_for_each_tick() -> None:
    """The comment is always the same one, so it is the time of the tick that tells two of them apart."""
    first = policy.decide(ticked("allow"), NO_LEAVE, Config(), MAINTAIN)
    assert isinstance(first, AllowPaths)
    paused_again = replace(NO_LEAVE, notes=(first.note,))
    assert isinstance(policy.decide(ticked("allow"), paused_again, Config(), MAINTAIN), Answer)
    later = replace(ticked("allow"), at="2026-11-01T12:00:00Z")
    assert isinstance(policy.decide(later, paused_again, Config(), MAINTAIN), AllowPaths)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", ["merge", "update", "deploy staging"])
def test_nothing_touches_a_pull_request_that_is_being_changed(verb: str, state: State) -> None:
    """Merge, update and deploy act on parked runs only, and deploy on merged ones too."""
    decided = policy.decide(said(f"/honk {verb}"), run(state), CONFIG, WRITE)
    acts = state in FOLLOWED or (state is State.DEPLOYING and verb == "deploy staging")
    assert isinstance(decided, MergeRun | UpdateRun | DeployRun) == acts


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_every_verb_has_an_answer_in_every_state(verb: Verb, state: State) -> None:
    """Whatever is said whenever it is said, something is done or said, and never nothing."""
    words = {"ask": "ask why?", "deploy": "deploy staging", "budget": "budget +5"}.get(verb, verb)
    for newest in (None, run(state), reading("review", state)):
        for event in (said(f"/honk {words}"), said(f"/honk {words}", on_pull=True), on_theirs(f"/honk {words}")):
            decided = policy.decide(event, newest, CONFIG, Permission.ADMIN)
            assert not isinstance(decided, Ignore)
            assert decided.reason


def test_a_retry_asks_for_the_same_again() -> None:
    """Kind, instruction and model of the last run are those of the next."""
    last = run(State.DONE, model="claude-opus-5-5", request=Request("t", "b", "only the parser"))
    decided = policy.decide(said("/honk retry"), last, Config(), WRITE)
    assert decided == StartRun(
        "fix", "only the parser", Trigger(LATER, comment=5), "@mona said retry", "claude-opus-5-5"
    )


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
