"""`honk demo`: one issue on its way to a pull request, on a real released package, with every step printed."""

import os
import shutil
import sys
import time
from importlib.resources import files
from pathlib import Path

import click

from ghapp import bootstrap
from ghapp.cli.stage import OWNER, PERSON, Stage, set_up
from ghapp.cli.telling import Teller
from ghapp.core.errors import UserError
from ghapp.core.events import Repository, Thread
from ghapp.core.run import Run, State
from ghapp.playground.packages import PackageError, as_repository, fetch_sdist, unpack
from ghapp.playground.script import ScriptError, load_script
from ghapp.settings import from_environment

DEMO = Path(str(files("ghapp.playground"))) / "demo"
_SECONDS = 15 * 60
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class DemoFailed(UserError):
    """The demo did not come to its end; the message says why."""


@click.command()
@click.option("--package", metavar="NAME==VERSION", help="Another released package that has a source archive.")
@click.option("--issue", type=_FILE, help="Its issue: `# title`, then the body.")
@click.option("--script", type=_FILE, help="Its model script.")
@click.option("--live", is_flag=True, help="Ask the real model (ANTHROPIC_API_KEY) instead of the scripted one.")
def demo(package: str | None, issue: Path | None, script: Path | None, live: bool) -> None:
    """Watch an issue become a pull request with green CI, on a real released package."""
    data = from_environment(os.environ).data.absolute() / "demo"
    try:
        tree, name = fetch(package or (DEMO / "package.txt").read_text().strip(), data)
        title, body = read_issue(issue or DEMO / "issue.md")
        scripts = () if live else (load_script(script or DEMO / "script.yml"),)
        say = Teller()
        say("note", "the model is Anthropic's own" if live else "the model is SCRIPTED: it plays back a written script")
        with set_up(data, scripts, live=live) as stage:
            last = _perform(stage, tree, name, (title, body), say)
    except (PackageError, ScriptError, DemoFailed) as error:
        click.echo(f"demo: {error}", err=True)
        sys.exit(1)
    click.echo(last)


def fetch(requirement: str, data: Path) -> tuple[Path, str]:
    """The package's source as a repository of one commit, and the name that the playground gives it."""
    shutil.rmtree(data, ignore_errors=True)
    click.echo(f"fetching {requirement} with pip")
    tree = unpack(fetch_sdist(requirement, data / "archive"), data / "source")
    as_repository(tree)
    return tree, f"{OWNER}/{requirement.partition('==')[0]}"


def read_issue(path: Path) -> tuple[str, str]:
    """Title and body of an issue file. Raises UserError when it does not begin with `# `."""
    first, _, rest = path.read_text().partition("\n")
    if not first.startswith("# "):
        raise UserError(f"{path}: the first line must be `# ` and the issue's title")
    return first[2:].strip(), rest.strip()


def _perform(stage: Stage, tree: Path, name: str, issue: tuple[str, str], say: Teller) -> str:
    """Open the issue, label it, watch; the demo's last line. Raises DemoFailed."""
    world = stage.playground.world
    world.repository(name, path=tree, message="Import the released source")
    installation = world.install(OWNER)
    person = world.person(PERSON, write=name)
    number = person.open_issue(name, *issue).number
    say("step", f"issue #{number} is opened: {issue[0]}")
    person.label(name, number, "honk")
    say("step", "it is labelled `honk`")
    thread = Thread(Repository(world.repo(name).id, name, installation.id), number)
    run = _Watch(stage, name, thread, say).until_ready()
    _show(stage, name, run)
    return f"demo: issue #{number} -> pull request #{run.pull}, CI success, ready for review"


class _Watch:
    """Prints what happens on GitHub and in the run's transcript, as it happens."""

    def __init__(self, stage: Stage, name: str, thread: Thread, say: Teller) -> None:
        self._stage = stage
        self._name = name
        self._thread = thread
        self._say = say
        self._records = bootstrap.records(stage.settings)
        self._seen = "0"
        self._told: set[str] = set()

    def until_ready(self) -> Run:
        """The run, once its pull request is ready for review and its checks have succeeded. Raises DemoFailed."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            self._look_at_issue()
            run = self._records.runs.last_run(self._thread)
            if run is not None:
                self._look_at_transcript(run)
                if self._is_ready(run):
                    return run
            if dead := self._stage.household.dead():
                raise DemoFailed(f"a part of Honk ended: {'; '.join(dead)}")
            time.sleep(0.1)
        raise DemoFailed(f"it was not ready after {_SECONDS // 60} minutes")

    def _look_at_issue(self) -> None:
        world = self._stage.playground.world
        for reaction in world.issue(self._name, self._thread.number).reactions:
            self._once("github", f"reaction on the issue: {reaction.content}")
        for comment in world.comments(self._name, self._thread.number):
            self._once("github", f"comment by {comment.author.user.login} on the issue, edited in place from now on")

    def _look_at_transcript(self, run: Run) -> None:
        for entry in self._records.transcripts.read(run.id, self._seen):
            self._seen = entry.id
            self._say(entry.kind, entry.text)

    def _once(self, kind: str, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._say(kind, text)

    def _is_ready(self, run: Run) -> bool:
        if run.is_done:
            raise DemoFailed(f"the run ended as {run.conclusion}: {run.reason}")
        if run.state is not State.AWAITING_REVIEW or run.pull is None:
            return False
        pull = self._stage.playground.world.pull(self._name, run.pull).pull
        outcomes = self._stage.playground.world.check_outcomes(self._name, run.head_sha)
        return pull is not None and not pull.draft and set(outcomes.values()) == {"success"}


def _show(stage: Stage, name: str, run: Run) -> None:
    entries = bootstrap.records(stage.settings).transcripts.read(run.id)
    click.echo("\n" + next(entry.text for entry in reversed(entries) if entry.kind == "diff"))
    click.echo(f"{'check':<12} {'base':<8} {'head':<8} result")
    for item in run.evidence:
        base = "not run" if item.base is None else _word(item.base.passed)
        click.echo(f"{item.check.name:<12} {base:<8} {_word(item.head.passed):<8} {item.head.summary}")
    click.echo(f"\nlogs and data: {stage.settings.data.parent}")
    click.echo(
        f"`honk run` stays up, with pages for issues and pull requests; the run's page was {_page(stage, run)}\n"
    )


def _word(passed: bool) -> str:
    return "passed" if passed else "failed"


def _page(stage: Stage, run: Run) -> str:
    return bootstrap.page(stage.settings, run.key)
