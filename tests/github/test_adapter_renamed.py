"""A repository that was renamed since it was last heard of: what is asked and done by its old name reaches it whole."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from github.Requester import HTTPRequestsConnectionClass, Requester

from ghapp.core.errors import UserError
from ghapp.core.events import Repository, Thread
from ghapp.core.ports import CommitText
from ghapp.git.mirrors import GitMirrors
from ghapp.github.app import GitHubApp
from ghapp.github.artifacts import GitHubArtifacts
from ghapp.github.checks import GitHubChecks
from ghapp.github.issues import GitHubIssues
from ghapp.github.merges import GitHubMerges
from ghapp.github.pulls import GitHubPulls
from ghapp.github.repositories import GitHubRepositories
from ghapp.github.reviews import GitHubReviews
from ghapp.playground.person import Person
from ghapp.playground.world import World
from tests.github.front import Front
from tests.listening import listening

OLD, NEW = "octo/demo", "octo/renamed"
BRANCH = "honk/1-abc"
WORKFLOW = "name: {0}\non: [push]\njobs: {{{0}: {{runs-on: ubuntu-latest, steps: [{{run: make}}]}}}}\n"


@pytest.fixture
def mona(world: World) -> Person:
    return world.person("mona", write=OLD)


def rename(world: World) -> None:
    """Somebody renames the repository, and nobody tells us."""
    world.rename_repository(OLD, "renamed")


# --- what is done ---------------------------------------------------------------------------------------------------


def test_a_merge_is_done(app: GitHubApp, world: World, demo: Repository, mona: Person) -> None:
    """It was taken for done, and nothing had happened."""
    mona.push(OLD, "topic", {"a.txt": "a"})
    pull = mona.open_pull(OLD, "Mend it", "topic")
    rename(world)
    head = GitHubPulls(app).read(demo, pull.number).head_sha
    assert GitHubMerges(app).standing(demo, pull.number).state == "clean"
    GitHubMerges(app).merge(demo, pull.number, head, "squash")
    assert world.read(NEW, "a.txt") == "a"


def test_comments_are_written_and_edited(app: GitHubApp, world: World, thread: Thread) -> None:
    """A comment had no number, and an edit vanished."""
    issues = GitHubIssues(app)
    rename(world)
    written = issues.write_comment(thread, "one")
    assert written
    assert issues.write_comment(thread, "two", comment=written) == written
    assert [one.body for one in world.comments(NEW, thread.number)] == ["two"]


def test_a_pull_request_is_opened_marked_and_taken_back(
    app: GitHubApp, world: World, demo: Repository, mona: Person
) -> None:
    """REST by the old name, GraphQL by the number of the pull request."""
    pulls = GitHubPulls(app)
    mona.push(OLD, BRANCH, {"a.txt": "a"})
    rename(world)
    opened = pulls.open(demo, branch=BRANCH, base="main", title="Mend it", body="")
    pulls.mark_ready(demo, opened.number)
    assert not pulls.read(demo, opened.number).draft
    pulls.mark_draft(demo, opened.number)
    pulls.edit_body(demo, opened.number, "Closes #1.")
    assert world.pull(NEW, opened.number).body == "Closes #1."
    assert pulls.read(demo, opened.number).draft


# --- what is asked --------------------------------------------------------------------------------------------------


def test_a_pull_request_of_somebody_else_is_not_taken_for_ours(
    app: GitHubApp, world: World, demo: Repository, mona: Person
) -> None:
    """The list is that of our branch, and not of all pull requests."""
    mona.push(OLD, "theirs", {"b.txt": "b"})
    mona.open_pull(OLD, "Theirs", "theirs")
    rename(world)
    assert GitHubPulls(app).find(demo, BRANCH) is None
    assert GitHubPulls(app).find(demo, "theirs") is not None


def test_a_list_that_was_not_narrowed_adopts_nothing(
    app: GitHubApp, world: World, demo: Repository, mona: Person, front: Front
) -> None:
    """Whatever comes back, it is not ours when its branch is another, or a fork's that is called the same."""
    world.person("eve").fork(OLD)
    world.person("eve").push("eve/demo", BRANCH, {"b.txt": "b"})
    world.person("eve").open_pull(OLD, "Theirs", f"eve:{BRANCH}")
    mona.push(OLD, "theirs", {"b.txt": "b"})
    mona.open_pull(OLD, "Theirs", "theirs")
    rows = [one.raw_data for one in app.repository(demo).get_pulls(state="all")]
    assert len(rows) == 2
    front.says("GET .*/pulls", "200 OK", rows)
    assert GitHubPulls(app).find(demo, BRANCH) is None


def test_builds_are_those_of_the_very_commit(
    app: GitHubApp, world: World, demo: Repository, mona: Person, front: Front
) -> None:
    """The question for one commit's runs was answered with all runs."""
    one = mona.push(OLD, "topic", {".github/workflows/app.yml": WORKFLOW.format("app")})
    other = mona.push(OLD, "topic", {"a.txt": "a"})
    for sha in (one, other):
        world.artifact(OLD, world.workflow_runs(OLD, sha)[0].id, f"of-{sha}", {"app.apk": b"package"})
    rename(world)
    assert [found.name for found in GitHubArtifacts(app).on(demo, one)] == [f"of-{one}"]
    everything = {
        "total_count": 1,
        "workflow_runs": [{"id": world.workflow_runs(NEW, other)[0].id, "head_sha": other}],
    }
    front.says("GET .*/actions/runs", "200 OK", everything)
    assert GitHubArtifacts(app).on(demo, one) == ()


def test_an_archive_is_fetched(app: GitHubApp, world: World, demo: Repository, mona: Person, tmp_path: Path) -> None:
    """One redirect is followed with the token, the other, to where the file is, read and asked without it."""
    sha = mona.push(OLD, "topic", {".github/workflows/app.yml": WORKFLOW.format("app")})
    made = world.artifact(OLD, world.workflow_runs(OLD, sha)[0].id, "app", b"bytes")
    rename(world)
    GitHubArtifacts(app).fetch(demo, made.id, tmp_path / "app.zip", 100)
    assert (tmp_path / "app.zip").read_bytes() == b"bytes"


def test_checks_reviews_and_rights_are_read(
    app: GitHubApp, world: World, demo: Repository, mona: Person, thread: Thread
) -> None:
    """Whatever way an adapter asks."""
    sha = mona.push(OLD, "topic", {"a.txt": "a"})
    world.set_check(OLD, sha, "tests", "completed", "success", app="circle")
    pull = mona.open_pull(OLD, "Mend it", "topic")
    rename(world)
    assert [check.name for check in GitHubChecks(app).on(demo, sha)] == ["tests"]
    assert GitHubReviews(app).threads(demo, pull.number) == ()
    assert GitHubReviews(app).submitted(demo, pull.number) == ()
    assert GitHubRepositories(app).read_file(demo, ".github/honk.yml") == b"version: 1\n"
    assert GitHubIssues(app).read(thread).text.title == "It is broken"


def test_its_own_branch_is_no_forks(app: GitHubApp, world: World, demo: Repository, mona: Person) -> None:
    """The pull request names the repository by its new name, and we know it by the old one: it is the same."""
    mona.push(OLD, "topic", {"a.txt": "a"})
    pull = mona.open_pull(OLD, "Mend it", "topic")
    rename(world)
    found = GitHubPulls(app).read(demo, pull.number)
    assert (found.head_repository, found.writable) == (OLD, True)


def test_git_goes_to_the_new_address(app: GitHubApp, world: World, demo: Repository, tmp_path: Path) -> None:
    """git carries no token along a redirect: it gets the address of now together with the token, and may push there."""
    rename(world)
    remote = GitHubRepositories(app).remote(demo)
    assert remote.url.endswith(f"/{NEW}.git")
    mirrors = GitMirrors(tmp_path)
    head = mirrors.fetch(demo, remote, "main")
    assert head == world.repo(NEW).bare.branch("main")
    assert head is not None
    text = CommitText("Change nothing", "honk", "honk@example.invalid", 1.0)
    sha = mirrors.commit(demo, head, head, text, "r1")
    mirrors.push(demo, remote, sha, BRANCH)
    assert world.repo(NEW).bare.branch(BRANCH) == sha


# --- redirects that lead elsewhere ----------------------------------------------------------------------------------


@dataclass
class Elsewhere:
    """Another server, which keeps what it is asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    kept = Elsewhere()

    class Taker(BaseHTTPRequestHandler):
        def _take(self) -> None:
            kept.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_GET(self) -> None:
            self._take()

        def do_POST(self) -> None:
            self._take()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Taker) as address:
        kept.url = address
        yield kept


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_no_token_goes_to_another_server(
    app: GitHubApp, front: Front, thread: Thread, elsewhere: Elsewhere, status: str
) -> None:
    """Another port is another server: nothing is sent there, and nothing counts as done."""
    issues = GitHubIssues(app)
    for asked in ("GET .*/issues/1", "POST .*/comments"):
        front.says(asked, status, {}, Location=f"{elsewhere.url}/api/v3/repositories/1/issues/1")
    with pytest.raises(UserError, match="another server"):
        issues.read(thread)
    with pytest.raises(UserError, match="another server"):
        issues.write_comment(thread, "hello")
    assert elsewhere.asked == []


def test_a_circle_of_redirects_comes_to_an_end(app: GitHubApp, front: Front, thread: Thread) -> None:
    """Each leads to itself: after some it is an error, and no endless loop."""
    front.says("POST .*/comments", "307 Temporary Redirect", {}, Location="/api/v3/repos/octo/demo/issues/1/comments")
    with pytest.raises(UserError, match="from one address to the next"):
        GitHubIssues(app).write_comment(thread, "hello")
    assert front.count("POST .*/comments") == 4


@pytest.mark.parametrize("status", ["302 Found", "303 See Other", "307 Temporary Redirect"])
def test_no_other_redirect_counts_as_success(app: GitHubApp, front: Front, thread: Thread, status: str) -> None:
    """A write that GitHub answers with one of these, or that it leads nowhere, was not done."""
    front.says("POST .*/comments", status, {})
    with pytest.raises(UserError, match=status[:3]):
        GitHubIssues(app).write_comment(thread, "hello")


def test_a_question_goes_along_where_the_address_lacks_it(
    app: GitHubApp, world: World, front: Front, demo: Repository, mona: Person
) -> None:
    """GitHub may name the new place alone: what was asked for stays asked for."""
    mona.push(OLD, "theirs", {"b.txt": "b"})
    mona.open_pull(OLD, "Theirs", "theirs")
    front.says("GET /api/v3/repos/octo/demo/pulls", "301 Moved Permanently", {}, Location="/api/v3/repos/octo/it/pulls")
    rename(world)
    world.rename_repository(NEW, "it")
    found = app.repository(demo).get_pulls(state="all", head="octo:nothing")
    assert list(found) == []


def test_pygithub_itself_is_left_as_it_was(app: GitHubApp) -> None:
    """Our way with redirects is that of our own clients: other code in this process keeps PyGithub's connections."""
    assert vars(Requester)["_Requester__httpConnectionClass"] is HTTPRequestsConnectionClass
    assert type(app.itself) is not Requester
