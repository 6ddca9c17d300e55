"""Commits that GitHub makes and signs itself, and that it therefore marks verified.

An App's commit is signed when it names no author of its own; it is then the App's, made by GitHub.
https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ghapp.core.errors import Gone, UserError
from ghapp.core.events import Repository
from ghapp.github.app import GitHubApp, github_errors


@dataclass(frozen=True)
class Wanted:
    """A commit with the tree of `like`, which GitHub has already."""

    like: str
    text: str
    parents: tuple[str, ...]


def sign(app: GitHubApp, repository: Repository, branch: str, wanted: Wanted) -> str:
    """Put `branch` on a signed commit, made anew unless the branch is on it already (an answer was lost); its sha.

    UserError when the branch would not move forward, or GitHub refuses or does not sign; it has not moved then.
    """
    data = _GitData(app, repository)
    tree = data.commit(wanted.like)["tree"]["sha"]
    head = data.head(branch)
    if head is not None and _is(data.commit(head), tree, wanted):
        return head
    made = data.create(tree, wanted)
    if not made["verification"]["verified"]:
        raise UserError(f"GitHub did not sign the commit: {made['verification']['reason']}.")
    sha: str = made["sha"]
    data.move(branch, sha, is_new=head is None)
    return sha


def _is(commit: dict[str, Any], tree: str, wanted: Wanted) -> bool:
    return (
        commit["tree"]["sha"] == tree
        and tuple(parent["sha"] for parent in commit["parents"]) == wanted.parents
        and commit["message"].rstrip("\n") == wanted.text.rstrip("\n")
        and commit["verification"]["verified"]
    )


class _GitData:
    """The git data of one repository: https://docs.github.com/en/rest/git"""

    def __init__(self, app: GitHubApp, repository: Repository) -> None:
        self._requester = app.installation(repository.installation).requester
        self._path = f"/repos/{repository.full_name}/git"

    def commit(self, sha: str) -> dict[str, Any]:
        return self._ask("GET", f"commits/{sha}")

    def head(self, branch: str) -> str | None:
        try:
            sha: str = self._ask("GET", f"ref/heads/{quote(branch)}")["object"]["sha"]
        except Gone:
            return None
        return sha

    def create(self, tree: str, wanted: Wanted) -> dict[str, Any]:
        return self._ask("POST", "commits", message=wanted.text, tree=tree, parents=list(wanted.parents))

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
