"""The files of a build go with its page: by the clock, whatever else is in the way, and also after a restart."""

from dataclasses import replace
from pathlib import Path

from ghapp import jobs
from tests.scenarios.building import ANDROID, building, builds_it, newest
from tests.scenarios.opened import Opened
from tests.scenarios.town import Town


def kept(town: Town) -> list[str]:
    """What this machine has of builds."""
    folder = Path(town.settings.data) / "builds"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def built(town: Town) -> Opened:
    """A pull request whose build is there to be installed."""
    opened = building(town, ANDROID)
    builds_it(town, opened)
    town.work()
    assert newest(opened).token
    assert town.said_on(opened.pull)
    assert opened.status
    return opened


def expires(town: Town, opened: Opened) -> None:
    """The time of its page is over."""
    page = town.records.build_pages.get(newest(opened).token)
    assert page is not None
    town.records.build_pages.keep(replace(page, build=replace(page.build, expires_at=1.0)))
    assert town.records.build_pages.get(page.token) is None


def test_the_clock_deletes_what_has_expired(town: Town) -> None:
    """While its page lives the file stays; a clock that was started anew knows no less."""
    opened = built(town)
    jobs.tick(sweep=True)
    assert kept(town) == [f"{newest(opened).token}.build"]
    expires(town, opened)
    jobs._clock.cache_clear()
    jobs.tick(sweep=True)
    assert kept(town) == []


def test_files_go_also_while_github_is_away(town: Town) -> None:
    """What is on our own disk is not GitHub's business."""
    opened = built(town)
    expires(town, opened)
    town.environ.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    jobs.settings.cache_clear()
    jobs.tick(sweep=True)
    assert kept(town) == []
