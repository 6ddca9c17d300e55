"""The command line: `honk`."""

import logging
import os
import sys

import click
from dotenv import load_dotenv

from ghapp.cli import demo, doctor, fix, parts, playground, run
from ghapp.core.errors import UserError
from ghapp.playground.packages import PackageError
from ghapp.playground.script import ScriptError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def honk() -> None:
    """Label an issue, get a proven pull request."""


for command in (run.run, demo.demo, fix.fix, doctor.doctor, playground.playground, *parts.COMMANDS):
    honk.add_command(command)


def main() -> None:
    """Run the command line; what a person can mend is told in one line, and the exit status is 1."""
    load_dotenv(".env")
    level = os.environ.get("HONK_LOG", "INFO")
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each call of the model, which we tell ourselves
    try:
        honk()
    except (UserError, PackageError, ScriptError) as error:
        click.echo(f"honk: {error}", err=True)
        sys.exit(1)
