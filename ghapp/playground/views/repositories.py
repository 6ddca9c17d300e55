"""Repositories and their people as GitHub shows them."""

from typing import Any

from ghapp.playground.state import ROLES, Repository, Role, State, User
from ghapp.playground.views.people import stamp, user

Json = dict[str, Any]

_PATHS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def api_url(state: State, repository: Repository) -> str:
    return f"{state.api}/repos/{repository.full_name}"


def html_url(state: State, repository: Repository) -> str:
    return f"{state.base_url}/{repository.full_name}"


def minimal(state: State, one: Repository) -> Json:
    """A repository as checks and workflow runs carry it: who it is, and where its parts are."""
    url = api_url(state, one)
    return {
        "id": one.id,
        "node_id": one.node_id,
        "name": one.name,
        "full_name": one.full_name,
        "owner": user(state, one.owner),
        "private": one.private,
        "description": one.description,
        "fork": one.parent is not None,
        "url": url,
        "html_url": html_url(state, one),
        **{key: url + path for key, path in _PATHS.items()},
    }


def repository(state: State, one: Repository) -> Json:
    """A repository as deliveries and most answers carry it."""
    html = html_url(state, one)
    address = html.partition("://")[2]
    return {
        **minimal(state, one),
        "visibility": "private" if one.private else "public",
        "git_url": f"git://{address}.git",
        "ssh_url": f"git@{address}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        "mirror_url": None,
        "homepage": None,
        "default_branch": one.default_branch,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.pushed_at),
        "pushed_at": stamp(one.pushed_at),
        **_figures(one),
        **_settings(one),
    }


def repository_itself(state: State, one: Repository) -> Json:
    """A repository asked for alone: a `full-repository`, a fork's with what it is a fork of."""
    shown = repository(state, one) | {"subscribers_count": 0, "network_count": 0}
    if one.parent is None:
        return shown
    parent = repository(state, one.parent)
    return shown | {"parent": parent, "source": parent}


def _figures(one: Repository) -> Json:
    open_issues = sum(issue.state == "open" for issue in one.issues.values())
    return {
        "size": one.bare.size,
        "language": None,
        "license": None,
        "topics": [],
        "forks": 0,
        "forks_count": 0,
        "stargazers_count": 0,
        "watchers": 0,
        "watchers_count": 0,
        "open_issues": open_issues,
        "open_issues_count": open_issues,
    }


def _settings(one: Repository) -> Json:
    return {
        "is_template": False,
        "has_issues": True,
        "has_projects": False,
        "has_wiki": False,
        "has_pages": False,
        "has_downloads": True,
        "has_discussions": False,
        "archived": False,
        "disabled": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "allow_merge_commit": "merge" in one.methods,
        "allow_squash_merge": "squash" in one.methods,
        "allow_rebase_merge": "rebase" in one.methods,
        "allow_auto_merge": one.auto_merge_allowed,
        "allow_update_branch": True,
        "delete_branch_on_merge": False,
    }


def brief(one: Repository) -> Json:
    """A repository as installation deliveries name it."""
    return {
        "id": one.id,
        "node_id": one.node_id,
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
    }


def rights(role: Role | None) -> dict[str, bool]:
    """Each permission up to the role is true: https://docs.github.com/en/rest/collaborators/collaborators"""
    rank = ROLES.index(role) if role else -1
    names: dict[str, Role] = {
        "pull": "read",
        "triage": "triage",
        "push": "write",
        "maintain": "maintain",
        "admin": "admin",
    }
    return {name: ROLES.index(needed) <= rank for name, needed in names.items()}


def collaborator(state: State, who: User, role: Role | None) -> Json:
    """A user with their rights; `role_name` is the true role."""
    return user(state, who) | {"permissions": rights(role), "role_name": role or "none"}


def permission(state: State, who: User, role: Role | None) -> Json:
    """`permission` knows four words only: maintain shows as write and triage as read; `role_name` tells them apart."""
    old_words = {"maintain": "write", "triage": "read", None: "none"}
    return {
        "permission": old_words.get(role, role),
        "role_name": role or "none",
        "user": collaborator(state, who, role),
    }
