"""A build is of one commit: what a push, a revocation, time, a lost worker or a repeated event leaves of its card."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ghapp import bootstrap
from ghapp.bootstrap.telling import shelf
from ghapp.core.builds import BuildPage, BuildState
from ghapp.core.config import PATH
from ghapp.core.ports import Taken
from ghapp.core.run import Conclusion, Run, Target
from ghapp.flow.intake import Intake
from ghapp.playground.faults import Fault
from ghapp.store.build_pages import Pages
from ghapp.store.runs import Runs
from tests.scenarios.building import ANDROID, building, builds_it, card, cards, newest, page
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.waiting import passes


@pytest.fixture
def pull(town: Town) -> Opened:
    """A pull request of a repository with an app."""
    return building(town, ANDROID)


@pytest.fixture
def built(town: Town, pull: Opened) -> Opened:
    """The same, with its app built."""
    builds_it(town, pull)
    town.work()
    assert "[Install Android]" in card(town, pull)
    return pull


def shown(address: str) -> str:
    """What a phone gets there: the page, or the status of its refusal."""
    try:
        return str(urlopen(address).read().decode())  # noqa: S310 - our own address
    except HTTPError as error:
        error.close()
        return str(error.code)


# --- pushes ---------------------------------------------------------------------------------------------------------


def test_old_links_open_for_a_while_and_say_that_they_are_old(town: Town, octocat: Citizen, built: Opened) -> None:
    """I open the link of a mail from two pushes ago: it says so, and leads to the newest."""
    old = page(town, newest(built))
    for answer in ("43", "44"):
        octocat.push(built.branch, {"answer.txt": f"{answer}\n"})
        builds_it(town, built, answer)
        town.work()
    assert [one.state for one in built.run.builds] == [BuildState.STALE, BuildState.STALE, BuildState.READY]
    assert newest(built).token in shown(old)
    assert "stale" not in card(town, built)


def test_the_oldest_links_go(town: Town, octocat: Citizen, built: Opened) -> None:
    """Not every push keeps its package for ever: the fourth before this one is closed."""
    first = page(town, newest(built))
    for answer in range(43, 47):
        assert shown(first) != "404"
        octocat.push(built.branch, {"answer.txt": f"{answer}\n"})
        builds_it(town, built, str(answer))
        town.work()
    assert shown(first) == "404"
    assert len(built.run.builds) == 4
    assert card(town, built)


def test_a_missing_build_leaves_the_stale_one_in_sight(town: Town, octocat: Citizen, built: Opened) -> None:
    """My push broke the build: I read why, and where the one before is."""
    old = newest(built)
    octocat.push(built.branch, {"answer.txt": "43\n"})
    town.work()
    town.ci_passes(built)
    town.work()
    said = card(town, built)
    assert "left nothing that fits" in said
    assert f"[The build of `{old.sha[:9]}`]({page(town, old)}) is stale" in said


def test_a_build_that_the_config_forgets_goes(town: Town, octocat: Citizen, built: Opened) -> None:
    """The config has no builds any more: what is there becomes stale with the next push, and nothing is awaited."""
    town.base_moves({".github/honk.yml": "ci: {settle: 0}\n"})
    octocat.push(built.branch, {"answer.txt": "43\n"})
    town.work()
    assert [one.state for one in built.run.builds] == [BuildState.STALE]
    assert "is stale" in card(town, built)


def test_a_pull_request_of_others_has_no_builds(town: Town, octocat: Citizen) -> None:
    """Honk works on my branch: what CI leaves there is not handed out under Honk's address."""
    opened = building(town, ANDROID)
    run = opened.run
    town.records.runs.save(replace(run, target=Target(opened.branch, DEMO)))
    builds_it(town, opened)
    town.work()
    assert (opened.run.builds, cards(town, opened)) == ((), [])
    octocat.comment(opened.pull, "/honk build")
    town.work()
    assert town.next_comment(opened.pull).startswith("I have no pull request here.")
    assert opened.status


# --- the word -------------------------------------------------------------------------------------------------------


def test_build_without_builds_says_how(town: Town, octocat: Citizen) -> None:
    """The config names none."""
    opened = town.opened()
    octocat.comment(opened.pull, "/honk build")
    town.work()
    assert town.next_comment(opened.pull).startswith("No builds are named here")
    assert opened.status


def test_a_revoked_page_stays_shut_until_i_ask(town: Town, octocat: Citizen, built: Opened) -> None:
    """I sent the link to the wrong people. CI goes on, and only my word makes another page."""
    leaked = page(town, newest(built))
    octocat.comment(built.pull, "/honk build revoke")
    town.work()
    assert town.said_on(built.pull)[-1].startswith("The page is revoked")
    assert "its page was revoked" in card(town, built)
    town.reports(built.head, "late", "success")
    town.work()
    assert newest(built).state is BuildState.GONE
    octocat.comment(built.pull, "/honk build")
    town.work()
    assert shown(leaked) == "404"
    assert "Install" in shown(page(town, newest(built)))
    assert "[Install Android]" in card(town, built)


def test_all_pages_are_revoked_at_once(town: Town, octocat: Citizen, built: Opened) -> None:
    """The stale one, too."""
    octocat.push(built.branch, {"answer.txt": "43\n"})
    builds_it(town, built, "43")
    town.work()
    pages = [page(town, one) for one in built.run.builds]
    octocat.comment(built.pull, "/honk build revoke")
    town.work()
    assert any(said.startswith("All 2 pages are revoked") for said in town.said_on(built.pull))
    assert [shown(one) for one in pages] == ["404", "404"]
    assert card(town, built)


def test_the_pages_of_what_is_merged_can_be_revoked(town: Town, octocat: Citizen, built: Opened) -> None:
    """They live on after the merge, until they expire or somebody says so."""
    octocat.merge(built.pull)
    town.work()
    left = page(town, newest(built))
    assert "Install" in shown(left)
    octocat.comment(built.pull, "/honk build")
    town.work()
    assert any("I look for builds while" in said for said in town.said_on(built.pull))
    octocat.comment(built.pull, "/honk build revoke")
    town.work()
    assert shown(left) == "404"
    assert built.run.conclusion in (None, Conclusion.MERGED)
    assert card(town, built)


def test_a_broken_config_is_named_and_keeps_no_page_open(town: Town, octocat: Citizen, built: Opened) -> None:
    """My config has a slip: asked for builds, Honk says which; what I want to be shut is shut all the same."""
    leaked = page(town, newest(built))
    octocat.push("main", {PATH: "biulds: []\n"})
    town.work()
    octocat.comment(built.pull, "/honk build")
    town.work()
    said = town.said_on(built.pull)
    assert any("unknown key `biulds`" in one for one in said)
    assert not any("No builds are named" in one for one in said)
    assert "Install" in shown(leaked)
    octocat.comment(built.pull, "/honk build revoke")
    town.work()
    assert shown(leaked) == "404"
    assert card(town, built)


def test_who_may_only_read_revokes_nothing(town: Town, stranger: Citizen, built: Opened) -> None:
    """A stranger says it."""
    stranger.comment(built.pull, "/honk build revoke")
    town.work()
    assert "needs the role" in town.next_comment(built.pull)
    assert "Install" in shown(page(town, newest(built)))


# --- time -----------------------------------------------------------------------------------------------------------


def test_an_expired_page_is_told(town: Town, octocat: Citizen, built: Opened) -> None:
    """Its days are over: the card says so, and my word makes another from what GitHub still has."""
    run = built.run
    over = tuple(replace(one, expires_at=one.expires_at - 15 * 86_400) for one in run.builds)
    town.records.runs.save(replace(run, builds=over))
    passes(built, 3_700)
    assert "its page has expired" in card(town, built)
    octocat.comment(built.pull, "/honk build")
    town.work()
    assert "[Install Android]" in card(town, built)


# --- once only ------------------------------------------------------------------------------------------------------


def test_events_told_again_make_one_card_and_one_download(town: Town, pull: Opened) -> None:
    """GitHub tells everything twice, and CI reports again and again."""
    builds_it(town, pull)
    town.work()
    token = newest(pull).token
    fetched = downloads(town)
    for delivery in list(town.world.deliveries.sent.values()):
        town.world.deliveries.again(replace(delivery, guid=f"{delivery.guid}-again"))
    for conclusion in ("neutral", "success"):
        town.reports(pull.head, "lint", conclusion)
        town.work()
    assert (newest(pull).token, fetched) == (token, [])
    assert len(cards(town, pull)) == 1
    assert pull.status


def downloads(town: Town) -> list[str]:
    """The archives that are fetched from now on."""
    seen: list[str] = []

    def once_more() -> None:
        seen.append("fetched")
        town.world.faults.meanwhile("GET", r"/artifacts/\d+/zip$", once_more)

    town.world.faults.meanwhile("GET", r"/artifacts/\d+/zip$", once_more)
    return seen


class WorkerDied(BaseException):
    """It is gone; nobody catches this on the way."""


class DyingRuns(Runs):
    """The store of runs, in whose hands a worker dies when builds are to be recorded for the `last` time."""

    before = False
    last = 1

    def save(self, run: Run) -> Run:
        """Keep it and die, or die before that."""
        if run.builds == self.load(run.id).builds:
            return super().save(run)
        self.last -= 1
        if self.last or not self.before:
            run = super().save(run)
        if not self.last:
            raise WorkerDied
        return run


class DyingPages(Pages):
    """The pages: the worker dies when it has kept one."""

    def keep(self, page: BuildPage) -> None:
        """Keep it, and die."""
        super().keep(page)
        raise WorkerDied


class DyingShelf:
    """The shelf: the worker dies when a package is on it."""

    def __init__(self, town: Town) -> None:
        self._real = shelf(town.settings)

    def take(self, token: str, wanted: str, fetch: Callable[[Path], None]) -> Taken:
        """Take it, and die."""
        self._real.take(token, wanted, fetch)
        raise WorkerDied


def dying_runs(town: Town, work: Intake, *, last: int, before: bool) -> Intake:
    """A worker that dies over the record."""
    store = DyingRuns(town.redis, 3)
    store.last, store.before = last, before
    return replace(work, follow_up=replace(work.follow_up, store=store))


def dying_pages(town: Town, work: Intake) -> Intake:
    """A worker that dies over the page."""
    follow = work.follow_up
    return replace(work, follow_up=replace(follow, builds=replace(follow.builds, pages=DyingPages(town.redis))))


def dying_shelf(town: Town, work: Intake) -> Intake:
    """A worker that dies over the package."""
    follow = work.follow_up
    sources = replace(follow.builds.sources, shelf=DyingShelf(town))  # type: ignore[arg-type]
    return replace(work, follow_up=replace(follow, builds=replace(follow.builds, sources=sources)))


DEATHS: dict[str, Callable[[Town, Intake], Intake]] = {
    "when it is first waited for": lambda town, work: dying_runs(town, work, last=1, before=False),
    "before that is recorded": lambda town, work: dying_runs(town, work, last=1, before=True),
    "when it is fetched": dying_shelf,
    "when it has a page": dying_pages,
    "when it is shown": lambda town, work: dying_runs(town, work, last=2, before=True),
    "when it is recorded": lambda town, work: dying_runs(town, work, last=2, before=False),
}


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_a_worker_lost_between_two_steps_leaves_one_card(
    town: Town, pull: Opened, death: Callable[[Town, Intake], Intake]
) -> None:
    """Whoever comes after it goes on: one card, one page, and the package is fetched once."""
    fetched = downloads(town)
    builds_it(town, pull)
    town.world.settle(ci=False)
    work = death(town, bootstrap.intake(town.settings))
    (inbox,) = town.records.inbox.wanted()
    with pytest.raises(WorkerDied):
        work.drain(inbox)
    town.work()
    assert newest(pull).state is BuildState.READY
    assert "[Install Android]" in card(town, pull)
    assert len(fetched) == 1
    assert "Install" in shown(page(town, newest(pull)))


@pytest.mark.parametrize(
    ("method", "path", "how"),
    [
        ("POST", "comments$", "answer"),
        ("POST", "comments$", "lose_answer"),
        ("GET", "/zip$", "answer"),
        ("GET", "/artifacts$", "answer"),
    ],
)
def test_github_away_for_a_moment_leaves_one_card(
    town: Town, pull: Opened, method: str, path: str, how: Literal["answer", "lose_answer"]
) -> None:
    """Wherever it strikes, also when it did what it was asked and could not say so: one of the next ticks brings it."""
    town.world.faults.add(Fault(method, path, how=how, times=4 if method == "GET" else 1))
    builds_it(town, pull)
    town.work()
    town.later(16)
    assert "[Install Android]" in card(town, pull)


def test_a_server_of_files_that_is_away_for_good_holds_up_nothing(town: Town, pull: Opened, octocat: Citizen) -> None:
    """Builds cannot be fetched from here: CI is followed all the same, I can merge, and stop is heard."""
    town.world.faults.add(Fault("GET", "^/_artifacts/", times=999))
    builds_it(town, pull)
    town.work()
    assert newest(pull).state is BuildState.WAITING
    assert not pull.part.draft
    octocat.comment(pull.issue, "/honk stop")
    town.work()
    assert "**Honk** · stopped" in pull.status


def test_a_workflow_is_started_once_though_the_worker_is_lost(town: Town) -> None:
    """It dies as soon as that is recorded; who comes after it follows the same run."""
    flow = "name: app\non: workflow_dispatch\njobs: {app: {runs-on: ubuntu-latest, steps: [{run: make app}]}}\n"
    town.base_moves({".github/workflows/app.yml": flow})
    pull = building(town, '{name: Android, artifact: "*.apk", workflow: app.yml}')
    town.ci_passes(pull)
    town.world.settle(ci=False)
    (inbox,) = town.records.inbox.wanted()
    with pytest.raises(WorkerDied):
        dying_runs(town, bootstrap.intake(town.settings), last=2, before=False).drain(inbox)
    town.work()
    (started,) = [one for one in town.world.workflow_runs(DEMO) if one.event == "workflow_dispatch"]
    assert newest(pull).workflow_run == started.id
    assert pull.status


def test_a_locked_conversation_stops_nothing(town: Town, pull: Opened) -> None:
    """Nobody may comment: there is no card, and the pull request becomes ready all the same."""
    town.world.faults.add(Fault("POST", rf"/issues/{pull.pull}/comments$", status=403, times=99))
    builds_it(town, pull)
    town.work()
    assert newest(pull).state is BuildState.READY
    assert not pull.part.draft
    assert pull.status
