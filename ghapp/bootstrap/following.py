"""What follows open pull requests, to their merge and after."""

from ghapp.bootstrap.hub import GitHub, known_secrets, new_key
from ghapp.bootstrap.telling import MEGABYTE, build_page, shelf
from ghapp.core.leaks import Watch
from ghapp.flow.aftermath import Aftermath
from ghapp.flow.build_sources import Sources
from ghapp.flow.builds import FollowBuilds
from ghapp.flow.ci import FollowCi
from ghapp.flow.deploying import Deploying
from ghapp.flow.diagnosis import Diagnosis
from ghapp.flow.followup import FollowUp
from ghapp.flow.merging import Merging
from ghapp.flow.reviews import FollowReviews
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering
from ghapp.github.artifacts import GitHubArtifacts
from ghapp.records import Records, SystemClock
from ghapp.settings import Settings
from ghapp.verify.distil import distil


def follow_up(settings: Settings, kept: Records, hub: GitHub, telling: Status, passing_on: Steering) -> FollowUp:
    """What follows open pull requests."""
    clock = SystemClock()
    return FollowUp(
        repositories=hub.repositories,
        pulls=hub.pulls,
        inbox=kept.inbox,
        builds=follow_builds(settings, kept, hub, telling),
        ci=follow_ci(settings, hub, telling, passing_on),
        reviews=FollowReviews(
            hub.reviews, hub.repositories, hub.issues, passing_on, telling, clock, lambda number: hub.app.bot(number)[1]
        ),
        merging=Merging(hub.repositories, hub.pulls, hub.checks, hub.merges, passing_on, telling, clock),
        aftermath=aftermath(kept, hub, telling),
        store=kept.runs,
        transcripts=kept.transcripts,
        status=telling,
        clock=clock,
    )


def aftermath(kept: Records, hub: GitHub, telling: Status) -> Aftermath:
    """What follows a merge, and deployments."""
    return Aftermath(
        checks=hub.checks,
        merges=hub.merges,
        deployments=hub.deployments,
        deploying=Deploying(hub.repositories, hub.issues, hub.pulls, hub.checks, hub.deployments, kept.inbox, telling),
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


def follow_builds(settings: Settings, kept: Records, hub: GitHub, telling: Status) -> FollowBuilds:
    """What follows the builds of open pull requests."""
    most = settings.build_megabytes * MEGABYTE
    sources = Sources(GitHubArtifacts(hub.app), hub.deployments, shelf(settings), new_key, most)
    return FollowBuilds(sources, kept.build_pages, telling, SystemClock(), lambda token: build_page(settings, token))
