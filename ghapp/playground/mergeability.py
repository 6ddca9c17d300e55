"""Whether a pull request can be merged, by real git and the rules of its base branch."""

from dataclasses import dataclass

from ghapp.playground.state import CheckRun, CommitStatus, Issue, Pull, Repository

_GOOD = {"success", "neutral", "skipped"}


@dataclass(frozen=True)
class Mergeability:
    """`state` in GitHub's words: https://docs.github.com/en/graphql/reference/enums#mergestatestatus"""

    mergeable: bool | None
    state: str


UNKNOWN = Mergeability(None, "unknown")


def mergeability(repository: Repository, issue: Issue, pull: Pull) -> Mergeability:
    """Whether it merges cleanly, and what else stands in the way; the first obstacle names the state."""
    if issue.state == "closed":
        return UNKNOWN
    bare = repository.bare
    if bare.merge_tree(pull.base_sha, pull.head_sha) is None:
        return Mergeability(False, "dirty")
    if pull.draft:
        return Mergeability(True, "draft")
    return Mergeability(True, _state(repository, pull))


def _state(repository: Repository, pull: Pull) -> str:
    outcomes = check_outcomes(repository, pull.head_sha)
    rules = repository.protections.get(pull.base_ref)
    if rules is not None:
        if rules.strict and not repository.bare.is_ancestor(pull.base_sha, pull.head_sha):
            return "behind"
        if any(outcomes.get(context) not in _GOOD for context in rules.contexts):
            return "blocked"
        if approvals(pull) < rules.approvals:
            return "blocked"
    return "clean" if all(outcome in _GOOD for outcome in outcomes.values()) else "unstable"


def approvals(pull: Pull) -> int:
    """People whose last word was an approval."""
    last = {review.author.user.id: review.state for review in pull.reviews if review.state != "COMMENTED"}
    return sum(state == "APPROVED" for state in last.values())


def latest_checks(repository: Repository, sha: str) -> list[CheckRun]:
    """The newest check run of each App and name on a commit."""
    latest = {(check.suite.app.id, check.name): check for check in repository.checks.values() if check.head_sha == sha}
    return list(latest.values())


def latest_statuses(repository: Repository, sha: str) -> list[CommitStatus]:
    """The newest status of each context on a commit, newest context first."""
    latest = {status.context: status for status in repository.statuses if status.sha == sha}
    return sorted(latest.values(), key=lambda status: -status.id)


def check_outcomes(repository: Repository, sha: str) -> dict[str, str]:
    """What each check and status says of a commit: its conclusion, or `pending`."""
    found = {check.name: check.conclusion or "pending" for check in latest_checks(repository, sha)}
    return found | {status.context: status.state for status in latest_statuses(repository, sha)}
