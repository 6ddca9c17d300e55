"""Archives that Actions keeps of its runs, and files that it keeps as they are."""

from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from github.Requester import Requester

from ghapp.core.events import Repository
from ghapp.core.ports import Artifact
from ghapp.github import downloads
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages

_ZIP = ("application/zip", "application/x-zip-compressed", "application/zip-compressed")


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
        # Whatever the list was narrowed by on its way: a build of another commit is none of this one.
        runs = [run for run in pages(requester, f"{here}?head_sha={sha}", "workflow_runs") if run["head_sha"] == sha]
        found = [one for run in runs for one in pages(requester, f"{here}/{run['id']}/artifacts", "artifacts")]
        return tuple(sorted(map(_artifact, found), key=lambda one: -one.id))

    def fetch(self, repository: Repository, artifact: int, to: Path, most: int) -> str | None:
        """Write the archive (a zip) to a file; the name of one that was kept as it is, and in no archive.

        UserError when it has more than `most` bytes, Gone when it expired.

        https://docs.github.com/en/rest/actions/artifacts#download-an-artifact
        """
        requester = self._requester(repository)
        with github_errors():
            address = f"/repos/{repository.full_name}/actions/artifacts/{artifact}/zip"
            headers, _ = requester.requestJsonAndCheck("GET", address)
        # The address needs no token, lives a minute, and refuses whoever sends one.
        address = headers["location"]
        return _own_name(urlsplit(address).path, downloads.into(to, address, most))

    def _requester(self, repository: Repository) -> Requester:
        return self._app.installation(repository.installation)


def _own_name(path: str, told: Mapping[str, str]) -> str | None:
    """The name of a file that is in no archive, known by what GitHub's own action goes by: the answer's headers.

    https://github.blog/changelog/2026-02-26-github-actions-now-supports-uploading-and-downloading-non-zipped-artifacts
    """
    headers = Message()
    for name in ("Content-Type", "Content-Disposition"):
        headers[name] = told.get(name, "")
    file = headers.get_filename("")
    is_archive = headers.get_content_type() in _ZIP or any(one.casefold().endswith(".zip") for one in (path, file))
    return None if is_archive else file or None


def _artifact(row: dict[str, Any]) -> Artifact:
    run = row.get("workflow_run") or {}
    return Artifact(row["id"], row["name"], row["size_in_bytes"], row["expired"], run.get("id") or 0)
