"""After the merge: what merged means here, the base branch watched, and a way back."""

from dataclasses import replace

import pytest

from ghapp.core.chat import Speaker, Talk
from ghapp.core.run import Conclusion, State
from tests.scenarios.office import ROOM, Office
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix, report, script, write
from tests.scenarios.wishes import configured, green, is_merged, main_of, said


@pytest.fixture
def pull(town: Town, octocat: Citizen) -> Opened:
    """A pull request that octocat asked for, merged by their word and watched."""
    pull = green(town, octocat)
    said(town, octocat, pull)
    assert is_merged(pull)
    assert pull.run.state is State.DEPLOYING
    return pull


def over(town: Town, pull: Opened) -> str:
    """The watch ends: its time is shortened in the record, for the intake goes by the machine's clock."""
    town.records.runs.save(replace(pull.run, watched_until=1.0))
    town.later(61)
    town.later(6)
    assert pull.run.state is State.DONE
    return pull.status


def test_what_merged_means_is_said_and_the_watch_ends(town: Town, pull: Opened) -> None:
    """The status says what was merged and that the base is watched; after a quiet time it ends as merged."""
    assert "is merged into `main`" in pull.status
    assert "I watch the base branch and deployments for 30 minutes" in pull.status
    town.reports(main_of(town), "test", "success")
    town.work()
    assert "Nothing is red on the base branch" in over(town, pull)
    assert pull.run.conclusion is Conclusion.MERGED


def test_red_on_the_base_alerts_who_asked(town: Town, octocat: Citizen, pull: Opened) -> None:
    """The merge turns main red: I am told once on the pull request, with the word that undoes it."""
    town.reports(main_of(town), "test", "failure")
    town.work()
    told = town.next_comment(pull.pull)
    assert told.startswith("@octocat")
    assert "test" in told
    assert "`/honk revert`" in told
    town.reports(main_of(town), "lint", "failure")
    town.work()
    assert town.said_on(pull.pull) == []
    status = over(town, pull)
    assert "The base branch has red checks: lint, test" in status
    assert "Revert it" in status


def test_what_was_red_before_alerts_nobody(town: Town, octocat: Citizen) -> None:
    """Main was red already: the merge is not to blame, and nobody is woken."""
    town.reports(main_of(town), "test", "failure")
    pull = green(town, octocat)
    said(town, octocat, pull)
    town.reports(main_of(town), "test", "failure")
    town.work()
    assert town.said_on(pull.pull) == []
    assert is_merged(pull)


@pytest.mark.parametrize("ended", ["cancelled", "action_required", "skipped"])
def test_a_run_that_the_next_push_cancelled_alerts_nobody(town: Town, pull: Opened, ended: str) -> None:
    """Main goes on and cancels the checks of what was merged: nothing says that it is broken, nor that all is well."""
    town.reports(main_of(town), "lint", "success")
    town.reports(main_of(town), "test", ended)
    town.work()
    assert town.said_on(pull.pull) == []
    told = "Nothing is red" if ended == "skipped" else "Not all checks of the base branch were finished: test."
    assert told in over(town, pull)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("success", "It was not red before."),
        ("failure of lint", "Other checks of it were red before."),
        ("", "Whether it was red before is not known."),
        (None, "Whether it was red before is not known."),
        ("cancelled", "Whether it was red before is not known."),
    ],
    ids=["green", "red elsewhere", "nothing reported", "still going on", "cancelled"],
)
def test_that_it_was_not_red_before_is_said_of_a_green_base_alone(
    town: Town, octocat: Citizen, before: str | None, words: str
) -> None:
    """The alert says what is known of main as it was before the merge, and no more."""
    if before == "failure of lint":
        town.reports(main_of(town), "lint", "failure")
    elif before is None:
        town.reports(main_of(town), "test", None, "in_progress")
    elif before:
        town.reports(main_of(town), "test", before)
    pull = green(town, octocat)
    said(town, octocat, pull)
    town.reports(main_of(town), "test", "failure")
    town.work()
    told = town.next_comment(pull.pull)
    assert words in told
    assert told.count("before") == 1
    assert is_merged(pull)


@pytest.mark.parametrize("was", ["success", "failure"])
def test_a_rebase_of_several_commits_is_held_against_what_they_came_to(town: Town, octocat: Citizen, was: str) -> None:
    """Two commits are rebased onto main: what counts is main before the first of them, and not the one between."""
    configured(town, "merge: {method: rebase}\n")
    town.reports(main_of(town), "test", was)
    pull = town.opened(by=octocat)
    octocat.push(pull.branch, {"second.txt": "2\n"})
    town.ci_passes(pull)
    town.work()
    before = main_of(town)
    said(town, octocat, pull)
    bare = town.world.repo(DEMO).bare
    (between,) = bare.commit(main_of(town)).parents
    assert bare.commit(between).parents == (before,)
    town.reports(main_of(town), "test", "failure")
    town.work()
    if was == "success":
        assert "It was not red before." in town.next_comment(pull.pull)
    assert town.said_on(pull.pull) == []
    assert is_merged(pull)


def test_a_deployment_by_itself_is_told(town: Town, octocat: Citizen) -> None:
    """`merge.means: deployed`, and something deploys what was merged: the run ends as deployed."""
    configured(town, "merge: {means: deployed}\n")
    pull = green(town, octocat)
    said(town, octocat, pull)
    assert "Here that is deployed by itself." in pull.status
    deployment = town.second().deploy(DEMO, main_of(town), "production")
    town.world.deploy_status(DEMO, deployment.id, "success", "https://prod.example")
    town.work()
    assert "Deployed to `production`" in pull.status
    assert "It is deployed to `production`" in over(town, pull)
    assert pull.run.conclusion is Conclusion.DEPLOYED


def test_a_deployment_that_fails_alerts(town: Town, pull: Opened) -> None:
    """The deployment of what was merged fails: I am told once."""
    deployment = town.second().deploy(DEMO, main_of(town), "production")
    town.world.deploy_status(DEMO, deployment.id, "failure", "https://log.example")
    town.work()
    told = town.next_comment(pull.pull)
    assert "`production` ended as `failure`" in told
    assert "`/honk revert`" in told
    town.later(61)
    assert town.said_on(pull.pull) == []
    assert pull.status


def test_watch_zero_ends_at_once(town: Town, octocat: Citizen) -> None:
    """`merge.watch: 0`: merged is the end."""
    configured(town, "merge: {watch: 0, means: released}\n")
    pull = green(town, octocat)
    said(town, octocat, pull)
    town.work()
    assert pull.run.conclusion is Conclusion.MERGED
    assert "with the next release" in pull.status


def test_a_merge_by_hand_is_watched_too(town: Town, octocat: Citizen) -> None:
    """I press GitHub's button myself: what comes of it is watched just the same."""
    pull = green(town, octocat)
    octocat.merge(pull.pull)
    town.work()
    assert pull.run.merged_sha == main_of(town)
    town.reports(main_of(town), "test", "failure")
    town.work()
    assert "the base branch is red" in town.next_comment(pull.pull)
    assert is_merged(pull)


# --- merged by hand while Honk was not looking ------------------------------------------------------------------------

TOO_SMALL = "answer.txt: error: 42 is too small"


def pressed(town: Town, person: Citizen, pull: Opened) -> None:
    """A person takes it out of draft and presses GitHub's button."""
    person.ready(pull.pull)
    person.merge(pull.pull)


def is_watched(town: Town, pull: Opened) -> bool:
    """Whether it is merged, and main is watched since; what goes red there is told."""
    run = pull.run
    assert (run.state, run.merged_sha, run.wish, run.pause) == (State.DEPLOYING, main_of(town), None, None), run.reason
    assert run.watched_until > town.clock.now()
    assert "I watch the base branch and deployments for 30 minutes" in pull.status
    town.reports(main_of(town), "test", "failure")
    town.work()
    return "the base branch is red" in town.next_comment(pull.pull)


def test_a_merge_by_hand_while_a_repair_is_queued_is_watched(town: Town, octocat: Citizen) -> None:
    """CI is red and the repair waits for a worker; I merge all the same, and no worker takes it any more."""
    pull = town.opened()
    town.ci_fails(pull, log=TOO_SMALL)
    town.listen()
    assert pull.run.state is State.QUEUED
    octocat.comment(pull.issue, "Mind the decimals.")
    town.listen()
    pressed(town, octocat, pull)
    with town.model():
        town.listen()
        town.work()
    assert "Said too late for this run" in pull.status
    assert is_watched(town, pull)
    assert town.world.read(DEMO, "answer.txt", pull.branch) == "42\n"


def test_a_merge_by_hand_while_the_agent_is_at_it_is_watched(town: Town, octocat: Citizen) -> None:
    """The agent is at the repair when I merge: it stops, pushes nothing, and the status says that its work is left."""
    pull = town.opened()

    def merge() -> None:
        pressed(town, octocat, pull)
        town.listen_elsewhere()

    town.ci_fails(pull, log=TOO_SMALL)
    with town.model(fix("43\n"), before={2: merge}):
        town.work()
    assert "What was done since is not in #" in pull.status
    assert town.world.read(DEMO, "answer.txt", pull.branch) == "42\n"
    assert is_watched(town, pull)


def test_a_merge_that_nobody_told_is_found_before_the_push(town: Town, octocat: Citizen) -> None:
    """GitHub's word that I merged is lost: the agent ends its work, finds it out, and leaves the branch as it is."""
    pull = town.opened()

    def merge_unheard() -> None:
        hook, town.world.app.hook_url = town.world.app.hook_url, None
        pressed(town, octocat, pull)
        town.world.app.hook_url = hook

    town.ci_fails(pull, log=TOO_SMALL)
    with town.model(fix("43\n"), before={2: merge_unheard}):
        town.work()
        town.work()
    assert "What was done since is not in #" in pull.status
    assert town.world.read(DEMO, "answer.txt", pull.branch) == "42\n"
    assert is_watched(town, pull)


def test_a_merge_by_hand_while_it_is_paused_is_watched_and_told_in_the_talk(
    town: Town, office: Office, octocat: Citizen
) -> None:
    """The repair has spent its budget; I merge what there is: the talk hears so, once, with the way back."""
    configured(town, "budget: {turns: 1}\n")
    pull = town.opened()
    ana = office.colleague("ana")
    first = ana.says(ROOM, "where is it?")
    talk = Talk(office.slack.team, office.slack.channel(ROOM).id, first)
    town.records.talks.bind(talk, town.thread(pull.issue), Speaker(office.slack.team, ana.id))
    town.records.runs.save(replace(pull.run, budget=replace(pull.run.budget, turns=1)))
    town.ci_fails(pull, log=TOO_SMALL)
    with town.model(script(write("answer.txt", "43\n"), report())):
        town.work()
    assert pull.run.state is State.PAUSED
    pressed(town, octocat, pull)
    town.work()
    assert sum("Merged: #" in told for told in office.told(first)) == 1
    assert office.with_button(first, "Revert")
    assert is_watched(town, pull)


def test_a_merge_by_hand_at_work_that_is_not_watched_ends_there(town: Town, octocat: Citizen) -> None:
    """`merge.watch: 0`: the repair is queued when I merge, and merged is the end."""
    configured(town, "merge: {watch: 0}\n")
    pull = town.opened()
    town.ci_fails(pull, log=TOO_SMALL)
    town.listen()
    assert pull.run.state is State.QUEUED
    pressed(town, octocat, pull)
    with town.model():
        town.listen()
        town.work()
    assert (pull.run.conclusion, pull.run.merged_sha) == (Conclusion.MERGED, main_of(town))
    assert "is merged into `main`" in pull.status
