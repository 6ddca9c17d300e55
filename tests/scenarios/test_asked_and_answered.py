"""What people are told who ask for something that does not start any work."""

import pytest

from ghapp.playground.state import Actor
from ghapp.playground.verbs import issues
from tests.scenarios.town import DEMO, STATUS, Citizen, Town
from tests.scenarios.turns import script, tools


def test_someone_without_the_right_is_told_once(town: Town, stranger: Citizen) -> None:
    """A stranger's command is answered with the role that it needs, and the second one with silence."""
    issue = stranger.open_issue()
    stranger.comment(issue, "/honk fix")
    town.work()
    assert town.next_comment(issue) == (
        "@stranger, `/honk fix` needs the role *write* on this repository, and you have the role *read* here."
    )
    (told,) = town.said(issue)
    stranger.comment(issue, "/honk fix now!")
    stranger.comment(issue, "/honk plan it")
    town.work()
    assert town.said(issue) == [told]
    assert told.created_at == told.updated_at


def test_a_label_needs_the_right_too(town: Town) -> None:
    """Someone with triage can put the label on, and is told that it takes write."""
    triager = Citizen(town, town.world.person("triager", triage=DEMO))
    issue = triager.open_issue()
    triager.label(issue)
    town.work()
    assert "needs the role *write* on this repository, and you have the role *triage* here" in town.next_comment(issue)
    assert town.world.issue(DEMO, issue).reactions == []


def test_triage_may_ask_where_it_stands(town: Town) -> None:
    """Someone with triage may ask for status and help, but not for a fix."""
    triager = Citizen(town, town.world.person("triager", triage=DEMO))
    issue = triager.open_issue()
    triager.comment(issue, "/honk status")
    triager.comment(issue, "/honk help")
    triager.comment(issue, "/honk")
    town.work()
    assert town.next_comment(issue) == "There was no run here yet. `/honk fix` starts one."
    assert "| `/honk stop`, `/honk retry` |" in town.next_comment(issue)
    assert "`/honk fix` needs the role *write*" in town.next_comment(issue)


def test_a_right_that_was_taken_away_counts_at_once(town: Town, octocat: Citizen) -> None:
    """The right is looked up when Honk acts, so who lost it before that starts nothing."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.world.grant(DEMO, "octocat", "read")
    town.work()
    assert "you have the role *read* here" in town.next_comment(issue)


def test_apps_do_not_command(town: Town, octocat: Citizen) -> None:
    """What an App writes is no command, whoever's words it repeats."""
    issue = octocat.open_issue()
    app = town.world.app
    issues.comment(
        town.second(), town.world.repo(DEMO), Actor(app.bot, app), town.world.issue(DEMO, issue), "/honk fix"
    )
    town.work()
    assert [one.body for one in town.said(issue)] == ["/honk fix"]
    assert town.unread() == ["/honk fix"]
    town.next_comment(issue)


def test_a_word_that_is_no_verb_gets_a_suggestion(town: Town, octocat: Citizen) -> None:
    """I mistype a verb and am asked what I meant; nothing is started."""
    issue = octocat.open_issue()
    octocat.comment(issue, "/honk retyr")
    octocat.comment(issue, "/honk frobnicate")
    town.work()
    assert town.next_comment(issue) == (
        "I do not know “retyr”. Did you mean `/honk retry`? `/honk help` lists what I understand."
    )
    assert town.next_comment(issue) == "I do not know “frobnicate”. `/honk help` lists what I understand."


def test_only_the_builds_of_its_own_pull_requests_are_shown(town: Town) -> None:
    """Someone asks for builds where there is no pull request of Honk's, and is told whose it shows."""
    admin = Citizen(town, town.world.person("admin", admin=DEMO))
    issue = admin.open_issue()
    admin.comment(issue, "/honk build")
    town.work()
    assert town.next_comment(issue) == "I have no pull request here. I show the builds of those that I made."


def test_the_plan_label_put_on_again_makes_one_plan(town: Town, octocat: Citizen) -> None:
    """I put `honk:plan` on, take it off and put it on again: one plan is made, and one asked for and taken back."""
    issue = octocat.open_issue()
    octocat.label(issue, "honk:plan")
    octocat.unlabel(issue, "honk:plan")
    octocat.comment(issue, "On second thoughts, a plan would be nice.")
    octocat.label(issue, "honk:plan")
    plan = {"outcome": "done", "summary": "It holds the answer.", "steps": ["Write 42", "Read it", "Check it"]}
    with town.model(script(tools({"report": plan}))):
        town.work()
    statuses = [one.body for one in town.said(issue) if one.body.startswith(STATUS)]
    assert "planned" in town.status(issue)
    assert ["stopped" in one for one in statuses] == [True, False]
    assert "- [x] Write 42" in town.next_comment(issue)


def test_status_and_why_tell_where_it_stands(town: Town, octocat: Citizen) -> None:
    """I ask how it goes and why, and both answers name the state and what brought it there."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    octocat.comment(issue, "/honk status")
    octocat.comment(issue, "/honk why")
    town.listen()
    assert town.next_comment(issue) == "**queued**: labelled honk. It is the next one."
    assert town.next_comment(issue) == "It stands at **queued** because: labelled honk\n\n- queued"
    octocat.comment(issue, "/honk stop")
    town.work()
    assert "stopped" in town.status(issue)
    octocat.comment(issue, "/honk status")
    town.work()
    assert town.next_comment(issue) == "**stopped**: @\u2060octocat said stop."


def test_a_broken_config_is_told_and_starts_nothing(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """Our honk.yml has a typo: whoever asks for work reads where it is, other labels and strangers do not."""
    octocat.push("main", {".github/honk.yml": "verfy: []\n"})
    issue = octocat.open_issue("Broken", "", "bug")
    stranger.comment(issue, "/honk")
    octocat.label(issue)
    octocat.comment(issue, "/honk status")
    town.work()
    assert "needs the role *write*" in town.next_comment(issue)
    assert town.next_comment(issue) == "`.github/honk.yml`: unknown key `verfy` (did you mean `verify`?)."
    assert "There was no run here yet" in town.next_comment(issue)
    assert town.world.issue(DEMO, issue).reactions == []


def test_what_needs_a_run_says_that_there_is_none(town: Town, octocat: Citizen) -> None:
    """Stop, retry, budget and allow on an issue without a run say that there is none."""
    admin = Citizen(town, town.world.person("admin", admin=DEMO))
    issue = octocat.open_issue()
    octocat.comment(issue, "/honk stop")
    octocat.comment(issue, "/honk retry")
    octocat.comment(issue, "/honk budget +5")
    admin.comment(issue, "/honk allow")
    town.work()
    assert town.next_comment(issue) == "Nothing is running here."
    assert town.next_comment(issue) == "There was no run here yet. `/honk fix` starts one."
    assert town.next_comment(issue) == "No run is open here. `/honk fix` starts one."
    assert town.next_comment(issue) == "No run waits for that here."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("merge", "I have no open pull request here. I merge those"),
        ("update", "I have no open pull request here. I update those"),
        ("revert", "Nothing of mine was merged here"),
        ("review", "I review open pull requests. Say `/honk review` on the one"),
        ("deploy staging", "No environment is named here"),
    ],
)
def test_what_needs_a_pull_request_says_that_there_is_none(said: str, told: str, town: Town) -> None:
    """Merge, update, revert, review and deploy on an issue without a pull request say what is missing."""
    admin = Citizen(town, town.world.person("admin", admin=DEMO))
    issue = admin.open_issue()
    admin.comment(issue, f"/honk {said}")
    town.work()
    assert told in town.next_comment(issue)
    assert town.world.issue(DEMO, issue).reactions == []


def test_a_second_label_while_a_run_is_open_is_answered(town: Town, octocat: Citizen) -> None:
    """I ask again while Honk is at it, and am told so, each time anew."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    octocat.comment(issue, "/honk fix")
    octocat.comment(issue, "/honk retry")
    town.listen()
    assert town.next_comment(issue) == "I am at it already (queued). `/honk stop` ends it."
    assert town.next_comment(issue) == "I am at it already (queued). `/honk stop` ends it."
    octocat.unlabel(issue)
    town.work()
    assert "stopped" in town.status(issue)
