"""Where the parts meet: every constructor runs here, and importing this module has no effect.

The engine's SDK takes a second to import, so it is imported where a run is worked on, and nowhere else.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ghapp.core import messages
from ghapp.core.budget import MICROS
from ghapp.core.errors import UserError
from ghapp.core.ports import Account, CommitText, Conversations, Engine, Relay, Results
from ghapp.core.run import Run
from ghapp.flow.change import Workshop
from ghapp.flow.context import Context, Files, Gathered, about_files
from ghapp.flow.execute import Execute
from ghapp.flow.followup import FollowUp
from ghapp.flow.intake import Defaults, Intake
from ghapp.flow.judging import Judging
from ghapp.flow.local import Forgetful, InMemory
from ghapp.flow.proof import Proof
from ghapp.flow.publish import Publish
from ghapp.flow.reconcile import Reconcile
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering
from ghapp.git.mirrors import GitMirrors
from ghapp.github.app import GitHubApp
from ghapp.github.checks import GitHubChecks
from ghapp.github.issues import GitHubIssues
from ghapp.github.pulls import GitHubPulls
from ghapp.github.repositories import GitHubRepositories
from ghapp.queue import RqQueue
from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.settings import Settings
from ghapp.store.connection import connect
from ghapp.store.conversations import Talks
from ghapp.store.inbox import Inboxes
from ghapp.store.pace import Paces
from ghapp.store.results import BaseResults
from ghapp.store.runs import Runs
from ghapp.store.spending import Caps, Spending
from ghapp.store.transcripts import Streams
from ghapp.verify import RepositoryVerifiers
from ghapp.verify.distil import distil

if TYPE_CHECKING:
    from ghapp.sandbox.relay import ModelRelay

# What `honk relay` reads of the settings, and of the machine's environment besides `*_proxy`.
_FOR_THE_RELAY = frozenset(
    {"redis_url", "anthropic_base_url", "anthropic_api_key"}
    | {"issue_dollars", "person_dollars", "repository_dollars", "day_dollars"}
)
_OF_THE_MACHINE = frozenset(
    {"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "HONK_LOG"}
    | {"SSL_CERT_FILE", "SSL_CERT_DIR"}
)


class SystemClock:
    """The machine's clock (`ports.Clock`)."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()


@dataclass(frozen=True)
class Records:
    """Our own records, over one Redis."""

    runs: Runs
    inbox: Inboxes
    transcripts: Streams
    pace: Paces
    results: BaseResults
    spending: Spending
    conversations: Talks
    queue: RqQueue


@dataclass(frozen=True)
class GitHub:
    """GitHub, topic by topic, as one App sees it."""

    app: GitHubApp
    repositories: GitHubRepositories
    issues: GitHubIssues
    pulls: GitHubPulls
    checks: GitHubChecks


def records(settings: Settings, *, patient: bool = True) -> Records:
    """The records; a patient connection rides out a short outage, an impatient one answers at once."""
    redis = connect(settings.redis_url, patient=patient)
    return Records(
        Runs(redis, settings.lease_seconds),
        Inboxes(redis, 2 * settings.lease_seconds),
        Streams(redis),
        Paces(redis),
        BaseResults(redis),
        Spending(redis, SystemClock(), _caps(settings)),
        Talks(redis),
        RqQueue(redis),
    )


def _caps(settings: Settings) -> Caps:
    dollars = (settings.issue_dollars, settings.person_dollars, settings.repository_dollars, settings.day_dollars)
    return Caps(*(round(limit * MICROS) for limit in dollars))


def github(settings: Settings) -> GitHub:
    """GitHub. Raises UserError when the App is not configured."""
    settings.require("GITHUB_APP_ID")
    app = GitHubApp(settings.github_app_id, _key(settings), settings.github_api_url, settings.github_server_url)
    return GitHub(app, GitHubRepositories(app), GitHubIssues(app), GitHubPulls(app), GitHubChecks(app))


def _key(settings: Settings) -> str:
    key = settings.private_key
    try:
        load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError) as error:  # the second when it asks for a password
        raise UserError("what is set as the App's private key is no private key in PEM form") from error
    return key


def page(settings: Settings, key: str) -> str:
    """The address of a run's page."""
    return f"{settings.page_root}/runs/{key}"


def new_key() -> str:
    """The unguessable part of a run page's address: 192 bits."""
    return secrets.token_urlsafe(24)


def webhook_secrets(settings: Settings) -> tuple[str, ...]:
    """The secrets in force: the newest, and the one before it while they are rotated. Raises UserError without one."""
    settings.require("GITHUB_WEBHOOK_SECRET")
    return tuple(filter(None, (settings.github_webhook_secret, settings.github_webhook_secret_previous)))


def status(settings: Settings, kept: Records, hub: GitHub) -> Status:
    """The status comments."""
    clock = SystemClock()
    return Status(hub.issues, kept.runs, kept.conversations, kept.pace, clock, lambda key: page(settings, key))


def steering(kept: Records, telling: Status) -> Steering:
    """What passes words of people on to runs."""
    return Steering(kept.conversations, kept.runs, kept.queue, kept.transcripts, telling, SystemClock())


def intake(settings: Settings) -> Intake:
    """What drains inboxes."""
    kept, hub = records(settings), github(settings)
    telling = status(settings, kept, hub)
    follow_up = FollowUp(
        pulls=hub.pulls,
        checks=hub.checks,
        store=kept.runs,
        transcripts=kept.transcripts,
        status=telling,
        clock=SystemClock(),
    )
    return Intake(
        repositories=hub.repositories,
        issues=hub.issues,
        store=kept.runs,
        inbox=kept.inbox,
        queue=kept.queue,
        transcripts=kept.transcripts,
        status=telling,
        follow_up=follow_up,
        steering=steering(kept, telling),
        clock=SystemClock(),
        defaults=Defaults(settings.engine, settings.model),
        new_key=new_key,
    )


def reconcile(settings: Settings) -> Reconcile:
    """What the clock does."""
    kept, hub = records(settings), github(settings)
    telling = status(settings, kept, hub)
    return Reconcile(
        repositories=hub.repositories,
        issues=hub.issues,
        pulls=hub.pulls,
        store=kept.runs,
        inbox=kept.inbox,
        queue=kept.queue,
        status=telling,
        steering=steering(kept, telling),
        clock=SystemClock(),
        defaults=Defaults(settings.engine, settings.model),
        new_key=new_key,
    )


def execute(settings: Settings) -> Execute:
    """What makes one attempt at a run."""
    kept, hub = records(settings), github(settings)
    shop = workshop(
        settings,
        results=kept.results,
        conversations=kept.conversations,
        relay=relay_process(settings, os.environ),
        gather=Context(hub.issues, hub.checks, hub.repositories, distil).gather,
        text=lambda run: commit_text(run, hub.app),
    )
    publish = Publish(
        repositories=hub.repositories,
        issues=hub.issues,
        pulls=hub.pulls,
        checks=hub.checks,
        git=shop.git,
        inbox=kept.inbox,
        page=lambda key: page(settings, key),
    )
    return Execute(
        repositories=hub.repositories,
        workshop=shop,
        publish=publish,
        store=kept.runs,
        transcripts=kept.transcripts,
        status=status(settings, kept, hub),
        clock=SystemClock(),
    )


def workshop(
    settings: Settings,
    *,
    results: Results,
    conversations: Conversations,
    relay: Relay,
    gather: Callable[[Run, Files], Gathered],
    text: Callable[[Run], CommitText],
    protocols: Sequence[str] = ("https", "http"),
) -> Workshop:
    """Sandbox, engines, proof, judge and gate. Raises UserError when the isolation does not work on this machine."""
    from ghapp.agents.judge import ModelJudge
    from ghapp.agents.prompt import prompt_hash

    data = settings.data.absolute()
    sandbox = Bubblewrap(
        data, already_isolated=settings.already_isolated, environment=os.environ, hosts=settings.setup_hosts
    )
    verifiers = RepositoryVerifiers()
    return Workshop(
        git=GitMirrors(data, protocols),
        sandbox=sandbox,
        relay=relay,
        engine=engine,
        verifiers=verifiers,
        proof=Proof(sandbox, verifiers, results),
        gather=gather,
        judging=Judging(ModelJudge(), relay, settings.judge, settings.judge_model),
        conversations=conversations,
        commit_text=text,
        prompts=prompt_hash,
        secrets=known_secrets(settings),
        tools=settings.mcp_servers,
    )


def engine(name: str) -> Engine:
    """The coding agent of this name. Raises UserError, with what to do, when it is not installed."""
    if name == "messages":
        from ghapp.agents.messages_loop import MessagesLoop

        return MessagesLoop()
    from ghapp.agents.claude_code import ClaudeCode

    return ClaudeCode()


def relay_process(settings: Settings, environ: Mapping[str, str]) -> Relay:
    """The relay in a process of its own, which charges what a call costs although its worker dies meanwhile."""
    from ghapp.sandbox.relay_process import RelayProcess

    # Empty, not missing: it would read those from the operator's `.env`.
    told = {
        item.metadata["name"]: str(getattr(settings, item.name)) if item.name in _FOR_THE_RELAY else ""
        for item in fields(settings)
    }
    machine = {
        name: text for name, text in environ.items() if name in _OF_THE_MACHINE or name.lower().endswith("_proxy")
    }
    return RelayProcess([sys.executable, "-m", "ghapp", "relay"], machine | told)


def relay(settings: Settings) -> ModelRelay:
    """What runs in that process."""
    return _relay(settings, records(settings).spending.account)


def _relay(settings: Settings, account_of: Callable[[Run], Account]) -> ModelRelay:
    from ghapp.sandbox.relay import ModelRelay

    return ModelRelay(settings.anthropic_base_url, settings.anthropic_api_key, account_of)


def known_secrets(settings: Settings) -> list[str]:
    """The server's own secrets, which must not leave in any change."""
    mine = [
        settings.anthropic_api_key,
        settings.github_webhook_secret,
        settings.github_webhook_secret_previous,
        settings.private_key if settings.has_app else "",
        urlsplit(settings.redis_url).password or "",
    ]
    return [secret for secret in mine if secret]


def local_workshop(settings: Settings, tally: Account, text: Callable[[Run], CommitText]) -> Workshop:
    """The same for a repository of this machine, without any records."""
    return workshop(
        settings,
        results=Forgetful(),
        conversations=InMemory(),
        relay=_relay(settings, lambda run: tally),
        gather=lambda run, files: Gathered(about_files(run.request, files)),
        text=text,
        protocols=("file",),
    )


def commit_text(run: Run, app: GitHubApp) -> CommitText:
    """The host-made commit: the App is its author, the requester its co-author."""
    requester = run.requester
    co_author = f"{requester.login} <{app.private_address(requester.login, requester.id)}>"
    name, email = app.author(run.thread.repository.installation)
    return CommitText(messages.commit_message(run, co_author), name, email, run.created_at)
