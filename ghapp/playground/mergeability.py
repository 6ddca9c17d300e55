"""Whether a pull request can be merged, by real git and the rules of its base branch."""

from collections.abc import Iterator
from dataclasses import dataclass

from ghapp.playground.merge_state import Method, Protection, Ruleset
from ghapp.playground.state import ROLES, Actor, App, CheckRun, CommitStatus, Issue, Pull, Repository

_GOOD = {"success", "neutral", "skipped"}
_RUNNING = {"in_progress": "in progress", "queued": "queued", "pending": "pending"}


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
    """A queue is no obstacle here: at GitHub a branch that only a queue may change still shows `clean`."""
    rules = rules_of(repository, pull.base_ref)
    if any(reviews_lacking(repository, pull, rule) for rule in rules):
        return "blocked"
    if any(rule.strict for rule in rules) and is_behind(repository, pull):
        return "behind"
    if any(checks_lacking(repository, pull, rule) for rule in rules):
        return "blocked"
    outcomes = check_outcomes(repository, pull.head_sha)
    return "clean" if all(outcome in _GOOD for outcome in outcomes.values()) else "unstable"


def rules_of(repository: Repository, branch: str) -> list[Protection]:
    """Everything that protects a branch: its own protection first, then the rulesets."""
    own = repository.protections.get(branch)
    return [*([own] if own else []), *rulesets_of(repository, branch)]


def rulesets_of(repository: Repository, branch: str) -> list[Ruleset]:
    return [one for one in repository.rulesets if one.branch == branch]


def methods_of(repository: Repository, branch: str) -> tuple[Method, ...]:
    """The ways to merge into a branch that the repository and every ruleset allow."""
    rulesets = rulesets_of(repository, branch)
    return tuple(one for one in repository.methods if all(one in ruleset.methods for ruleset in rulesets))


def queue_of(repository: Repository, branch: str) -> Ruleset | None:
    """The ruleset that sends merges into a branch through a queue."""
    return next((one for one in rulesets_of(repository, branch) if one.queue), None)


def is_behind(repository: Repository, pull: Pull) -> bool:
    return not repository.bare.is_ancestor(pull.base_sha, pull.head_sha)


def lacking(repository: Repository, pull: Pull) -> list[tuple[Protection, str]]:
    """What the rules still ask of a pull request, in GitHub's words, each with its rule; being behind is not in it."""
    return [
        (rule, words)
        for rule in rules_of(repository, pull.base_ref)
        for words in (checks_lacking(repository, pull, rule), reviews_lacking(repository, pull, rule))
        if words
    ]


def reviews_lacking(repository: Repository, pull: Pull, rule: Protection) -> str:
    """Why the reviews are not what a rule asks for, or nothing. Without a rule an objection stops nobody."""
    if not rule.approvals:
        return ""
    if "CHANGES_REQUESTED" in last_words(repository, pull).values():
        return "Changes must be approved by the reviewers who requested them."
    if approvals(repository, pull) >= rule.approvals:
        return ""
    noun = "approving review is" if rule.approvals == 1 else "approving reviews are"
    return f"At least {rule.approvals} {noun} required by reviewers with write access."


def approvals(repository: Repository, pull: Pull) -> int:
    """How many of those who count had an approval as their last word."""
    return sum(state == "APPROVED" for state in last_words(repository, pull).values())


def last_words(repository: Repository, pull: Pull) -> dict[int, str]:
    """The last verdict of each reviewer who may write, by user id. One that was dismissed brings no older one back."""
    counted = [one for one in pull.reviews if one.state != "COMMENTED"]
    return {one.author.user.id: one.state for one in counted if may_write(repository, one.author)}


def may_write(repository: Repository, who: Actor) -> bool:
    """Whether somebody, or an App by its permissions, may change the code here."""
    if who.app is not None:
        return who.app.permissions.get("contents") == "write"
    role = repository.role_of(who.user)
    return role is not None and ROLES.index(role) >= ROLES.index("write")


def checks_lacking(repository: Repository, pull: Pull, rule: Protection) -> str:
    """Which required checks are not green on the head, in GitHub's words, or nothing. One that is missing is not."""
    standing = {name: _standing(repository, pull.head_sha, name, rule.sources.get(name)) for name in rule.contexts}
    bad = {name: word for name, word in standing.items() if word}
    if not bad:
        return ""
    words = sorted(bad.values())
    if len(bad) == 1:
        return f'Required status check "{next(iter(bad))}" is {words[0]}.'
    counted = " and ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    return f"{len(bad)} of {len(rule.contexts)} required status checks have not succeeded: {counted}."


def _standing(repository: Repository, sha: str, name: str, source: App | None) -> str:
    """`expected`, `in progress`, `failing`…, or nothing for a green one. All that have the name must be green.

    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks
    """
    outcomes = list(_outcomes(repository, sha, name, source))
    if not outcomes:
        return "expected"
    bad = [outcome for outcome in outcomes if outcome not in _GOOD]
    return _RUNNING.get(bad[0], "failing") if bad else ""


def _outcomes(repository: Repository, sha: str, name: str, source: App | None) -> Iterator[str]:
    """What the newest checks and status of a name say, of one App only where a source is given."""
    for check in latest_checks(repository, sha):
        if check.name == name and source in (None, check.suite.app):
            yield check.conclusion or check.status
    for status in latest_statuses(repository, sha):
        if status.context == name and (source is None or status.creator is source.bot):
            yield status.state


def latest_checks(repository: Repository, sha: str) -> list[CheckRun]:
    """The newest check run of each suite and name on a commit: two workflows may have a job of one name."""
    latest = {(check.suite.id, check.name): check for check in repository.checks.values() if check.head_sha == sha}
    return list(latest.values())


def latest_statuses(repository: Repository, sha: str) -> list[CommitStatus]:
    """The newest status of each context on a commit, newest context first."""
    latest = {status.context: status for status in repository.statuses if status.sha == sha}
    return sorted(latest.values(), key=lambda status: -status.id)


def check_outcomes(repository: Repository, sha: str) -> dict[str, str]:
    """What each check and status says of a commit: its conclusion, or `pending`; of one name, what is not green."""
    said = [(check.name, check.conclusion or "pending") for check in latest_checks(repository, sha)]
    found = dict(sorted(said, key=lambda one: one[1] not in _GOOD))
    return found | {status.context: status.state for status in latest_statuses(repository, sha)}
