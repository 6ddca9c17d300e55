"""Check runs and statuses over the playground's HTTP."""

import pytest

from ghapp.core.checks import Check, CiState, judge
from ghapp.core.errors import TransientError
from ghapp.core.events import Repository
from ghapp.core.landing import lacking_of
from ghapp.core.merging import Required
from ghapp.github.app import GitHubApp
from ghapp.github.checks import GitHubChecks
from ghapp.playground.faults import Fault
from ghapp.playground.state import Actor, App
from ghapp.playground.verbs import accounts
from ghapp.playground.verbs import checks as verbs
from ghapp.playground.world import World
from tests.github.front import Front

WORKFLOW = "on: [push]\njobs: {test: {runs-on: ubuntu-latest, steps: [{run: make test}]}}\n"


def other_app(world: World) -> App:
    """An App that may write checks, and has nothing to say."""
    return accounts.app(world, "quiet", world.user("quiet-owner"), permissions={"checks": "write"})


@pytest.fixture
def checks(app: GitHubApp) -> GitHubChecks:
    return GitHubChecks(app)


@pytest.fixture
def sha(world: World) -> str:
    """A commit with nothing reported on it."""
    return world.person("mona", write="octo/demo").push("octo/demo", "topic", {"a.txt": "a"})


def _report(checks: GitHubChecks, demo: Repository, sha: str, conclusion: str = "success") -> None:
    checks.report(
        demo, sha, conclusion=conclusion, title="2 checks", summary="| check | result |", url="https://honk.example/r"
    )


def test_nothing_reported_is_nothing(checks: GitHubChecks, demo: Repository, sha: str) -> None:
    """An empty list, which is no success."""
    assert checks.on(demo, sha) == ()
    assert judge(checks.on(demo, sha)).state is CiState.NONE


def test_check_runs_and_statuses_are_read_together(
    checks: GitHubChecks, world: World, demo: Repository, sha: str
) -> None:
    """Both ways in which a CI can report, with where to look."""
    world.set_check("octo/demo", sha, "test", "in_progress")
    mona = Actor(world.user("mona"))
    for state in ("pending", "failure"):
        verbs.set_status(
            world, world.repo("octo/demo"), mona, sha, state, "ci/old",
            description=None, target_url="https://ci.example/1",
        )  # fmt: skip
    run, status = checks.on(demo, sha)
    assert (run.name, run.source, run.status, run.conclusion) == ("test", "check_run", "in_progress", None)
    assert run.app == "github-actions"
    assert run.suite is not None
    assert (status.name, status.source, status.conclusion) == ("ci/old", "status", "failure")
    assert status.url == "https://ci.example/1"
    assert status.started_at.endswith("Z")
    assert judge((run, status)).failing == ("ci/old",)


def test_every_check_is_read_to_the_last_page(
    checks: GitHubChecks, world: World, front: Front, demo: Repository, sha: str
) -> None:
    """A red check on the second page is red, and no check costs a request of its own."""
    for number in range(105):
        world.set_check("octo/demo", sha, f"test {number:03}", "completed", "success" if number else "failure")
    found = checks.on(demo, sha)
    assert len(found) == 105
    assert judge(found).failing == ("test 000",)
    assert front.count("GET .*/check-runs.*") == 2


def test_every_status_counts_however_many(checks: GitHubChecks, world: World, demo: Repository, sha: str) -> None:
    """A red status among a hundred green ones is red."""
    mona = Actor(world.user("mona"))
    for number in range(105):
        state = "success" if number else "failure"
        verbs.set_status(
            world, world.repo("octo/demo"), mona, sha, state, f"ci/{number:03}",
            description=None, target_url=None,
        )  # fmt: skip
    found = checks.on(demo, sha)
    assert len(found) == 105
    assert judge(found).failing == ("ci/000",)


def test_a_workflow_counts_before_it_has_jobs(checks: GitHubChecks, world: World, demo: Repository, sha: str) -> None:
    """Actions makes the suite at once, and check runs when it makes the jobs."""
    world.keep_jobs_back("octo/demo")
    mona = world.person("mona")
    head = mona.push("octo/demo", "topic", {".github/workflows/ci.yml": WORKFLOW})
    world.set_check("octo/demo", head, "quick", "completed", "success", app="other-ci")
    quick, waits = checks.on(demo, head)
    assert (waits.name, waits.status, waits.app) == ("more of github-actions", "queued", "github-actions")
    assert quick.passed
    world.make_jobs("octo/demo", head)
    assert {one.name for one in checks.on(demo, head)} == {"test", "quick"}


def test_the_empty_suite_of_another_app_says_nothing(
    checks: GitHubChecks, world: World, demo: Repository, sha: str
) -> None:
    """Every App that may write checks has one from the push on, and most never use it."""
    verbs.suite_for(world, world.repo("octo/demo"), other_app(world), sha)
    assert [one.status for one in world.repo("octo/demo").suites.values() if one.head_sha == sha] == ["queued"] * 2
    assert checks.on(demo, sha) == ()


def test_a_workflow_that_never_gets_jobs_is_given_up(app: GitHubApp, world: World, demo: Repository) -> None:
    """GitHub forgets some runs: after two hours without any news such a one counts no more."""
    world.keep_jobs_back("octo/demo")
    sha = world.person("mona", write="octo/demo").push("octo/demo", "topic", {".github/workflows/ci.yml": WORKFLOW})
    begun = world.now().timestamp()
    assert len(GitHubChecks(app, lambda: begun + 7_100).on(demo, sha)) == 1
    assert GitHubChecks(app, lambda: begun + 7_300).on(demo, sha) == ()


def test_a_status_is_traced_to_the_app_that_must_report(
    checks: GitHubChecks, world: World, front: Front, demo: Repository, sha: str
) -> None:
    """By the account that gave it; which App that is, is asked once. From then on anybody's report of it will do."""
    previewer = other_app(world)
    required = [Required("preview", previewer.id), Required("test", 7), Required("lint")]
    for state in ("pending", "success"):
        world.set_status("octo/demo", sha, "preview", state, app=previewer.slug)
    found = checks.on(demo, sha)
    assert lacking_of(required[:1], found) == ("preview",)
    for _ in range(2):
        traced = checks.traced(demo, sha, found, required)
        assert traced == (Required("preview"), *required[1:])
    assert lacking_of(traced[:1], found) == ()
    assert (front.count("GET .*/statuses"), front.count("GET .*/apps/quiet")) == (2, 1)


@pytest.mark.parametrize("by", ["mona", "other-ci"])
def test_a_status_of_anybody_else_is_not_the_apps(
    checks: GitHubChecks, world: World, demo: Repository, sha: str, by: str
) -> None:
    """A person gives it, or another App after the right one."""
    previewer = other_app(world)
    required = (Required("preview", previewer.id),)
    world.set_status("octo/demo", sha, "preview", "success", app=previewer.slug)
    world.set_status("octo/demo", sha, "preview", "success", by=by, app=None if by == "mona" else by)
    assert checks.traced(demo, sha, checks.on(demo, sha), required) == required


def test_an_app_that_is_not_shown_is_nobody(
    checks: GitHubChecks, world: World, front: Front, demo: Repository, sha: str
) -> None:
    """GitHub keeps a private App to itself: its status waits, as if it were anybody's; and that is asked again."""
    previewer = other_app(world)
    required = (Required("preview", previewer.id),)
    world.set_status("octo/demo", sha, "preview", "success", app=previewer.slug)
    found = checks.on(demo, sha)
    front.says("GET .*/apps/quiet", "404 Not Found", {"message": "Not Found"}, times=1)
    assert checks.traced(demo, sha, found, required) == required
    assert checks.traced(demo, sha, found, required) == (Required("preview"),)


def test_what_needs_no_tracing_costs_no_request(
    checks: GitHubChecks, world: World, front: Front, demo: Repository, sha: str
) -> None:
    """The App has a check run, or the rule names none."""
    run = world.set_check("octo/demo", sha, "test", "completed", "success")
    world.set_status("octo/demo", sha, "preview", "success")
    required = (Required("test", run.suite.app.id), Required("preview"), Required("audit", 7))
    found = checks.on(demo, sha)
    asked = len(front.asked)
    assert checks.traced(demo, sha, found, required) == required
    assert len(front.asked) == asked


def test_our_own_check_run_is_left_out(checks: GitHubChecks, world: World, demo: Repository, sha: str) -> None:
    """What we say of the change is not CI; one that somebody else names like ours is."""
    _report(checks, demo, sha)
    assert checks.on(demo, sha) == ()
    world.set_check("octo/demo", sha, "honk", "completed", "failure")
    assert [one.name for one in checks.on(demo, sha)] == ["honk"]


def test_a_second_report_replaces_the_first(checks: GitHubChecks, world: World, demo: Repository, sha: str) -> None:
    """There is one check run of ours on a commit, and somebody else's of the same name is not touched."""
    world.set_check("octo/demo", sha, "honk", "completed", "failure")
    _report(checks, demo, sha, "success")
    _report(checks, demo, sha, "neutral")
    runs = [one for one in world.repo("octo/demo").checks.values() if one.head_sha == sha]
    assert sorted((one.suite.app.slug, one.conclusion) for one in runs) == [
        ("github-actions", "failure"),
        ("honk", "neutral"),
    ]


def test_a_report_whose_answer_was_lost_is_not_doubled(
    checks: GitHubChecks, world: World, front: Front, demo: Repository, sha: str
) -> None:
    """The POST is not repeated by itself, and the next attempt edits what it made."""
    world.faults.add(Fault("POST", "/check-runs$", how="cut"))
    with pytest.raises(TransientError):
        _report(checks, demo, sha)
    assert front.count("POST .*/check-runs") == 1
    _report(checks, demo, sha)
    assert len([one for one in world.repo("octo/demo").checks.values() if one.head_sha == sha]) == 1


def test_a_long_summary_is_cut_to_what_github_takes(
    checks: GitHubChecks, world: World, demo: Repository, sha: str
) -> None:
    """65,535 characters."""
    checks.report(demo, sha, conclusion="failure", title="t", summary="x" * 100_000, url="https://honk.example/r")
    (run,) = [one for one in world.repo("octo/demo").checks.values() if one.head_sha == sha]
    assert len(run.summary or "") == 65_000


def test_a_check_is_a_plain_value(checks: GitHubChecks, world: World, demo: Repository, sha: str) -> None:
    """Two looks at the same truth are equal, so that the caller can see whether anything changed."""
    world.set_check("octo/demo", sha, "test", "completed", "success")
    first: tuple[Check, ...] = checks.on(demo, sha)
    assert first == checks.on(demo, sha)
