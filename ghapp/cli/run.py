"""`honk run`: everything on this machine, staying up; with the playground when no GitHub App is configured."""

import os
from contextlib import ExitStack

import click

from ghapp import bootstrap
from ghapp.cli import engine as engines
from ghapp.cli import greeter
from ghapp.cli.apps import OWNER
from ghapp.cli.demo import DEMO, fetch, of_machine, read_issue
from ghapp.cli.ending import Over, end_at_signals
from ghapp.cli.folder import emptied, ready
from ghapp.cli.stage import PERSON, require_free, set_up
from ghapp.playground.script import load_scripts
from ghapp.settings import Settings, from_environment
from ghapp.supervisor import Household, embedded_valkey, part


@click.command()
def run() -> None:
    """Serve the configured GitHub App; without one, the playground, where everything can be tried by hand."""
    end_at_signals()
    settings = engines.chosen(from_environment(os.environ))
    try:
        if settings.has_app:
            _serve(settings)
        else:
            _play(settings)
    except Over:
        click.echo("honk: everything has ended")


def _serve(settings: Settings) -> None:
    settings.require("GITHUB_WEBHOOK_SECRET", "ANTHROPIC_API_KEY")
    bootstrap.github(settings)  # the parts would end for what is wrong here, and be started again for ever
    bootstrap.sign_in(settings)
    data = ready(settings)
    require_free(settings.port, "set PORT to another")
    with ExitStack() as stack:
        environ = dict(os.environ)
        if not environ.get("REDIS_URL"):
            environ["REDIS_URL"] = stack.enter_context(embedded_valkey(data / "valkey"))
        household = stack.enter_context(Household(environ, data / "logs"))
        for name in ("web", "intake", "clock"):
            household.start(part(name, name))
        if settings.has_slack and settings.slack_app_token:
            household.start(part("slack", "slack"))
        for number in range(settings.workers):
            household.start(part(f"worker-{number}", "worker"))
        click.echo(f"honk: webhooks at {settings.page_root}/webhooks/github, logs in {data / 'logs'}")
        household.watch()


def _play(settings: Settings) -> None:
    ports = (settings.port, settings.port + 1, settings.port + 2)
    for port in ports:
        require_free(port, "set PORT to another, with the two above it free too")
    live = bool(settings.anthropic_api_key)
    with ExitStack() as stack:
        data = stack.enter_context(emptied(ready(settings) / "playground"))
        tree, name = fetch((DEMO / "package.txt").read_text().strip(), data)
        scripts = (*load_scripts(DEMO), *greeter.scripts())
        more = of_machine(os.environ, settings) | ({} if live else {"HONK_ROUTER_MODEL": "off"})
        stage = stack.enter_context(set_up(data, scripts, live=live, ports=ports, more=more))
        world = stage.playground.world
        world.repository(name, path=tree, message="Import the released source")
        world.install(OWNER)
        world.person(PERSON, write=name)
        greeter.move_in(world, stage.slack, PERSON)
        title, _ = read_issue(DEMO / "issue.md")
        model = "the real model, with your key" if live else "a SCRIPTED model, which knows two bugs"
        click.echo(
            f"honk: no GitHub App is configured, so this is the playground, with {model}.\n"
            f"honk: the engine is {engines.NAMES[settings.engine]}.\n"
            f"honk: open {stage.playground.base_url}/{name}/issues and write an issue, for instance the one offered:\n"
            f"honk:   {title}\n"
            f"honk: then label it `honk`, or comment `/honk fix`, and watch.\n"
            f"honk: or open {stage.slack.base_url} as a phone would, be Ana, and write in #{greeter.ROOM}:\n"
            f"honk:   @Honk {greeter.WISH}\n"
            f"honk: Ctrl-C ends everything."
        )
        stage.household.watch()
