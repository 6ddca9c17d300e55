"""Check runs, check suites and commit statuses."""

from typing import Any

from ghapp.playground.auth import NOT_ACCESSIBLE, RefusedError
from ghapp.playground.mergeability import latest_checks
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, found, not_modelled
from ghapp.playground.state import App, CheckRun, CheckSuite
from ghapp.playground.verbs import checks
from ghapp.playground.views import checks as views

_FIELDS = ("status", "conclusion", "external_id", "details_url")
_OUTPUT = ("title", "summary", "text", "annotations")


def _app(ask: Ask) -> App:
    """Only Apps make check runs."""
    if ask.actor.app is None:
        raise RefusedError(403, "You must authenticate via a GitHub App.")
    return ask.actor.app


def _fields(ask: Ask) -> dict[str, Any]:
    given = {key: ask.body[key] for key in _FIELDS if key in ask.body}
    output = ask.body.get("output", {})
    if output.keys() - set(_OUTPUT):
        raise not_modelled("images in the output of a check run")
    return {**given, **output}


def create_check_run(ask: Ask) -> Answer:
    sha = ask.commit_sha(ask.body["head_sha"])
    made = checks.create_run(ask.room, ask.repository, _app(ask), ask.body["name"], sha, _fields(ask))
    return Answer(views.check_run(ask.state, ask.repository, made), 201)


def _check_run(ask: Ask) -> CheckRun:
    return found(ask.repository.checks.get(ask.path["check_run_id"]))


def get_check_run(ask: Ask) -> Answer:
    return Answer(views.check_run(ask.state, ask.repository, _check_run(ask)))


def update_check_run(ask: Ask) -> Answer:
    """An App changes its own check runs only."""
    run = _check_run(ask)
    if run.suite.app is not _app(ask):
        raise RefusedError(403, NOT_ACCESSIBLE)
    run.name = ask.body.get("name", run.name)
    checks.update_run(ask.room, ask.repository, run, _fields(ask))
    return get_check_run(ask)


def annotations(ask: Ask) -> Answer:
    run = _check_run(ask)
    return ask.page(views.annotation(ask.state, ask.repository, run, given) for given in run.annotations)


def _shown(ask: Ask, rows: list[CheckRun]) -> Answer:
    """Newest first, with the usual filters; `filter=all` shows superseded ones too."""
    latest = latest_checks(ask.repository, rows[0].head_sha) if rows else []
    wanted = [
        run
        for run in reversed(rows)
        if (ask.query.get("filter") == "all" or run in latest)
        and ask.query.get("check_name") in (None, run.name)
        and ask.query.get("status") in (None, run.status)
        and ask.query.get("app_id") in (None, str(run.suite.app.id))
    ]
    return ask.page([views.check_run(ask.state, ask.repository, run) for run in wanted], "check_runs")


def check_runs_of_commit(ask: Ask) -> Answer:
    sha = ask.commit_sha(ask.path["ref"])
    return _shown(ask, [run for run in ask.repository.checks.values() if run.head_sha == sha])


def _suite(ask: Ask) -> CheckSuite:
    return found(ask.repository.suites.get(ask.path["check_suite_id"]))


def check_runs_of_suite(ask: Ask) -> Answer:
    suite = _suite(ask)
    return _shown(ask, [run for run in ask.repository.checks.values() if run.suite is suite])


def get_suite(ask: Ask) -> Answer:
    return Answer(views.suite(ask.state, ask.repository, _suite(ask)))


def suites_of_commit(ask: Ask) -> Answer:
    sha = ask.commit_sha(ask.path["ref"])
    rows = [
        views.suite(ask.state, ask.repository, suite)
        for suite in ask.repository.suites.values()
        if suite.head_sha == sha and ask.query.get("app_id") in (None, str(suite.app.id))
    ]
    return ask.page(rows, "check_suites")


def create_status(ask: Ask) -> Answer:
    sha = ask.commit_sha(ask.path["sha"])
    body = ask.body
    given = {"description": body.get("description"), "target_url": body.get("target_url")}
    context = body.get("context", "default")
    made = checks.set_status(ask.room, ask.repository, ask.actor, sha, body["state"], context, **given)
    return Answer(views.status(ask.state, ask.repository, made), 201)


def combined_status(ask: Ask) -> Answer:
    return Answer(views.combined_status(ask.state, ask.repository, ask.commit_sha(ask.path["ref"])))


def list_statuses(ask: Ask) -> Answer:
    sha = ask.commit_sha(ask.path["ref"])
    rows = [one for one in reversed(ask.repository.statuses) if one.sha == sha]
    return ask.page(views.status(ask.state, ask.repository, one) for one in rows)


_HERE = "/repos/{owner}/{repo}"
_COMMIT = f"{_HERE}/commits/{{ref}}"
_RUN, _SUITE = f"{_HERE}/check-runs/{{check_run_id}}", f"{_HERE}/check-suites/{{check_suite_id}}"
_READ, _WRITE = "checks:read", "checks:write"
_CHANGED = frozenset({"name", "status", "conclusion", "external_id", "details_url", "output"})
_FILTERS = PAGES | {"check_name", "status", "filter"}
_STATUS = frozenset({"state", "target_url", "description", "context"})
ROUTES = (
    Route("POST", f"{_HERE}/check-runs", create_check_run, _WRITE, body=_CHANGED | {"head_sha"}),
    Route("GET", _RUN, get_check_run, _READ),
    Route("PATCH", _RUN, update_check_run, _WRITE, body=_CHANGED),
    Route("GET", f"{_RUN}/annotations", annotations, _READ, query=PAGES),
    Route("GET", _SUITE, get_suite, _READ),
    Route("GET", f"{_SUITE}/check-runs", check_runs_of_suite, _READ, query=_FILTERS),
    Route("GET", f"{_COMMIT}/check-runs", check_runs_of_commit, _READ, query=_FILTERS | {"app_id"}),
    Route("GET", f"{_COMMIT}/check-suites", suites_of_commit, _READ, query=PAGES | {"app_id"}),
    Route("POST", f"{_HERE}/statuses/{{sha}}", create_status, "statuses:write", body=_STATUS),
    Route("GET", f"{_COMMIT}/status", combined_status, "statuses:read", query=PAGES),
    Route("GET", f"{_COMMIT}/statuses", list_statuses, "statuses:read", query=PAGES),
)
