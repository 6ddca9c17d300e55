"""A remote made by real git on disk, and a second repository in which a sandbox's work is made by hand."""

from pathlib import Path

import pytest

from ghapp.core.ports import Remote
from ghapp.git.mirrors import GitMirrors
from tests.git.bare_git import SHOP, Bare, bare


@pytest.fixture
def upstream(tmp_path: Path) -> Bare:
    """The remote, with one commit on main."""
    made = bare(tmp_path / "upstream.git")
    made.branch("main", made.commit({"sum.py": b"def total(a, b):\n    return a - b\n", "README.md": b"A shop\n"}))
    return made


@pytest.fixture
def remote(upstream: Bare) -> Remote:
    """Where the remote is."""
    return Remote(f"file://{upstream.path}", None)


@pytest.fixture
def mirrors(tmp_path: Path) -> GitMirrors:
    """The store under test, allowed to speak to this machine's own folders."""
    return GitMirrors(tmp_path / "data", protocols=("file", "http"), patience=20)


@pytest.fixture
def base(mirrors: GitMirrors, remote: Remote) -> str:
    """The commit of main, fetched."""
    sha = mirrors.fetch(SHOP, remote, "main")
    assert sha is not None
    return sha


@pytest.fixture
def sandbox(tmp_path: Path, upstream: Bare, base: str) -> Bare:
    """Where an agent's commits are made: it has what the remote has."""
    made = bare(tmp_path / "sandbox.git")
    made.git("fetch", "--quiet", str(upstream.path), base)
    return made
