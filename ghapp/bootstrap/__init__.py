"""Where the parts meet: every constructor runs here, and importing these modules has no effect.

The engine's SDK takes a second to import, so it is imported where a run is worked on, and nowhere else.
"""

from ghapp.bootstrap.hub import GitHub, clock_offset, github, page, sign_in, webhook_secrets
from ghapp.bootstrap.mail import intake, reconcile
from ghapp.bootstrap.telling import build_files, newest_build, status, sweep_builds
from ghapp.bootstrap.work import execute, local_workshop

__all__ = [
    "GitHub",
    "build_files",
    "clock_offset",
    "execute",
    "github",
    "intake",
    "local_workshop",
    "newest_build",
    "page",
    "reconcile",
    "sign_in",
    "status",
    "sweep_builds",
    "webhook_secrets",
]
