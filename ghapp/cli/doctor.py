"""`honk doctor`: looks at everything that Honk needs, and says what to do about what is wrong."""

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from redis.exceptions import RedisError

from ghapp import bootstrap
from ghapp.cli import engine as engines
from ghapp.cli.folder import ready
from ghapp.core.errors import TransientError, UserError
from ghapp.sandbox.clients import settings_of
from ghapp.sandbox.sources import sources_of_words
from ghapp.settings import Settings, from_environment
from ghapp.store.connection import connect

_OLDEST_GIT = (2, 39)
_CLOCK_SECONDS = 30.0
_ASK_GITHUB = "Check GITHUB_API_URL and the network."


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `advice` says what to do when it is not well."""

    name: str
    well: bool
    said: str
    advice: str = ""


@click.command()
def doctor() -> None:
    """Check configuration, key, Redis, git, sandbox, engine, limits and clock, and say what to do about each."""
    settings = from_environment(os.environ)
    sys.exit(0 if tell(finding for look in LOOKS for finding in look(settings)) else 1)


def tell(findings: Iterable[Finding]) -> bool:
    """Print each finding as it comes, with its advice when it is not well; whether all are."""
    all_well = True
    for finding in findings:
        click.echo(f"{'ok   ' if finding.well else 'WRONG'} {finding.name}: {finding.said}")
        if not finding.well:
            click.echo(f"      {finding.advice}")
            all_well = False
    return all_well


def look_at_configuration(settings: Settings) -> Iterator[Finding]:
    """Without an App, the playground is served, and nothing needs to be set."""
    if not settings.has_app:
        yield Finding("configuration", True, "no GitHub App is set: `honk run` serves the playground")
        return
    try:
        settings.require("GITHUB_WEBHOOK_SECRET", "ANTHROPIC_API_KEY")
        yield Finding("configuration", True, f"App {settings.github_app_id} at {settings.github_api_url}")
    except UserError as error:
        yield Finding(
            "configuration", False, str(error), "Set them in the environment or in .env; see docs/settings.md."
        )


def look_at_key(settings: Settings) -> Iterator[Finding]:
    """The private key: there, readable by its owner alone, and one that GitHub knows."""
    if not settings.has_app:
        return
    try:
        _ = settings.private_key
    except UserError as error:
        advice = "Set GITHUB_PRIVATE_KEY_PATH to the file that the App's settings page gave you, or GITHUB_PRIVATE_KEY."
        yield Finding("private key", False, str(error), advice)
        return
    if path := settings.github_private_key_path:
        mode = stat.S_IMODE(Path(path).stat().st_mode)
        yield Finding("key file", mode & 0o077 == 0, f"mode {mode:04o}", f"Others can read it: chmod 600 {path}")
    try:
        yield Finding("private key", True, f"GitHub knows it as that of the App {bootstrap.github(settings).app.slug}")
    except TransientError as error:
        yield Finding("private key", False, f"GitHub could not be asked: {error}", _ASK_GITHUB)
    except UserError as error:
        advice = "Make a new one on the App's settings page; set GITHUB_PRIVATE_KEY or GITHUB_PRIVATE_KEY_PATH."
        yield Finding("private key", False, f"it cannot be used: {error}", advice)


def look_at_redis(settings: Settings) -> Iterator[Finding]:
    """Reachable, persistent, never evicting: what it acknowledges must last."""
    if not os.environ.get("REDIS_URL"):
        yield Finding("redis", True, "REDIS_URL is not set: `honk run` starts its own, append-only")
        return
    try:
        client = connect(settings.redis_url, patient=False)
        append_only = client.config_get("appendonly")["appendonly"]
        policy = client.config_get("maxmemory-policy")["maxmemory-policy"]
    except (RedisError, UserError) as error:
        yield Finding("redis", False, f"it does not answer: {error}", "Start it, or correct REDIS_URL.")
        return
    yield Finding(
        "redis persistence", append_only == "yes", f"appendonly {append_only}",
        "A crash would lose accepted work: set `appendonly yes`.",
    )  # fmt: skip
    yield Finding(
        "redis eviction", policy == "noeviction", f"maxmemory-policy {policy}",
        "Records would vanish when memory is short: set `maxmemory-policy noeviction`.",
    )  # fmt: skip


def look_at_git(_settings: Settings) -> Iterator[Finding]:
    """Git is there and new enough."""
    if shutil.which("git") is None:
        yield Finding("git", False, "it is not installed", "apt-get install git")
        return
    said = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    numbers = tuple(int(part) for part in said.split()[2].split(".")[:2])
    yield Finding("git", numbers >= _OLDEST_GIT, said, "Install git 2.39 or newer.")


def look_at_data(settings: Settings) -> Iterator[Finding]:
    """The data folder is there, or can be made, and is ours to write to."""
    try:
        yield Finding("data folder", True, str(ready(settings)))
    except UserError as error:
        yield Finding("data folder", False, str(error), "Set HONK_DATA to another, or let Honk's user write to it.")


def look_at_sandbox(settings: Settings) -> Iterator[Finding]:
    """Bubblewrap really shuts a program in on this machine."""
    from ghapp.sandbox.bubblewrap import Bubblewrap

    try:
        data = ready(settings)
    except UserError:
        yield Finding("sandbox", False, "bubblewrap was not tried", "Mend the data folder first.")
        return
    try:
        Bubblewrap(data, already_isolated=settings.already_isolated).check()
        yield Finding("sandbox", True, "bubblewrap isolates")
    except UserError as error:
        yield Finding("sandbox", False, "bubblewrap does not isolate", str(error))


def look_at_engine(settings: Settings) -> Iterator[Finding]:
    """The engine that is set is installed, and its program starts where it will have to work."""
    if settings.engine == "messages":
        yield Finding("engine", True, "messages, our own loop on the Messages API")
        return
    try:
        version = engines.version_inside(settings)
        yield Finding("engine", True, f"claude-code {version}, in the sandbox")
    except UserError as error:
        yield Finding("engine", False, "claude-code cannot be used", str(error))
    except TransientError as error:
        yield Finding("engine", False, f"claude-code was not tried: {error}", "Mend the sandbox first.")


def look_at_limits(settings: Settings) -> Iterator[Finding]:
    """What may be spent beyond the budget of each run, which its repository sets."""
    limits = {
        "an issue": settings.issue_dollars,
        "a person a day": settings.person_dollars,
        "a repository a day": settings.repository_dollars,
        "all runs a day": settings.day_dollars,
    }
    said = ", ".join(f"{whose} {_money(dollars)}" for whose, dollars in limits.items())
    yield Finding(
        "limits", any(limits.values()), said, "Nothing but each run's own budget ends it: set HONK_DAY_DOLLARS."
    )


def look_at_set_up(settings: Settings) -> Iterator[Finding]:
    """Where set-up commands may fetch packages from; who has a server of their own sees whether it is among them."""
    try:
        named = {*settings_of(os.environ).sources, *sources_of_words(settings.setup_hosts)}
    except ValueError as error:
        yield Finding("set-up", False, str(error), "Correct HONK_SETUP_HOSTS.")
        return
    said = ", ".join(sorted(source.address for source in named)) or "no server by name"
    yield Finding("set-up", True, f"may reach {said}, and what the package clients have built in")


def _money(dollars: float) -> str:
    return f"${dollars:.2f}" if dollars else "without limit"


def look_at_clock(settings: Settings) -> Iterator[Finding]:
    """GitHub refuses tokens of a clock that is off."""
    if not settings.has_app:
        return
    try:
        off = bootstrap.clock_offset(settings, time.time())
        well = abs(off) <= _CLOCK_SECONDS
        yield Finding(
            "clock", well, f"{off:+.0f} s against GitHub", "Turn on time synchronisation: timedatectl set-ntp true"
        )
    except TransientError as error:
        yield Finding("clock", False, f"GitHub could not be asked: {error}", _ASK_GITHUB)


def look_at_slack(settings: Settings) -> Iterator[Finding]:
    """The bot's token, Slack's way in to us, and people's way to say who they are; nothing where Slack is not set."""
    if not settings.has_slack:
        return
    # Not at the top: a process without Slack need not load its client.
    from ghapp.cli.slack_access import connection, workspace

    def bot() -> str:
        found = workspace(settings.slack_bot_token, settings.slack_api_url)
        return f"the bot {found.bot} in {found.team}"

    def socket() -> str:
        connection(settings.slack_app_token, settings.slack_api_url)
        return f"Socket Mode; the links for people lead to {settings.page_root}"

    yield _tried("slack bot token", "SLACK_BOT_TOKEN", bot)
    if settings.slack_app_token:
        yield _tried("slack connection", "SLACK_APP_TOKEN", socket)
    else:
        yield from _way_in_by_http(settings)
    yield _sign_in(settings)


def _tried(name: str, setting: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except UserError as error:
        return Finding(name, False, f"it cannot be used: {error}", f"Set {setting} anew: honk setup slack.")
    except TransientError as error:
        return Finding(name, False, f"Slack could not be asked: {error}", "Check SLACK_API_URL and the network.")


def _way_in_by_http(settings: Settings) -> Iterator[Finding]:
    there = bool(settings.slack_signing_secret)
    yield Finding(
        "slack signing secret", there, "it is set" if there else "it is not set",
        "Nothing that Slack sends would be believed: set SLACK_SIGNING_SECRET, or SLACK_APP_TOKEN for Socket Mode.",
    )  # fmt: skip
    yield Finding(
        "slack address", settings.page_root.startswith("https://"), f"{settings.page_root}/slack/events",
        "Slack sends to https only: set HONK_PUBLIC_URL, or SLACK_APP_TOKEN for Socket Mode.",
    )  # fmt: skip


def _sign_in(settings: Settings) -> Finding:
    there = [bool(settings.github_client_id), bool(settings.github_client_secret)]
    said = f"{'only one' if any(there) else 'neither'} of GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET is set"
    return Finding(
        "slack sign-in",
        all(there),
        f"people come back from GitHub to {settings.page_root}/slack/linked" if all(there) else said,
        "Nobody in Slack could say who they are at GitHub: set both, from the settings of the GitHub App.",
    )


LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    look_at_configuration,
    look_at_key,
    look_at_redis,
    look_at_git,
    look_at_data,
    look_at_sandbox,
    look_at_engine,
    look_at_limits,
    look_at_set_up,
    look_at_clock,
    look_at_slack,
)
