"""What makes attempts: sandbox, engines, proof, judge and gate."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from ghapp.bootstrap.hub import github, known_secrets, page
from ghapp.bootstrap.telling import album, status
from ghapp.core import messages
from ghapp.core.ports import Account, CommitText, Conversations, Engine, Relay, Results
from ghapp.core.run import Run
from ghapp.flow.answering import Answering
from ghapp.flow.change import Workshop
from ghapp.flow.context import Context, Files, Gathered, about_files
from ghapp.flow.execute import Execute
from ghapp.flow.ground import Grounds
from ghapp.flow.judging import Judging
from ghapp.flow.local import Forgetful, InMemory
from ghapp.flow.proof import Proof
from ghapp.flow.publish import Publish
from ghapp.git.mirrors import GitMirrors
from ghapp.github.app import GitHubApp
from ghapp.records import SystemClock, records
from ghapp.relays import relay_in_process, relay_process
from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.settings import Settings
from ghapp.verify import RepositoryVerifiers
from ghapp.verify.distil import distil


def execute(settings: Settings) -> Execute:
    """What makes one attempt at a run."""
    kept, hub = records(settings), github(settings)
    shop = workshop(
        settings,
        results=kept.results,
        conversations=kept.conversations,
        relay=relay_process(settings, os.environ),
        gather=Context(hub.issues, hub.checks, hub.repositories, distil, album(settings, kept)).gather,
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
