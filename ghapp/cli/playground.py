"""`honk playground`: a GitHub with state and a scripted model, alone, for Honk's other parts or for any other App."""

import os
from contextlib import ExitStack
from pathlib import Path

import click

from ghapp.cli.demo import DEMO, fetch
from ghapp.cli.ending import asked_to_end
from ghapp.cli.folder import emptied
from ghapp.cli.stage import OWNER, PERSON, register, require_free
from ghapp.playground.model import ModelServer
from ghapp.playground.pages import blueprint
from ghapp.playground.script import load_scripts
from ghapp.playground.server import Playground, serve
from ghapp.settings import Settings, from_environment


@click.command()
@click.option("--port", default=8001, show_default=True, help="The port of GitHub's pages, REST, GraphQL and git.")
@click.option("--model-port", default=8002, show_default=True, help="The port of the scripted model.")
@click.option(
    "--scripts",
    default=DEMO,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the model's scripts.",
)
def playground(port: int, model_port: int, scripts: Path) -> None:
    """A GitHub and a scripted model on loopback, with the App of this environment registered and installed."""
    settings = from_environment(os.environ)
    settings.require("GITHUB_APP_ID", "GITHUB_WEBHOOK_SECRET", "ANTHROPIC_API_KEY")
    require_free(port, "choose another with --port")
    require_free(model_port, "choose another with --model-port")
    over = asked_to_end()
    with ExitStack() as stack:
        data = stack.enter_context(emptied(settings.data.absolute() / "playground"))
        tree, name = fetch((DEMO / "package.txt").read_text().strip(), data)
        model = ModelServer(load_scripts(scripts), settings.anthropic_api_key, port=model_port)
        stack.enter_context(model)

        def on_ready(running: Playground) -> None:
            _fill(running, settings, tree, name)
            click.echo(f"GITHUB_API_URL={running.api_url}")
            click.echo(f"GITHUB_SERVER_URL={running.base_url}")
            click.echo(f"ANTHROPIC_BASE_URL={model.url}")

        serve("127.0.0.1", port, data / "github", on_ready=on_ready, until=over, blueprints=lambda w: [blueprint(w)])


def _fill(running: Playground, settings: Settings, tree: Path, name: str) -> None:
    register(
        running.world,
        app_id=int(settings.github_app_id),
        private_key=settings.private_key,
        webhook_secret=settings.github_webhook_secret,
        hook_url=f"{settings.page_root}/webhooks/github",
    )
    running.world.repository(name, path=tree, message="Import the released source")
    running.world.install(OWNER)
    running.world.person(PERSON, write=name)
