"""A build that is not there says why, in a sentence that I can act on; and it is looked for again."""

import io
import zipfile

import pytest

from ghapp import jobs
from ghapp.core.builds import BuildState
from ghapp.flow.ci import NO_CI_SECONDS
from ghapp.playground.faults import Fault
from tests.scenarios.building import ANDROID, building, builds_it, card, cards, leaves, newest, package
from tests.scenarios.opened import Opened
from tests.scenarios.town import Citizen, Town
from tests.scenarios.waiting import passes


@pytest.fixture
def pull(town: Town) -> Opened:
    """A pull request of a repository with an app."""
    return building(town, ANDROID)


def slipping() -> bytes:
    """An archive with a file that would be written outside of its folder."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../../app.apk", package())
    return made.getvalue()


def test_ci_leaves_nothing(town: Town, pull: Opened) -> None:
    """CI is green and kept no artifact; while it ran, nothing was said."""
    town.reports(pull.head, "test", None, "in_progress")
    town.work()
    assert cards(town, pull) == []
    town.ci_passes(pull)
    town.work()
    assert "CI is over and left nothing that fits `*.apk`. It left no artifact at all." in card(town, pull)


def test_ci_leaves_something_else(town: Town, pull: Opened) -> None:
    """What there is has no package in it: I read why, and nothing is fetched twice."""
    leaves(town, pull, "coverage", {"coverage.xml": b"<coverage/>"})
    leaves(town, pull, "logs", {"a.txt": b"a", "b.txt": b"b"})
    town.ci_passes(pull)
    town.work()
    assert newest(pull).state is BuildState.MISSING
    assert "`logs` is not taken: no file fits `*.apk`" in card(town, pull)
    fetched = _count_downloads(town)
    town.later(3_700)
    assert fetched == []
    assert newest(pull).state is BuildState.MISSING


def test_only_a_report_is_there(town: Town, pull: Opened) -> None:
    """One archive with one file: that is no package, so it is not handed out as one."""
    leaves(town, pull, "coverage", {"coverage.xml": b"<coverage/>"})
    town.ci_passes(pull)
    town.work()
    assert "left nothing that fits `*.apk`. There is `coverage`." in card(town, pull)


def test_ci_is_red(town: Town, octocat: Citizen) -> None:
    """Nothing was built because the build failed: the card says so, beside the status that says it is my turn."""
    pull = building(town, ANDROID, ci="{settle: 0, rounds: 0}")
    for _ in range(2):  # the first time it is run again, for it may have been chance
        town.ci_fails(pull, "Error: no keystore")
        town.work()
    assert "CI failed (`test`) and left nothing that fits" in card(town, pull)


def test_the_artifact_has_expired(town: Town, pull: Opened) -> None:
    """GitHub deleted it before it was fetched."""
    builds_it(town, pull).expired = True
    town.work()
    assert "the artifact `android` has expired at GitHub" in card(town, pull)


def test_it_expires_just_then(town: Town, pull: Opened) -> None:
    """The list still has it, and the download does not."""
    made = builds_it(town, pull)
    town.world.faults.add(Fault("GET", f"artifacts/{made.id}/zip$", status=410))
    town.work()
    assert "the artifact `android` is not taken: GitHub does not have it" in card(town, pull)


def test_an_archive_that_leads_out_of_its_folder_is_refused(town: Town, pull: Opened) -> None:
    """Nothing is unpacked, the reason is told, and it is not fetched again and again."""
    leaves(town, pull, "app.apk", slipping())
    town.ci_passes(pull)
    town.work()
    assert "a path that leads out of its folder" in card(town, pull)
    assert not list(town.data.glob("builds/*.build"))
    fetched = _count_downloads(town)
    town.later(3_700)
    assert fetched == []


def _count_downloads(town: Town) -> list[str]:
    seen: list[str] = []
    town.world.faults.meanwhile("GET", r"/artifacts/\d+/zip$", lambda: seen.append("fetched"))
    return seen


def test_what_is_too_large_is_not_fetched(town: Town, pull: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator takes at most one megabyte; GitHub's list already says that this is more."""
    monkeypatch.setenv("HONK_BUILD_MEGABYTES", "1")
    jobs.settings.cache_clear()
    leaves(town, pull, "app.apk", b"x" * 1_100_000)
    fetched = _count_downloads(town)
    town.ci_passes(pull)
    town.work()
    assert "the artifact `app.apk` has 1.1 MB, and at most 1.0 MB are fetched" in card(town, pull)
    assert fetched == []


def test_nothing_is_ever_reported(town: Town) -> None:
    """There is no CI: after a while that is said of the build, too."""
    town.base_moves({".github/workflows/ci.yml": None})
    pull = building(town, ANDROID)
    town.work()
    assert cards(town, pull) == []
    passes(pull, NO_CI_SECONDS + 301)
    assert "CI is over and left nothing" in card(town, pull)


def test_what_comes_late_is_taken(town: Town, pull: Opened) -> None:
    """CI is run again and builds it this time: the same card has it now."""
    town.ci_passes(pull)
    town.work()
    assert "left nothing" in card(town, pull)
    builds_it(town, pull)
    town.reports(pull.head, "late", "success")
    town.work()
    assert "[Install Android]" in card(town, pull)


def test_github_does_not_let_us_look(town: Town, pull: Opened) -> None:
    """The App may not read Actions: that is told, and the pull request goes its way."""
    town.world.faults.add(Fault("GET", r"/actions/runs$", status=403, times=99))
    town.ci_passes(pull)
    town.work()
    assert "I could not look for it: GitHub refuses (403)" in card(town, pull)
    assert not pull.part.draft
