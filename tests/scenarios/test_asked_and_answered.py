"""What people are told who ask for something that does not start any work."""

import pytest

from ghapp.playground.state import Actor
from ghapp.playground.verbs import issues
from tests.scenarios.town import DEMO, Citizen, Town


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
    assert "| `/honk stop` |" in town.next_comment(issue)
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


@pytest.mark.parametrize("said", ["plan the way", "ask why?", "merge", "deploy staging"])
def test_a_verb_of_a_later_version_is_named_as_such(said: str, town: Town) -> None:
    """Verbs that come later are understood, and say so."""
    admin = Citizen(town, town.world.person("admin", admin=DEMO))
    issue = admin.open_issue()
    admin.comment(issue, f"/honk {said}")
    town.work()
    verb = said.split()[0]
    assert town.next_comment(issue) == (
        f"`/honk {verb}` is not in this version of Honk yet. `/honk help` lists what is."
    )


def test_the_plan_label_says_that_it_comes_later(town: Town, octocat: Citizen) -> None:
    """The label `honk:plan` is answered, however often it is put on, once."""
    issue = octocat.open_issue()
    octocat.label(issue, "honk:plan")
    octocat.unlabel(issue, "honk:plan")
    octocat.label(issue, "honk:plan")
    town.work()
    assert "`/honk plan` is not in this version" in town.next_comment(issue)


def test_status_and_why_tell_where_it_stands(town: Town, octocat: Citizen) -> None:
    """I ask how it goes and why, and both answers name the state and what brought it there."""
    issue = octocat.open_issue()
    octocat.label(issue)
    town.listen()
    octocat.comment(issue, "/honk status")
    octocat.comment(issue, "/honk why")
    town.listen()
    assert town.next_comment(issue) == "**queued**: labelled honk."
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


def test_a_command_on_a_pull_request_of_ones_own_is_referred_to_issues(town: Town, octocat: Citizen) -> None:
    """I ask for a fix on my own pull request, and read that this version starts on issues only."""
    octocat.push("mine", {"answer.txt": "43\n"})
    pull = octocat.person.open_pull(DEMO, "Mine", "mine").number
    octocat.comment(pull, "/honk fix the typo")
    town.work()
    assert town.next_comment(pull) == "This version of Honk starts on issues only. Say it on the issue, please."


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
