"""Archives that Actions keeps of its runs."""

from pathlib import Path
from typing import Any

from github.Requester import Requester

from ghapp.core.events import Repository
from ghapp.core.ports import Artifact
from ghapp.github import downloads
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages


class GitHubArtifacts:
    """Artifacts of runs of Actions (`ports.Artifacts`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def on(self, repository: Repository, sha: str) -> tuple[Artifact, ...]:
        """All artifacts of the runs on a commit, newest first.

        A run for a fork's pull request that has the same commit as its head is among them: it built the same code. Of
        a commit that only a fork has, all of it is other people's code, and whoever asks has to know that.
        """
        requester, here = self._requester(repository), f"/repos/{repository.full_name}/actions/runs"
        runs = list(pages(requester, f"{here}?head_sha={sha}", "workflow_runs"))
        found = [one for run in runs for one in pages(requester, f"{here}/{run['id']}/artifacts", "artifacts")]
        return tuple(sorted(map(_artifact, found), key=lambda one: -one.id))

    def fetch(self, repository: Repository, artifact: int, to: Path, most: int) -> None:
        """Write the archive (a zip) to a file. UserError when it has more than `most` bytes, Gone when it expired.

        https://docs.github.com/en/rest/actions/artifacts#download-an-artifact
        """
        requester = self._requester(repository)
        with github_errors():
            address = f"/repos/{repository.full_name}/actions/artifacts/{artifact}/zip"
            headers, _ = requester.requestJsonAndCheck("GET", address)
        # The address needs no token, lives a minute, and refuses whoever sends one.
        downloads.into(to, headers["location"], most)

    def _requester(self, repository: Repository) -> Requester:
        return self._app.installation(repository.installation).requester


def _artifact(row: dict[str, Any]) -> Artifact:
    run = row.get("workflow_run") or {}
    return Artifact(row["id"], row["name"], row["size_in_bytes"], row["expired"], run.get("id") or 0)
