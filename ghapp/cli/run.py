"""`honk run`: everything on this machine, staying up; with the playground when no GitHub App is configured."""

import os
import signal
from contextlib import ExitStack
from types import FrameType

import click

from ghapp.cli.demo import DEMO, fetch, read_issue
from ghapp.cli.stage import OWNER, PERSON, set_up
from ghapp.playground.script import load_scripts
from ghapp.settings import Settings, from_environment
from ghapp.supervisor import Household, embedded_valkey, part


class _Over(BaseException):
    """A signal asked us to end."""


@click.command()
def run() -> None:
    """Serve the configured GitHub App; without one, the playground, where everything can be tried by hand."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    settings = from_environment(os.environ)
    try:
        if settings.has_app:
            _serve(settings)
        else:
            _play(settings)
    except _Over:
        click.echo("honk: everything has ended")


def _end(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise _Over


def _serve(settings: Settings) -> None:
    settings.require("GITHUB_WEBHOOK_SECRET", "ANTHROPIC_API_KEY")
    data = settings.data.absolute()
    with ExitStack() as stack:
        environ = dict(os.environ)
        if not environ.get("REDIS_URL"):
            environ["REDIS_URL"] = stack.enter_context(embedded_valkey(data / "valkey"))
        household = stack.enter_context(Household(environ, data / "logs"))
        for name in ("web", "intake", "clock"):
            household.start(part(name, name))
        for number in range(settings.workers):
            household.start(part(f"worker-{number}", "worker"))
        click.echo(f"honk: webhooks at {settings.page_root}/webhooks/github, logs in {data / 'logs'}")
        household.watch()


def _play(settings: Settings) -> None:
    data = settings.data.absolute() / "playground"
    tree, name = fetch((DEMO / "package.txt").read_text().strip(), data)
    live = bool(settings.anthropic_api_key)
    with set_up(data, load_scripts(DEMO), live=live, ports=(settings.port + 1, settings.port)) as stage:
        world = stage.playground.world
        world.repository(name, path=tree, message="Import the released source")
        world.install(OWNER)
        world.person(PERSON, write=name)
        title, _ = read_issue(DEMO / "issue.md")
        model = "the real model, with your key" if live else "a SCRIPTED model, which knows this one bug"
        click.echo(
            f"honk: no GitHub App is configured, so this is the playground, with {model}.\n"
            f"honk: open {stage.playground.base_url}/{name}/issues and write an issue, for instance the one offered:\n"
            f"honk:   {title}\n"
            f"honk: then label it `honk`, or comment `/honk fix`, and watch. Ctrl-C ends everything."
        )
        stage.household.watch()
