"""The same verbs for another process: `POST /_playground/<verb>` with a JSON object, answered with JSON.

The demo and the pages use it. It asks for no token: the playground listens on loopback only.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request

from ghapp.playground.state import Issue, Repository
from ghapp.playground.verbs import accounts
from ghapp.playground.views.people import stamp
from ghapp.playground.views.pulls import pull_of
from ghapp.playground.world import Person, World

Json = dict[str, Any]


def add_control(app: Flask, world: World) -> None:
    """Hang the verbs into the Flask app."""
    verbs = _verbs(world)

    def call(verb: str) -> Response:
        if verb not in verbs:
            return _failed(404, f"no verb {verb}; there are {', '.join(sorted(verbs))}")
        given = request.get_json(silent=True) or {}
        try:
            return jsonify(verbs[verb](given))
        except (LookupError, TypeError, ValueError) as error:
            return _failed(422, f"{verb}: {type(error).__name__}: {error}")

    app.add_url_rule("/_playground/<verb>", "control", call, methods=["GET", "POST"])


def _failed(status: int, message: str) -> Response:
    response = jsonify(message=message)
    response.status_code = status
    return response


def _verbs(world: World) -> Mapping[str, Callable[[Json], object]]:
    def register_app(given: Json) -> Json:
        app = world.register_app(**given)
        return {"id": app.id, "slug": app.slug, "client_id": app.client_id}

    def hook(given: Json) -> Json:
        """Set where the App's deliveries go, and ping it."""
        world.app.hook_url = given["url"]
        accounts.ping(world, world.app)
        return {}

    def install(given: Json) -> Json:
        return {"id": world.install(**given).id}

    def create_repository(given: Json) -> Json:
        path = Path(given.pop("path")) if "path" in given else None
        made = world.repository(**given, path=path)
        return {"full_name": made.full_name, "clone_url": f"{world.state.base_url}/{made.full_name}.git"}

    def grant(given: Json) -> Json:
        world.grant(given["repository"], given["login"], given["role"])
        return {}

    return {
        "register_app": register_app,
        "hook": hook,
        "install": install,
        "create_repository": create_repository,
        "grant": grant,
        "state": lambda given: snapshot(world),
        "violations": lambda given: world.violations,
        "usage": lambda given: sorted(world.contract.used) if world.contract else [],
        "settle": lambda given: world.settle(ci=False, timeout=given.get("timeout", 60)),
        **_people(world),
    }


def _people(world: World) -> Mapping[str, Callable[[Json], object]]:
    """Verbs of a person: `login` says who, `repository` where."""

    def who(given: Json) -> Person:
        return world.person(given["login"])

    def open_issue(given: Json) -> Json:
        made = who(given).open_issue(given["repository"], given["title"], given.get("body"), given.get("labels", ()))
        return {"number": made.number}

    def comment(given: Json) -> Json:
        return {"id": who(given).comment(given["repository"], given["number"], given["body"]).id}

    def label(given: Json) -> Json:
        who(given).label(given["repository"], given["number"], given["name"])
        return {}

    def unlabel(given: Json) -> Json:
        who(given).unlabel(given["repository"], given["number"], given["name"])
        return {}

    def close(given: Json) -> Json:
        who(given).close(given["repository"], given["number"])
        return {}

    def merge(given: Json) -> Json:
        return {"sha": who(given).merge(given["repository"], given["number"])}

    def token(given: Json) -> Json:
        return {"token": who(given).token()}

    return {
        "open_issue": open_issue,
        "comment": comment,
        "label": label,
        "unlabel": unlabel,
        "close": close,
        "merge": merge,
        "token": token,
    }


def snapshot(world: World) -> Json:
    """The state in short: repositories with their issues, pull requests, comments and checks."""
    with world.lock:
        return {
            "base_url": world.state.base_url,
            "apps": [{"id": app.id, "slug": app.slug, "hook_url": app.hook_url} for app in world.state.apps.values()],
            "users": [user.login for user in world.state.users.values()],
            "repositories": {one.full_name: _repository(world, one) for one in world.state.repositories.values()},
        }


def _repository(world: World, one: Repository) -> Json:
    return {
        "default_branch": one.default_branch,
        "branches": {name.removeprefix("refs/heads/"): sha for name, sha in one.bare.refs().items()},
        "issues": [_issue(world, one, issue) for issue in one.issues.values()],
    }


def _issue(world: World, repository: Repository, issue: Issue) -> Json:
    shown: Json = {
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "author": issue.author.user.login,
        "state": issue.state,
        "labels": [label.name for label in issue.labels],
        "reactions": [one.content for one in issue.reactions],
        "comments": [
            {
                "id": comment.id,
                "author": comment.author.user.login,
                "body": comment.body,
                "created_at": stamp(comment.created_at),
                "updated_at": stamp(comment.updated_at),
                "reactions": [one.content for one in comment.reactions],
            }
            for comment in world.comments(repository.full_name, issue.number)
        ],
    }
    return shown if issue.pull is None else shown | {"pull_request": _pull(world, repository, issue)}


def _pull(world: World, repository: Repository, issue: Issue) -> Json:
    pull = pull_of(issue)
    return {
        "head": pull.head_ref,
        "base": pull.base_ref,
        "head_sha": pull.head_sha,
        "draft": pull.draft,
        "merged": pull.merged_at is not None,
        "checks": world.check_outcomes(repository.full_name, pull.head_sha),
    }
