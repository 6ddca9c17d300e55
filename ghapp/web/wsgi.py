"""What gunicorn loads."""

import os

from flask import Flask

from ghapp import bootstrap
from ghapp.records import records
from ghapp.settings import from_environment
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
    )
