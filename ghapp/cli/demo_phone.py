"""`honk demo-phone`: from a message in Slack to a deployed app, with what the phone shows at each step."""

import io
import json
import math
import os
import re
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import urljoin
from zipfile import ZipFile

import click

from ghapp.cli import engine as engines
from ghapp.cli import greeter
from ghapp.cli.apps import OWNER
from ghapp.cli.browser import Browser
from ghapp.cli.demo import JUDGE, of_machine
from ghapp.cli.ending import ending_well
from ghapp.cli.folder import emptied, ready
from ghapp.cli.greeter import APP, ROOM, WISH
from ghapp.cli.phone import Phone
from ghapp.cli.stage import PERSON, Stage, set_up
from ghapp.cli.telling import Teller
from ghapp.core.errors import UserError
from ghapp.core.events import Repository, Thread
from ghapp.core.run import Conclusion
from ghapp.playground.script import load_script
from ghapp.playground.slack.shown import Seen
from ghapp.records import records
from ghapp.settings import Engine, Settings, from_environment

_LINK = re.compile(r"\[Install Android\]\(([^()]+)\)")
_PACKAGE = re.compile(r'class="action" href="([^"]+)"')


@click.command("demo-phone")
@engines.option
def demo_phone(engine: Engine | None) -> None:
    """Watch a message in Slack become a merged and deployed app, as a phone shows it."""
    with ending_well("demo-phone"):
        settings = engines.chosen(from_environment(os.environ), engine)
        with emptied(ready(settings) / "demo-phone") as data:
            last = _perform(data, settings)
        click.echo(last)


def _perform(data: Path, settings: Settings) -> str:
    """Set the stage and play; the demo's last line. Raises UserError when it does not come to its end."""
    say = Teller()
    say("note", "the model is SCRIPTED: it plays back a written script")
    say("note", f"the engine is {engines.NAMES[settings.engine]}")
    scripts = (load_script(JUDGE), *greeter.scripts())
    with set_up(data, scripts, live=False, more=of_machine(os.environ, settings)) as stage:
        return _commute(stage, say)


def _commute(stage: Stage, say: Teller) -> str:
    """Ask, link, try the build, merge, and read that it is deployed."""
    ana = greeter.move_in(stage.playground.world, stage.slack, PERSON)
    behind = Behind(stage)
    phone = Phone(stage, ana, ROOM, say, behind.look)
    say(
        "note", f"the same in a browser: {stage.slack.base_url} for Slack, {stage.playground.base_url}/{APP} for GitHub"
    )
    phone.ask(WISH)
    phone.sign_in(phone.until(_private, "the private note"))
    phone.until(_saying("The pull request is open"), "the pull request")
    card = phone.until(_saying("Install Android"), "the build card")
    carded = time.monotonic()
    say("phone", _installed(card))
    phone.until(_saying("Merge it?"), "the question whether to merge")
    tapped = phone.tap("Merge")
    phone.until(_saying("Merged: "), "the merge")
    phone.until(_saying("Deployed to"), "the deployment")
    say("time", f"from CI's artifact to the build card: {carded - behind.artifact_at:.2f} s")
    say("time", f"from the tap to the merge: {behind.merged_at - tapped:.2f} s")
    return f"demo-phone: Slack -> issue #1 -> pull request #{behind.pull} -> build -> merged by tap -> deployed"


class Behind:
    """What happens meanwhile behind the phone, and when, by the monotonic clock; infinite until it has happened."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._world = stage.playground.world
        installation = self._world.install(OWNER)
        self._thread = Thread(Repository(self._world.repo(APP).id, APP, installation.id), 1)
        self._runs = records(stage.settings).runs
        self.pull = 0
        self.artifact_at = math.inf
        self.merged_at = math.inf

    def look(self) -> None:
        """Raises UserError when it cannot come to a good end any more."""
        now = time.monotonic()
        for one in self._world.pulls(APP):
            assert one.pull is not None
            self.pull = one.number
            runs = self._world.workflow_runs(APP, one.pull.head_sha)
            if any(run.artifacts for run in runs):
                self.artifact_at = min(self.artifact_at, now)
            if one.pull.merged_at is not None:
                self.merged_at = min(self.merged_at, now)
        self._look_for_trouble()

    def _look_for_trouble(self) -> None:
        if dead := self._stage.household.dead():
            raise UserError(f"a part of Honk ended: {'; '.join(dead)}")
        if violations := self._stage.violations():
            raise UserError(f"the playground objects: {violations[0]}")
        run = self._runs.last_run(self._thread)
        if run is not None and run.is_done and run.conclusion is not Conclusion.DEPLOYED:
            raise UserError(f"the run ended as {run.conclusion}: {run.reason}")


def _private(rows: list[Seen]) -> Seen | None:
    return next((one for one in rows if one.to and one.buttons), None)


def _saying(words: str) -> Callable[[list[Seen]], Seen | None]:
    return lambda rows: next((one for one in reversed(rows) if words in one.shown), None)


def _installed(card: Seen) -> str:
    """Open the install page of the card and fetch the app, as a phone does; what is in it."""
    browser = Browser()
    page = _found(_LINK, str(card.blocks))
    browser.open(page)
    package = browser.read(urljoin(page, unescape(_found(_PACKAGE, browser.page))))
    with ZipFile(io.BytesIO(package)) as apk:
        greeting = json.loads(apk.read("assets/strings.json"))["greeting"]
    return f"the install page is opened and the app fetched: {len(package)} bytes, and it greets with “{greeting}”"


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise UserError(f"nothing there to install: {text[:200]}")
    return found[1]
