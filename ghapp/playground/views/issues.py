"""Issues, labels, comments and what happened to them, as GitHub shows them."""

from typing import Any
from urllib.parse import quote

from ghapp.playground.state import Comment, Issue, Label, LabelEvent, Repository, State
from ghapp.playground.views.people import (
    assignees,
    author_association,
    reaction_counts,
    stamp,
    stamp_or_none,
    user,
    user_or_none,
    via_app,
)
from ghapp.playground.views.repositories import api_url, html_url

Json = dict[str, Any]


def label(state: State, repository: Repository, one: Label) -> Json:
    return {
        "id": one.id,
        "node_id": f"LA_{one.id}",
        "url": f"{api_url(state, repository)}/labels/{quote(one.name)}",
        "name": one.name,
        "color": one.color,
        "default": False,
        "description": one.description,
    }


def issue_html_url(state: State, repository: Repository, one: Issue) -> str:
    kind = "issues" if one.pull is None else "pull"
    return f"{html_url(state, repository)}/{kind}/{one.number}"


def issue(state: State, repository: Repository, one: Issue) -> Json:
    """An issue; a pull request seen as an issue has the `pull_request` part."""
    url = f"{api_url(state, repository)}/issues/{one.number}"
    shown = {
        "url": url,
        "repository_url": api_url(state, repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": issue_html_url(state, repository, one),
        "timeline_url": f"{url}/timeline",
        "id": one.id,
        "node_id": one.node_id,
        "number": one.number,
        "title": one.title,
        "user": user(state, one.author.user),
        "labels": [label(state, repository, each) for each in one.labels],
        "state": one.state,
        "state_reason": one.state_reason,
        "locked": one.locked,
        "active_lock_reason": one.lock_reason,
        **assignees(state, one),
        "milestone": None,
        "comments": sum(comment.number == one.number for comment in repository.comments.values()),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "closed_at": stamp_or_none(one.closed_at),
        "author_association": author_association(repository, one.author.user),
        "body": one.body,
        "reactions": reaction_counts(url, one.reactions),
        "performed_via_github_app": via_app(state, one.author),
    }
    return shown | _pull_part(state, repository, one)


def issue_itself(state: State, repository: Repository, one: Issue) -> Json:
    """An issue asked for alone also tells who closed it."""
    return issue(state, repository, one) | {"closed_by": user_or_none(state, one.closed_by)}


def _pull_part(state: State, repository: Repository, one: Issue) -> Json:
    if one.pull is None:
        return {}
    html = issue_html_url(state, repository, one)
    links = {
        "url": f"{api_url(state, repository)}/pulls/{one.number}",
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "merged_at": stamp_or_none(one.pull.merged_at),
    }
    return {"draft": one.pull.draft, "pull_request": links}


def comment(state: State, repository: Repository, one: Comment) -> Json:
    url = f"{api_url(state, repository)}/issues/comments/{one.id}"
    about = repository.issues[one.number]
    return {
        "url": url,
        "html_url": f"{issue_html_url(state, repository, about)}#issuecomment-{one.id}",
        "issue_url": f"{api_url(state, repository)}/issues/{one.number}",
        "id": one.id,
        "node_id": f"IC_{one.id}",
        "user": user(state, one.author.user),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "author_association": author_association(repository, one.author.user),
        "body": one.body,
        "reactions": reaction_counts(url, one.reactions),
        "performed_via_github_app": via_app(state, one.author),
    }


def timeline_label(state: State, repository: Repository, one: LabelEvent) -> Json:
    return {
        "id": one.id,
        "node_id": f"LE_{one.id}",
        "url": f"{api_url(state, repository)}/issues/events/{one.id}",
        "actor": user(state, one.actor.user),
        "event": one.event,
        "commit_id": None,
        "commit_url": None,
        "created_at": stamp(one.created_at),
        "label": {"name": one.label.name, "color": one.label.color},
        "performed_via_github_app": via_app(state, one.actor),
    }


def timeline_comment(state: State, repository: Repository, one: Comment) -> Json:
    return comment(state, repository, one) | {"event": "commented", "actor": user(state, one.author.user)}
