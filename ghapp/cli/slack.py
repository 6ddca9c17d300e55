"""`honk slack`: receives what Slack sends by Socket Mode, for a machine that Slack cannot reach."""

import os
from functools import partial

import click

from ghapp.cli.ending import asked_to_end
from ghapp.core.errors import TransientError, UserError
from ghapp.records import records
from ghapp.settings import from_environment
from ghapp.slack.door import socket_mode
from ghapp.web.hooks import take


@click.command()
def slack() -> None:
    """Receive what Slack sends by Socket Mode; run one, where Slack cannot reach the web part."""
    settings = from_environment(os.environ)
    settings.require("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
    kept = records(settings)
    over = asked_to_end()
    door = socket_mode(
        partial(take, kept.inbox, kept.queue),
        app_token=settings.slack_app_token,
        token=settings.slack_bot_token,
        api_url=settings.slack_api_url,
    )
    try:
        door.start()
    except TransientError as error:
        raise UserError(f"Slack could not be reached: {error}") from error
    try:
        over.wait()
    finally:
        door.stop()
