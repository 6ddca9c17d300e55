"""`honk demo`: one issue on its way to a pull request, on a real released package, with every step printed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click

from ghapp.cli import engine as engines
from ghapp.cli.apps import OWNER
from ghapp.cli.ending import ending_well
from ghapp.cli.folder import emptied, ready
from ghapp.cli.stage import PERSON, Stage, set_up
from ghapp.cli.telling import Teller
from ghapp.cli.watching import Watch, show
from ghapp.core.config import PATH
from ghapp.core.errors import UserError
from ghapp.core.events import Repository, Thread
from ghapp.playground.packages import as_repository, fetch_sdist, unpack
from ghapp.playground.script import Script, load_script
from ghapp.settings import Engine, Settings, from_environment

DEMO = Path(str(files("ghapp.playground"))) / "demo"
JUDGE = DEMO / "judge.yml"
_CONFIG = """\
version: 1
ci:
  settle: 1  # all of this CI begins with the push, so nothing more is to be waited for
"""
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Play:
    """What is played: a released package, an issue of it, and the model's scripts (none when it is live)."""

    package: str
    title: str
    body: str
    scripts: tuple[Script, ...]


@click.command()
@click.option("--package", metavar="NAME==VERSION", help="Another released package that has a source archive.")
@click.option("--issue", type=_FILE, help="Its issue: `# title`, then the body.")
@click.option("--script", type=_FILE, help="Its model script.")
@click.option("--live", is_flag=True, help="Ask the real model (ANTHROPIC_API_KEY) instead of the scripted one.")
@engines.option
def demo(package: str | None, issue: Path | None, script: Path | None, live: bool, engine: Engine | None) -> None:
    """Watch an issue become a pull request with green CI, on a real released package."""
    with ending_well("demo"):
        settings = engines.chosen(from_environment(os.environ), engine)
        if live:
            settings.require("ANTHROPIC_API_KEY")
        play = choose(package, issue, script, live=live)
        with emptied(ready(settings) / "demo") as data:
            last = _perform(play, data, settings)
        click.echo(last)


def choose(package: str | None, issue: Path | None, script: Path | None, *, live: bool) -> Play:
    """The play that the options ask for; ours when they say nothing. Raises UserError or ScriptError."""
    if package is not None and (issue is None or not (script or live)):
        raise UserError("another package needs an --issue and a --script (or --live) of its own")
    title, body = read_issue(issue or DEMO / "issue.md")
    scripts = () if live else (load_script(script or DEMO / "script.yml"), load_script(JUDGE))
    return Play(package or (DEMO / "package.txt").read_text().strip(), title, body, scripts)


def read_issue(path: Path) -> tuple[str, str]:
    """Title and body of an issue file. Raises UserError when it does not begin with `# `."""
    try:
        first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: it is not UTF-8") from error
    if not first.startswith("# ") or not first[2:].strip():
        raise UserError(f"{path}: the first line must be `# ` and the issue's title")
    return first[2:].strip(), rest.strip()


def fetch(requirement: str, data: Path) -> tuple[Path, str]:
    """The package's source as a repository of one commit, and the name that the playground gives it.

    It gets a `honk.yml` for a short demo, unless it has its own.
    """
    click.echo(f"fetching {requirement} with pip")
    tree = unpack(fetch_sdist(requirement, data / "archive"), data / "source")
    if not (tree / PATH).exists():
        (tree / PATH).parent.mkdir(exist_ok=True)
        (tree / PATH).write_text(_CONFIG, encoding="utf-8")
    as_repository(tree)
    return tree, f"{OWNER}/{requirement.partition('==')[0]}"


def _perform(play: Play, data: Path, settings: Settings) -> str:
    """Set the stage and play; the demo's last line. Raises UserError when it does not come to its end."""
    tree, name = fetch(play.package, data)
    say = Teller()
    live = not play.scripts
    say("note", "the model is Anthropic's own" if live else "the model is SCRIPTED: it plays back a written script")
    say("note", f"the engine is {engines.NAMES[settings.engine]}")
    with set_up(data, play.scripts, live=live, more=of_machine(os.environ, settings)) as stage:
        run = Watch(stage, _ask(stage, tree, name, play, say), say).until_ready()
        show(stage, run)
    return f"demo: issue #{run.thread.number} -> pull request #{run.pull}, CI success, ready for review"


def of_machine(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """What the operator sets about this machine and about what happens on it, in the playground too."""
    names = ("HONK_ALREADY_ISOLATED", "HONK_JUDGE", "HONK_LOG", "HONK_SETUP_HOSTS")
    return {name: environ[name] for name in names if name in environ} | {"HONK_ENGINE": settings.engine}


def _ask(stage: Stage, tree: Path, name: str, play: Play, say: Teller) -> Thread:
    """Import the package, open the issue and label it."""
    world = stage.playground.world
    world.repository(name, path=tree, message="Import the released source")
    installation = world.install(OWNER)
    person = world.person(PERSON, write=name)
    number = person.open_issue(name, play.title, play.body).number
    say("step", f"issue #{number} is opened: {play.title}")
    say("note", f"look at it while this runs: {stage.playground.base_url}/{name}/issues/{number}")
    person.label(name, number, "honk")
    say("step", "it is labelled `honk`")
    return Thread(Repository(world.repo(name).id, name, installation.id), number)
