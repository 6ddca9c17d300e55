"""Commits that GitHub makes and signs itself, and that it therefore marks verified.

An App's commit is signed when it names no author of its own; it is then the App's, made by GitHub.
https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
"""

from typing import Any
from urllib.parse import quote

from ghapp.core.errors import Gone, UserError
from ghapp.core.events import Repository
from ghapp.github.app import GitHubApp, github_errors


def sign(app: GitHubApp, repository: Repository, branch: str, sha: str) -> str:
    """Put `branch` on the commit `sha`, made anew by GitHub unless the branch has that already; the sha of the new one.

    Tree, parents and message stay; author and time are GitHub's. It has it already when an answer was lost. UserError
    when the branch would not move forward, or GitHub refuses or does not sign; it has not moved then.
    """
    data = _GitData(app, repository)
    wanted = data.commit(sha)
    head = data.head(branch)
    if head is not None and _is_signed(data.commit(head), wanted):
        return head
    made = data.create(wanted)
    if not made["verification"]["verified"]:
        raise UserError(f"GitHub did not sign the commit: {made['verification']['reason']}.")
    signed: str = made["sha"]
    data.move(branch, signed, is_new=head is None)
    return signed


def _is_signed(commit: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return bool(commit["verification"]["verified"]) and _content(commit) == _content(wanted)


def _content(commit: dict[str, Any]) -> tuple[str, list[str], str]:
    return commit["tree"]["sha"], [parent["sha"] for parent in commit["parents"]], commit["message"].rstrip("\n")


class _GitData:
    """The git data of one repository: https://docs.github.com/en/rest/git"""

    def __init__(self, app: GitHubApp, repository: Repository) -> None:
        self._requester = app.installation(repository.installation)
        self._path = f"/repos/{repository.full_name}/git"

    def commit(self, sha: str) -> dict[str, Any]:
        return self._ask("GET", f"commits/{sha}")

    def head(self, branch: str) -> str | None:
        try:
            sha: str = self._ask("GET", f"ref/heads/{quote(branch)}")["object"]["sha"]
        except Gone:
            return None
        return sha

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        tree, parents, message = _content(wanted)
        return self._ask("POST", "commits", message=message, tree=tree, parents=parents)

    def move(self, branch: str, sha: str, *, is_new: bool) -> None:
        """Forward only: GitHub refuses what would leave out a commit that somebody pushed meanwhile."""
        if is_new:
            self._ask("POST", "refs", ref=f"refs/heads/{branch}", sha=sha)
        else:
            self._ask("PATCH", f"refs/heads/{quote(branch)}", sha=sha, force=False)

    def _ask(self, verb: str, path: str, **fields: object) -> dict[str, Any]:
        with github_errors():
            answer: dict[str, Any]
            _, answer = self._requester.requestJsonAndCheck(verb, f"{self._path}/{path}", input=fields or None)
        return answer
