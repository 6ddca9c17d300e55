"""The playground's CI keeps what a job uploads: zips of the files that it made."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from ghapp.playground.ci import JobResult, run_workflow

HEAD = """
name: Build
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
    - run: |
"""
MAKE = "mkdir -p out/sub && echo package > out/app.apk && echo more > out/sub/notes.txt"


@pytest.fixture
def bare(tmp_path: Path) -> tuple[Path, str]:
    """A bare repository with one empty commit."""
    store = tmp_path / "store.git"
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-C", str(store)]
    subprocess.run(["git", "init", "--quiet", "--bare", str(store)], check=True)
    tree = subprocess.run([*git, "mktree"], input=b"", check=True, capture_output=True).stdout.decode().strip()
    made = subprocess.run([*git, "commit-tree", tree, "-m", "Start"], check=True, capture_output=True)
    return store, made.stdout.decode().strip()


def build(bare: tuple[Path, str], command: str, *uploads: str) -> JobResult:
    """How a job ends that runs this and uploads these; each upload is YAML for `with`."""
    steps = "".join(f"    - uses: actions/upload-artifact@v4\n      with: {one}\n" for one in uploads)
    (job,) = run_workflow(*bare, f"{HEAD}        {command}\n{steps}").jobs
    return job


def names(data: bytes) -> list[str]:
    """What is in a zip."""
    return sorted(zipfile.ZipFile(io.BytesIO(data)).namelist())


def test_a_job_uploads_what_it_made(bare: tuple[Path, str]) -> None:
    """One file by its pattern, and a folder with all that is below it."""
    job = build(bare, MAKE, '{name: apk, path: "out/*.apk"}', "{name: all, path: out}")
    assert job.conclusion == "success"
    assert {name: names(data) for name, data in job.artifacts.items()} == {
        "apk": ["app.apk"],
        "all": ["app.apk", "sub/notes.txt"],
    }
    assert zipfile.ZipFile(io.BytesIO(job.artifacts["apk"])).read("app.apk") == b"package\n"
    assert "Artifact apk has been successfully uploaded: app.apk" in job.log


def test_a_pattern_that_fits_nothing_only_warns(bare: tuple[Path, str]) -> None:
    """As at GitHub, unless the step asks for an error."""
    job = build(bare, MAKE, '{name: ipa, path: "out/*.ipa"}')
    assert (job.conclusion, dict(job.artifacts)) == ("success", {})
    job = build(bare, MAKE, '{name: ipa, path: "out/*.ipa", if-no-files-found: error}')
    assert job.conclusion == "failure"


def test_one_name_is_uploaded_once(bare: tuple[Path, str]) -> None:
    """The second upload of a name fails its job, and the first stays."""
    job = build(bare, MAKE, "{name: all, path: out}", '{name: all, path: "out/*.apk"}')
    assert job.conclusion == "failure"
    assert names(job.artifacts["all"]) == ["app.apk", "sub/notes.txt"]


def test_nothing_of_the_machine_is_uploaded(bare: tuple[Path, str]) -> None:
    """A link out of the job's folder is left out, and so is a path that leads there."""
    job = build(bare, f"{MAKE} && ln -s /etc/hostname out/host.apk && ln -s / out/root", "{name: all, path: out}")
    assert names(job.artifacts["all"]) == ["app.apk", "sub/notes.txt"]
    assert build(bare, MAKE, "{name: all, path: ../..}").conclusion == "failure"
