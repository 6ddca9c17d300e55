"""Pull requests and merging."""

from ghapp.playground.auth import RefusedError
from ghapp.playground.merge_state import Method
from ghapp.playground.mergeability import UNKNOWN, Mergeability, mergeability
from ghapp.playground.rest.issues import checked_body
from ghapp.playground.rest.route import PAGES, Answer, Ask, Json, Route, found, invalid
from ghapp.playground.state import Issue, Repository
from ghapp.playground.verbs import forks, issues, merging, pulls
from ghapp.playground.views import commits
from ghapp.playground.views import pulls as views
from ghapp.playground.views.repositories import api_url


def list_pulls(ask: Ask) -> Answer:
    """Newest first. Filters: state, head (`owner:branch`), base."""
    wanted, head, base = ask.query.get("state", "open"), ask.query.get("head"), ask.query.get("base")
    rows = [
        issue
        for issue, pull in sorted(ask.repository.pulls(), key=lambda pair: -pair[0].number)
        if wanted in ("all", issue.state)
        and (head is None or ":" not in head or head.lower() == f"{pull.source_owner.login}:{pull.head_ref}".lower())
        and base in (None, pull.base_ref)
    ]
    return ask.page(views.pull_simple(ask.state, ask.repository, issue) for issue in rows)


def create_pull(ask: Ask) -> Answer:
    here, body = ask.repository, checked_body(ask, "PullRequest")
    head, base = str(ask.body["head"]), str(ask.body["base"])
    owner, _, name = head.rpartition(":")
    source = forks.of(ask.room, here, owner or here.owner.login)
    if source is None:
        raise invalid("PullRequest", "head")
    _check_ends(ask, source, name, base)
    given = {"draft": bool(ask.body.get("draft")), "maintainer_can_modify": ask.body.get("maintainer_can_modify", True)}
    made = pulls.open_pull(ask.room, here, ask.actor, str(ask.body["title"]), body, name, base, source=source, **given)
    return Answer(_shown(ask, made), 201)


def _check_ends(ask: Ask, source: Repository, head: str, base: str) -> None:
    """Both branches are there, differ, and have no open pull request yet. Raises RefusedError 422."""
    here = ask.repository
    head_sha, base_sha = source.bare.branch(head), here.bare.branch(base)
    for name, sha in (("head", head_sha), ("base", base_sha)):
        if sha is None:
            raise invalid("PullRequest", name)
    if source is not here:
        here.bare.take(source.bare, head_sha or "")
    if here.bare.is_ancestor(head_sha or "", base_sha or ""):
        raise invalid("PullRequest", "head", "custom", f"No commits between {base} and {head}")
    for issue, pull in here.pulls():
        if issue.state == "open" and (pull.source, pull.head_ref, pull.base_ref) == (source, head, base):
            message = f"A pull request already exists for {source.owner.login}:{head}."
            raise invalid("PullRequest", "head", "custom", message)


def _shown(ask: Ask, issue: Issue) -> Json:
    return views.pull_request(ask.state, ask.repository, issue, _can_merge(ask, issue))


def _can_merge(ask: Ask, issue: Issue) -> Mergeability:
    if ask.room.mergeable_unknown > 0:
        ask.room.mergeable_unknown -= 1
        return UNKNOWN
    return mergeability(ask.repository, issue, views.pull_of(issue))


def get_pull(ask: Ask) -> Answer:
    issue, _ = ask.pull()
    return Answer(_shown(ask, issue))


def edit_pull(ask: Ask) -> Answer:
    (issue, pull), here, actor = ask.pull(), ask.repository, ask.actor
    checked_body(ask, "PullRequest")
    issues.edit(ask.room, here, actor, issue, ask.body)
    if ask.body.get("state") == "closed":
        issues.close(ask.room, here, actor, issue)
    elif ask.body.get("state") == "open" and issue.state == "closed":
        if pull.merged_at is not None or pull.source is None or pull.source.bare.branch(pull.head_ref) is None:
            raise invalid("PullRequest", "state", "custom", "state cannot be changed.")
        issues.reopen(ask.room, here, actor, issue)
    return Answer(_shown(ask, issue))


def list_commits(ask: Ask) -> Answer:
    _, pull = ask.pull()
    rows = ask.repository.bare.log(f"{pull.base_sha}..{pull.head_sha}")
    return ask.page(commits.commit(ask.state, ask.repository, one) for one in reversed(rows))


def list_files(ask: Ask) -> Answer:
    (_, pull), here = ask.pull(), ask.repository
    start = here.bare.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    rows = here.bare.changed_files(start, pull.head_sha)
    return ask.page(commits.changed_file(ask.state, here, one, pull.head_sha) for one in rows)


def is_merged(ask: Ask) -> Answer:
    _, pull = ask.pull()
    found(pull.merged_at)
    return Answer(None, 204)


def merge(ask: Ask) -> Answer:
    issue, _ = ask.pull()
    given = {name: ask.body.get(key) for name, key in (("title", "commit_title"), ("message", "commit_message"))}
    method: Method = ask.body.get("merge_method") or "merge"
    try:
        sha = merging.merge(ask.room, ask.repository, ask.actor, issue, sha=ask.body.get("sha"), method=method, **given)
    except merging.CannotMergeError as error:
        raise RefusedError(error.status, str(error)) from error
    return Answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def update_branch(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    if ask.body.get("expected_head_sha", pull.head_sha) != pull.head_sha:
        raise invalid("PullRequest", "expected_head_sha", "custom", "expected head sha didn't match current head ref.")
    if ask.repository.bare.is_ancestor(pull.base_sha, pull.head_sha):
        raise RefusedError(422, "There are no new commits on the base branch.")
    if pulls.update_branch(ask.room, ask.repository, ask.actor, issue) is None:
        raise RefusedError(422, "merge conflict between base and head")
    url = f"{api_url(ask.state, ask.repository)}/pulls/{issue.number}"
    return Answer({"message": "Updating pull request branch.", "url": url}, 202)


def pulls_of_commit(ask: Ask) -> Answer:
    """Open pull requests that have the commit, and merged ones that brought it."""
    sha, here = ask.commit_sha(ask.path["commit_sha"]), ask.repository
    rows = [
        issue
        for issue, pull in here.pulls()
        if pull.merge_commit_sha == sha
        or any(one.sha == sha for one in here.bare.log(pull.head_sha, f"^{pull.base_sha}"))
    ]
    return ask.page(views.pull_simple(ask.state, here, issue) for issue in rows)


_HERE = "/repos/{owner}/{repo}"
_PULL = f"{_HERE}/pulls/{{pull_number}}"
_READ, _WRITE = "pull_requests:read", "pull_requests:write"
_MADE = frozenset({"title", "head", "base", "body", "draft", "maintainer_can_modify"})
_MERGED = frozenset({"commit_title", "commit_message", "sha", "merge_method"})
ROUTES = (
    Route("GET", f"{_HERE}/pulls", list_pulls, _READ, query=PAGES | {"state", "head", "base"}),
    Route("POST", f"{_HERE}/pulls", create_pull, _WRITE, body=_MADE, content=True),
    Route("GET", _PULL, get_pull, _READ),
    Route("PATCH", _PULL, edit_pull, _WRITE, body=frozenset({"title", "body", "state"})),
    Route("GET", f"{_PULL}/commits", list_commits, _READ, query=PAGES),
    Route("GET", f"{_PULL}/files", list_files, _READ, query=PAGES),
    Route("GET", f"{_PULL}/merge", is_merged, _READ),
    Route("PUT", f"{_PULL}/merge", merge, "contents:write", body=_MERGED),
    Route("PUT", f"{_PULL}/update-branch", update_branch, _WRITE, body=frozenset({"expected_head_sha"})),
    Route("GET", f"{_HERE}/commits/{{commit_sha}}/pulls", pulls_of_commit, f"{_READ}|contents:read", query=PAGES),
)
