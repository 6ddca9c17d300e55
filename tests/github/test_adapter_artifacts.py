"""Artifacts of runs of Actions, over the playground's HTTP."""

import zipfile
from pathlib import Path

import pytest

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.ports import Artifact
from ghapp.github.app import GitHubApp
from ghapp.github.artifacts import GitHubArtifacts
from ghapp.playground.actions_state import WorkflowRun
from ghapp.playground.world import World
from tests.github.front import Front

DEMO = "octo/demo"
WORKFLOW = """
name: {0}
on: [push, pull_request]
jobs: {{{0}: {{runs-on: ubuntu-latest, steps: [{{run: make}}]}}}}
"""
MIB = 1024 * 1024


@pytest.fixture
def artifacts(app: GitHubApp) -> GitHubArtifacts:
    return GitHubArtifacts(app)


@pytest.fixture
def runs(world: World) -> list[WorkflowRun]:
    """Two runs of workflows on one commit."""
    files = {f".github/workflows/{name}.yml": WORKFLOW.format(name) for name in ("android", "web")}
    sha = world.person("mona", write=DEMO).push(DEMO, "topic", files)
    return world.workflow_runs(DEMO, sha)


def head(runs: list[WorkflowRun]) -> str:
    """The commit that they ran on."""
    return runs[0].suite.head_sha


def test_all_of_a_commit_are_listed_newest_first(
    artifacts: GitHubArtifacts, world: World, demo: Repository, runs: list[WorkflowRun]
) -> None:
    """Of both runs, and of no other commit."""
    first, second = runs
    apk = world.artifact(DEMO, first.id, "apk", {"app.apk": b"package"})
    site = world.artifact(DEMO, second.id, "site", {"index.html": b"<p>"})
    logs = world.artifact(DEMO, first.id, "logs", {"log.txt": b"fine"})
    apk.expired = True
    later = world.person("mona").push(DEMO, "topic", {"a.txt": "a"})
    world.artifact(DEMO, world.workflow_runs(DEMO, later)[0].id, "apk", {"app.apk": b"newer"})
    assert artifacts.on(demo, head(runs)) == (
        Artifact(logs.id, "logs", len(logs.data), expired=False, run=first.id),
        Artifact(site.id, "site", len(site.data), expired=False, run=second.id),
        Artifact(apk.id, "apk", len(apk.data), expired=True, run=first.id),
    )


def test_a_commit_without_runs_has_none(artifacts: GitHubArtifacts, demo: Repository) -> None:
    """Nothing ran there."""
    assert artifacts.on(demo, "0" * 40) == ()


def test_each_page_of_the_list_is_read(
    artifacts: GitHubArtifacts, world: World, demo: Repository, runs: list[WorkflowRun], front: Front
) -> None:
    """A matrix leaves many."""
    for number in range(120):
        world.artifact(DEMO, runs[0].id, f"part-{number}", b"zip")
    assert len(artifacts.on(demo, head(runs))) == 120
    assert front.count(f"GET .*/actions/runs/{runs[0].id}/artifacts") == 2


def test_a_run_for_a_fork_counts_for_its_commit(artifacts: GitHubArtifacts, world: World, demo: Repository) -> None:
    """Its commit is the fork's, and what it left is listed there; whoever asks knows whose commit that is."""
    ada = world.person("ada")
    ada.fork(DEMO)
    sha = ada.push("ada/demo", "topic", {".github/workflows/web.yml": WORKFLOW.format("web")})
    ada.open_pull(DEMO, "Theirs", "ada:topic")
    (run,) = world.workflow_runs(DEMO, sha)
    world.artifact(DEMO, run.id, "site", {"index.html": b"<p>"})
    assert [one.name for one in artifacts.on(demo, sha)] == ["site"]


def test_an_archive_is_fetched_as_it_is(
    artifacts: GitHubArtifacts, world: World, demo: Repository, runs: list[WorkflowRun], tmp_path: Path
) -> None:
    """From the address that GitHub leads to, which gets no token (the playground refuses it there)."""
    made = world.artifact(DEMO, runs[0].id, "apk", {"app.apk": b"package"})
    assert artifacts.fetch(demo, made.id, tmp_path / "apk.zip", MIB) is None
    assert zipfile.ZipFile(tmp_path / "apk.zip").read("app.apk") == b"package"


@pytest.mark.parametrize("name", ["app-1.0.apk", "Über uns.ipa", "a'b\";c.bin"])
def test_a_file_in_no_archive_tells_its_name(
    artifacts: GitHubArtifacts, world: World, demo: Repository, runs: list[WorkflowRun], tmp_path: Path, name: str
) -> None:
    """What `archive: false` keeps comes as it is, and the answer says what it is called."""
    made = world.file_artifact(DEMO, runs[0].id, name, b"package")
    assert artifacts.fetch(demo, made.id, tmp_path / "fetched", MIB) == name
    assert (tmp_path / "fetched").read_bytes() == b"package"


def test_an_archive_may_be_called_as_a_package_is(
    artifacts: GitHubArtifacts, world: World, demo: Repository, runs: list[WorkflowRun], tmp_path: Path
) -> None:
    """Its name alone does not make it one."""
    made = world.artifact(DEMO, runs[0].id, "app.apk", {"app.apk": b"package"})
    assert artifacts.fetch(demo, made.id, tmp_path / "fetched", MIB) is None


def test_an_answer_that_names_nothing_is_an_archive(
    artifacts: GitHubArtifacts, world: World, demo: Repository, runs: list[WorkflowRun], front: Front, tmp_path: Path
) -> None:
    """As all were before, whatever their server called them."""
    made = world.artifact(DEMO, runs[0].id, "apk", b"zip")
    front.says("GET /_artifacts/.*", "200 OK", b"zip")
    assert artifacts.fetch(demo, made.id, tmp_path / "fetched", MIB) is None


def test_a_large_archive_is_refused(
    artifacts: GitHubArtifacts, world: World, demo: Repository, runs: list[WorkflowRun], tmp_path: Path
) -> None:
    """Whatever the list said of its size: no more than this is written, and one of just this size is."""
    made = world.artifact(DEMO, runs[0].id, "apk", b"x" * (11 * MIB))
    to = tmp_path / "apk.zip"
    with pytest.raises(UserError, match="it is larger than 10 MiB"):
        artifacts.fetch(demo, made.id, to, 10 * MIB)
    assert to.stat().st_size <= 10 * MIB
    artifacts.fetch(demo, made.id, to, 11 * MIB)
    assert to.stat().st_size == 11 * MIB


def test_what_expired_is_gone(
    artifacts: GitHubArtifacts, world: World, demo: Repository, runs: list[WorkflowRun], tmp_path: Path
) -> None:
    """Also when it was there a moment ago, or never was."""
    made = world.artifact(DEMO, runs[0].id, "apk", b"zip")
    made.expired = True
    for number in (made.id, 4_711):
        with pytest.raises(Gone):
            artifacts.fetch(demo, number, tmp_path / "apk.zip", MIB)


def test_a_server_that_is_away_is_worth_another_try(
    artifacts: GitHubArtifacts,
    world: World,
    demo: Repository,
    runs: list[WorkflowRun],
    front: Front,
    tmp_path: Path,
) -> None:
    """The one that holds the archives, too, which is not GitHub itself."""
    made = world.artifact(DEMO, runs[0].id, "apk", b"zip")
    front.says("GET /_artifacts/.*", "503 Service Unavailable", {}, times=1)
    with pytest.raises(TransientError):
        artifacts.fetch(demo, made.id, tmp_path / "apk.zip", MIB)
    artifacts.fetch(demo, made.id, tmp_path / "apk.zip", MIB)
    assert (tmp_path / "apk.zip").read_bytes() == b"zip"
