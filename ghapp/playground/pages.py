"""Small web pages over the playground, for a person to try Honk by hand: issues, pull requests, checks, diffs.

Plain and readable at phone size. Who posts here is always the same person of the playground; there is no sign-in,
because the playground is on loopback only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from ghapp.playground import page_values as values
from ghapp.playground.page_markdown import MAX_BODY
from ghapp.playground.state import Issue, Repository
from ghapp.playground.world import Person, World

EXAMPLE = Path(__file__).with_name("demo") / "issue.md"
_MAX_TITLE = 256  # characters; GitHub refuses longer ones
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'"
_REPOSITORY = "/<owner>/<repo>"
_NUMBER = "/<int:number>"


def blueprint(world: World, *, login: str = "octocat", example: Path | None = EXAMPLE) -> Blueprint:
    """The pages over ``world``. Posts act as the person ``login``, who is made when missing; rights are the caller's to
    grant. ``example`` is a Markdown file, title in its first line, offered as the text of a new issue.
    """
    pages = Blueprint("pages", __name__, template_folder="templates", static_folder="static", static_url_path="/_pages")
    views = _Pages(world, world.person(login), _example(example))
    routes: list[tuple[str, str, Callable[..., object]]] = [
        ("GET", "/", views.repositories),
        ("GET", _REPOSITORY, views.home),
        ("GET", f"{_REPOSITORY}/issues", views.issues),
        ("GET", f"{_REPOSITORY}/pulls", views.pulls),
        ("GET", f"{_REPOSITORY}/issues/new", views.new_issue),
        ("POST", f"{_REPOSITORY}/issues", views.open_issue),
        ("GET", f"{_REPOSITORY}/issues{_NUMBER}", views.issue),
        ("GET", f"{_REPOSITORY}/pull{_NUMBER}", views.pull),
        ("POST", f"{_REPOSITORY}/issues{_NUMBER}/comment", views.comment),
        ("POST", f"{_REPOSITORY}/issues{_NUMBER}/label", views.label),
        ("POST", f"{_REPOSITORY}/issues{_NUMBER}/unlabel", views.unlabel),
        ("POST", f"{_REPOSITORY}/issues{_NUMBER}/state", views.set_state),
        ("GET", f"{_REPOSITORY}/actions/runs/<int:run_id>", views.run),
    ]
    for method, rule, view in routes:
        # add_url_rule wants what a view may return spelt out; these return a page or a redirection.
        pages.add_url_rule(rule, view.__name__, view, methods=[method])  # type: ignore[arg-type]
    pages.before_request(refuse_other_sites)
    pages.after_request(_closed)
    pages.register_error_handler(HTTPException, _error)
    return pages


@dataclass(frozen=True)
class _Draft:
    """What stands in the form of a new issue."""

    title: str = ""
    body: str = ""
    labels: str = ""
    problem: str = ""


@dataclass(frozen=True)
class _Pages:
    world: World
    person: Person
    example: _Draft | None

    def repositories(self) -> str:
        with self.world.lock:
            names = sorted(one.full_name for one in self.world.state.repositories.values())
        return render_template("repositories.html", names=names)

    def home(self, owner: str, repo: str) -> Response:
        return _to("pages.issues", self._repository(owner, repo))

    def issues(self, owner: str, repo: str) -> str:
        return self._list(owner, repo, pulls=False)

    def pulls(self, owner: str, repo: str) -> str:
        return self._list(owner, repo, pulls=True)

    def new_issue(self, owner: str, repo: str) -> str:
        draft = self.example if "example" in request.args and self.example else _Draft()
        return self._form(self._repository(owner, repo), draft)

    def open_issue(self, owner: str, repo: str) -> Response:
        here = self._repository(owner, repo)
        title, body = request.form.get("title", "").strip(), request.form.get("body", "")
        labels = request.form.get("labels", "")
        if problem := _title_problem(title) or _body_problem(body):
            return make_response(self._form(here, _Draft(title, body, labels, problem)), 422)
        names = [name.strip() for name in labels.split(",") if name.strip()]
        made = self.person.open_issue(here.full_name, title, body, names)
        return _to("pages.issue", here, made)

    def issue(self, owner: str, repo: str, number: int) -> str | Response:
        here, issue = self._issue(owner, repo, number)
        return _to("pages.pull", here, issue) if issue.pull else self._thread(here, issue)

    def pull(self, owner: str, repo: str, number: int) -> str | Response:
        here, issue = self._issue(owner, repo, number)
        return self._thread(here, issue) if issue.pull else _to("pages.issue", here, issue)

    def comment(self, owner: str, repo: str, number: int) -> Response:
        here, issue = self._issue(owner, repo, number)
        body = request.form.get("body", "")
        if problem := "A comment needs a text." if not body.strip() else _body_problem(body):
            abort(422, problem)
        self.person.comment(here.full_name, number, body)
        return _to("pages.issue", here, issue)

    def label(self, owner: str, repo: str, number: int) -> Response:
        here, issue = self._issue(owner, repo, number)
        name = request.form.get("name", "").strip()
        if not name or len(name) > 50:
            abort(422, "A label has 1 to 50 characters.")
        self.person.label(here.full_name, number, name)
        return _to("pages.issue", here, issue)

    def unlabel(self, owner: str, repo: str, number: int) -> Response:
        here, issue = self._issue(owner, repo, number)
        name = request.form.get("name", "")
        with self.world.lock:
            # A second tap on the same button finds the label gone already.
            if any(label.name == name for label in issue.labels):
                self.person.unlabel(here.full_name, number, name)
        return _to("pages.issue", here, issue)

    def set_state(self, owner: str, repo: str, number: int) -> Response:
        here, issue = self._issue(owner, repo, number)
        wanted = request.form.get("state")
        if wanted not in ("open", "closed"):
            abort(422, "The state of an issue is open or closed.")
        (self.person.reopen if wanted == "open" else self.person.close)(here.full_name, number)
        return _to("pages.issue", here, issue)

    def run(self, owner: str, repo: str, run_id: int) -> str:
        here = self._repository(owner, repo)
        with self.world.lock:
            run = here.workflow_runs.get(run_id) or abort(404)
            checks = values.checks_of_run(here, run)
        return render_template("workflow_run.html", repository=here.full_name, run=run, checks=checks)

    def _repository(self, owner: str, repo: str) -> Repository:
        return self.world.state.repository(f"{owner}/{repo}") or abort(404)

    def _issue(self, owner: str, repo: str, number: int) -> tuple[Repository, Issue]:
        here = self._repository(owner, repo)
        return here, here.issues.get(number) or abort(404)

    def _list(self, owner: str, repo: str, *, pulls: bool) -> str:
        here = self._repository(owner, repo)
        with self.world.lock:
            newest = [one for one in reversed(here.issues.values()) if (one.pull is not None) == pulls]
            rows = [(one, values.standing(one)) for one in sorted(newest, key=lambda one: one.state == "closed")]
        return render_template("issues.html", repository=here.full_name, rows=rows, pulls=pulls)

    def _form(self, here: Repository, draft: _Draft) -> str:
        example = self.example if not (draft.title or draft.body) else None
        return render_template("new_issue.html", repository=here.full_name, draft=draft, example=example)

    def _thread(self, here: Repository, issue: Issue) -> str:
        with self.world.lock:
            pull = issue.pull
            shown = {
                "repository": here.full_name,
                "issue": issue,
                "standing": values.standing(issue),
                "labels": [label.name for label in issue.labels],
                "known": sorted({*here.labels, "honk"} - {label.name for label in issue.labels}),
                "cards": values.conversation(here, issue),
                "checks": values.checks_of(here, pull.head_sha) if pull else [],
                "files": values.diff_of(here, pull) if pull else [],
            }
        return render_template("thread.html", **shown)


def _example(path: Path | None) -> _Draft | None:
    if path is None:
        return None
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    return _Draft(first.removeprefix("# ").strip(), rest.strip())


def _title_problem(title: str) -> str:
    return "" if 0 < len(title) <= _MAX_TITLE else f"An issue needs a title, of at most {_MAX_TITLE} characters."


def _body_problem(body: str) -> str:
    return "" if len(body) <= MAX_BODY else f"A text has at most {MAX_BODY} characters."


def _to(endpoint: str, repository: Repository, issue: Issue | None = None) -> Response:
    """Look at another page by GET, so that reloading it posts nothing again."""
    number = None if issue is None else issue.number
    address = url_for(endpoint, owner=repository.owner.login, repo=repository.name, number=number)
    return make_response(redirect(address, 303))


def refuse_other_sites() -> None:
    """A page of another site could post to loopback with a person's browser; browsers say where a post comes from."""
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin is not None and urlsplit(origin).netloc != request.host:
        abort(403, "Another site sent this.")


def _closed(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = f"{_POLICY}; form-action 'self'; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _error(error: HTTPException) -> tuple[str, int]:
    return render_template("error.html", name=error.name, text=error.description), error.code or 500
