"""Real released Python packages as repositories: a source archive fetched, unpacked, committed with a CI definition."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from email.parser import HeaderParser
from pathlib import Path

from ghapp.playground.archives import ArchiveError, unpack

__all__ = ["ArchiveError", "PackageError", "as_repository", "ci_definition", "fetch_sdist", "unpack"]

_FETCH = Path(__file__).with_name("pip_fetch.py")
_SECONDS = 300.0
_TEST_EXTRAS = ("tests", "test", "testing")
_WORKFLOW = """\
name: CI
on: [push, pull_request]
jobs:
  tests:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v6
    - uses: actions/setup-python@v6
      with:
        python-version: "3.x"
    - name: Install the package and its test tools
      run: python -m pip install --quiet {what} pytest
    - name: Run the tests
      run: python -m pytest -q
"""
_IGNORED = "*.egg-info/\n*.pyc\n__pycache__/\n.coverage\n.pytest_cache/\n.tox/\n.venv/\nbuild/\ndist/\n"
_GIT = {
    "GIT_AUTHOR_NAME": "Playground",
    "GIT_AUTHOR_EMAIL": "playground@localhost",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Playground",
    "GIT_COMMITTER_EMAIL": "playground@localhost",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}


class PackageError(Exception):
    """A package cannot be had; the message is a sentence that says why."""


def fetch_sdist(requirement: str, into: Path) -> Path:
    """Fetch the source archive of ``name==version`` with pip's settings, without running any code of the package.

    Returns the archive in the folder ``into``, which is made when missing. Raises PackageError.
    """
    into.mkdir(parents=True, exist_ok=True)
    # -P keeps the playground's folder off the path: its modules have names of their own.
    argv = [sys.executable, "-P", str(_FETCH), requirement, str(into)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise PackageError(f"Fetching {requirement} took longer than {_SECONDS:g} seconds.") from error
    said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
    if done.returncode or not done.stdout.strip():
        raise PackageError(f"pip could not fetch {requirement}: {said}")
    result = json.loads(done.stdout.splitlines()[-1])
    if "problem" in result:
        raise PackageError(result["problem"])
    return Path(result["archive"])


def ci_definition(tree: Path) -> str:
    """A workflow that installs the package of ``tree`` editable, with its extra for tests if any, and runs pytest."""
    extras = _extras(tree)
    extra = next((name for name in _TEST_EXTRAS if name in extras), "")
    return _WORKFLOW.format(what=f"-e '.[{extra}]'" if extra else "-e .")


def as_repository(tree: Path, workflow: str | None = None) -> str:
    """Make ``tree`` a git repository of one commit on ``main``, with ``workflow`` as its only one; returns the commit.

    Without a workflow ``ci_definition`` makes it. The commit depends on the files alone: author and date are fixed.
    """
    workflow = workflow or ci_definition(tree)
    workflows = tree / ".github" / "workflows"
    shutil.rmtree(workflows, ignore_errors=True)
    workflows.mkdir(parents=True)
    (workflows / "ci.yml").write_text(workflow, encoding="utf-8")
    # Made anew by each installation: as part of the history it would turn up in every change.
    for made in [*tree.glob("*.egg-info"), *tree.glob("*/*.egg-info")]:
        shutil.rmtree(made)
    ignore = tree / ".gitignore"
    if not ignore.exists():
        ignore.write_text(_IGNORED, encoding="utf-8")
    _git(tree, "init", "--quiet", "--initial-branch=main")
    _git(tree, "add", "--all")
    _git(tree, "commit", "--quiet", "--no-verify", "-m", f"Import {tree.name}")
    return _git(tree, "rev-parse", "HEAD")


def _extras(tree: Path) -> list[str]:
    """The extras that the archive's own metadata names; every source archive has them in PKG-INFO."""
    path = tree / "PKG-INFO"
    if not path.is_file():
        return []
    return HeaderParser().parsestr(path.read_text(encoding="utf-8", errors="replace")).get_all("Provides-Extra", [])


def _git(tree: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=tree, env=_GIT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"git {words[0]} failed in {tree.name}: {done.stderr.strip()}")
    return done.stdout.strip()
