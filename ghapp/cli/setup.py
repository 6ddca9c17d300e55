"""`honk setup slack`: leads a person through making the Slack app, tries what they copy, and writes it to `.env`."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from ghapp.cli import env_file, shapes
from ghapp.cli.doctor import look_at_slack, tell
from ghapp.cli.manifest import LINKED_PATH, manifest, new_app_link
from ghapp.cli.slack_access import connection, workspace
from ghapp.core.errors import TransientError, UserError
from ghapp.settings import Settings, from_environment

ENV = Path(".env")


@dataclass(frozen=True)
class Question:
    """A value to be had, and where people find it. `check` says what it is, and raises UserError for a bad one."""

    name: str
    where: str
    check: Callable[[str], str]
    secret: bool = True


@click.group()
def setup() -> None:
    """Set up what Honk works with: `honk setup slack`."""


@setup.command()
@click.option("--socket", is_flag=True, help="For Socket Mode: a machine that Slack cannot reach.")
@click.option("--check", is_flag=True, help="Only try what is set already.")
@click.option("--manifest", "only_manifest", is_flag=True, help="Only print the app's manifest, to be pasted at Slack.")
def slack(socket: bool, check: bool, only_manifest: bool) -> None:
    """Make the Slack app, try what it gives you, and write that to .env; what is set already is not asked for."""
    settings = from_environment(os.environ)
    if check:
        settings.require("SLACK_BOT_TOKEN")
        sys.exit(0 if tell(look_at_slack(settings)) else 1)
    asked = _asking if sys.stdin.isatty() else _given
    no_address = socket and only_manifest
    address = "" if no_address else asked(_address(socket), settings.public_url).rstrip("/")
    of = manifest(None if socket else address)
    if only_manifest:
        click.echo(yaml.safe_dump(of, sort_keys=False, allow_unicode=True), nl=False)
        return
    click.echo(_FIRST.format(link=new_app_link(of)))
    found = {"HONK_PUBLIC_URL": address}
    for question in (*_of_slack(settings, socket), *_of_github(address)):
        found[question.name] = asked(question, os.environ.get(question.name, ""))
    if not socket and settings.slack_app_token:
        found["SLACK_APP_TOKEN"] = ""  # while there is one, Honk uses Socket Mode
    _keep(found)
    click.echo((_LAST_SOCKET if socket else _LAST).format(address=address))


_FIRST = """
1. Make the Slack app: open this address, choose your workspace, then Next and Create.

{link}

2. Install it: Install App, in the menu of its settings, and Install to your workspace.
3. Copy here what its settings show. Secrets are not shown while you type.
"""

_LAST = """
Start Honk, or start it again. Then, in the app's settings at Slack, under Event Subscriptions, press Retry beside the
Request URL ({address}/slack/events) if it is not verified yet. Invite the bot to a channel (/invite @honk), and ask
it for something.
"""

_LAST_SOCKET = """
Start Honk, or start it again: `honk run` also starts the connection to Slack; on its own it is `honk slack`. Invite the
bot to a channel (/invite @honk), and ask it for something. Links for signing in and for builds lead to
{address}, which people's phones must reach.
"""


def _address(socket: bool) -> Question:
    where = "where people's phones reach Honk" if socket else "where people and Slack reach Honk: https://…"
    return Question("HONK_PUBLIC_URL", where, lambda typed: shapes.address(typed, plain=socket), secret=False)


def _of_slack(settings: Settings, socket: bool) -> tuple[Question, ...]:
    api = settings.slack_api_url

    def bot(typed: str) -> str:
        found = workspace(shapes.bot_token(typed), api)
        return f"the bot {found.bot} in {found.team}"

    def app(typed: str) -> str:
        connection(shapes.app_token(typed), api)
        return "it opens a connection"

    token = Question("SLACK_BOT_TOKEN", "OAuth & Permissions: Bot User OAuth Token (xoxb-…)", bot)
    if socket:
        where = "Basic Information, App-Level Tokens: make one with the scope connections:write (xapp-…)"
        return token, Question("SLACK_APP_TOKEN", where, app)
    where = "Basic Information, App Credentials: Signing Secret"
    return token, Question("SLACK_SIGNING_SECRET", where, shapes.signing_secret)


def _of_github(address: str) -> tuple[Question, ...]:
    where = f"in the GitHub App's settings: enter the Callback URL {address}{LINKED_PATH}, and copy the Client ID"
    return (
        Question("GITHUB_CLIENT_ID", where, shapes.client_id, secret=False),
        Question("GITHUB_CLIENT_SECRET", "there: Generate a new client secret", shapes.client_secret),
    )


def _given(question: Question, value: str) -> str:
    """What is set. Raises UserError when it is not, or is no good: there is nobody to ask."""
    if not value:
        raise UserError(f"not set: {question.name} ({question.where}). Nothing was changed.")
    try:
        click.echo(f"{question.name}: {question.check(value)}", err=True)
    except UserError as error:
        raise UserError(f"{question.name} cannot be used: {error}. Nothing was changed.") from error
    except TransientError as error:
        raise UserError(f"Slack could not be asked: {error}. Nothing was changed.") from error
    return value


def _asking(question: Question, value: str) -> str:
    """What is set, when it is good; else what the person types, as soon as that is."""
    while True:
        if not value:
            click.echo(f"{question.name}: {question.where}", err=True)
            value = click.prompt(">", prompt_suffix=" ", hide_input=question.secret, err=True).strip()
        try:
            click.echo(f"{question.name}: {question.check(value)}", err=True)
            return value
        except UserError as error:
            click.echo(f"{question.name} cannot be used: {error}.", err=True)
            value = ""
        except TransientError as error:
            raise UserError(f"Slack could not be asked: {error}. Nothing was changed.") from error


def _keep(values: Mapping[str, str]) -> None:
    """Write what differs, and say what: names only."""
    differ = env_file.differences(ENV, values)
    if not differ:
        click.echo(f"{ENV} has all of this already.")
        return
    env_file.write(ENV, {name: values[name] for name in differ})
    click.echo(f"{ENV}, which only you can read: {', '.join(f'{name} ({word})' for name, word in differ.items())}")
