"""The build of the very commit: a card on the pull request and in the talk, and a page on which a phone installs it."""

import io
import shutil
from urllib.request import urlopen
from zipfile import ZipFile, ZipInfo

import pytest

from ghapp.core.builds import BuildKind, BuildState
from ghapp.core.chat import Speaker, Talk
from tests.scenarios.conftest import FILES
from tests.scenarios.office import ROOM, Office
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town

CONFIG = """\
setup: []
verify: [{name: tests, run: sh check.sh}]
ci: {settle: 0}
builds:
  - {name: Android, artifact: "*.apk"}
"""


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository whose CI builds an app."""
    return {**FILES, ".github/honk.yml": CONFIG}


def apk(words: str = "42") -> bytes:
    """An archive of the right shape."""
    made = io.BytesIO()
    with ZipFile(made, "w") as archive:
        archive.writestr(ZipInfo("AndroidManifest.xml"), "<manifest/>")  # the same bytes at any time
        archive.writestr(ZipInfo("assets/words"), words)
    return made.getvalue()


def left(town: Town, opened: Opened, name: str = "app.apk", content: bytes | None = None) -> None:
    """CI keeps an artifact of the head, and then its check succeeds."""
    run = town.world.workflow_runs(DEMO, opened.head)[0]
    town.world.artifact(DEMO, run.id, name, {name: apk() if content is None else content})
    town.ci_passes(opened)


def card(town: Town, opened: Opened) -> str:
    """The card of the builds on the pull request, as it is now."""
    (found,) = [text for text in town.said_on(opened.pull) if "Android" in text]
    return found


def bound(office: Office, town: Town, opened: Opened) -> str:
    """A talk that is about the pull request; its first message."""
    ana = office.slack.member("ana", name="Ana")
    office.slack.channel(ROOM, ana)
    ts = ana.says(ROOM, "where is it?")
    talk = Talk(office.slack.team, office.slack.channel(ROOM).id, ts)
    town.records.talks.bind(talk, town.thread(opened.issue), Speaker(office.slack.team, ana.id))
    return ts


def test_the_card_has_the_build_of_the_head(town: Town) -> None:
    """When CI has built the app, the pull request shows its commit, its size and where it is installed."""
    opened = town.opened()
    left(town, opened)
    town.work()
    (build,) = opened.run.builds
    assert (build.state, build.sha, build.file) == (BuildState.READY, opened.head, "app.apk")
    shown = card(town, opened)
    assert opened.head[:9] in shown
    assert f"[Install Android]({town.settings.page_root}/b/{build.token})" in shown
    assert "qr.png" in shown
    page = urlopen(f"{town.settings.page_root}/b/{build.token}").read().decode()  # noqa: S310 - our own address
    assert "Install" in page
    assert urlopen(f"{town.settings.page_root}/b/{build.token}/app.apk").read() == apk()  # noqa: S310 - the same
    assert "ready for review" in opened.status


def test_a_package_that_is_in_no_archive_is_a_build_too(town: Town) -> None:
    """My workflow uploads it with `archive: false`; a machine that lost it fetches it again as it was."""
    opened = town.opened()
    town.world.file_artifact(DEMO, town.world.workflow_runs(DEMO, opened.head)[0].id, "app.apk", apk())
    town.ci_passes(opened)
    town.work()
    (build,) = opened.run.builds
    assert (build.state, build.kind, build.file) == (BuildState.READY, BuildKind.ANDROID, "app.apk")
    assert "Install Android" in card(town, opened)
    shutil.rmtree(town.settings.data / "builds")
    assert urlopen(f"{town.settings.page_root}/b/{build.token}/app.apk").read() == apk()  # noqa: S310 - our own address
    assert opened.status


def test_a_push_makes_it_stale_until_the_next_one_is_there(town: Town, octocat: Citizen) -> None:
    """Nobody takes the old app for the new one."""
    opened = town.opened()
    left(town, opened)
    town.work()
    first = opened.run.builds[0]
    octocat.push(opened.branch, {"answer.txt": "43\n"})
    town.work()
    assert [one.state for one in opened.run.builds] == [BuildState.STALE, BuildState.WAITING]
    assert "a newer commit is being built" in card(town, opened)
    left(town, opened, content=apk("43"))
    town.work()
    build = opened.run.builds[-1]
    assert (build.state, build.sha) == (BuildState.READY, opened.head)
    assert build.token != first.token
    assert "stale" not in card(town, opened)
    page = urlopen(f"{town.settings.page_root}/b/{first.token}").read().decode()  # noqa: S310 - our own address
    assert build.token in page
    assert opened.status


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("", b"", "It left no artifact at all."),
        ("report.txt", b"nothing", "nothing that fits"),
        ("app.apk", b"<html>not found</html>", "is not taken"),
    ],
)
def test_a_missing_build_says_why(town: Town, name: str, content: bytes, says: str) -> None:
    """No artifact, another one, or something that is none: the card tells."""
    opened = town.opened()
    if name:
        left(town, opened, name, content)
    else:
        town.ci_passes(opened)
    town.work()
    assert opened.run.builds[0].state is BuildState.MISSING
    assert says in card(town, opened)
    assert opened.status


def test_the_word_build_tells_and_revokes(town: Town, octocat: Citizen) -> None:
    """I ask where it is, and take its page away."""
    opened = town.opened()
    left(town, opened)
    town.work()
    token = opened.run.builds[0].token
    octocat.comment(opened.pull, "/honk build")
    town.work()
    assert any(token in text and "qr.png" not in text for text in town.said_on(opened.pull))
    octocat.comment(opened.pull, "/honk build revoke")
    town.work()
    assert town.records.build_pages.get(token) is None
    assert any("revoked" in text for text in town.said_on(opened.pull))
    assert opened.status


def test_the_talk_has_the_card_and_then_the_question(town: Town, office: Office) -> None:
    """In Slack I get the card with a QR code, and am asked to merge only when the build is there."""
    opened = town.opened()
    ts = bound(office, town, opened)
    left(town, opened)
    town.work()
    shown = office.told(ts)
    (at,) = [index for index, one in enumerate(shown) if "Install Android" in one]
    assert "QR code" in shown[at]
    assert any("Merge it?" in one for one in shown[at:])
    assert card(town, opened)
    assert opened.status


def test_the_card_comes_to_the_talk_when_slack_has_looked_at_its_pictures(town: Town, office: Office) -> None:
    """Slack is not done with the QR code while I am asked already: the card comes a little later, and once."""
    opened = town.opened()
    ts = bound(office, town, opened)
    office.slack.room.looks = 99
    left(town, opened)
    town.pump()
    assert opened.run.builds[0].state is BuildState.READY
    assert not any("Install Android" in one for one in office.told(ts))
    assert any("Merge it?" in one for one in office.told(ts))
    for file in office.slack.state.files.values():
        file.looks = 0
    town.later(6)
    (shown,) = [one for one in office.talk(ts) if "Install Android" in one.shown]
    assert shown.pictures
    edits = len([one for one in office.slack.room.calls if one.arguments.get("ts") == shown.ts])
    town.later(301)
    assert len([one for one in office.slack.room.calls if one.arguments.get("ts") == shown.ts]) == edits
    assert town.redis.hgetall("honk:owed") == {}
    assert card(town, opened)
    assert opened.status
