"""A small repository with a history, and a sandbox of each kind for it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghapp.core.ports import Prepared
from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.sandbox.workspace import JailedWorkspace
from tests.sandbox.origins import Files, Origin, Shell, Tree, git, make_origin


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """The repository, which no test changes."""
    return make_origin(tmp_path_factory.mktemp("origin"))


@pytest.fixture(scope="session", params=["overlay", "copy"])
def sandbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bubblewrap:
    """A sandbox of each kind. The data folder's name is as awkward as a person may choose it."""
    made = Bubblewrap(tmp_path_factory.mktemp("da, ta:"), overlay=request.param == "overlay", environment={})
    if request.param == "overlay" and not made._machine.overlay:
        pytest.skip("the kernel refuses overlays here")
    return made


@pytest.fixture(scope="session")
def prepared(sandbox: Bubblewrap, origin: Origin) -> Prepared:
    """The base commit without a set-up."""
    return sandbox.prepare(origin.mirror, origin.base, [])


@pytest.fixture
def workspace(sandbox: Bubblewrap, origin: Origin, prepared: Prepared) -> Iterator[JailedWorkspace]:
    """An open workspace at the base commit."""
    with sandbox.open(origin.mirror, prepared) as opened:
        assert isinstance(opened, JailedWorkspace)
        yield opened


@pytest.fixture
def shell(workspace: JailedWorkspace) -> Shell:
    """Run a line of shell in the workspace."""
    return lambda line: workspace.run(["sh", "-c", line], timeout=60)


@pytest.fixture
def tree(origin: Origin, tmp_path: Path) -> Tree:
    """What a bundle's commit holds: its mode and bytes by path. Its only parent must be the base."""

    def unpack(bundle: Path) -> Files:
        store = tmp_path / "store.git"
        git(tmp_path, "clone", "-q", "--bare", str(origin.mirror), str(store))
        git(store, "fetch", "-q", str(bundle), "refs/heads/honk:refs/heads/honk")
        assert git(store, "rev-list", "--parents", "-1", "honk").split()[1:] == [origin.base]
        found = {}
        for line in filter(None, git(store, "ls-tree", "-r", "-z", "honk").split("\0")):
            about, path = line.split("\t", 1)
            mode, kind, name = about.split(" ")
            blob = ["git", "cat-file", "blob", name]
            content = (
                b"" if kind == "commit" else subprocess.run(blob, cwd=store, check=True, capture_output=True).stdout
            )
            found[path] = (mode, content)
        return found

    return unpack
