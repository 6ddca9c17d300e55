"""Who am I, Apps, installations, their tokens and the deliveries kept for an App."""

from typing import Any

from ghapp.playground.auth import NOT_FOUND, RefusedError
from ghapp.playground.deliveries import Delivery
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found
from ghapp.playground.state import App, Installation
from ghapp.playground.verbs import accounts
from ghapp.playground.views import deployments, people, repositories


def rate_limit(ask: Ask) -> Answer:
    room, bearer = ask.room, ask.caller.bearer
    used, limit = room.limits.used(bearer), room.limits.requests_an_hour
    core = {
        "limit": limit,
        "used": used,
        "remaining": max(limit - used, 0),
        "reset": room.limits.resets_at(bearer, room.now()),
    }
    return Answer({"resources": {"core": core, "search": core, "graphql": core}, "rate": core})


def current_user(ask: Ask) -> Answer:
    token = ask.caller.token
    if token is None:
        raise RefusedError(401, "Requires authentication")
    if token.user is None:
        raise RefusedError(403, "Resource not accessible by integration")
    return Answer(people.profile(ask.state, token.user))


def get_user(ask: Ask) -> Answer:
    return Answer(people.profile(ask.state, found(ask.state.user(ask.path["username"]))))


def get_user_by_id(ask: Ask) -> Answer:
    number = ask.path["account_id"]
    who = found(next((one for one in ask.state.users.values() if one.id == number), None))
    return Answer(people.profile(ask.state, who))


def delete_token(ask: Ask) -> Answer:
    """A token of somebody who signed in is no good any more."""
    client = found(ask.caller.client)
    token = found(ask.state.tokens.get(ask.body["access_token"]))
    if token.app is not client or ask.path["client_id"] != client.client_id:
        raise RefusedError(404, NOT_FOUND)
    del ask.state.tokens[token.value]
    return Answer(status=204)


def app_of(ask: Ask) -> App:
    return found(ask.caller.app)


def get_app(ask: Ask) -> Answer:
    return Answer(people.app_itself(ask.state, app_of(ask)))


def get_app_by_slug(ask: Ask) -> Answer:
    """Everybody may see an App."""
    named = (one for one in ask.state.apps.values() if one.slug == ask.path["app_slug"])
    return Answer(people.app(ask.state, found(next(named, None))))


def _installation(ask: Ask) -> Installation:
    one = found(ask.state.installations.get(ask.path["installation_id"]))
    return found(one if one.app is app_of(ask) else None)


def list_installations(ask: Ask) -> Answer:
    mine = [one for one in ask.state.installations.values() if one.app is app_of(ask)]
    return ask.page(people.installation(ask.state, one) for one in mine)


def get_installation(ask: Ask) -> Answer:
    return Answer(people.installation(ask.state, _installation(ask)))


def repository_installation(ask: Ask) -> Answer:
    rows = ask.state.installations_on(ask.repository)
    return Answer(people.installation(ask.state, found(next((one for one in rows if one.app is app_of(ask)), None))))


def create_token(ask: Ask) -> Answer:
    """Permissions and repositories can only be narrowed."""
    one = _installation(ask)
    permissions: dict[str, str] = ask.body.get("permissions") or one.permissions
    for name, level in permissions.items():
        if one.permissions.get(name) not in {level, "write", "admin"}:
            raise RefusedError(422, "The permissions requested are not granted to this installation.")
    ids = _chosen(ask, one)
    token = accounts.installation_token(ask.room, one, permissions, ids)
    assert token.expires_at is not None
    shown: dict[str, Any] = {
        "token": token.value,
        "expires_at": people.stamp(token.expires_at),
        "permissions": dict(token.permissions),
        "repository_selection": "all" if ids is None and one.repository_ids is None else "selected",
    }
    if ids is not None:
        chosen = [each for each in ask.state.repositories.values() if each.id in ids]
        shown["repositories"] = [repositories.repository(ask.state, each) for each in chosen]
    return Answer(shown, 201)


def _chosen(ask: Ask, one: Installation) -> frozenset[int] | None:
    names, ids = ask.body.get("repositories"), ask.body.get("repository_ids")
    if names is None and ids is None:
        return None
    covered = [each for each in ask.state.repositories.values() if one.covers(each)]
    wanted = {each.id for each in covered if each.name in (names or []) or each.id in (ids or [])}
    if len(wanted) < len(names or []) + len(ids or []):
        raise RefusedError(422, "There is at least one repository that does not exist or is not accessible.")
    return frozenset(wanted)


def installation_repositories(ask: Ask) -> Answer:
    token = found(ask.caller.token)
    one = found(token.installation)
    covered = [each for each in ask.state.repositories.values() if one.covers(each)]
    seen = [each for each in covered if token.repository_ids is None or each.id in token.repository_ids]
    selection = "all" if one.repository_ids is None else "selected"
    return ask.page(
        [repositories.repository(ask.state, each) for each in seen], "repositories", repository_selection=selection
    )


def hook_config(ask: Ask) -> Answer:
    return Answer(accounts.hook_config(app_of(ask)))


def set_hook_config(ask: Ask) -> Answer:
    app = app_of(ask)
    app.hook_url = ask.body.get("url", app.hook_url)
    app.webhook_secret = ask.body.get("secret", app.webhook_secret)
    return hook_config(ask)


def _deliveries(ask: Ask) -> list[Delivery]:
    return [one for one in ask.room.deliveries.sent.values() if one.app is app_of(ask) and one.status != "Pending"]


def list_deliveries(ask: Ask) -> Answer:
    """Newest first, by cursor: the `id` to go on after."""
    rows = sorted(_deliveries(ask), key=lambda one: -one.id)
    size = min(int(ask.query.get("per_page", 30)), 100)
    if "cursor" in ask.query:
        rows = [one for one in rows if one.id < int(ask.query["cursor"])]
    shown = [deployments.delivery(one) for one in rows[:size]]
    after = f"{ask.url}?per_page={size}&cursor={rows[size - 1].id}" if len(rows) > size else None
    return Answer(shown, headers={"Link": f'<{after}>; rel="next"'} if after else {})


def _delivery(ask: Ask) -> Delivery:
    return found(next((one for one in _deliveries(ask) if one.id == ask.path["delivery_id"]), None))


def get_delivery(ask: Ask) -> Answer:
    return Answer(deployments.delivery_itself(_delivery(ask)))


def redeliver(ask: Ask) -> Answer:
    ask.room.deliveries.again(_delivery(ask))
    return Answer({}, 202)


ROUTES = (
    Route("GET", "/rate_limit", rate_limit),
    Route("GET", "/user", current_user),
    Route("GET", "/user/{account_id}", get_user_by_id),
    Route("GET", "/users/{username}", get_user),
    Route(
        "DELETE",
        "/applications/{client_id}/token",
        delete_token,
        by="client",
        body=frozenset({"access_token"}),
    ),
    Route("GET", "/app", get_app, by="app"),
    Route("GET", "/apps/{app_slug}", get_app_by_slug),
    Route("GET", "/app/installations", list_installations, by="app", query=PAGES),
    Route("GET", "/app/installations/{installation_id}", get_installation, by="app"),
    Route(
        "POST",
        "/app/installations/{installation_id}/access_tokens",
        create_token,
        by="app",
        body=frozenset({"repositories", "repository_ids", "permissions"}),
    ),
    Route("GET", "/app/hook/config", hook_config, by="app"),
    Route("PATCH", "/app/hook/config", set_hook_config, by="app", body=frozenset({"url", "secret"})),
    Route("GET", "/app/hook/deliveries", list_deliveries, by="app", query=frozenset({"per_page", "cursor"})),
    Route("GET", "/app/hook/deliveries/{delivery_id}", get_delivery, by="app"),
    Route("POST", "/app/hook/deliveries/{delivery_id}/attempts", redeliver, by="app"),
    Route("GET", "/installation/repositories", installation_repositories, by="installation", query=PAGES),
    Route("GET", "/repos/{owner}/{repo}/installation", repository_installation, by="app"),
)
