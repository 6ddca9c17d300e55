"""Repositories and their people."""

from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found
from ghapp.playground.state import User
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


_HERE = "/repos/{owner}/{repo}"
ROUTES = (
    Route("GET", _HERE, get_repository),
    Route("GET", f"{_HERE}/collaborators", list_collaborators, role="write", query=PAGES),
    Route("GET", f"{_HERE}/collaborators/{{username}}", check_collaborator, role="write"),
    Route("GET", f"{_HERE}/collaborators/{{username}}/permission", get_permission, role="write"),
)
