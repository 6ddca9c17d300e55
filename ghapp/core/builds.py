"""Builds that a person can install or open: each of one commit, and of no other."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ghapp.core.wildcards import matches


class BuildKind(StrEnum):
    """What a phone does with it."""

    ANDROID = "android"
    IOS = "ios"
    WEB = "web"
    FILE = "file"


class BuildState(StrEnum):
    """How it stands. A stale one is of an older commit than the head; a missing one says why it is.

    Of one that is gone, the page was revoked or has expired; it comes back when somebody asks for it, and not before.
    """

    WAITING = "waiting"
    READY = "ready"
    STALE = "stale"
    MISSING = "missing"
    GONE = "gone"


@dataclass(frozen=True)
class Build:
    """One entry of the config's `builds` on one commit, as the run's record keeps it.

    `token` is the unguessable part of its page's address, empty until there is one; `url` is where a preview is;
    `file`, `size` (bytes), `title`, `identifier` and `version` are read from what was built. `artifact` is GitHub's id
    of the archive that it came in (of a missing one: of the newest that was tried), `pictures` how many screenshots
    came with it. `workflow_run` is the run that was started to make it. `reason` says in Markdown why it is missing or
    gone; `expires_at` is when its page goes (seconds since the epoch).
    """

    name: str
    sha: str
    state: BuildState = BuildState.WAITING
    kind: BuildKind = BuildKind.FILE
    token: str = ""
    url: str = ""
    file: str = ""
    size: int = 0
    title: str = ""
    identifier: str = ""
    version: str = ""
    artifact: int = 0
    pictures: int = 0
    reason: str = ""
    expires_at: float = 0.0
    workflow_run: int = 0


@dataclass(frozen=True)
class BuildPage:
    """What the page at `/b/TOKEN` is about. It lives until `expires_at`, unless its repository's people revoke it.

    `changed` is the commit in one line, `pull` the pull request; `wanted` is the config's pattern and `pictures_from`
    that of the screenshots' archive (id `pictures_artifact`), so that a machine without the files can fetch them again.
    """

    token: str
    repository_id: int
    full_name: str
    installation: int
    pull: int
    changed: str
    build: Build
    wanted: str = ""
    pictures_artifact: int = 0


def fits(pattern: str, name: str) -> bool:
    """Whether a name is as the pattern says, in which `*` is any text. Letter case is ignored."""
    return matches(pattern.casefold(), name.casefold())


def builds_are_settled(builds: Collection[Build], head_sha: str) -> bool:
    """Whether nothing is waited for any more: each build has been found for this head, or is known to be missing."""
    waits = {one.name: one.state is BuildState.WAITING for one in builds if one.sha == head_sha}
    return not any(waits.get(one.name, True) for one in builds)
