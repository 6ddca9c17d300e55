"""Reviewers, reviews, their dismissal and review comments."""

from ghapp.playground.auth import RefusedError
from ghapp.playground.rest.issues import unlocked
from ghapp.playground.rest.route import PAGES, Answer, Ask, Json, Route, found, invalid, not_modelled
from ghapp.playground.state import Issue, Pull, Review, ReviewComment, ReviewThread, User
from ghapp.playground.verbs import pulls, reviews
from ghapp.playground.views import people
from ghapp.playground.views import pulls as views

_VERDICTS: dict[str, reviews.Verdict] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


def requested_reviewers(ask: Ask) -> Answer:
    _, pull = ask.pull()
    return Answer({"users": [people.user(ask.state, who) for who in pull.requested_reviewers], "teams": []})


def request_reviewers(ask: Ask) -> Answer:
    """All or nobody: one who cannot be asked refuses the request."""
    issue, _ = ask.pull()
    who = [_asked(ask, issue, login) for login in ask.body.get("reviewers", [])]
    pulls.request_reviewers(ask.room, ask.repository, ask.actor, issue, who)
    return Answer(views.pull_simple(ask.state, ask.repository, issue), 201)


def _asked(ask: Ask, issue: Issue, login: str) -> User:
    here, user = ask.repository, ask.state.user(login)
    if user is issue.author.user:
        raise RefusedError(422, "Review cannot be requested from pull request author.")
    known = user is not None and (user is here.owner or user.login.lower() in here.collaborators)
    if user is None or user.type != "User" or not known:
        raise RefusedError(
            422,
            "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not "
            f"a collaborator of the {here.full_name} repository.",
        )
    return user


def list_reviews(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    return ask.page(views.review(ask.state, ask.repository, issue, one) for one in pull.reviews)


def create_review(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    if "event" not in ask.body:
        raise not_modelled("a pending review")
    verdict = _VERDICTS[ask.body["event"]]
    if verdict != "COMMENTED" and ask.actor.user is issue.author.user:
        word = "approve" if verdict == "APPROVED" else "request changes on"
        raise RefusedError(422, f"Can not {word} your own pull request")
    body, given = ask.body.get("body") or "", ask.body.get("comments", [])
    needed = verdict == "CHANGES_REQUESTED" or (verdict == "COMMENTED" and not given)
    if needed and not body:
        raise RefusedError(422, "Body can't be blank")
    sha = _commit(ask, pull)
    try:
        remarks = [_remark(one) for one in given]
        made = reviews.review(ask.room, ask.repository, ask.actor, issue, verdict, body, remarks, sha=sha)
    except reviews.NotInDiffError as error:
        raise RefusedError(422, "Unprocessable Entity", [str(error)]) from error
    return Answer(views.review(ask.state, ask.repository, issue, made))


def _commit(ask: Ask, pull: Pull) -> str:
    """The commit that is reviewed: the head, or an older one of the pull request. Raises RefusedError 422."""
    sha, bare = str(ask.body.get("commit_id", pull.head_sha)), ask.repository.bare
    if sha != pull.head_sha and sha not in bare.text("rev-list", f"{pull.base_sha}..{pull.head_sha}").split():
        raise RefusedError(422, "The commit_id is not part of the pull request")
    return sha


def _remark(given: Json) -> reviews.Remark:
    if "position" in given or "line" not in given:
        raise not_modelled("a review comment that is not on lines")
    if given.get("start_side", given.get("side", "RIGHT")) != given.get("side", "RIGHT"):
        raise not_modelled("a review comment over both sides")
    side = given.get("side", "RIGHT")
    return reviews.Remark(given["path"], given["line"], given["body"], given.get("start_line"), side)


def dismiss(ask: Ask) -> Answer:
    """Only approvals and requests for changes can be dismissed."""
    issue, _ = ask.pull()
    made = _review(ask)
    if made.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise RefusedError(422, f"Can not dismiss a {made.state.lower()} pull request review")
    reviews.dismiss(ask.room, ask.repository, ask.actor, issue, made)
    return Answer(views.review(ask.state, ask.repository, issue, made))


def _review(ask: Ask) -> Review:
    _, pull = ask.pull()
    return found(next((one for one in pull.reviews if one.id == ask.path["review_id"]), None))


def review_comments(ask: Ask) -> Answer:
    (issue, pull), made = ask.pull(), _review(ask)
    rows = [one for one in _comments(pull) if one.review is made]
    return ask.page(views.review_comment(ask.state, ask.repository, issue, one) for one in rows)


def _comments(pull: Pull) -> list[ReviewComment]:
    return sorted((one for thread in pull.threads for one in thread.comments), key=lambda one: one.id)


def list_comments(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    return ask.page(views.review_comment(ask.state, ask.repository, issue, one) for one in _comments(pull))


def create_comment(ask: Ask) -> Answer:
    issue, pull = ask.pull()
    unlocked(ask, issue)
    sha, remark = _commit(ask, pull), _remark(ask.body)
    try:
        made = reviews.review(ask.room, ask.repository, ask.actor, issue, "COMMENTED", "", [remark], sha=sha)
    except reviews.NotInDiffError as error:
        message = "pull_request_review_thread.line must be part of the diff"
        raise invalid("PullRequestReviewComment", "pull_request_review_thread.line", "custom", message) from error
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
    """In answer to the comment that begins the thread: GitHub takes no replies to replies."""
    ask.pull()
    issue, comment, thread = review_comment_of(ask)
    found(comment if comment is thread.comments[0] else None)
    unlocked(ask, issue)
    made = reviews.reply(ask.room, ask.repository, ask.actor, issue, thread, ask.body["body"])
    return Answer(views.review_comment(ask.state, ask.repository, issue, made), 201)


_HERE = "/repos/{owner}/{repo}"
_PULL = f"{_HERE}/pulls/{{pull_number}}"
_READ, _WRITE = "pull_requests:read", "pull_requests:write"
_REVIEW = f"{_PULL}/reviews/{{review_id}}"
_REPLIES = f"{_PULL}/comments/{{comment_id}}/replies"
_REVIEWED = frozenset({"commit_id", "body", "event", "comments"})
_REMARKED = frozenset({"body", "commit_id", "path", "line", "side", "start_line", "start_side"})
_SAID = frozenset({"body"})
ROUTES = (
    Route("GET", f"{_PULL}/requested_reviewers", requested_reviewers, _READ),
    Route("POST", f"{_PULL}/requested_reviewers", request_reviewers, _WRITE, body=frozenset({"reviewers"})),
    Route("GET", f"{_PULL}/reviews", list_reviews, _READ, query=PAGES),
    Route("POST", f"{_PULL}/reviews", create_review, _WRITE, "read", body=_REVIEWED, content=True),
    Route("GET", f"{_REVIEW}/comments", review_comments, _READ, query=PAGES),
    Route("PUT", f"{_REVIEW}/dismissals", dismiss, _WRITE, body=frozenset({"message", "event"})),
    Route("GET", f"{_PULL}/comments", list_comments, _READ, query=PAGES),
    Route("POST", f"{_PULL}/comments", create_comment, _WRITE, "read", body=_REMARKED, content=True),
    Route("POST", _REPLIES, reply, _WRITE, "read", body=_SAID, content=True),
    Route("GET", f"{_HERE}/pulls/comments/{{comment_id}}", get_comment, _READ),
)
