"""A whole world on this machine: GitHub, Slack, a host, a model, Redis and every part of Honk, while a block lasts."""

import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Event
from urllib.request import urlopen

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ghapp.cli.apps import register
from ghapp.core.errors import UserError
from ghapp.playground import hosting, pages
from ghapp.playground.hosting import Host
from ghapp.playground.model import ModelServer
from ghapp.playground.script import Script
from ghapp.playground.server import Playground, real_ci
from ghapp.playground.slack import pages as slack_pages
from ghapp.playground.slack.workspace import SlackWorkspace
from ghapp.settings import Settings, from_environment
from ghapp.supervisor import Household, embedded_valkey, part

PERSON = "octocat"
"""Who may write to the repositories there."""

_APP_ID = 1
_START_SECONDS = 60
_OF_THE_MODEL = (
    *("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "HONK_MODEL", "HONK_JUDGE_MODEL", "HONK_ROUTER_MODEL"),
    *("HONK_ISSUE_DOLLARS", "HONK_PERSON_DOLLARS", "HONK_REPOSITORY_DOLLARS", "HONK_DAY_DOLLARS"),
)


@dataclass(frozen=True)
class Stage:
    """The running world. `environ` is what the parts were given; `settings` is the same, read. `model` is the
    scripted one, None when it is Anthropic's.
    """

    playground: Playground
    slack: SlackWorkspace
    household: Household
    model: ModelServer | None
    environ: Mapping[str, str]
    settings: Settings

    def violations(self) -> tuple[str, ...]:
        """What went against the model's script, or against what GitHub and Slack describe: none, when all is well."""
        scripted = self.model.violations() if self.model else ()
        return (*scripted, *self.playground.world.violations, *self.slack.violations)


@contextmanager
def set_up(
    data: Path,
    scripts: tuple[Script, ...],
    *,
    live: bool,
    ports: tuple[int, int, int] = (0, 0, 0),
    more: Mapping[str, str] | None = None,
) -> Iterator[Stage]:
    """Start the world in `data`; everything has ended when the block is left.

    The model reads from `scripts`, or is Anthropic's with the operator's own key when `live`. `ports` are those of
    the web part, of the playground's GitHub and of its Slack; 0 takes a free one. `more` are settings that the parts
    get besides. Raises UserError when a part does not come up.
    """
    with ExitStack() as stack:
        stop = Event()
        playground = stack.enter_context(github(data, stop, ports[1]))
        stack.callback(playground.world.settle, timeout=30)
        stack.callback(stop.set)
        stack.enter_context(Host(playground.world))
        slack = stack.enter_context(chat(ports[2]))
        environ = _environ(data, playground.base_url, ports[0] or _free_port()) | access_to(slack)
        key = secrets.token_hex(16)
        model = None if live else stack.enter_context(ModelServer(scripts, key))
        environ |= (
            live_model(os.environ) if model is None else {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": key}
        )
        environ |= more or {}
        environ["REDIS_URL"] = stack.enter_context(embedded_valkey(data / "valkey"))
        settings = from_environment(environ)
        install(playground, slack, settings)
        household = stack.enter_context(Household(_inherited() | environ, data / "logs"))
        for name in ("web", "intake", "worker", "clock"):
            household.start(part(name, name))
        _wait_until_up(settings, household)
        yield Stage(playground, slack, household, model, environ, settings)


def github(data: Path, stop: Event, port: int) -> Playground:
    """A GitHub with pages, with CI that really runs until `stop` is set, and with the sites that CI leaves."""
    return Playground(
        data / "github",
        port=port,
        ci=real_ci(data / "ci", stop),
        blueprints=lambda world: [pages.blueprint(world, login=PERSON), hosting.blueprint(world)],
    )


def chat(port: int) -> SlackWorkspace:
    """A Slack with pages."""
    return SlackWorkspace(port=port, blueprints=lambda slack: [slack_pages.blueprint(slack)])


def access_to(slack: SlackWorkspace) -> dict[str, str]:
    """The settings by which Honk's parts reach it."""
    return {
        "SLACK_BOT_TOKEN": slack.app.bot_token,
        "SLACK_SIGNING_SECRET": slack.app.signing_secret,
        "SLACK_API_URL": slack.api_url,
    }


def install(playground: Playground, slack: SlackWorkspace, settings: Settings) -> None:
    """Register the App of these settings in both, so that each finds the web part."""
    register(
        playground.world,
        app_id=int(settings.github_app_id),
        private_key=settings.private_key,
        webhook_secret=settings.github_webhook_secret,
        root=settings.page_root,
        client_id=settings.github_client_id,
        client_secret=settings.github_client_secret,
    )
    slack.connect(f"{settings.page_root}/slack/events")


def _environ(data: Path, base_url: str, port: int) -> dict[str, str]:
    return {
        "GITHUB_APP_ID": str(_APP_ID),
        "GITHUB_PRIVATE_KEY": _private_key(),
        "GITHUB_WEBHOOK_SECRET": secrets.token_hex(16),
        "GITHUB_CLIENT_ID": f"Iv1.{secrets.token_hex(8)}",
        "GITHUB_CLIENT_SECRET": secrets.token_hex(20),
        "GITHUB_API_URL": f"{base_url}/api/v3",
        "GITHUB_SERVER_URL": base_url,
        "HONK_DATA": str(data / "work"),
        "HONK_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HONK_TICK_SECONDS": "1",  # somebody watches
        "PORT": str(port),
    }


def live_model(environ: Mapping[str, str]) -> dict[str, str]:
    """What the operator sets about the real model: access to it, which one does what, and what that may cost.

    Raises UserError without a key.
    """
    from_environment(environ).require("ANTHROPIC_API_KEY")
    return {name: environ[name] for name in _OF_THE_MODEL if name in environ}


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _wait_until_up(settings: Settings, household: Household) -> None:
    """Until the front door answers. Raises UserError when a part ends instead."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if dead := household.dead():
            raise UserError(f"a part of Honk ended: {'; '.join(dead)}")
        try:
            with urlopen(f"http://127.0.0.1:{settings.port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise UserError(f"the web part did not answer within {_START_SECONDS} seconds")


def require_free(port: int, advice: str) -> None:
    """Raise UserError when this port of loopback is taken, or there is no such port; `advice` says what to do."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: one that has ended is no one
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(f"port {port} is not free ({error.strerror}): {advice}") from error
        except OverflowError as error:
            raise UserError(f"there is no port {port}: {advice}") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _inherited() -> dict[str, str]:
    """The operator's environment without Honk's own settings: in the playground nothing points anywhere else.

    They are empty, not missing, or the parts would read them from the operator's `.env`.
    """
    ours = {item.metadata["name"]: "" for item in fields(Settings)}
    return {**os.environ, **ours, "PYTHONPATH": os.pathsep.join(sys.path)}
