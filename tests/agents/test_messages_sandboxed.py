"""The engine `messages` with its tools in the real sandbox."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghapp.core.evidence import Outcome
from ghapp.core.ports import Verdict, Workspace
from ghapp.playground.model import ModelServer
from ghapp.playground.script import read_script
from ghapp.sandbox.bubblewrap import Bubblewrap
from tests.agents.attempts import KEY, Attempt

FIX = """
name: fix
turns:
- say: I look first.
  tools:
  - read: {path: .}
  - read: {path: calc.py}
- shown: ["calc.py", "return a - b"]
  tools:
  - verify: {}
- shown: ["red", "-1 != 3"]
  tools:
  - edit: {path: calc.py, old: "a - b", new: "a + b"}
  - write: {path: tests/test_calc.py, content: "from calc import add\\nassert add(1, 2) == 3\\n"}
  - bash: {command: "python3 calc.py && git status --short"}
- shown: ["Replaced 1 place", "exit code 0", "M calc.py"]
  tools:
  - report: {outcome: done, summary: It adds., test_plan: The new test.}
"""

CURIOUS = """
name: curious
turns:
- tools:
  - bash: {command: "env; tr '\\\\0' ' ' < /proc/1/environ; find /run /tmp /home /dev -type s; echo looked"}
  - read: {path: /etc/shadow}
  - edit: {path: /honk/tools.py, old: import, new: export, all: true}
- shown: ["looked", "/etc/shadow: "]
  not_shown: ["KEY", "honk-relay", "/tmp/honk-relay"]
  tools:
  - report: {outcome: needs_person, summary: I looked around., reason: There is nothing here.}
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Bubblewrap:
    """A sandbox of this machine."""
    return Bubblewrap(tmp_path_factory.mktemp("sandbox"))


@pytest.fixture
def workspace(sandbox: Bubblewrap, tmp_path: Path) -> Iterator[Workspace]:
    """A checkout of a repository whose `add` subtracts."""
    source, mirror = tmp_path / "source", tmp_path / "mirror.git"
    source.mkdir()
    (source / "calc.py").write_text("def add(a, b):\n    return a - b\n\nassert add(1, 2) == 3, f'{add(1, 2)} != 3'\n")
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-C", str(source)]
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *arguments], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(source), str(mirror)], check=True)
    base = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    with sandbox.open(mirror, sandbox.prepare(mirror, base, [])) as opened:
        yield opened


def attempt_in(workspace: Workspace, server: ModelServer, tmp_path: Path) -> Attempt:
    """An attempt whose check is the module itself."""
    attempt = Attempt(tmp_path, server, workspace=workspace)

    def verify() -> Verdict:
        done = workspace.run(["python3", "calc.py"])
        return Verdict(done.exit_code == 0, done.output)

    attempt.verify = verify
    return attempt


def test_mends_a_repository_in_the_sandbox(workspace: Workspace, tmp_path: Path) -> None:
    """Files are read, edited and made inside, the checks run inside, and the work can be collected."""
    with ModelServer([read_script(FIX, "fix")], KEY) as server:
        report = attempt_in(workspace, server, tmp_path).work()
        assert server.violations() == ()
    assert report.outcome is Outcome.DONE
    assert workspace.changed()
    assert workspace.collect("It adds.").stat().st_size > 0


def test_an_agent_that_looks_for_secrets_finds_none(workspace: Workspace, tmp_path: Path) -> None:
    """Neither the key nor the way to the model is anywhere that a tool can reach, and the guest's files stay."""
    with ModelServer([read_script(CURIOUS.replace("KEY", KEY), "curious")], KEY) as server:
        attempt = attempt_in(workspace, server, tmp_path)
        report = attempt.work()
        assert server.violations() == ()
    assert report.outcome is Outcome.NEEDS_PERSON
    assert "Read-only file system" in attempt.tells("result")[2]
