"""Repositories, and people's rights on them."""

from datetime import UTC, datetime

from github import Github
from github.ContentFile import ContentFile

from ghapp.core.events import Actor, Repository
from ghapp.core.ports import Remote
from ghapp.core.rights import Permission
from ghapp.github.app import GitHubApp, NotThere, github_errors

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
        try:
            with github_errors():
                _, found = self._app.installation(repository.installation).requester.requestJsonAndCheck(
                    "GET", f"/repos/{repository.full_name}/collaborators/{actor.login}/permission"
                )
        except NotThere:
            return Permission.NONE
        if (found.get("user") or {}).get("id") != actor.id:
            return Permission.NONE
        role = _ROLES.get(found.get("role_name", ""))
        return _ROLES.get(found["permission"], Permission.NONE) if role is None else role

    def read_file(self, repository: Repository, path: str) -> bytes | None:
        """A file of the default branch, or None when there is none (or no branch yet)."""
        try:
            with github_errors():
                found = self._app.repository(repository).get_contents(path)
                return found.decoded_content if isinstance(found, ContentFile) else None
        except NotThere:
            return None

    def remote(self, repository: Repository) -> Remote:
        """Where to fetch and push, with a token for this repository alone."""
        return self._app.remote(repository)

    def installed(self) -> tuple[Repository, ...]:
        """Every repository that some installation of the App can see."""
        with github_errors():
            _, installations = self._app.itself.requester.requestJsonAndCheck(
                "GET", "/app/installations", parameters={"per_page": 100}
            )
        found: list[Repository] = []
        for installation in installations:
            if installation.get("suspended_at") is None:
                found += _visible(self._app.installation(installation["id"]), installation["id"])
        return tuple(found)

    def redeliver_failed(self, since: float) -> int:
        """Ask for another delivery of each that failed after `since` (seconds since the epoch); how many.

        GitHub does not redeliver by itself, and a redelivery keeps its id, so ours are told apart by `redelivery`.
        https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
        """
        requester = self._app.itself.requester
        with github_errors():
            _, deliveries = requester.requestJsonAndCheck("GET", "/app/hook/deliveries", parameters={"per_page": 100})
            recent = [item for item in deliveries if _seconds(item["delivered_at"]) >= since]
            arrived = {item["guid"] for item in recent if 200 <= item["status_code"] < 300}
            lost = {item["guid"]: item["id"] for item in recent if item["guid"] not in arrived}
            for number in lost.values():
                requester.requestJsonAndCheck("POST", f"/app/hook/deliveries/{number}/attempts")
        return len(lost)


def _visible(client: Github, installation: int) -> list[Repository]:
    found: list[Repository] = []
    page = 1
    while True:
        with github_errors():
            _, answer = client.requester.requestJsonAndCheck(
                "GET", "/installation/repositories", parameters={"per_page": 100, "page": page}
            )
        found += [Repository(item["id"], item["full_name"], installation) for item in answer["repositories"]]
        if len(found) >= answer["total_count"] or not answer["repositories"]:
            return found
        page += 1


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(UTC).timestamp()
