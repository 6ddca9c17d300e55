"""`honk fix`: the engine, sandbox, verifiers and gate on a repository of this machine, without GitHub."""

import getpass
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import click

from ghapp import bootstrap
from ghapp.cli import engine as engines
from ghapp.cli.demo import JUDGE
from ghapp.cli.folder import ready
from ghapp.cli.telling import Teller
from ghapp.core.errors import UserError
from ghapp.core.events import Actor, Repository, Thread
from ghapp.core.evidence import is_green
from ghapp.core.ports import CommitText, Remote
from ghapp.core.run import Request, Run, Trigger
from ghapp.flow.local import FixLocally, Tally
from ghapp.playground.model import ModelServer
from ghapp.playground.script import load_script
from ghapp.records import SystemClock
from ghapp.settings import Engine, Settings, from_environment

_GIT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "PATH": os.defpath}


@click.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("instruction")
@click.option("--script", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Use the scripted model.")
@engines.option
def fix(path: Path, instruction: str, script: Path | None, engine: Engine | None) -> None:
    """Do INSTRUCTION to the repository that PATH is in and leave the result on a branch of it.

    The work starts from the commit that is checked out; what is not committed is not seen.
    """
    settings = engines.chosen(from_environment(os.environ), engine)
    (ready(settings) / ".gitignore").write_text("*\n")  # it may lie in the very repository that is worked on
    with nullcontext(settings) if script is None else _scripted(settings, script) as settings:
        settings.require("ANTHROPIC_API_KEY")
        top = _top(path.resolve())
        if top != path.resolve():
            click.echo(f"the repository is {top}")
        run = _describe(settings, top, instruction)
        tally = Tally()
        shop = bootstrap.local_workshop(settings, tally, _commit_text)
        done = FixLocally(shop, tally, SystemClock(), Teller()).fix(run, Remote(f"file://{top}", None))
    if done.head_sha:
        click.echo(f"the work is on the branch {done.branch} ({done.head_sha[:9]})")
    if done.conclusion:
        raise UserError(f"{done.conclusion}: {done.reason}")
    if not is_green(done.evidence):
        raise UserError("the checks are red on that branch")


@contextmanager
def _scripted(settings: Settings, script: Path) -> Iterator[Settings]:
    key = secrets.token_hex(8)
    with ModelServer((load_script(script), load_script(JUDGE)), key) as model:
        yield replace(settings, anthropic_base_url=model.url, anthropic_api_key=key)


def _describe(settings: Settings, path: Path, instruction: str) -> Run:
    title, _, body = instruction.partition("\n")
    number = int.from_bytes(sha256(str(path).encode()).digest()[:6])
    return Run(
        id=secrets.token_hex(4),
        key="",
        thread=Thread(Repository(number, path.name, 0), 0),
        requester=Actor(0, getpass.getuser()),
        trigger=Trigger(at=""),
        request=Request(title=title, body=body),
        created_at=time.time(),
        engine=settings.engine,
        model=settings.model,
        base_branch=_branch(path),
    )


def _top(path: Path) -> Path:
    """The top of the working tree that a folder lies in; the folder itself where it is in none, as a bare one is."""
    said = _git(path, "rev-parse", "--show-toplevel")
    return path if said.returncode else Path(said.stdout.removesuffix("\n"))


def _branch(path: Path) -> str:
    said = _git(path, "symbolic-ref", "--short", "HEAD")
    if said.returncode:
        raise UserError(f"{path} is no git repository with a branch checked out: {said.stderr.strip()}")
    return said.stdout.strip()


def _git(path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", "-C", path, *arguments], env=_GIT, capture_output=True, text=True, check=False)


def _commit_text(run: Run) -> CommitText:
    summary = run.report.summary.strip() if run.report else ""
    message = f"{run.request.title[:100]}\n\n{summary}\n".rstrip() + "\n"
    return CommitText(message, "Honk", "honk@localhost", run.created_at)
