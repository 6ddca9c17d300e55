"""Telling people where a run stands: on GitHub, and in the chat where there is one."""

from collections.abc import Iterator
from dataclasses import dataclass

from ghapp.bootstrap.hub import GitHub, github, page
from ghapp.builds.qr import png
from ghapp.builds.shelf import FolderShelf
from ghapp.core import messages
from ghapp.core.builds import Build, BuildPage
from ghapp.core.events import Repository
from ghapp.flow.album import Album
from ghapp.flow.files import BuildFiles
from ghapp.flow.phone import Phone, Picture
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering
from ghapp.github.artifacts import GitHubArtifacts
from ghapp.records import Records, SystemClock
from ghapp.settings import Settings
from ghapp.slack.chat import SlackChat
from ghapp.slack.files import SlackFiles

_SCREENSHOTS = 3
"""So many are shown in the chat; the page has all."""
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Slack:
    """Slack, as our bot sees it."""

    chat: SlackChat
    files: SlackFiles


def slack(settings: Settings, kept: Records) -> Slack | None:
    """Slack; None when no app of Slack's is configured."""
    if not settings.has_slack:
        return None
    token, address = settings.slack_bot_token, settings.slack_api_url
    return Slack(SlackChat(token, address, kept.pauses), SlackFiles(token, address, kept.pauses))


def status(settings: Settings, kept: Records, hub: GitHub) -> Status:
    """The status comments, and what the chat is told."""
    clock = SystemClock()
    return Status(
        hub.issues,
        kept.runs,
        kept.conversations,
        kept.pace,
        clock,
        lambda key: page(settings, key),
        phone(settings, kept, hub),
    )


def phone(settings: Settings, kept: Records, hub: GitHub) -> Phone | None:
    """What tells the talks of the chat."""
    found = slack(settings, kept)
    if found is None:
        return None
    return Phone(
        chat=found.chat,
        files=found.files,
        talks=kept.talks,
        clock=SystemClock(),
        run_page=lambda key: page(settings, key),
        page=lambda token: build_page(settings, token),
        web=lambda repository, number: f"{hub.app.server_url}/{repository.full_name}/issues/{number}",
        pictures=lambda build: tuple(_pictures(settings, build)),
    )


def album(settings: Settings, kept: Records) -> Album | None:
    """The pictures of talks."""
    found = slack(settings, kept)
    return Album(found.chat, found.files, kept.talks) if found else None


def steering(kept: Records, telling: Status) -> Steering:
    """What passes words of people on to runs."""
    return Steering(kept.conversations, kept.runs, kept.queue, kept.transcripts, telling, SystemClock())


def build_page(settings: Settings, token: str) -> str:
    """The address of a build's page."""
    return f"{settings.page_root}/b/{token}"


def shelf(settings: Settings) -> FolderShelf:
    """The files of builds on this machine."""
    return FolderShelf(settings.data.absolute() / "builds", settings.build_megabytes * MEGABYTE)


def build_files(settings: Settings) -> BuildFiles:
    """The same, fetched again where they are not. GitHub is asked for only then."""
    most = settings.build_megabytes * MEGABYTE
    return BuildFiles(shelf(settings), lambda: GitHubArtifacts(github(settings).app), most)


def sweep_builds(settings: Settings, kept: Records) -> int:
    """Delete the files of pages that have expired or were revoked, on this machine; how many."""
    return shelf(settings).sweep(lambda token: kept.build_pages.get(token) is not None)


def newest_build(kept: Records, page: BuildPage) -> BuildPage | None:
    """The page of the newest build of the same name, of the same pull request; None when that is unknown."""
    thread = kept.inbox.thread_of(Repository(page.repository_id, page.full_name, page.installation), page.pull)
    run = kept.runs.last_run(thread)
    found = [one for one in run.builds if one.name == page.build.name and one.token] if run else []
    return kept.build_pages.get(found[-1].token) if found else None


def _pictures(settings: Settings, build: Build) -> Iterator[Picture]:
    """The QR code of its page, and the first screenshots, of those that this machine has."""
    address = build_page(settings, build.token)
    yield Picture(f"{build.token}:qr", "qr.png", png(address), messages.qr_of(build.name))
    here = shelf(settings)
    for number in range(min(build.pictures, _SCREENSHOTS)):
        if path := here.picture(build.token, number):
            yield Picture(f"{build.token}:{number}", path.name, path.read_bytes(), messages.screenshot_of(build.name))
