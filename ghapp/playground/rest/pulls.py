"""Pull requests, merging, reviewers, reviews and review comments."""

from ghapp.playground.auth import RefusedError
from ghapp.playground.mergeability import UNKNOWN, Mergeability, mergeability
from ghapp.playground.rest.issues import checked_body
from ghapp.playground.rest.route import PAGES, Answer, Ask, Json, Route, found, invalid, not_modelled
from ghapp.playground.state import Issue, Pull, ReviewComment, ReviewThread
from ghapp.playground.verbs import issues, pulls, reviews
from ghapp.playground.views import commits, people
from ghapp.playground.views import pulls as views
from ghapp.playground.views.repositories import api_url

_VERDICTS: dict[str, reviews.Verdict] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


def list_pulls(ask: Ask) -> Answer:
    """Newest first. Filters: state, head (`owner:branch`), base."""
    wanted, head, base = ask.query.get("state", "open"), ask.query.get("head"), ask.query.get("base")
    owner = ask.repository.owner.login
    rows = [
        issue
        for issue, pull in sorted(ask.repository.pulls(), key=lambda pair: -pair[0].number)
        if wanted in ("all", issue.state)
        and (head is None or ":" not in head or head.lower() == f"{owner}:{pull.head_ref}".lower())
        and base in (None, pull.base_ref)
    ]
    return ask.page(views.pull_simple(ask.state, ask.repository, issue) for issue in rows)


def create_pull(ask: Ask) -> Answer:
    here, body = ask.repository, checked_body(ask, "PullRequest")
    head, base = str(ask.body["head"]), str(ask.body["base"])
    owner, colon, name = head.partition(":")
    if colon and owner.lower() != here.owner.login.lower():
        raise not_modelled("a pull request from a fork")
    head = name if colon else head
    _check_ends(ask, head, base)
    draft = bool(ask.body.get("draft"))
    made = pulls.open_pull(ask.room, here, ask.actor, str(ask.body["title"]), body, head, base, draft=draft)
    return Answer(_shown(ask, made), 201)


def _check_ends(ask: Ask, head: str, base: str) -> None:
    """Both branches are there, differ, and have no open pull request yet. Raises RefusedError 422."""
    here, heads = ask.repository, ask.repository.bare.refs()
    for name, value in (("head", head), ("base", base)):
        if f"refs/heads/{value}" not in heads:
            raise invalid("PullRequest", name)
    if here.bare.is_ancestor(heads[f"refs/heads/{head}"], heads[f"refs/heads/{base}"]):
        raise invalid("PullRequest", "head", "custom", f"No commits between {base} and {head}")
    for issue, pull in here.pulls():
        if issue.state == "open" and (pull.head_ref, pull.base_ref) == (head, base):
            message = f"A pull request already exists for {here.owner.login}:{head}."
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
        if pull.merged_at is not None or here.bare.branch(pull.head_ref) is None:
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
    method = ask.body.get("merge_method") or "merge"
    try:
        sha = pulls.merge(ask.room, ask.repository, ask.actor, issue, sha=ask.body.get("sha"), method=method, **given)
    except pulls.CannotMergeError as error:
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


def requested_reviewers(ask: Ask) -> Answer:
    _, pull = ask.pull()
    return Answer({"users": [people.user(ask.state, who) for who in pull.requested_reviewers], "teams": []})


def request_reviewers(ask: Ask) -> Answer:
    issue, _ = ask.pull()
    who = []
    for login in ask.body.get("reviewers", []):
        user = ask.state.user(login)
        if user is None or user is issue.author.user or user.type != "User":
            raise RefusedError(422, "Reviews may only be requested from collaborators.")
        who.append(user)
    pulls.request_reviewers(ask.room, ask.repository, ask.actor, issue, who)
    return Answer(views.pull_simple(ask.state, ask.repository, issue), 201)


def list_reviews(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    return ask.page(views.review(ask.state, ask.repository, issue, one) for one in pull.reviews)


def create_review(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    if "event" not in ask.body:
        raise not_modelled("a pending review")
    verdict = _VERDICTS[ask.body["event"]]
    if verdict != "COMMENTED" and ask.actor.user is issue.author.user:
        raise RefusedError(422, "Can not approve or request changes on your own pull request")
    if ask.body.get("commit_id", pull.head_sha) != pull.head_sha:
        raise not_modelled("a review of an older commit")
    remarks = [_remark(given) for given in ask.body.get("comments", [])]
    body = ask.body.get("body", "")
    made = reviews.review(ask.room, ask.repository, ask.actor, issue, verdict, body, remarks)
    return Answer(views.review(ask.state, ask.repository, issue, made))


def _remark(given: Json) -> reviews.Remark:
    if given.keys() - {"path", "line", "body", "side"}:
        raise not_modelled("a review comment that is not on one line")
    return reviews.Remark(given["path"], given["line"], given["body"])


def review_comments(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    found(next((one for one in pull.reviews if one.id == ask.path["review_id"]), None))
    rows = [one for one in _comments(pull) if one.review.id == ask.path["review_id"]]
    return ask.page(views.review_comment_of_review(ask.state, ask.repository, issue, one) for one in rows)


def _comments(pull: Pull) -> list[ReviewComment]:
    return sorted((one for thread in pull.threads for one in thread.comments), key=lambda one: one.id)


def list_comments(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    return ask.page(views.review_comment(ask.state, ask.repository, issue, one) for one in _comments(pull))


def create_comment(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    if ask.body["commit_id"] != pull.head_sha:
        raise not_modelled("a review comment on an older commit")
    given = {key: ask.body[key] for key in ("path", "line", "body")}
    made = reviews.review(ask.room, ask.repository, ask.actor, issue, "COMMENTED", "", [_remark(given)])
    comment = next(one for one in _comments(pull) if one.review is made)
    return Answer(views.review_comment(ask.state, ask.repository, issue, comment), 201)


def review_comment_of(ask: Ask) -> tuple[Issue, ReviewComment, ReviewThread]:
    """The review comment of the path, with its pull request and thread. Raises RefusedError 404."""
    rows = [
        (issue, comment, thread)
        for issue, pull in ask.repository.pulls()
        for thread in pull.threads
        for comment in thread.comments
    ]
    return found(next((row for row in rows if row[1].id == ask.path["comment_id"]), None))


def get_comment(ask: Ask) -> Answer:
    issue, comment, _ = review_comment_of(ask)
    return Answer(views.review_comment(ask.state, ask.repository, issue, comment))


def reply(ask: Ask) -> Answer:
    ask.pull()
    issue, _, thread = review_comment_of(ask)
    made = reviews.reply(ask.room, ask.repository, ask.actor, issue, thread, ask.body["body"])
    return Answer(views.review_comment(ask.state, ask.repository, issue, made), 201)


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
_REVIEWED = frozenset({"commit_id", "body", "event", "comments"})
_REMARKED = frozenset({"body", "commit_id", "path", "line", "side"})
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
    Route("GET", f"{_PULL}/requested_reviewers", requested_reviewers, _READ),
    Route("POST", f"{_PULL}/requested_reviewers", request_reviewers, _WRITE, body=frozenset({"reviewers"})),
    Route("GET", f"{_PULL}/reviews", list_reviews, _READ, query=PAGES),
    Route("POST", f"{_PULL}/reviews", create_review, _WRITE, "read", body=_REVIEWED, content=True),
    Route("GET", f"{_PULL}/reviews/{{review_id}}/comments", review_comments, _READ, query=PAGES),
    Route("GET", f"{_PULL}/comments", list_comments, _READ, query=PAGES),
    Route("POST", f"{_PULL}/comments", create_comment, _WRITE, "read", body=_REMARKED, content=True),
    Route(
        "POST",
        f"{_PULL}/comments/{{comment_id}}/replies",
        reply,
        _WRITE,
        "read",
        body=frozenset({"body"}),
        content=True,
    ),
    Route("GET", f"{_HERE}/pulls/comments/{{comment_id}}", get_comment, _READ),
    Route("GET", f"{_HERE}/commits/{{commit_sha}}/pulls", pulls_of_commit, f"{_READ}|contents:read", query=PAGES),
)
