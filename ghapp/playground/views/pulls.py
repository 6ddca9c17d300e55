"""Pull requests, reviews and review comments as GitHub shows them."""

from typing import Any

from ghapp.playground import diff_lines
from ghapp.playground.mergeability import Mergeability
from ghapp.playground.state import Issue, Pull, Repository, Review, ReviewComment, ReviewThread, State, User
from ghapp.playground.views.issues import issue_html_url, label
from ghapp.playground.views.people import (
    assignees,
    author_association,
    reaction_counts,
    stamp,
    stamp_or_none,
    user,
    user_or_none,
)
from ghapp.playground.views.repositories import api_url
from ghapp.playground.views.repositories import repository as repository_view

Json = dict[str, Any]


def pull_of(issue: Issue) -> Pull:
    """The pull request part of something that is known to be one."""
    assert issue.pull is not None, f"#{issue.number} is no pull request"
    return issue.pull


def _end(state: State, owner: User, repository: Repository | None, ref: str, sha: str) -> Json:
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(state, owner),
        "repo": None if repository is None else repository_view(state, repository),
    }


def pull_simple(state: State, repository: Repository, issue: Issue) -> Json:
    """A pull request as lists show it."""
    pull = pull_of(issue)
    html = issue_html_url(state, repository, issue)
    addresses = _addresses(state, repository, issue)
    links = {
        "self": addresses["url"],
        "html": html,
        "issue": addresses["issue_url"],
        "comments": addresses["comments_url"],
        "review_comments": addresses["review_comments_url"],
        "review_comment": addresses["review_comment_url"],
        "commits": addresses["commits_url"],
        "statuses": addresses["statuses_url"],
    }
    return addresses | {
        "id": pull.id,
        "node_id": issue.node_id,
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "number": issue.number,
        "state": issue.state,
        "locked": issue.locked,
        "active_lock_reason": issue.lock_reason,
        "title": issue.title,
        "user": user(state, issue.author.user),
        "body": issue.body,
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": stamp_or_none(issue.closed_at),
        "merged_at": stamp_or_none(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        **assignees(state, issue),
        "requested_reviewers": [user(state, who) for who in pull.requested_reviewers],
        "requested_teams": [],
        "labels": [label(state, repository, each) for each in issue.labels],
        "milestone": None,
        "draft": pull.draft,
        "head": _end(state, pull.source_owner, pull.source, pull.head_ref, pull.head_sha),
        "base": _end(state, repository.owner, repository, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": address} for name, address in links.items()},
        "author_association": author_association(repository, issue.author.user),
        "auto_merge": _auto_merge(state, issue, pull),
    }


def _auto_merge(state: State, issue: Issue, pull: Pull) -> Json | None:
    wish = pull.auto_merge
    if wish is None:
        return None
    return {
        "enabled_by": user(state, wish.by.user),
        "merge_method": wish.method,
        "commit_title": wish.title or issue.title,
        "commit_message": wish.message or "",
    }


def _addresses(state: State, repository: Repository, issue: Issue) -> dict[str, str]:
    url = f"{api_url(state, repository)}/pulls/{issue.number}"
    thread = f"{api_url(state, repository)}/issues/{issue.number}"
    return {
        "url": url,
        "issue_url": thread,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{api_url(state, repository)}/pulls/comments{{/number}}",
        "comments_url": f"{thread}/comments",
        "statuses_url": f"{api_url(state, repository)}/statuses/{pull_of(issue).head_sha}",
    }


def pull_request(state: State, repository: Repository, issue: Issue, can_merge: Mergeability) -> Json:
    """A pull request asked for alone: with its figures, and whether it can be merged."""
    pull = pull_of(issue)
    bare = repository.bare
    start = bare.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    files = bare.changed_files(start, pull.head_sha)
    return pull_simple(state, repository, issue) | {
        "merged": pull.merged_at is not None,
        "merged_by": user_or_none(state, pull.merged_by),
        "mergeable": can_merge.mergeable,
        "rebaseable": can_merge.mergeable,
        "mergeable_state": can_merge.state,
        "comments": sum(comment.number == issue.number for comment in repository.comments.values()),
        "review_comments": sum(len(thread.comments) for thread in pull.threads),
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": bare.count(pull.base_sha, pull.head_sha),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }


def pull_minimal(state: State, repository: Repository, issue: Issue) -> Json:
    """A pull request as checks and workflow runs name it."""
    pull = pull_of(issue)
    url = api_url(state, repository)
    here = {"id": repository.id, "url": url, "name": repository.name}
    return {
        "id": pull.id,
        "number": issue.number,
        "url": f"{url}/pulls/{issue.number}",
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": here},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": here},
    }


def pulls_with_head(state: State, repository: Repository, sha: str) -> list[Json]:
    """Open pull requests of the repository's own branches whose head is this commit.

    GitHub names none for a fork's: https://docs.github.com/en/rest/checks/runs#get-a-check-run
    """
    return [
        pull_minimal(state, repository, issue)
        for issue, pull in repository.pulls()
        if issue.state == "open" and pull.head_sha == sha and pull.source is repository
    ]


def review(state: State, repository: Repository, issue: Issue, one: Review) -> Json:
    html = f"{issue_html_url(state, repository, issue)}#pullrequestreview-{one.id}"
    pull_url = f"{api_url(state, repository)}/pulls/{issue.number}"
    return {
        "id": one.id,
        "node_id": f"PRR_{one.id}",
        "user": user(state, one.author.user),
        "body": one.body,
        "state": one.state,
        "html_url": html,
        "pull_request_url": pull_url,
        "author_association": author_association(repository, one.author.user),
        "_links": {"html": {"href": html}, "pull_request": {"href": pull_url}},
        "submitted_at": stamp(one.submitted_at),
        "commit_id": one.commit_id,
    }


def review_in_delivery(state: State, repository: Repository, issue: Issue, one: Review) -> Json:
    """Deliveries write the review's state in small letters."""
    return review(state, repository, issue, one) | {"state": one.state.lower(), "updated_at": stamp(one.submitted_at)}


def current_line(repository: Repository, pull: Pull, one: ReviewComment, number: int | None) -> int | None:
    """Where the line of a comment is on the head now; None when it was changed since, which makes it outdated."""
    if number is None or one.commit_id == pull.head_sha or one.side == "LEFT":
        return number
    files = repository.bare.changed_files(one.commit_id, pull.head_sha)
    file = next((each for each in files if one.path in (each.previous_path, each.path)), None)
    if file is None:
        return number
    return None if file.status == "removed" else diff_lines.moved(file.patch, number)


def review_comment(state: State, repository: Repository, issue: Issue, one: ReviewComment) -> Json:
    url = f"{api_url(state, repository)}/pulls/comments/{one.id}"
    html = f"{issue_html_url(state, repository, issue)}#discussion_r{one.id}"
    pull_url = f"{api_url(state, repository)}/pulls/{issue.number}"
    pull = pull_of(issue)
    line = current_line(repository, pull, one, one.line)
    position = one.diff_hunk.count("\n")
    shown = {
        "url": url,
        "html_url": html,
        "pull_request_url": pull_url,
        "pull_request_review_id": one.review.id,
        "id": one.id,
        "node_id": f"PRRC_{one.id}",
        "diff_hunk": one.diff_hunk,
        "path": one.path,
        "commit_id": one.commit_id if line is None else pull.head_sha,
        "original_commit_id": one.commit_id,
        "user": user(state, one.author.user),
        "body": one.body,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "author_association": author_association(repository, one.author.user),
        "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": pull_url}},
        "position": None if line is None else position,
        "original_position": position,
        "line": line,
        "original_line": one.line,
        "start_line": current_line(repository, pull, one, one.start_line),
        "original_start_line": one.start_line,
        "start_side": None if one.start_line is None else one.side,
        "side": one.side,
        "subject_type": "line",
        "reactions": reaction_counts(url, one.reactions),
    }
    return shown if one.in_reply_to is None else shown | {"in_reply_to_id": one.in_reply_to.id}


def review_thread(state: State, repository: Repository, issue: Issue, one: ReviewThread) -> Json:
    """A thread as its deliveries show it."""
    comments = [review_comment(state, repository, issue, each) for each in one.comments]
    return {"node_id": one.node_id, "comments": comments}
