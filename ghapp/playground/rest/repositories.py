"""Repositories, their people, branches and rules."""

from ghapp.playground.auth import RefusedError
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found
from ghapp.playground.state import User
from ghapp.playground.views import commits
from ghapp.playground.views import repositories as views


def get_repository(ask: Ask) -> Answer:
    return Answer(views.repository_itself(ask.state, ask.repository))


def list_collaborators(ask: Ask) -> Answer:
    here = ask.repository
    known = [here.owner, *(found(ask.state.user(login)) for login in here.collaborators)]
    people = [who for who in known if who.type == "User"]
    return ask.page(views.collaborator(ask.state, who, here.role_of(who)) for who in people)


def _person(ask: Ask) -> User:
    """Apps are no collaborators, whatever they may do."""
    who = ask.state.user(ask.path["username"])
    return found(who if who is not None and who.type == "User" else None)


def check_collaborator(ask: Ask) -> Answer:
    who, here = _person(ask), ask.repository
    found((who is here.owner or who.login.lower() in here.collaborators) or None)
    return Answer(None, 204)


def get_permission(ask: Ask) -> Answer:
    who = _person(ask)
    return Answer(views.permission(ask.state, who, ask.repository.role_of(who)))


def list_branches(ask: Ask) -> Answer:
    heads = ask.repository.bare.refs()
    rows = [(name.removeprefix("refs/heads/"), sha) for name, sha in heads.items()]
    return ask.page(views.branch(ask.state, ask.repository, name, sha) for name, sha in rows)


def get_branch(ask: Ask) -> Answer:
    name = ask.path["branch"]
    sha = ask.repository.bare.branch(name)
    if sha is None:
        raise RefusedError(404, "Branch not found")
    return Answer(commits.branch_itself(ask.state, ask.repository, name, sha))


def required_checks(ask: Ask) -> Answer:
    name = ask.path["branch"]
    rules = ask.repository.protections.get(name)
    if rules is None:
        raise RefusedError(404, "Branch not protected")
    if not rules.contexts:
        raise RefusedError(404, "Required status checks not enabled")
    return Answer(views.status_check_policy(ask.state, ask.repository, name, rules))


def rules_of_branch(ask: Ask) -> Answer:
    return ask.page(views.branch_rules(ask.repository, ask.path["branch"]))


_HERE = "/repos/{owner}/{repo}"
ROUTES = (
    Route("GET", _HERE, get_repository),
    Route("GET", f"{_HERE}/collaborators", list_collaborators, role="write", query=PAGES),
    Route("GET", f"{_HERE}/collaborators/{{username}}", check_collaborator, role="write"),
    Route("GET", f"{_HERE}/collaborators/{{username}}/permission", get_permission, role="write"),
    Route("GET", f"{_HERE}/branches", list_branches, "contents:read", query=PAGES),
    Route("GET", f"{_HERE}/branches/{{branch}}", get_branch, "contents:read"),
    Route(
        "GET",
        f"{_HERE}/branches/{{branch}}/protection/required_status_checks",
        required_checks,
        "administration:read",
        role="admin",
    ),
    Route("GET", f"{_HERE}/rules/branches/{{branch}}", rules_of_branch, query=PAGES),
)
