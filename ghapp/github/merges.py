"""What stands between a pull request and its base, and the merge itself (`ports.Merges`)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from github.Requester import Requester

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Actor, Repository
from ghapp.core.merging import Method, Required, Rules, Standing
from ghapp.core.ports import GHOST, Pull
from ghapp.github.app import GitHubApp, github_errors
from ghapp.github.pages import pages

Json = dict[str, Any]

_STANDING = """query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed
    pullRequest(number: $number) {
      id baseRefName mergeStateStatus reviewDecision isInMergeQueue autoMergeRequest { enabledAt } } } }"""
_ENQUEUE = """mutation($input: EnqueuePullRequestInput!) {
  enqueuePullRequest(input: $input) { mergeQueueEntry { id } } }"""
_DEQUEUE = """mutation($input: DequeuePullRequestInput!) {
  dequeuePullRequest(input: $input) { mergeQueueEntry { id } } }"""
_AUTO_ON = """mutation($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { id } } }"""
_AUTO_OFF = """mutation($input: DisablePullRequestAutoMergeInput!) {
  disablePullRequestAutoMerge(input: $input) { pullRequest { id } } }"""

_METHODS: tuple[tuple[Method, str], ...] = (
    ("merge", "mergeCommitAllowed"),
    ("squash", "squashMergeAllowed"),
    ("rebase", "rebaseMergeAllowed"),
)
_VERDICTS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_BASE_MOVED = "Base branch was modified"
_OTHER_PLANS = "or make this repository public to enable this feature"


class GitHubMerges:
    """Merges, GitHub's merge queue and its auto-merge (`ports.Merges`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def standing(self, repository: Repository, number: int) -> Standing:
        """How a pull request stands, with the rules of its base branch.

        https://docs.github.com/en/graphql/reference/enums#mergestatestatus
        """
        told = self._told(repository, number)
        shown = told["pullRequest"]
        decision = shown["reviewDecision"] or ""
        rules, methods = self._rules(repository, quote(shown["baseRefName"]), decision)
        reviews = list(self._pages(repository, f"/pulls/{number}/reviews"))
        return Standing(
            state=shown["mergeStateStatus"].lower(),
            decision=decision,
            rules=rules,
            approved_by=_last_word(reviews, "APPROVED"),
            objected_by=_last_word(reviews, "CHANGES_REQUESTED"),
            queued=shown["isInMergeQueue"],
            auto=shown["autoMergeRequest"] is not None,
            methods=tuple(one for one, setting in _METHODS if told[setting] and one in methods),
        )

    def head_at(self, repository: Repository, pull: Pull, at: str) -> str | None:
        """What the head was just before `at` (ISO 8601, UTC; a push of that very second came later).

        None when GitHub does not tell: of a fork that we may not read, or of a branch that has moved too often since.
        https://docs.github.com/en/rest/repos/repos#list-repository-activities
        """
        if pull.head_repository is None:
            return None
        path = f"/repos/{pull.head_repository}/activity"
        query = f"ref={quote(f'refs/heads/{pull.head_branch}', safe='')}&per_page=100"
        try:
            with github_errors():
                _, rows = self._requester(repository).requestJsonAndCheck("GET", f"{path}?{query}")
        except UserError:
            return None
        before = [row for row in rows if row["timestamp"] < at]
        newest = max(before, key=lambda row: (row["timestamp"], row["id"]), default=None)
        return newest["after"] if newest and newest["after"].strip("0") else None

    def merge(self, repository: Repository, number: int, sha: str, method: Method) -> None:
        """Merge this head and no other. UserError with GitHub's reason when it refuses.

        The base that moves at the same moment is no reason: TransientError, and another try tells.
        https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request
        """
        path = f"/repos/{repository.full_name}/pulls/{number}/merge"
        asked = {"sha": sha, "merge_method": method}
        try:
            with github_errors():
                self._requester(repository).requestJsonAndCheck("PUT", path, input=asked)
        except UserError as error:
            if _BASE_MOVED in str(error):
                raise TransientError("The base branch moved while GitHub merged") from error
            raise

    def enqueue(self, repository: Repository, number: int, sha: str) -> None:
        """Hand this head to the merge queue. UserError as above."""
        node = self._shown(repository, number)["id"]
        self._change(repository, _ENQUEUE, {"pullRequestId": node, "expectedHeadOid": sha})

    def when_green(self, repository: Repository, number: int, sha: str, method: Method) -> None:
        """Switch GitHub's auto-merge on. UserError as above."""
        node = self._shown(repository, number)["id"]
        asked = {"pullRequestId": node, "expectedHeadOid": sha, "mergeMethod": method.upper()}
        self._change(repository, _AUTO_ON, asked)

    def take_back(self, repository: Repository, number: int) -> None:
        """Out of the queue, and auto-merge off. Nothing happens when neither has it."""
        shown = self._shown(repository, number)
        if shown["isInMergeQueue"]:
            self._change(repository, _DEQUEUE, {"id": shown["id"]})
        if shown["autoMergeRequest"] is not None:
            self._change(repository, _AUTO_OFF, {"pullRequestId": shown["id"]})

    def base_before(self, repository: Repository, number: int, sha: str) -> str | None:
        """What the base was before this pull request came to it as its (last) commit `sha`. None for a first commit.

        A merge commit names it. Where the commits were rebased, GitHub tells only the last one: those before it are
        new, too, but say what the pull request's say and when it was written.
        https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/about-pull-request-merges
        """
        history = self._pages(repository, f"/commits?sha={sha}")
        parents = next(history)["parents"]
        if len(parents) > 1:
            return str(parents[0]["sha"])
        brought = {_written(one) for one in self._pages(repository, f"/pulls/{number}/commits")}
        return next((str(one["sha"]) for one in history if _written(one) not in brought), None)

    def _rules(self, repository: Repository, base: str, decision: str) -> tuple[Rules, frozenset[Method]]:
        """What rulesets and the branch's own protection ask for together, and the methods that rulesets allow."""
        rules, methods = _of_rulesets(self._rulesets(repository, base))
        protection = self._protection(repository, base)
        checks = (protection.get("required_status_checks") or {}).get("checks") or ()
        required = (*rules.required, *(_required(one, "app_id") for one in checks))
        rules = replace(rules, required=tuple(dict.fromkeys(required)))
        if protection.get("enabled"):
            rules = replace(
                rules,
                up_to_date=rules.up_to_date or self._is_strict(repository, base),
                approvals=self._approvals(repository, base, rules.approvals or 0, decision),
            )
        return rules, methods

    def _rulesets(self, repository: Repository, base: str) -> Iterable[Json]:
        """None where there can be none: at a server that is older than rulesets (404), or in a plan without them (403).

        https://docs.github.com/en/get-started/learning-about-github/githubs-plans
        """
        try:
            return list(self._pages(repository, f"/rules/branches/{base}"))
        except Gone:
            return ()
        except UserError as error:
            if not _is_of_another_plan(error):
                raise
            return ()

    def _protection(self, repository: Repository, base: str) -> Json:
        """The branch's own protection, as far as everybody may see it; nothing in a plan without it."""
        try:
            found: Json | None = self._get(repository, f"/branches/{base}").get("protection")
        except UserError as error:
            if not _is_of_another_plan(error):
                raise
            return {}
        return found or {}

    def _approvals(self, repository: Repository, base: str, by_rulesets: int, decision: str) -> int | None:
        """The larger of both numbers; None when we may not read the protection's and GitHub asks for a review."""
        try:
            path = f"/branches/{base}/protection/required_pull_request_reviews"
            found = self._get(repository, path).get("required_approving_review_count") or 0
        except Gone:  # no reviews are required there, or the App may not see it
            return None if decision and not by_rulesets else by_rulesets
        except UserError:
            return None if decision else by_rulesets
        return max(int(found), by_rulesets)

    def _is_strict(self, repository: Repository, base: str) -> bool:
        """Whether the branch must be up to date, as far as we may read that; a state of `behind` tells it, too."""
        try:
            strict = self._get(repository, f"/branches/{base}/protection/required_status_checks").get("strict")
        except UserError:
            return False
        return bool(strict)

    def _told(self, repository: Repository, number: int) -> Json:
        """The repository with its pull request."""
        owner, _, name = repository.full_name.partition("/")
        asked = {"owner": owner, "name": name, "number": number}
        told: Json = self._app.graphql(repository, _STANDING, asked)["repository"]
        return told

    def _shown(self, repository: Repository, number: int) -> Json:
        shown: Json = self._told(repository, number)["pullRequest"]
        return shown

    def _change(self, repository: Repository, document: str, asked: Json) -> None:
        self._app.graphql(repository, document, {"input": asked})

    def _get(self, repository: Repository, path: str) -> Json:
        with github_errors():
            answer: Json
            _, answer = self._requester(repository).requestJsonAndCheck("GET", f"/repos/{repository.full_name}{path}")
            return answer

    def _pages(self, repository: Repository, path: str) -> Iterator[Json]:
        return pages(self._requester(repository), f"/repos/{repository.full_name}{path}")

    def _requester(self, repository: Repository) -> Requester:
        return self._app.installation(repository.installation)


def _is_of_another_plan(error: UserError) -> bool:
    """Whether GitHub refuses because the plan has no such feature for a private repository, and so no such rules."""
    return _OTHER_PLANS in str(error)


def _of_rulesets(rows: Iterable[Json]) -> tuple[Rules, frozenset[Method]]:
    """https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch"""
    rules, methods = Rules(), frozenset(method for method, _ in _METHODS)
    for row in rows:
        asked = row.get("parameters") or {}
        match row["type"]:
            case "required_status_checks":
                found = tuple(_required(one, "integration_id") for one in asked["required_status_checks"])
                strict = rules.up_to_date or asked["strict_required_status_checks_policy"]
                rules = replace(rules, required=(*rules.required, *found), up_to_date=strict)
            case "pull_request":
                count = max(rules.approvals or 0, asked["required_approving_review_count"])
                rules = replace(rules, approvals=count)
                methods &= frozenset(asked.get("allowed_merge_methods") or methods)
            case "merge_queue":
                rules = replace(rules, queue=True)
            case "required_linear_history":
                methods -= {"merge"}
    return rules, methods


def _required(row: Json, source: str) -> Required:
    """A source of null or -1 is any."""
    app = row.get(source)
    return Required(row["context"], app if app and app > 0 else None)


def _last_word(reviews: Iterable[Json], wanted: str) -> tuple[Actor, ...]:
    """Those whose last verdict this is. A comment changes none; one that was dismissed brings no older one back."""
    last: dict[int, tuple[str, Actor]] = {}
    for row in reviews:
        user = row["user"]
        who = GHOST if user is None else Actor(user["id"], user["login"], user["type"])
        if row["state"] in _VERDICTS:
            last[who.id] = (row["state"], who)
    return tuple(who for state, who in last.values() if state == wanted)


def _written(commit: Json) -> tuple[str, str, str]:
    """Who wrote a commit, when, and what it says of itself: a rebase keeps that."""
    said = commit["commit"]
    return said["author"]["email"], said["author"]["date"], said["message"].strip()
