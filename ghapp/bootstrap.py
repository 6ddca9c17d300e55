"""Where the parts meet: every constructor runs here, and importing this module has no effect.

The engine's SDK takes a second to import, so it is imported where a run is worked on, and nowhere else.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ghapp.core import messages
from ghapp.core.errors import UserError
from ghapp.core.leaks import Watch
from ghapp.core.ports import Account, CommitText, Conversations, Engine, Relay, Results
from ghapp.core.run import Run
from ghapp.flow.aftermath import Aftermath
from ghapp.flow.answering import Answering
from ghapp.flow.change import Workshop
from ghapp.flow.ci import FollowCi
from ghapp.flow.context import Context, Files, Gathered, about_files
from ghapp.flow.deploying import Deploying
from ghapp.flow.diagnosis import Diagnosis
from ghapp.flow.execute import Execute
from ghapp.flow.followup import FollowUp
from ghapp.flow.ground import Grounds
from ghapp.flow.intake import Intake
from ghapp.flow.judging import Judging
from ghapp.flow.local import Forgetful, InMemory
from ghapp.flow.merging import Merging
from ghapp.flow.proof import Proof
from ghapp.flow.publish import Publish
from ghapp.flow.reconcile import Reconcile
from ghapp.flow.reviews import FollowReviews
from ghapp.flow.starting import Defaults, Starting
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering
from ghapp.git.mirrors import GitMirrors
from ghapp.github.app import GitHubApp
from ghapp.github.checks import GitHubChecks
from ghapp.github.deployments import GitHubDeployments
from ghapp.github.issues import GitHubIssues
from ghapp.github.merges import GitHubMerges
from ghapp.github.pulls import GitHubPulls
from ghapp.github.repositories import GitHubRepositories
from ghapp.github.reviews import GitHubReviews
from ghapp.records import Records, SystemClock, records
from ghapp.relays import relay_in_process, relay_process
from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.settings import Settings
from ghapp.verify import RepositoryVerifiers
from ghapp.verify.distil import distil


@dataclass(frozen=True)
class GitHub:
    """GitHub, topic by topic, as one App sees it."""

    app: GitHubApp
    repositories: GitHubRepositories
    issues: GitHubIssues
    pulls: GitHubPulls
    checks: GitHubChecks
    reviews: GitHubReviews
    merges: GitHubMerges
    deployments: GitHubDeployments


def github(settings: Settings) -> GitHub:
    """GitHub. Raises UserError when the App is not configured."""
    settings.require("GITHUB_APP_ID")
    app = GitHubApp(settings.github_app_id, _key(settings), settings.github_api_url, settings.github_server_url)
    return GitHub(
        app,
        GitHubRepositories(app),
        GitHubIssues(app),
        GitHubPulls(app),
        GitHubChecks(app),
        GitHubReviews(app),
        GitHubMerges(app),
        GitHubDeployments(app),
    )


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
    passing_on = steering(kept, telling)
    return Intake(
        repositories=hub.repositories,
        issues=hub.issues,
        store=kept.runs,
        inbox=kept.inbox,
        queue=kept.queue,
        transcripts=kept.transcripts,
        status=telling,
        starting=starting(settings, kept, hub, telling),
        follow_up=follow_up(settings, kept, hub, telling, passing_on),
        steering=passing_on,
        clock=SystemClock(),
    )


def starting(settings: Settings, kept: Records, hub: GitHub, telling: Status) -> Starting:
    """What makes runs of wishes."""
    return Starting(
        repositories=hub.repositories,
        issues=hub.issues,
        pulls=hub.pulls,
        store=kept.runs,
        inbox=kept.inbox,
        queue=kept.queue,
        status=telling,
        clock=SystemClock(),
        defaults=Defaults(settings.engine, settings.model),
        new_key=new_key,
        ours=lambda number: hub.app.bot(number)[1],
    )


def follow_up(settings: Settings, kept: Records, hub: GitHub, telling: Status, passing_on: Steering) -> FollowUp:
    """What follows open pull requests."""
    clock = SystemClock()
    return FollowUp(
        repositories=hub.repositories,
        pulls=hub.pulls,
        inbox=kept.inbox,
        ci=follow_ci(settings, hub, telling, passing_on),
        reviews=FollowReviews(
            hub.reviews, hub.repositories, hub.issues, passing_on, telling, clock, lambda number: hub.app.bot(number)[1]
        ),
        merging=Merging(hub.repositories, hub.issues, hub.pulls, hub.checks, hub.merges, passing_on, telling, clock),
        aftermath=aftermath(kept, hub, telling),
        store=kept.runs,
        transcripts=kept.transcripts,
        status=telling,
        clock=clock,
    )


def aftermath(kept: Records, hub: GitHub, telling: Status) -> Aftermath:
    """What follows a merge, and deployments."""
    return Aftermath(
        issues=hub.issues,
        checks=hub.checks,
        merges=hub.merges,
        deployments=hub.deployments,
        deploying=Deploying(hub.repositories, hub.issues, hub.pulls, hub.checks, hub.deployments, kept.inbox),
        inbox=kept.inbox,
        status=telling,
        clock=SystemClock(),
    )


def follow_ci(settings: Settings, hub: GitHub, telling: Status, passing_on: Steering) -> FollowCi:
    """What follows the checks of open pull requests."""
    return FollowCi(
        pulls=hub.pulls,
        checks=hub.checks,
        issues=hub.issues,
        rules=lambda repository, number: hub.merges.standing(repository, number).rules,
        diagnosis=Diagnosis(hub.pulls, hub.checks, distil, Watch(known_secrets(settings))),
        steering=passing_on,
        status=telling,
        clock=SystemClock(),
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
        merges=hub.merges,
        git=shop.git,
        inbox=kept.inbox,
        page=lambda key: page(settings, key),
    )
    return Execute(
        repositories=hub.repositories,
        workshop=shop,
        answering=Answering(shop, hub.issues, hub.pulls, hub.reviews),
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
        grounds=Grounds(GitMirrors(data, protocols), sandbox, verifiers, gather, conversations),
        relay=relay,
        engine=engine,
        proof=Proof(sandbox, verifiers, results),
        judging=Judging(ModelJudge(), relay, settings.judge, settings.judge_model),
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
        relay=relay_in_process(settings, lambda run: tally),
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
