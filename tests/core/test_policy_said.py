"""What is said and pressed in the chat, as far as it came through to a thread: each comes to one intent."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core import policy
from ghapp.core.budget import MICROS
from ghapp.core.chat import Speaker
from ghapp.core.commands import Verb
from ghapp.core.config import Config
from ghapp.core.events import ButtonPressed, MessageWritten
from ghapp.core.intents import (
    AllowPaths,
    Answer,
    AskAgent,
    BuildRun,
    CancelRun,
    DeployRun,
    Ignore,
    MergeRun,
    StartRun,
    SteerRun,
    TellStatus,
    TopUp,
    UpdateRun,
)
from ghapp.core.policy.verbs import LISTENING, MAX_REMARK
from ghapp.core.rights import Permission
from ghapp.core.run import FOLLOWED, Remark, Run, State, Step, Trigger
from tests.core.policy_cases import (
    BOT,
    CI,
    CODING,
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
    NONE,
    PUBLISHING,
    QUEUED,
    REVIEW,
    TALK,
    TRIAGE,
    WATCHED,
    WRITE,
    chatted,
    on_their_branch,
    reading,
    run,
)

CONFIG = Config.parse("deploy: {staging: {role: write}, production: {}}")
WORDS = "The button is still grey."
QUESTION = "Why is it grey?"
NUMBER = chatted("").number

TABLE: list[tuple[str, Run | None, Permission, type, str]] = [
    # words
    (WORDS, CODING, WRITE, SteerRun, "@mona steers"),
    (WORDS, QUEUED, WRITE, SteerRun, "@mona steers"),
    (WORDS, NO_MONEY, WRITE, SteerRun, "@mona steers"),
    (WORDS, NO_LEAVE, WRITE, SteerRun, "@mona steers"),
    (WORDS, CI, WRITE, SteerRun, "@mona steers"),
    (WORDS, REVIEW, WRITE, SteerRun, "@mona steers"),
    (WORDS, MERGING, WRITE, SteerRun, "@mona steers"),
    (WORDS, WATCHED, WRITE, StartRun, "@mona said fix"),
    (WORDS, MERGED, WRITE, StartRun, "@mona said fix"),
    (WORDS, DONE, WRITE, StartRun, "@mona said fix"),
    (WORDS, reading("plan", State.DONE), WRITE, StartRun, "@mona said fix"),
    (WORDS, None, WRITE, StartRun, "@mona said fix"),
    (WORDS, CODING, TRIAGE, Answer, "mona has triage, fix needs write"),
    (WORDS, REVIEW, NONE, Answer, "mona has none, fix needs write"),
    # questions
    (QUESTION, CODING, WRITE, SteerRun, "@mona steers"),
    (QUESTION, NO_LEAVE, WRITE, SteerRun, "@mona steers"),
    (QUESTION, CODING, TRIAGE, Answer, "mona has triage, fix needs write"),
    (QUESTION, CI, TRIAGE, AskAgent, "@mona said ask"),
    (QUESTION, REVIEW, TRIAGE, AskAgent, "@mona said ask"),
    (QUESTION, WATCHED, TRIAGE, StartRun, "@mona said ask"),
    (QUESTION, DONE, TRIAGE, StartRun, "@mona said ask"),
    (QUESTION, None, TRIAGE, StartRun, "@mona said ask"),
    (QUESTION, REVIEW, Permission.READ, Answer, "mona has read, ask needs triage"),
    ("Can you make it blue?", REVIEW, WRITE, SteerRun, "@mona steers"),
    # nothing
    ("", CODING, WRITE, Ignore, "nothing is asked for in it"),
    ("  \n", DONE, WRITE, Ignore, "nothing is asked for in it"),
    ("Thank you so much, Honk!", DONE, WRITE, Ignore, "nothing is asked for in it"),
    ("👍 :tada::+1:", REVIEW, WRITE, Ignore, "nothing is asked for in it"),
    ("Thanks, but it is still grey", REVIEW, WRITE, SteerRun, "@mona steers"),
    ("great, now the other one", DONE, WRITE, StartRun, "@mona said fix"),
    ("thanksgiving", CODING, WRITE, SteerRun, "@mona steers"),
    # commands
    ("/honk", None, WRITE, StartRun, "@mona said fix"),
    ("/honk fix", reading("plan", State.DONE), WRITE, StartRun, "@mona said fix"),
    ("/honk fix", CODING, WRITE, Answer, "a run is open on this thread"),
    ("/honk fix the other one", REVIEW, WRITE, SteerRun, "@mona steers"),
    ("/honk plan", None, TRIAGE, StartRun, "@mona said plan"),
    ("/honk plan", REVIEW, TRIAGE, Answer, "a run is open on this thread"),
    ("/honk ask why?", REVIEW, TRIAGE, AskAgent, "@mona said ask"),
    ("/honk review", REVIEW, WRITE, Answer, "there is no open pull request to review"),
    ("/honk stop", CODING, WRITE, CancelRun, "@mona said stop"),
    ("/honk stop", NO_LEAVE, WRITE, CancelRun, "@mona said stop"),
    ("/honk stop", REVIEW, WRITE, CancelRun, "@mona said stop"),
    ("/honk stop", WATCHED, WRITE, CancelRun, "@mona said stop: it is merged, and not watched any more"),
    ("/honk stop", DONE, WRITE, Answer, "no run is open"),
    ("/honk stop", None, WRITE, Answer, "no run is open"),
    ("/honk stop", CODING, TRIAGE, Answer, "mona has triage, stop needs write"),
    ("/honk retry", DONE, WRITE, StartRun, "@mona said retry"),
    ("/honk retry", CODING, WRITE, Answer, "a run is open on this thread"),
    ("/honk retry", None, WRITE, Answer, "there was no run"),
    ("/honk status", CODING, TRIAGE, TellStatus, "status was asked for"),
    ("/honk why", CODING, TRIAGE, Answer, "the reason was asked for"),
    ("/honk help", None, TRIAGE, Answer, "help was asked for"),
    ("/honk merge", CI, WRITE, MergeRun, "@mona said merge"),
    ("/honk merge", REVIEW, WRITE, MergeRun, "@mona said merge"),
    ("/honk merge", MERGING, WRITE, MergeRun, "@mona said merge"),
    ("/honk merge", on_their_branch(State.AWAITING_REVIEW), WRITE, MergeRun, "@mona said merge"),
    ("/honk merge", CODING, WRITE, Answer, "it is still being changed"),
    ("/honk merge", FIRST, WRITE, Answer, "it is still being changed"),
    ("/honk merge", WATCHED, WRITE, Answer, "it is merged already"),
    ("/honk merge", MERGED, WRITE, Answer, "it is merged already"),
    ("/honk merge", DONE, WRITE, Answer, "the run of #2 has ended"),
    ("/honk merge", None, WRITE, Answer, "there is no open pull request of ours"),
    ("/honk merge", REVIEW, TRIAGE, Answer, "mona has triage, merge needs write"),
    ("/honk deploy staging", WATCHED, WRITE, DeployRun, "@mona said deploy"),
    ("/honk deploy production", WATCHED, WRITE, Answer, "mona has write, deploy needs maintain"),
    ("/honk deploy mars", WATCHED, WRITE, Answer, "the environment is not known"),
    ("/honk revert", WATCHED, WRITE, StartRun, "@mona said revert"),
    ("/honk revert", MERGED, WRITE, StartRun, "@mona said revert"),
    ("/honk revert", REVIEW, WRITE, Answer, "nothing is merged"),
    ("/honk update", REVIEW, WRITE, UpdateRun, "@mona said update"),
    ("/honk update", CODING, WRITE, Answer, "it is still being changed"),
    ("/honk build", REVIEW, WRITE, BuildRun, "@mona said build"),
    ("/honk build", None, WRITE, Answer, "there is no pull request of ours"),
    ("/honk budget +5", NO_MONEY, WRITE, TopUp, "@mona added $5.00"),
    ("/honk budget +21", CODING, WRITE, Answer, "mona may raise it to $25.00"),
    ("/honk budget +5", DONE, WRITE, Answer, "no run is open"),
    ("/honk allow", NO_LEAVE, MAINTAIN, AllowPaths, "@mona let 1 through"),
    ("/honk allow", NO_LEAVE, WRITE, Answer, "mona has write, allow needs maintain"),
    ("/honk allow", PUBLISHING, MAINTAIN, Answer, "no run waits for that"),
    # what is no command
    ("/honk frobnicate", REVIEW, WRITE, Answer, "the command was not understood: unknown"),
    ("/honk budget", REVIEW, WRITE, Answer, "the command was not understood: missing"),
    ("/honk merge it", REVIEW, WRITE, Answer, "the command was not understood: argument"),
    ("/honk merge\n/honk revert", REVIEW, WRITE, Answer, "the command was not understood: several"),
    ("/honk merge\n/honk stop", REVIEW, WRITE, CancelRun, "@mona said stop"),
    ("/honk frobnicate", REVIEW, Permission.READ, Answer, "mona has read, help needs triage"),
]


@pytest.mark.parametrize(("text", "newest", "right", "intent", "reason"), TABLE)
def test_each_word_has_one_intent_with_its_reason(
    text: str, newest: Run | None, right: Permission, intent: type, reason: str
) -> None:
    """The table above is what is decided."""
    decided = policy.decide(chatted(text), newest, CONFIG, right)
    assert (type(decided), decided.reason) == (intent, reason)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_every_verb_has_an_answer_in_every_state(verb: Verb, state: State) -> None:
    """Whatever is said or pressed whenever it is, something is done or said, and never nothing."""
    words = {"ask": "ask why?", "deploy": "deploy staging", "budget": "budget +5"}.get(verb, verb)
    for newest in (None, run(state), reading("review", state), on_their_branch(state)):
        decided = policy.decide(chatted(f"/honk {words}"), newest, CONFIG, Permission.ADMIN)
        assert not isinstance(decided, Ignore)
        assert decided.reason


@pytest.mark.parametrize("state", State)
def test_words_reach_whatever_run_there_is(state: State) -> None:
    """They steer the one at work and wake the one that waits; where it is over, they begin anew."""
    decided = policy.decide(chatted(WORDS), run(state), Config(), WRITE)
    if state in LISTENING | FOLLOWED:
        assert decided == SteerRun(NUMBER, Remark("mona", WORDS), True, "@mona steers")
    else:
        assert decided == StartRun("fix", WORDS, Trigger(LATER, comment=NUMBER), "@mona said fix")


def test_a_question_brings_who_asks_and_what() -> None:
    """The agent of the open pull request is asked just that; where there is none, a run of its own finds out."""
    assert policy.decide(chatted(QUESTION), REVIEW, Config(), TRIAGE) == AskAgent(
        NUMBER, Remark("mona", QUESTION), "@mona said ask"
    )
    assert policy.decide(chatted(QUESTION), DONE, Config(), TRIAGE) == StartRun(
        "ask", QUESTION, Trigger(LATER, comment=NUMBER), "@mona said ask"
    )


def test_words_are_bounded() -> None:
    """However long a message is."""
    decided = policy.decide(chatted("x" * 40_000), CODING, Config(), WRITE)
    assert isinstance(decided, SteerRun)
    assert len(decided.remark.body) == MAX_REMARK


def test_a_word_to_merge_is_about_what_was_seen() -> None:
    """The button names the commit, whatever the head is now; a word has the time at which it was said."""
    pressed = policy.decide(chatted("/honk merge", "b" * 40), REVIEW, Config(), WRITE)
    assert pressed == MergeRun(MONA, LATER, NUMBER, "@mona said merge", "b" * 40)
    typed = policy.decide(chatted("/honk merge"), REVIEW, Config(), WRITE)
    assert typed == MergeRun(MONA, LATER, NUMBER, "@mona said merge", None)
    assert policy.decide(chatted("/honk merge", HEAD), WATCHED, Config(), WRITE).reason == "it is merged already"


def test_the_first_word_of_a_talk_starts_one_run() -> None:
    """When it comes once more, that run is there already."""
    first = policy.decide(chatted("/honk fix"), None, Config(), WRITE)
    assert first == StartRun("fix", "", Trigger(LATER, comment=NUMBER), "@mona said fix")
    again = policy.decide(chatted("/honk fix"), run(trigger=Trigger(LATER, comment=NUMBER)), Config(), WRITE)
    assert (type(again), again.reason) == (Ignore, "this has started a run already")


@pytest.mark.parametrize("text", ["/honk retry", "/honk revert", WORDS])
def test_a_press_that_is_told_twice_starts_one_run(text: str) -> None:
    """One press is one word, and two presses are two: the second finds the run of the first at work."""
    newest = WATCHED if "revert" in text else DONE
    first = policy.decide(chatted(text), newest, Config(), WRITE)
    assert isinstance(first, StartRun)
    begun = run(kind=first.kind, trigger=first.trigger)
    assert isinstance(policy.decide(chatted(text), begun, Config(), WRITE), Ignore | Answer)
    other = replace(chatted(text), number=NUMBER + 1)
    assert not isinstance(policy.decide(other, begun, Config(), WRITE), StartRun)


def test_money_is_added_once_for_each_press() -> None:
    """The note in the run tells that this very press was acted on; another one adds more."""
    first = policy.decide(chatted("/honk budget +5"), NO_MONEY, Config(), WRITE)
    assert isinstance(first, TopUp)
    assert first.micros == 5 * MICROS
    after = run(budget=NO_MONEY.budget.raised(first.micros), notes=(first.note,))
    assert isinstance(policy.decide(chatted("/honk budget +5"), after, Config(), WRITE), Answer)
    another = replace(chatted("/honk budget +5"), number=NUMBER + 1)
    assert isinstance(policy.decide(another, after, Config(), WRITE), TopUp)


def test_a_leave_is_given_once_for_each_press_and_never_before_it_was_shown() -> None:
    """When the press comes again the run may wait for other files; a press of before was about others, too."""
    first = policy.decide(chatted("/honk allow"), NO_LEAVE, Config(), MAINTAIN)
    assert isinstance(first, AllowPaths)
    again = policy.decide(chatted("/honk allow"), replace(NO_LEAVE, notes=(first.note,)), Config(), MAINTAIN)
    assert again.reason == "it was allowed before"
    later = Step(State.PAUSED, datetime.fromisoformat(LATER).timestamp() + 60)
    early = policy.decide(chatted("/honk allow"), replace(NO_LEAVE, history=(later,)), Config(), MAINTAIN)
    assert early.reason == "it was said before that was shown"


@pytest.mark.parametrize("text", ["/honk stop", "/honk merge", WORDS, ""])
def test_an_app_says_nothing_here_either(text: str) -> None:
    """Whoever is no person at GitHub commands nothing, with whatever right."""
    decided = policy.decide(chatted(text, HEAD, BOT), CODING, Config(), Permission.ADMIN)
    assert (type(decided), decided.reason) == (Ignore, "apps do not command")


@pytest.mark.parametrize("text", ["/honk merge", WORDS, QUESTION, "", "/honk frobnicate"])
def test_whoever_says_something_has_their_right_looked_up(text: str) -> None:
    """Each time, and with the config."""
    assert policy.concerns_a_right(chatted(text), None, Config())
    assert policy.asks_for_something(chatted(text))
    assert not policy.is_told_again(chatted(text), chatted(text))


SPEAKER = Speaker("T1", "U1")


@pytest.mark.parametrize(
    ("event", "urgent"),
    [
        (chatted("/honk stop"), True),
        (chatted("/honk stop now, please"), True),
        (chatted("stop"), False),  # the desk makes the command of it
        (chatted("/honk merge", HEAD), False),
        (ButtonPressed(TALK, SPEAKER, "stop", "", "1.000001", "1.000002", LATER), True),
        (ButtonPressed(TALK, SPEAKER, "merge", HEAD, "1.000001", "1.000002", LATER), False),
        (MessageWritten(TALK, SPEAKER, "stop", "1.000001", LATER, addressed=True), False),
    ],
)
def test_only_a_stop_goes_before_all_that_waits(event: ButtonPressed | MessageWritten, urgent: bool) -> None:
    """Said, or pressed, or put on a message as a sign."""
    assert policy.is_urgent(event) is urgent


@given(
    st.text()
    | st.lists(st.sampled_from([":+:", "+", ":", "ok", "thanks", " ", "/honk", "?", "why", "\n"])).map("".join)
)
def test_no_text_does_harm(text: str) -> None:
    """Whatever is said, there is one intent; below triage it changes nothing and starts nothing."""
    for newest in (None, CODING, REVIEW, DONE):
        decided = policy.decide(chatted(text), newest, Config(), Permission.READ)
        assert isinstance(decided, Answer | Ignore)


def test_kind_words_are_read_at_once() -> None:
    """No row of signs is work, however long."""
    assert isinstance(policy.decide(chatted(":+" * 20_000 + "x"), REVIEW, Config(), WRITE), SteerRun)
