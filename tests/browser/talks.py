"""A talk in Slack about one run, told by the parts that tell it in earnest."""

from collections.abc import Iterator
from dataclasses import replace

from redis import Redis

from ghapp.builds.qr import png
from ghapp.core import messages
from ghapp.core.builds import Build, BuildPage
from ghapp.core.chat import Speaker, Talk
from ghapp.core.checks import Check
from ghapp.core.events import Repository, Thread
from ghapp.core.evidence import Outcome, Report
from ghapp.core.run import Request, Run, State, advance
from ghapp.flow.phone import Phone as Telling
from ghapp.flow.phone import Picture
from ghapp.slack.chat import SlackChat
from ghapp.slack.files import SlackFiles
from ghapp.store.talks import ChatTalks
from tests.browser.builds_app import Builds
from tests.core.chat_cases import QUEUED, at
from tests.playground.slack_scene import Scene

PUBLIC = "https://honk.example"
"""What codes lead to: a picture of one must not change with the port of a test."""

REPOSITORY = Repository(7, "octo/bistro", 3)
SUMMARY = "Tips are rounded to the nearest cent."
UNTIL = 1_796_630_400.0  # 7 December 2026
CHECKS = (Check("tests", conclusion="success"), Check("android", conclusion="success"))


class At:
    """A clock that stands still (`ports.Clock`), a while after the run began."""

    def now(self) -> float:
        return 514.0


def bind(here: Scene, redis: Redis, ts: str) -> None:
    """From now on the talk that begins with this message is about the run's issue."""
    talk = Talk(here.slack.team, here.general.id, ts)
    ChatTalks(redis).bind(talk, _run().thread, Speaker(here.slack.team, here.ana.id))


def telling(here: Scene, redis: Redis, builds: Builds) -> Telling:
    """What tells the talk; a build has its code, and one screenshot."""

    def pictures(build: Build) -> Iterator[Picture]:
        name = build.title
        yield Picture(f"{build.token}:qr", "qr.png", png(f"{PUBLIC}/b/{build.token}"), messages.qr_of(name))
        if shown := builds.shelf.picture(build.token, 0):
            yield Picture(f"{build.token}:0", shown.name, shown.read_bytes(), messages.screenshot_of(name))

    token, api = here.slack.app.bot_token, here.slack.api_url
    return Telling(
        SlackChat(token, api),
        SlackFiles(token, api),
        ChatTalks(redis),
        At(),
        lambda key: f"{builds.root}/runs/{key}",
        lambda build: f"{builds.root}/b/{build}",
        lambda repository, number: f"https://github.example/{repository.full_name}/issues/{number}",
        lambda build: tuple(pictures(build)),
    )


def _run() -> Run:
    return replace(
        QUEUED, thread=Thread(REPOSITORY, 41), request=Request("The tip is one cent too high", "See the bill.")
    )


def opened(page: BuildPage) -> Run:
    """Its pull request is open, CI is green, and the build of its head is there."""
    mine, build = _run(), replace(page.build, expires_at=UNTIL)
    run = at(State.AWAITING_CI, thread=mine.thread, request=mine.request, pull=42, head_sha=page.build.sha, reason="")
    return replace(run, report=Report(Outcome.DONE, SUMMARY), published=(page.build.sha,), ci=CHECKS, builds=(build,))


def ready(run: Run) -> Run:
    """It waits for a person."""
    return advance(run, State.AWAITING_REVIEW, 480.0, "CI is green; #42 is ready for review")
