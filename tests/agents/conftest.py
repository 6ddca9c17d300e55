"""A sandbox of this machine, made once, and fresh workspaces on a repository with one bad file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from ghapp.core.ports import Prepared, Workspace
from ghapp.playground.model import ModelServer
from ghapp.playground.script import read_script
from ghapp.sandbox.bubblewrap import Bubblewrap
from tests.agents.attempts import KEY, Folder
from tests.agents.bench import ENGINES, Bench, Open, Serve


@dataclass(frozen=True)
class Ground:
    """A prepared template."""

    sandbox: Bubblewrap
    mirror: Path
    prepared: Prepared

    def with_files(self, folder: Path, files: dict[str, str]) -> Ground:
        """The same sandbox, with another repository."""
        mirror, base = make_mirror(folder, files)
        return Ground(self.sandbox, mirror, self.sandbox.prepare(mirror, base, []))


def make_mirror(folder: Path, files: dict[str, str]) -> tuple[Path, str]:
    """A bare repository with one commit of these files, and that commit."""
    source, mirror = folder / "source", folder / "mirror.git"
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-C", str(source)]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-f", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *arguments], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(source), str(mirror)], check=True)
    base = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    return mirror, base


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A repository whose a.txt is bad."""
    folder = tmp_path_factory.mktemp("ground")
    mirror, base = make_mirror(folder, {"a.txt": "bad\n"})
    sandbox = Bubblewrap(folder / "sandbox", environment={})
    return Ground(sandbox, mirror, sandbox.prepare(mirror, base, []))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is entered here is left when the test ends."""
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def jailed(ground: Ground, stack: ExitStack) -> Open:
    """Opens workspaces in the real sandbox."""
    return lambda: stack.enter_context(ground.sandbox.open(ground.mirror, ground.prepared))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A model with a script of these turns (YAML). What it was shown must be what its script says."""
    with ExitStack() as stack:
        servers: list[ModelServer] = []

        def begin(*turns: str) -> ModelServer:
            script = "name: script\nturns:\n" + "".join(f"- {turn}\n" for turn in turns)
            servers.append(stack.enter_context(ModelServer([read_script(script, "script")], KEY)))
            return servers[-1]

        yield begin
        for server in servers:
            assert server.violations() == ()


@pytest.fixture(params=list(ENGINES))
def bench(request: pytest.FixtureRequest, serve: Serve, jailed: Open, tmp_path: Path) -> Bench:
    """Each engine in turn."""
    numbers = count()

    def folder() -> Workspace:
        return Folder(tmp_path / f"work-{next(numbers)}")

    return Bench(ENGINES[request.param], jailed if request.param == "claude-code" else folder, serve)
