"""Users, Apps and installations as GitHub shows them."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from ghapp.playground.state import Actor, App, Installation, Issue, Reaction, Repository, State, User

Json = dict[str, Any]

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def stamp(when: datetime) -> str:
    """A time as GitHub writes it: whole seconds, UTC, `Z`."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(when: datetime | None) -> str | None:
    return None if when is None else stamp(when)


def user_api_url(state: State, user: User) -> str:
    return f"{state.api}/users/{quote(user.login)}"


def user_html_url(state: State, user: User) -> str:
    if user.type == "Bot":
        return f"{state.base_url}/apps/{user.login.removesuffix('[bot]')}"
    return f"{state.base_url}/{user.login}"


def user(state: State, user: User) -> Json:
    """A `simple-user`."""
    url = user_api_url(state, user)
    return {
        "login": user.login,
        "id": user.id,
        "node_id": user.node_id,
        "avatar_url": f"{state.base_url}/avatars/u/{user.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": user_html_url(state, user),
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": user.type,
        "site_admin": False,
    }


def user_or_none(state: State, who: User | None) -> Json | None:
    return None if who is None else user(state, who)


def profile(state: State, who: User) -> Json:
    """A `public-user`: what `GET /user` and `GET /users/{username}` answer."""
    return user(state, who) | {
        "name": who.login,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": stamp(who.created_at),
        "updated_at": stamp(who.created_at),
    }


def organization(state: State, who: User) -> Json:
    """An organization as deliveries carry it."""
    url = f"{state.api}/orgs/{who.login}"
    return {
        "login": who.login,
        "id": who.id,
        "node_id": who.node_id,
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{state.base_url}/avatars/u/{who.id}",
        "description": "",
    }


def author_association(repository: Repository, who: User) -> str:
    """https://docs.github.com/en/graphql/reference/enums#commentauthorassociation"""
    if who is repository.owner:
        return "OWNER"
    if who.login.lower() in repository.collaborators:
        return "MEMBER" if repository.owner.type == "Organization" else "COLLABORATOR"
    merged = any(pull.merged_at and issue.author.user is who for issue, pull in repository.pulls())
    return "CONTRIBUTOR" if merged else "NONE"


def app(state: State, one: App) -> Json:
    """An `integration`, public part: `performed_via_github_app` and the `app` of a check."""
    return {
        "id": one.id,
        "slug": one.slug,
        "node_id": one.node_id,
        "owner": user(state, one.owner),
        "name": one.slug,
        "description": "",
        "external_url": f"{state.base_url}/apps/{one.slug}",
        "html_url": f"{state.base_url}/apps/{one.slug}",
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "permissions": dict(one.permissions),
        "events": list(one.events),
    }


def app_itself(state: State, one: App) -> Json:
    """What `GET /app` answers."""
    count = sum(installation.app is one for installation in state.installations.values())
    return app(state, one) | {"installations_count": count, "client_id": one.client_id}


def via_app(state: State, actor: Actor) -> Json | None:
    return None if actor.app is None else app(state, actor.app)


def installation(state: State, one: Installation) -> Json:
    url = f"{state.api}/app/installations/{one.id}"
    return {
        "id": one.id,
        "account": user(state, one.account),
        "repository_selection": "all" if one.repository_ids is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{state.api}/installation/repositories",
        "html_url": f"{state.base_url}/settings/installations/{one.id}",
        "app_id": one.app.id,
        "app_slug": one.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.type,
        "permissions": dict(one.permissions),
        "events": list(one.events),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": None,
    }


def reaction(state: State, one: Reaction) -> Json:
    return {
        "id": one.id,
        "node_id": f"REA_{one.id}",
        "user": user(state, one.user),
        "content": one.content,
        "created_at": stamp(one.created_at),
    }


def reaction_counts(url: str, reactions: list[Reaction]) -> Json:
    """A `reaction-rollup` for the thing at `url`."""
    counts = {content: sum(one.content == content for one in reactions) for content in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(reactions)} | counts


def assignees(state: State, issue: Issue) -> Json:
    people = [user(state, one) for one in issue.assignees]
    return {"assignee": people[0] if people else None, "assignees": people}
