"""`honk playground`: GitHub, Slack and a scripted model, alone, for Honk's other parts or for any other App."""

import os
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import click

from ghapp.cli import greeter
from ghapp.cli.apps import OWNER
from ghapp.cli.demo import DEMO, fetch
from ghapp.cli.ending import asked_to_end
from ghapp.cli.folder import emptied, ready
from ghapp.cli.stage import PERSON, access_to, chat, github, install, require_free
from ghapp.playground.hosting import Host
from ghapp.playground.model import ModelServer
from ghapp.playground.script import load_scripts
from ghapp.playground.slack.state import SlackApp
from ghapp.settings import Settings, from_environment

_PORT = click.IntRange(1, 65_535)


@click.command()
@click.option(
    "--port", type=_PORT, default=8001, show_default=True, help="The port of GitHub's pages, REST, GraphQL and git."
)
@click.option("--model-port", type=_PORT, default=8002, show_default=True, help="The port of the scripted model.")
@click.option(
    "--slack-port", type=_PORT, default=8003, show_default=True, help="The port of Slack's pages, Web API and socket."
)
@click.option(
    "--scripts",
    default=DEMO,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the model's scripts.",
)
def playground(port: int, model_port: int, slack_port: int, scripts: Path) -> None:
    """A GitHub, a Slack and a scripted model on loopback, with the App of this environment registered and installed."""
    settings = from_environment(os.environ)
    settings.require("GITHUB_APP_ID", "GITHUB_WEBHOOK_SECRET", "ANTHROPIC_API_KEY")
    data = ready(settings)
    for number, option in ((port, "--port"), (model_port, "--model-port"), (slack_port, "--slack-port")):
        require_free(number, f"choose another with {option}")
    over, stop = asked_to_end(), Event()
    with ExitStack() as stack:
        folder = stack.enter_context(emptied(data / "playground"))
        tree, name = fetch((DEMO / "package.txt").read_text().strip(), folder)
        scripted = (*load_scripts(scripts), *greeter.scripts())
        model = stack.enter_context(ModelServer(scripted, settings.anthropic_api_key, port=model_port))
        running = stack.enter_context(github(folder, stop, port))
        stack.callback(running.world.settle, timeout=30)
        stack.callback(stop.set)
        stack.enter_context(Host(running.world))
        slack = stack.enter_context(chat(slack_port))
        _take_secrets(slack.app, settings)
        install(running, slack, settings)
        running.world.repository(name, path=tree, message="Import the released source")
        running.world.install(OWNER)
        running.world.person(PERSON, write=name)
        greeter.move_in(running.world, slack, PERSON)
        addresses = {"GITHUB_API_URL": running.api_url, "GITHUB_SERVER_URL": running.base_url, **access_to(slack)}
        addresses |= {"SLACK_APP_TOKEN": slack.app.app_token, "ANTHROPIC_BASE_URL": model.url}
        for setting, value in addresses.items():
            click.echo(f"{setting}={value}")
        over.wait()


def _take_secrets(app: SlackApp, settings: Settings) -> None:
    """Those of the environment, where it has some: who has set them need not change them at each start."""
    app.bot_token = settings.slack_bot_token or app.bot_token
    app.app_token = settings.slack_app_token or app.app_token
    app.signing_secret = settings.slack_signing_secret or app.signing_secret
