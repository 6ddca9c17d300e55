"""Repositories, and people's rights on them."""

import logging
import re
from collections import Counter
from datetime import datetime

from github.ContentFile import ContentFile

from ghapp.core.errors import Gone, UserError
from ghapp.core.events import Actor, Repository
from ghapp.core.ports import Remote
from ghapp.core.rights import Permission
from ghapp.github import signing
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages

log = logging.getLogger(__name__)

_LOGIN = re.compile(r"[A-Za-z0-9_-]+(\[bot\])?")
"""It becomes a part of an address."""

_DELIVERY_TRIES = 4
_MAX_FILE = 1024 * 1024
_ROLES = {role.name.lower(): role for role in Permission}


class GitHubRepositories:
    """What GitHub says of repositories (`ports.Repositories`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def default_branch(self, repository: Repository) -> str:
        """The name of the default branch."""
        with github_errors():
            return self._app.repository(repository).default_branch

    def permission(self, repository: Repository, actor: Actor) -> Permission:
        """The right that counts now, by the person's id. NONE for Apps, strangers and deleted users.

        A role of the organisation's own making counts as the plain one that it is built on.
        https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
        """
        if not _LOGIN.fullmatch(actor.login):
            return Permission.NONE
        try:
            with github_errors():
                _, found = self._app.installation(repository.installation).requestJsonAndCheck(
                    "GET", f"/repos/{repository.full_name}/collaborators/{actor.login}/permission"
                )
        except Gone:
            return Permission.NONE
        if (found.get("user") or {}).get("id") != actor.id:
            return Permission.NONE
        role = _ROLES.get(found.get("role_name", ""))
        return _ROLES.get(found["permission"], Permission.NONE) if role is None else role

    def read_file(self, repository: Repository, path: str) -> bytes | None:
        """A file of the default branch, or None when there is none (or no branch yet). UserError beyond 1 MiB.

        GitHub leaves the content of larger ones out.
        """
        try:
            with github_errors():
                found = self._app.repository(repository).get_contents(path)
                if not isinstance(found, ContentFile) or found.type != "file":
                    return None
                if found.size > _MAX_FILE or found.encoding != "base64":
                    raise UserError(f"{path} is larger than 1 MiB.")
                return found.decoded_content
        except Gone:
            return None

    def remote(self, repository: Repository, fork: str = "") -> Remote:
        """Where to fetch and push, with a token for this repository alone; with `fork`, the address is that fork's.

        GitHub takes a push of the base repository's token where the pull request lets maintainers edit.
        """
        return self._app.remote(repository, fork)

    def sign(self, repository: Repository, branch: str, sha: str) -> str:
        """Have GitHub itself make the commit `sha` anew, signed by it, and put `branch` on that; its sha.

        UserError when the branch would not move forward, or GitHub refuses or does not sign; it has not moved then.
        """
        return signing.sign(self._app, repository, branch, sha)

    def installed(self) -> tuple[Repository, ...]:
        """Every repository that some installation of the App can see; suspended installations are left out."""
        found: list[Repository] = []
        for installation in pages(self._app.itself, "/app/installations"):
            if installation.get("suspended_at") is not None:
                continue
            number = installation["id"]
            try:
                found += self._visible(number)
            except UserError as error:
                log.warning("installation %s cannot be looked at: %s", number, error)
        return tuple(found)

    def _visible(self, installation: int) -> list[Repository]:
        requester = self._app.installation(installation)
        rows = pages(requester, "/installation/repositories", "repositories")
        return [Repository(item["id"], item["full_name"], installation) for item in rows]

    def redeliver_failed(self, since: float) -> int:
        """Ask for another delivery of each that failed after `since` (seconds since the epoch); how many.

        GitHub does not redeliver by itself. A redelivery keeps its guid, so one that arrived later is told by it. What
        we refused ourselves (4xx) would be refused again, and what failed four times is given up.
        https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
        """
        requester = self._app.itself
        recent = []
        for item in pages(requester, "/app/hook/deliveries"):
            if _seconds(item["delivered_at"]) < since:
                break
            recent.append(item)
        tries = Counter(item["guid"] for item in recent)
        settled = {item["guid"] for item in recent if 200 <= item["status_code"] < 500}
        lost = {
            item["guid"]: item["id"]
            for item in recent
            if item["guid"] not in settled and tries[item["guid"]] < _DELIVERY_TRIES
        }
        for number in lost.values():
            with github_errors():
                requester.requestJsonAndCheck("POST", f"/app/hook/deliveries/{number}/attempts")
        return len(lost)


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
