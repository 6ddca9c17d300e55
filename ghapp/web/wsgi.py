"""What gunicorn loads."""

import os
from collections.abc import Iterator
from functools import partial

from flask import Blueprint, Flask

from ghapp import bootstrap
from ghapp.builds.qr import png
from ghapp.core.builds import BuildPage
from ghapp.records import Records, records
from ghapp.settings import Settings, from_environment
from ghapp.slack import door
from ghapp.web import builds, hooks, linking
from ghapp.web.application import create_app


def application() -> Flask:
    """The web part of this environment. Raises UserError when something it needs is not set."""
    settings = from_environment(os.environ)
    kept = records(settings, patient=False)
    return create_app(
        inbox=kept.inbox,
        queue=kept.queue,
        secrets=bootstrap.webhook_secrets(settings),
        pages=kept.runs,
        transcripts=kept.transcripts,
        rooms=_rooms(settings, kept),
        forget=kept.identities.forget_user,
    )


def _rooms(settings: Settings, kept: Records) -> Iterator[Blueprint]:
    """The install pages, those on which people of Slack sign in, and Slack's door where it comes by HTTP."""

    def newer(page: BuildPage) -> BuildPage | None:
        return bootstrap.newest_build(kept, page)

    yield builds.blueprint(
        builds.Desk(kept.build_pages, bootstrap.build_files(settings), newer, png, settings.page_root)
    )
    if sign_in := bootstrap.sign_in(settings):
        yield linking.blueprint(
            identities=kept.identities,
            inbox=kept.inbox,
            queue=kept.queue,
            public_root=settings.page_root,
            secret=settings.github_client_secret,
            sign_in=sign_in,
        )
    if settings.has_slack and settings.slack_signing_secret:
        yield door.blueprint(
            partial(hooks.take, kept.inbox, kept.queue),
            hooks.body,
            secret=settings.slack_signing_secret,
            token=settings.slack_bot_token,
            api_url=settings.slack_api_url,
        )
