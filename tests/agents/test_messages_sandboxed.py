"""The engine `messages` with its tools in the real sandbox."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from ghapp.core.evidence import Outcome
from ghapp.core.ports import Verdict, Workspace
from ghapp.playground.model import ModelServer
from ghapp.playground.script import read_script
from tests.agents.attempts import KEY, Attempt
from tests.agents.conftest import Ground

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


@pytest.fixture
def workspace(ground: Ground, stack: ExitStack, tmp_path: Path) -> Workspace:
    """A checkout of a repository whose `add` subtracts."""
    subtracts = "def add(a, b):\n    return a - b\n\nassert add(1, 2) == 3, f'{add(1, 2)} != 3'\n"
    there = ground.with_files(tmp_path, {"calc.py": subtracts})
    return stack.enter_context(there.sandbox.open(there.mirror, there.prepared))


def attempt_in(workspace: Workspace, server: ModelServer) -> Attempt:
    """An attempt whose check is the module itself."""
    attempt = Attempt(workspace, server)

    def verify() -> Verdict:
        done = workspace.run(["python3", "calc.py"])
        return Verdict(done.exit_code == 0, done.output)

    attempt.verify = verify
    return attempt


def test_mends_a_repository_in_the_sandbox(workspace: Workspace) -> None:
    """Files are read, edited and made inside, the checks run inside, and the work can be collected."""
    with ModelServer([read_script(FIX, "fix")], KEY) as server:
        report = attempt_in(workspace, server).work()
        assert server.violations() == ()
    assert report.outcome is Outcome.DONE
    assert workspace.changed()
    assert workspace.collect("It adds.").stat().st_size > 0


def test_an_agent_that_looks_for_secrets_finds_none(workspace: Workspace) -> None:
    """Neither the key nor the way to the model is anywhere that a tool can reach, and the guest's files stay."""
    with ModelServer([read_script(CURIOUS.replace("KEY", KEY), "curious")], KEY) as server:
        attempt = attempt_in(workspace, server)
        report = attempt.work()
        assert server.violations() == ()
    assert report.outcome is Outcome.NEEDS_PERSON
    assert "Read-only file system" in attempt.tells("result")[2]
