"""The command line: `honk`."""

import logging
import os
import sys
from collections import UserDict
from importlib import import_module
from typing import Any

import click
from dotenv import load_dotenv

from ghapp.core.errors import UserError
from ghapp.playground.packages import PackageError
from ghapp.playground.script import ScriptError
from ghapp.settings import from_environment

_WHERE = {
    "run": "run:run",
    "demo": "demo:demo",
    "demo-phone": "demo_phone:demo_phone",
    "fix": "fix:fix",
    "doctor": "doctor:doctor",
    "setup": "setup:setup",
    "playground": "playground:playground",
    "web": "parts:web",
    "intake": "parts:intake",
    "worker": "parts:run_worker",
    "clock": "parts:clock",
    "slack": "slack:slack",
    "relay": "relay:relay",
}


class _Imported(UserDict[str, Any]):
    """Commands by name, each imported when it is asked for.

    All of them take a second, and a relay is started for every attempt.
    """

    def __getitem__(self, name: str) -> click.Command:
        module, command = super().__getitem__(name).split(":")
        found: click.Command = getattr(import_module(f"ghapp.cli.{module}"), command)
        return found


@click.group(
    commands=_Imported(_WHERE), context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
def honk() -> None:
    """Label an issue, get a proven pull request."""


def main() -> None:
    """Run the command line; what a person can mend is told in one line, and the exit status is 1."""
    load_dotenv(".env")
    try:
        level = from_environment(os.environ).log
        logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
        # It has a line for each call of the model, which we tell ourselves.
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        honk()
    except (UserError, PackageError, ScriptError) as error:
        click.echo(f"honk: {error}", err=True)
        sys.exit(1)
