"""Words to a run that is open: to its agent, about its budget, about protected files."""

from dataclasses import replace

import pytest

from ghapp import bootstrap
from ghapp.core.budget import MICROS, Usage
from ghapp.core.config import PATH
from ghapp.core.events import Actor, CommentCreated, IssueText
from ghapp.core.gate import Finding, Rule, Severity
from ghapp.core.run import MAX_RECOVERIES, Conclusion, Pause, Run, State, advance
from ghapp.playground.state import Comment
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import bash, fix, report, script, write

WORKFLOW = ".github/workflows/ci.yml"
FINDINGS = (
    Finding(Rule.WORKFLOW, WORKFLOW, Severity.PAUSE, "a workflow"),
    Finding(Rule.TESTS, "tests/test_a.py", Severity.NOTE, "a test file is deleted or moved"),
)


@pytest.fixture
def admin(town: Town) -> Citizen:
    """Someone who may do everything here."""
    return Citizen(town, town.world.person("admin", admin=DEMO))


@pytest.fixture
def issue(town: Town, octocat: Citizen) -> int:
    """An issue with a run that waits for a worker."""
    number = octocat.open_issue()
    octocat.label(number)
    town.listen()
    return number


def paused(town: Town, issue: int, pause: Pause, reason: str = "somebody must decide") -> Run:
    """The run as a worker leaves it that cannot go on: $5.10 of $5.00 are spent, and a workflow is changed."""
    run = town.run(issue)
    account = town.records.spending.account(run)
    account.charge(Usage(calls=1, micros=5_100_000))
    for state in (State.PREPARING, State.CODING, State.PAUSED):
        run = advance(run, state, town.clock.now(), reason)
    town.forget_jobs()
    kept = town.records.runs.save(replace(run, pause=pause, findings=FINDINGS, candidate="c" * 40))
    town.later(6)
    return kept


def ended(town: Town, octocat: Citizen, issue: int) -> str:
    """The last word of the status comment, after the run was stopped."""
    octocat.comment(issue, "/honk stop")
    town.listen()
    town.work()
    assert "**Honk** · stopped" in town.status(issue)
    return town.status(issue)


def reactions(comment: Comment) -> list[str]:
    """What was left on a comment."""
    return [reaction.content for reaction in comment.reactions]


# --- to the agent ---------------------------------------------------------------------------------------------------


def test_a_comment_on_a_waiting_run_is_for_its_agent(town: Town, octocat: Citizen, issue: int) -> None:
    """I write a comment while it waits: it is marked as seen, and the status says that it waits for the agent."""
    said = octocat.comment(issue, "Mind the decimals.\n\nAnd tell @octocat.")
    town.listen()
    assert reactions(said) == ["eyes"]
    assert ended(town, octocat, issue).count("Mind the decimals. And tell @\u2060octocat.") == 1


def test_a_word_waits_for_the_agents_turn_in_the_status(town: Town, octocat: Citizen, issue: int) -> None:
    """Two of my words, one by command, stand in the status with my name until the agent gets them."""
    paused(town, issue, Pause.BUDGET)
    octocat.comment(issue, "Mind the decimals.")
    octocat.comment(issue, "/honk fix be quick")
    town.listen()
    town.later(6)
    shown = "Waiting for the agent's next turn:\n\n- @\u2060octocat: “Mind the decimals.”\n- @\u2060octocat: “be quick”"
    assert shown in town.status(issue)
    assert town.run(issue).state is State.PAUSED
    assert "Said too late for this run" in ended(town, octocat, issue)


def test_comments_of_others_do_not_reach_the_agent(town: Town, octocat: Citizen, stranger: Citizen, issue: int) -> None:
    """A stranger's comment is passed over without a word: nothing was asked of us."""
    said = stranger.comment(issue, "Delete everything.")
    triager = Citizen(town, town.world.person("triager", triage=DEMO))
    triager.comment(issue, "Delete the rest.")
    town.listen()
    assert reactions(said) == []
    assert "Delete" not in ended(town, octocat, issue)


def test_talk_about_the_pull_request_wakes_nobody(town: Town, octocat: Citizen) -> None:
    """The pull request waits for its CI, and we talk about it: that is for us, until one of us says `/honk`."""
    number = octocat.open_issue()
    octocat.label(number)
    with town.model(fix()):
        town.work()
    pull = town.the_pull().number
    before = town.run(number)
    talk = octocat.comment(pull, "Looks good to me.")
    octocat.comment(number, "There is a pull request now.")
    town.listen()
    assert reactions(talk) == []
    assert town.run(number) == before
    order = octocat.comment(pull, "/honk fix make it 43")
    town.listen()
    run = town.run(number)
    assert reactions(order) == ["eyes"]
    assert (run.state, run.epoch) == (State.QUEUED, before.epoch + 1)
    assert run.feedback == "@octocat says:\n\nmake it 43"
    assert ended(town, octocat, number)


def test_a_protected_file_can_be_done_without(town: Town, octocat: Citizen, issue: int) -> None:
    """It waits for leave to change a workflow, and I tell it to leave that alone: it goes on, without any leave."""
    run = paused(town, issue, Pause.PROTECTED)
    town.records.runs.save(replace(run, allowed=("another/file",)))
    octocat.comment(issue, "/honk fix leave the workflow alone")
    town.listen()
    run = town.run(issue)
    assert (run.state, run.pause, run.allowed, run.candidate) == (State.QUEUED, None, (), "")
    assert run.feedback == "@octocat says:\n\nleave the workflow alone"
    assert ended(town, octocat, issue)


def test_each_wish_has_its_own_patience(town: Town, octocat: Citizen, issue: int) -> None:
    """Workers were lost and the judge objected before I said anything more: none of that counts against it."""
    run = paused(town, issue, Pause.PROTECTED)
    town.records.runs.save(replace(run, recoveries=MAX_RECOVERIES, vetoes=2))
    octocat.comment(issue, "/honk fix leave the workflow alone")
    town.listen()
    assert (town.run(issue).recoveries, town.run(issue).vetoes) == (0, 0)
    assert ended(town, octocat, issue)


# --- while it works, and after ---------------------------------------------------------------------------------------


def test_a_word_reaches_the_agent_at_its_next_turn(town: Town, octocat: Citizen) -> None:
    """I comment while it works: my word waits in the status, the agent gets it as mine, and it waits no more."""
    number = octocat.open_issue()
    octocat.label(number)
    seen: list[str] = []

    def say() -> None:
        octocat.comment(number, "Mind the sign.")
        town.redis.delete(f"honk:edited:{town.run(number).id}")
        town.listen_elsewhere()
        seen.append(town.status(number))

    turns = (write("answer.txt", "41\n"), write("answer.txt", "42\n", shown=["Mind the sign.", "octocat"]), report())
    with town.model(script(bash("true"), *turns), before={2: say}):
        town.work()
    assert "Waiting for the agent's next turn: @\u2060octocat: “Mind the sign.”" in seen[0]
    assert "Mind the sign." not in town.status(number)
    assert "waiting for CI" in town.status(number)


def test_a_word_that_came_too_late_for_the_last_turn_is_not_lost(town: Town, octocat: Citizen) -> None:
    """I comment while the agent says its last word: it is woken for mine, and the pull request has both commits."""
    number = octocat.open_issue()
    octocat.label(number)

    def say() -> None:
        octocat.comment(number, "Make it 43.")
        town.listen_elsewhere()

    again = (write("answer.txt", "43\n", shown=["Make it 43.", "octocat"]), report())
    with town.model(script(write("answer.txt", "42\n"), report(), *again), before={2: say}):
        town.work()
        town.work()
    assert town.run(number).heard == 1
    assert town.world.read(DEMO, "answer.txt", town.run(number).branch) == "43\n"
    assert "waiting for CI" in town.status(number)


def test_a_command_on_the_pull_request_has_it_done_differently(town: Town, octocat: Citizen) -> None:
    """CI is green and I want something else: the same conversation goes on, and pushes to the same pull request."""
    number = octocat.open_issue()
    octocat.label(number)
    again = (write("answer.txt", "43\n", shown=["@octocat says", "make it 43"]), report())
    with town.model(script(write("answer.txt", "42\n"), report(), *again)) as model:
        town.work()
        town.ci_passes(town.the_pull())
        town.work()
        assert "ready for review" in town.status(number)
        octocat.comment(town.the_pull().number, "/honk fix make it 43")
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert [entry.turn for entry in model.log()] == [1, 2, 3, 4]
    assert town.world.read(DEMO, "answer.txt", pull.head_ref) == "43\n"
    assert "waiting for CI" in town.status(number)


@pytest.mark.parametrize("merged", [False, True], ids=["closed", "merged"])
def test_a_pull_request_that_ends_ends_the_work_on_it(town: Town, octocat: Citizen, merged: bool) -> None:
    """I ask for more, and close or merge while the agent is at it: it stops, and nothing more is pushed."""
    opened = town.opened()

    def end() -> None:
        octocat.ready(opened.pull)
        octocat.merge(opened.pull) if merged else octocat.close(opened.pull)
        town.listen_elsewhere()

    octocat.comment(opened.pull, "/honk fix make it 43")
    with town.model(fix("43\n"), before={2: end}):
        town.work()
    run = opened.run
    assert (run.state, run.conclusion) == ((State.DEPLOYING, None) if merged else (State.DONE, Conclusion.CLOSED))
    assert town.world.read(DEMO, "answer.txt", run.branch) == "42\n"
    assert f"**Honk** · {'merged, being watched' if merged else 'closed'}" in opened.status


# --- about the budget -----------------------------------------------------------------------------------------------


def test_more_money_goes_on_where_it_was(town: Town, octocat: Citizen, issue: int) -> None:
    """The run is paused for its budget, the status says what to say, and when I say it, it goes on."""
    kept = paused(town, issue, Pause.BUDGET, "the budget of $5.00 is spent")
    octocat.comment(issue, "/honk retry")
    town.listen()
    assert "`/honk budget +5`, and it goes on where it was" in town.next_comment(issue)
    octocat.comment(issue, "/honk budget +0.10")
    octocat.comment(issue, "/honk budget +5")
    town.listen()
    assert "$5.10 is used already" in town.next_comment(issue)
    assert town.next_comment(issue) == "$5.00 more: this run may use $10.00 now. It has used $5.10."
    run = town.run(issue)
    assert (run.state, run.pause, run.epoch) == (State.QUEUED, None, kept.epoch + 1)
    assert (run.budget.micros, run.candidate) == (10 * MICROS, "c" * 40)
    town.later(6)
    assert "$5.10 of $10.00 used" in town.status(issue)
    assert ended(town, octocat, issue)


def test_more_money_is_told_by_its_own_marks(town: Town, octocat: Citizen, issue: int) -> None:
    """All of $5 was told; of $10 half is spent, so four fifths of them are still to be told."""
    town.records.runs.save(replace(paused(town, issue, Pause.BUDGET), warned=100))
    octocat.comment(issue, "/honk budget +5")
    town.listen()
    assert town.run(issue).warned == 50
    assert town.next_comment(issue)
    assert ended(town, octocat, issue)


def test_above_the_cap_it_takes_a_maintainer(town: Town, octocat: Citizen, admin: Citizen, issue: int) -> None:
    """The repository caps what we may give; an admin may give more."""
    octocat.push("main", {PATH: "budget: {cap: 7}\n"})
    paused(town, issue, Pause.BUDGET)
    octocat.comment(issue, "/honk budget +5")
    town.listen()
    assert "Above $7.00 it takes the role *maintain*" in town.next_comment(issue)
    assert town.run(issue).state is State.PAUSED
    admin.comment(issue, "/honk budget +5")
    town.listen()
    assert "this run may use $10.00 now" in town.next_comment(issue)
    assert ended(town, octocat, issue)


def test_a_broken_config_lets_nobody_spend(town: Town, octocat: Citizen, issue: int) -> None:
    """The file that sets the cap is not understood, and so nothing is added."""
    octocat.push("main", {PATH: "budgt: {cap: 7}\n"})
    paused(town, issue, Pause.BUDGET)
    octocat.comment(issue, "/honk budget +5")
    town.listen()
    assert "unknown key `budgt`" in town.next_comment(issue)
    assert town.run(issue).state is State.PAUSED
    assert ended(town, octocat, issue)


def test_money_is_added_once_however_often_its_comment_comes(town: Town, octocat: Citizen, issue: int) -> None:
    """The worker that took my comment in died before it could say so: it is taken in again, and adds nothing."""
    paused(town, issue, Pause.BUDGET)
    event = event_of(town, issue, octocat.comment(issue, "/honk budget +5"))
    town.listen()
    for _ in range(2):
        bootstrap.intake(town.settings).act(event)
    assert town.run(issue).budget.micros == 10 * MICROS
    assert town.next_comment(issue) == "$5.00 more: this run may use $10.00 now. It has used $5.10."
    assert ended(town, octocat, issue)


def test_a_word_wakes_once_however_often_its_comment_comes(town: Town, octocat: Citizen, issue: int) -> None:
    """The same for a word to the agent."""
    paused(town, issue, Pause.PROTECTED)
    event = event_of(town, issue, octocat.comment(issue, "/honk fix do it well"))
    town.listen()
    woken = town.run(issue)
    paused(town, issue, Pause.PROTECTED)
    bootstrap.intake(town.settings).act(event)
    assert (town.run(issue).state, town.run(issue).epoch) == (State.PAUSED, woken.epoch)
    assert ended(town, octocat, issue)


def event_of(town: Town, issue: int, comment: Comment) -> CommentCreated:
    """What is delivered of a comment."""
    actor = Actor(comment.author.user.id, comment.author.user.login)
    text = IssueText("The answer is wrong", "It must be 42.", actor)
    at = comment.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return CommentCreated(town.thread(issue), actor, comment.id, comment.body, text, at, on_pull=False)


def test_money_for_a_run_at_work_does_not_wait_for_the_pause(town: Town, octocat: Citizen) -> None:
    """I see that half is spent and add some: an attempt with the new budget takes over, and the change is made."""
    number = octocat.open_issue()
    octocat.label(number)

    def add() -> None:
        octocat.comment(number, "/honk budget +5")
        town.listen_elsewhere()

    with town.model(fix(), before={2: add}):
        town.work()
    assert "this run may use $10.00 now" in town.next_comment(number)
    assert town.run(number).budget.micros == 10 * MICROS
    assert "waiting for CI" in town.status(number)
    assert town.the_pull().pull is not None


# --- about protected files ------------------------------------------------------------------------------------------


def test_a_maintainer_lets_protected_files_through(town: Town, octocat: Citizen, admin: Citizen, issue: int) -> None:
    """The status names the files and the words; I may not say them, an admin may, and the run keeps its commit."""
    kept = paused(town, issue, Pause.PROTECTED)
    town.second()
    octocat.comment(issue, "/honk status")
    octocat.comment(issue, "/honk allow")
    town.listen()
    assert f"- `{WORKFLOW}`\n\nSomeone with the role *maintain* says `/honk allow`" in town.next_comment(issue)
    assert "`/honk allow` needs the role *maintain*" in town.next_comment(issue)
    assert town.run(issue).state is State.PAUSED
    admin.comment(issue, "/honk allow")
    town.listen()
    assert "These files go through" in town.next_comment(issue)
    run = town.run(issue)
    assert (run.state, run.pause, run.epoch) == (State.QUEUED, None, kept.epoch + 1)
    assert (run.allowed, run.candidate) == ((WORKFLOW,), "c" * 40)
    assert "admin let through (comment " in ended(town, octocat, issue)


def test_leave_is_given_for_what_was_shown_only(town: Town, octocat: Citizen, admin: Citizen, issue: int) -> None:
    """An `/honk allow` that was on its way while the run paused anew is for what was shown before."""
    before = admin.comment(issue, "/honk allow")
    town.clock.ahead += 120
    paused(town, issue, Pause.PROTECTED)
    bootstrap.intake(town.settings).act(event_of(town, issue, before))
    assert town.run(issue).state is State.PAUSED
    assert "That was said before I showed what waits now." in town.next_comment(issue)
    town.listen()
    assert ended(town, octocat, issue)
