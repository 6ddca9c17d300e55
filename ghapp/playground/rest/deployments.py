"""Deployments and their statuses."""

from ghapp.playground.auth import RefusedError
from ghapp.playground.deploy_state import Deployment
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found
from ghapp.playground.verbs import deployments
from ghapp.playground.views import deployments as views


def list_deployments(ask: Ask) -> Answer:
    """Newest first. Filters: sha, ref, environment."""
    rows = [
        one
        for one in sorted(ask.repository.deployments.values(), key=lambda each: -each.id)
        if all(ask.query.get(key) in (None, getattr(one, key)) for key in ("sha", "ref", "environment"))
    ]
    return ask.page(views.deployment(ask.state, ask.repository, one) for one in rows)


def create_deployment(ask: Ask) -> Answer:
    """202 where a branch that is behind took the default branch in instead; 409 on conflict or on checks not green.

    https://docs.github.com/en/rest/deployments/deployments#create-a-deployment
    """
    here, ref = ask.repository, str(ask.body["ref"])
    if ask.body.get("auto_merge", True):
        try:
            merged = deployments.take_in_default(ask.room, here, ask.actor, ref)
        except deployments.ConflictError as error:
            raise RefusedError(409, str(error)) from error
        if merged:
            return Answer({"message": f"Auto-merged {here.default_branch} into {ref} on deployment."}, 202)
    sha = ask.commit_sha(ref)
    missing = deployments.not_green(here, sha, ask.body.get("required_contexts"))
    if missing:
        raise RefusedError(409, f"Conflict: Commit status checks failed for {ref}: {', '.join(missing)}")
    names = ("environment", "task", "description", "payload")
    given = {name: ask.body[name] for name in names if ask.body.get(name) is not None}
    made = deployments.deploy(ask.room, here, ask.actor, ref, sha, **given)
    return Answer(views.deployment(ask.state, here, made), 201)


def _deployment(ask: Ask) -> Deployment:
    return found(ask.repository.deployments.get(ask.path["deployment_id"]))


def get_deployment(ask: Ask) -> Answer:
    return Answer(views.deployment(ask.state, ask.repository, _deployment(ask)))


def list_deployment_statuses(ask: Ask) -> Answer:
    one = _deployment(ask)
    rows = [views.deployment_status(ask.state, ask.repository, one, each) for each in one.statuses]
    return ask.page(reversed(rows))


def create_deployment_status(ask: Ask) -> Answer:
    one = _deployment(ask)
    given = {name: str(ask.body[name]) for name in ("description", "environment_url", "log_url") if name in ask.body}
    made = deployments.set_status(ask.room, ask.repository, ask.actor, one, ask.body["state"], **given)
    return Answer(views.deployment_status(ask.state, ask.repository, one, made), 201)


_HERE = "/repos/{owner}/{repo}/deployments"
_ONE = f"{_HERE}/{{deployment_id}}"
_READ, _WRITE = "deployments:read", "deployments:write"
_DEPLOYED = frozenset({"ref", "task", "auto_merge", "required_contexts", "payload", "environment", "description"})
_TOLD = frozenset({"state", "description", "environment_url", "log_url"})
ROUTES = (
    Route("GET", _HERE, list_deployments, _READ, query=PAGES | {"sha", "ref", "environment"}),
    Route("POST", _HERE, create_deployment, _WRITE, body=_DEPLOYED),
    Route("GET", _ONE, get_deployment, _READ),
    Route("GET", f"{_ONE}/statuses", list_deployment_statuses, _READ, query=PAGES),
    Route("POST", f"{_ONE}/statuses", create_deployment_status, _WRITE, body=_TOLD),
)
