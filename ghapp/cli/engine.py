"""Which engine codes, and whether it is there: asked before anything is started."""

from dataclasses import replace
from typing import get_args

import click

from ghapp.agents.claude_code import claude_code_missing, program
from ghapp.cli.folder import ready
from ghapp.core.errors import UserError
from ghapp.sandbox import machine, process
from ghapp.sandbox.jail import Bind, Jail, environment
from ghapp.settings import Engine, Settings

NAMES = {"claude-code": "Claude Code, the real program", "messages": "our own loop on the Messages API"}
_INSIDE = "/run/honk/claude"
_SECONDS = 60

option = click.option(
    "--engine", type=click.Choice(get_args(Engine)), help="The engine that codes, instead of that of HONK_ENGINE."
)


def chosen(settings: Settings, engine: Engine | None = None) -> Settings:
    """The settings, with this engine when one is named. Raises UserError when the engine is not installed."""
    settings = replace(settings, engine=engine or settings.engine)
    if settings.engine == "claude-code" and (missing := claude_code_missing()):
        raise UserError(missing)
    return settings


def version_inside(settings: Settings) -> str:
    """What Claude Code says of its version when it is started in the sandbox, without network.

    Raises UserError when it is missing or does not start, TransientError when the sandbox does not come up.
    """
    chosen(settings, "claude-code")
    here = replace(machine.look(ready(settings)), own_proc=not settings.already_isolated)
    jail = Jail((Bind(program(), _INSIDE),), environment(here, prepared=False), folder="/")
    done = process.run(here, jail, [_INSIDE, "--version"], timeout=_SECONDS)
    if done.exit_code:
        raise UserError(f"its program does not start in the sandbox (exit code {done.exit_code}): {done.output[-300:]}")
    return done.output.split()[0]
