"""What drains inboxes, and what the clock does."""

from ghapp.bootstrap.following import follow_up
from ghapp.bootstrap.hub import GitHub, github, new_key
from ghapp.bootstrap.telling import status, steering
from ghapp.flow.intake import Intake
from ghapp.flow.reconcile import Reconcile
from ghapp.flow.starting import Defaults, Starting
from ghapp.flow.status import Status
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
