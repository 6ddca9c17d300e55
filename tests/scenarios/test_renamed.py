"""Somebody renames the repository while Honk is at work in it: nothing is lost, and the new name is learnt."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ghapp.core.builds import BuildState
from ghapp.core.chat import Speaker, Talk
from ghapp.core.events import ChecksChanged
from ghapp.core.run import State
from tests.scenarios.office import ROOM, Office
from tests.scenarios.opened import Opened
from tests.scenarios.test_builds_followed import CONFIG as APP_CONFIG
from tests.scenarios.test_builds_followed import apk
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix, report, script, write
from tests.scenarios.wishes import configured, green, is_merged, said

NEW = "octo/renamed"


@pytest.fixture
def pull(town: Town, octocat: Citizen) -> Opened:
    """A draft of Honk's that octocat asked for; its CI has not reported."""
    return town.opened(by=octocat)


def rename(town: Town) -> None:
    """Somebody gives the repository another name. GitHub does not tell us."""
    town.second().rename_repository(DEMO, "renamed")


@contextmanager
def unheard(town: Town) -> Iterator[None]:
    """No delivery of what happens here arrives."""
    hook, town.world.app.hook_url = town.world.app.hook_url, None
    yield
    town.world.settle()
    town.world.app.hook_url = hook


def test_a_wish_to_merge_is_carried_out_by_the_old_name(town: Town, octocat: Citizen, pull: Opened) -> None:
    """I said merge, the repository is renamed, CI turns green, and nobody tells: the next look merges it, and says so.

    GitHub answers the old name with 307, which PyGithub took for a merge that was done.
    """
    said(town, octocat, pull)
    with unheard(town):
        rename(town)
        town.ci_passes(pull)
    assert pull.run.thread.repository.full_name == DEMO
    town.later(301)
    assert is_merged(pull)
    assert town.world.read(NEW, "answer.txt") == "42\n"
    assert pull.run.merged_sha


def test_the_first_event_tells_the_new_name(town: Town, octocat: Citizen, pull: Opened) -> None:
    """Whatever it is about; from then on Honk speaks of the repository as it is called."""
    rename(town)
    town.ci_passes(pull)
    town.work()
    assert pull.run.state is State.AWAITING_REVIEW
    assert pull.run.thread.repository.full_name == NEW
    assert pull.status
    town.records.inbox.add("late", ChecksChanged(town.thread(pull.issue), pull.head, "poll"))
    assert pull.run.thread.repository.full_name == NEW
    assert "Merged" in said(town, octocat, pull)
    assert is_merged(pull)


def test_the_talk_links_to_the_new_name(town: Town, office: Office, octocat: Citizen, pull: Opened) -> None:
    """What is said in Slack after the first event leads to where the pull request is now."""
    ana = office.colleague("ana")
    ts = ana.says(ROOM, "where is it?")
    talk = Talk(office.slack.team, office.slack.channel(ROOM).id, ts)
    town.records.talks.bind(talk, town.thread(pull.issue), Speaker(office.slack.team, ana.id))
    rename(town)
    town.ci_passes(pull)
    town.work()
    told = "\n".join(map(str, office.talk(ts)))
    assert f"/{NEW}/issues/{pull.pull}" in told
    assert f"/{DEMO}/" not in told
    office.press(ana, ts, "Merge")
    town.work()
    assert is_merged(pull)


def test_a_run_that_waits_for_a_worker_finds_its_way(town: Town, octocat: Citizen) -> None:
    """I put the label on, and the repository is renamed before a worker is free: fetched, pushed, opened."""
    number = octocat.open_issue()
    octocat.label(number)
    town.listen()
    rename(town)
    with town.model(fix()):
        town.work()
    assert town.world.read(NEW, "answer.txt", town.run(number).branch) == "42\n"
    assert town.the_pull().pull is not None
    assert town.status(number)


def test_one_that_is_renamed_while_the_agent_works(town: Town, octocat: Citizen) -> None:
    """Its attempt goes by the old name to its end; where git pushes, GitHub tells it beside the token."""
    number = octocat.open_issue()
    octocat.label(number)
    with town.model(fix(), before={2: lambda: rename(town)}):
        town.work()
    assert town.world.read(NEW, "answer.txt", town.run(number).branch) == "42\n"
    assert town.the_pull().pull is not None
    assert town.status(number)


def test_my_own_branch_is_no_forks_by_then(town: Town, octocat: Citizen) -> None:
    """I ask on my own pull request, and the repository is renamed before the work begins: it is pushed to my branch."""
    mine = octocat.push("mine", {"answer.txt": "40\n"})
    number = octocat.open_pull("mine")
    octocat.comment(number, "/honk fix make it 42")
    town.listen()
    rename(town)
    octocat.comment(number, "and quickly, please")
    town.listen()
    assert town.run(number).target is not None
    with town.model(script(write("answer.txt", "42\n"), report())):
        town.work()
    pull = town.the_pull().pull
    assert pull is not None
    assert town.world.repo(NEW).bare.commit(pull.head_sha).parents == (mine,)
    assert town.status(number)


def test_no_other_commits_build_is_offered(town: Town, octocat: Citizen) -> None:
    """Another commit's app was built, and none of this one: by the old name, GitHub's answer was all that there are."""
    town.base_moves({".github/honk.yml": APP_CONFIG})
    other = octocat.push("other", {"answer.txt": "7\n"})
    town.world.artifact(DEMO, town.world.workflow_runs(DEMO, other)[0].id, "app.apk", {"app.apk": apk()})
    pull = town.opened(by=octocat)
    with unheard(town):
        rename(town)
        town.ci_passes(pull)
    town.later(301)
    assert [build.state for build in pull.run.builds] == [BuildState.MISSING]
    assert "left nothing that fits" in town.next_comment(pull.pull)
    assert pull.status


def test_deploying_after_it_is_no_deployment_of_a_fork(town: Town, octocat: Citizen) -> None:
    """The pull request is from the repository itself, whatever that is called."""
    configured(town, "deploy: {staging: {role: write}}\n")
    pull = green(town, octocat)
    with unheard(town):
        rename(town)
    assert "is in a fork" not in said(town, octocat, pull, "/honk deploy staging")
    assert pull.status
