"""A whole world on this machine: the playground, a model, Redis and every part of Honk, while a block lasts."""

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

from ghapp.core.errors import UserError
from ghapp.playground.model import ModelServer
from ghapp.playground.pages import blueprint
from ghapp.playground.script import Script
from ghapp.playground.server import Playground, real_ci
from ghapp.playground.world import World
from ghapp.settings import Settings, from_environment
from ghapp.supervisor import Household, embedded_valkey, part

OWNER = "octo"
PERSON = "octocat"

# The same as in app.yml, by test.
PERMISSIONS = {
    "actions": "write",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
}
EVENTS = (
    "check_run",
    "check_suite",
    "deployment_status",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "pull_request_review_thread",
    "status",
    "workflow_run",
)

_APP_ID = 1
_START_SECONDS = 60


@dataclass(frozen=True)
class Stage:
    """The running world. `environ` is what the parts were given; `settings` is the same, read. `model` is the
    scripted one, None when it is Anthropic's.
    """

    playground: Playground
    household: Household
    model: ModelServer | None
    environ: Mapping[str, str]
    settings: Settings

    def violations(self) -> tuple[str, ...]:
        """What went against the model's script or against GitHub's descriptions: none, when all is well."""
        return (*(self.model.violations() if self.model else ()), *self.playground.world.violations)


@contextmanager
def set_up(
    data: Path,
    scripts: tuple[Script, ...],
    *,
    live: bool,
    ports: tuple[int, int] = (0, 0),
    more: Mapping[str, str] | None = None,
) -> Iterator[Stage]:
    """Start the world in `data`; everything has ended when the block is left.

    The model reads from `scripts`, or is Anthropic's with the operator's own key when `live`. `ports` are those of
    the playground and of the web part; 0 takes a free one. `more` are settings that the parts get besides. Raises
    UserError when a part does not come up.
    """
    with ExitStack() as stack:
        stop = Event()
        playground = Playground(
            data / "github", port=ports[0], ci=real_ci(data / "ci", stop), blueprints=lambda world: [blueprint(world)]
        )
        stack.enter_context(playground)
        stack.callback(playground.world.settle, timeout=30)
        stack.callback(stop.set)
        environ = _environ(data, playground.base_url, ports[1] or _free_port())
        key = secrets.token_hex(16)
        model = None if live else stack.enter_context(ModelServer(scripts, key))
        environ |= _live_model() if model is None else {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": key}
        environ |= more or {}
        environ["REDIS_URL"] = stack.enter_context(embedded_valkey(data / "valkey"))
        settings = from_environment(environ)
        register(
            playground.world,
            app_id=_APP_ID,
            private_key=settings.private_key,
            webhook_secret=settings.github_webhook_secret,
            hook_url=f"{settings.page_root}/webhooks/github",
        )
        household = stack.enter_context(Household(_inherited() | environ, data / "logs"))
        for name in ("web", "intake", "worker", "clock"):
            household.start(part(name, name))
        _wait_until_up(settings, household)
        yield Stage(playground, household, model, environ, settings)


def _environ(data: Path, base_url: str, port: int) -> dict[str, str]:
    return {
        "GITHUB_APP_ID": str(_APP_ID),
        "GITHUB_PRIVATE_KEY": _private_key(),
        "GITHUB_WEBHOOK_SECRET": secrets.token_hex(16),
        "GITHUB_API_URL": f"{base_url}/api/v3",
        "GITHUB_SERVER_URL": base_url,
        "HONK_DATA": str(data / "work"),
        "HONK_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HONK_TICK_SECONDS": "1",  # somebody watches
        "PORT": str(port),
    }


def _live_model() -> dict[str, str]:
    operator = from_environment(os.environ)
    operator.require("ANTHROPIC_API_KEY")
    return {
        "ANTHROPIC_BASE_URL": operator.anthropic_base_url,
        "ANTHROPIC_API_KEY": operator.anthropic_api_key,
        "HONK_MODEL": operator.model,
        "HONK_JUDGE_MODEL": operator.judge_model,
    }


def register(world: World, *, app_id: int, private_key: str, webhook_secret: str, hook_url: str) -> None:
    """Register the App, and the organization that it can be installed on."""
    key = serialization.load_pem_private_key(private_key.encode(), None)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    world.organization(OWNER)
    world.register_app(
        "honk",
        public_key=public.decode(),
        permissions=PERMISSIONS,
        events=EVENTS,
        hook_url=hook_url,
        webhook_secret=webhook_secret,
        app_id=app_id,
    )


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
    """Raise UserError when something listens on this port of loopback already; `advice` says what to do."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: one that has ended is no one
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(f"port {port} is not free ({error.strerror}): {advice}") from error


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
