"""What drains inboxes, and what the clock does."""

from ghapp.agents.router import ModelRouter
from ghapp.bootstrap.following import follow_up
from ghapp.bootstrap.hub import GitHub, github, new_key
from ghapp.bootstrap.telling import slack, status, steering
from ghapp.flow.asking import Asking
from ghapp.flow.desk import Desk
from ghapp.flow.intake import Intake
from ghapp.flow.reconcile import Reconcile
from ghapp.flow.starting import Defaults, Starting
from ghapp.flow.status import Status
from ghapp.flow.words import Words
from ghapp.github.people import GitHubPeople
from ghapp.records import Records, SystemClock, records
from ghapp.settings import Settings


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
        desk=desk(settings, kept, hub, telling),
    )


def desk(settings: Settings, kept: Records, hub: GitHub, telling: Status) -> Desk | None:
    """What hears the chat; None where there is none."""
    found = slack(settings, kept)
    if found is None or telling.phone is None:
        return None
    people = GitHubPeople(hub.app)
    words = Words(people, kept.inbox, kept.queue)
    key = "" if settings.router_model == "off" else settings.anthropic_api_key
    router = ModelRouter(key, settings.anthropic_base_url, settings.router_model, kept.spending.router())
    return Desk(
        chat=found.chat,
        phone=telling.phone,
        talks=kept.talks,
        identities=kept.identities,
        words=words,
        status=telling,
        asking=Asking(found.chat, kept.talks, people, words, hub.repositories, hub.issues, router),
        link=lambda token: f"{settings.page_root}/slack/link/{token}",
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
