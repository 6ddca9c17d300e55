"""What the scenarios of builds share: repositories that name some, what CI leaves of them, and the card."""

import io
import zipfile

from ghapp.core.builds import Build
from ghapp.playground.actions_state import Artifact
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Town
from tests.scenarios.wishes import configured

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c626001000000ffff03000006000557bfabd40000000049454e44ae426082"
)
ANDROID = '{name: Android, artifact: "*.apk"}'


def package(words: str = "42") -> bytes:
    """A small archive of an Android package's shape."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("AndroidManifest.xml", "<manifest/>")
        archive.writestr("assets/words", words)
    return made.getvalue()


def building(town: Town, *entries: str, ci: str = "{settle: 0}") -> Opened:
    """A pull request in a repository whose config has these builds."""
    configured(town, "builds:\n" + "".join(f"- {entry}\n" for entry in entries), ci)
    return town.opened()


def leaves(town: Town, opened: Opened, name: str, files: dict[str, bytes] | bytes) -> Artifact:
    """CI keeps an artifact of the head."""
    return town.world.artifact(DEMO, town.world.workflow_runs(DEMO, opened.head)[0].id, name, files)


def builds_it(town: Town, opened: Opened, words: str = "42") -> Artifact:
    """CI builds the package of the head, keeps it, and is green."""
    made = leaves(town, opened, "android", {"app.apk": package(words)})
    town.ci_passes(opened)
    return made


def cards(town: Town, opened: Opened) -> list[str]:
    """Every card of builds on the pull request, as it is now."""
    town.said_on(opened.pull)
    return [one.body for one in town.said(opened.pull) if one.body.startswith("<!-- honk:builds:")]


def card(town: Town, opened: Opened) -> str:
    """The one card."""
    (found,) = cards(town, opened)
    assert opened.head[:9] in found
    assert opened.status
    return found


def newest(opened: Opened) -> Build:
    """The build of the head, by the record."""
    (found,) = [one for one in opened.run.builds if one.sha == opened.head]
    return found


def page(town: Town, build: Build) -> str:
    """The address of its page."""
    return f"{town.settings.page_root}/b/{build.token}"
