"""One attempt of an engine: scripted model, real relay, and a workspace."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ghapp.agents.messages_loop import MessagesLoop
from ghapp.core.budget import Budget, Usage
from ghapp.core.evidence import Check, Report
from ghapp.core.ledger import Point
from ghapp.core.ports import Completed, Engine, ModelAccess, Task, Verdict, Workspace
from ghapp.core.run import Remark, Request
from ghapp.playground.model import ModelServer
from ghapp.sandbox.relay import ModelRelay
from tests.accounts import Charges, run_of

KEY = "sk-real-and-secret"
MODEL = "claude-sonnet-5-5"


def task_of(title: str = "Make it good", body: str = "It is bad.", **fields: Any) -> Task:
    """A task on an issue that asks for `a.txt` to be good."""
    given: dict[str, Any] = {
        "request": Request(title, body),
        "repository": "ada/engine",
        "number": 7,
        "advice": {},
        "checks": (Check("good", "grep good a.txt"),),
        "feedback": "",
    }
    return Task(**{**given, **fields})


def point(name: str, asked: str, **fields: Any) -> Point:
    """A point that ada raised on the first line of `a.txt`."""
    given: dict[str, Any] = {"id": f"thread-{name}", "author": "ada", "path": "a.txt", "line": 1}
    return Point(name=name, asked=asked, **{**given, **fields})


class Folder:
    """A workspace without walls: a folder, and programs run in it as they are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(exist_ok=True)
        (root / "a.txt").write_text("bad\n")
        self._before = self._contents()

    def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
        """Run a program; the guest's file tools are played here, in the few lines that the tests need."""
        if command[-1] == "/honk/tools.py":
            return Completed(0, json.dumps(self._file_tool(json.loads(stdin))), 0.0)
        try:
            done = subprocess.run(
                list(command), cwd=self.root, input=stdin, capture_output=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            return Completed(-9, "", timeout, timed_out=True)
        return Completed(done.returncode, (done.stdout + done.stderr).decode(), 0.0)

    def launcher(
        self, program: Path, *, model: ModelAccess, variables: Mapping[str, str]
    ) -> AbstractContextManager[Path]:
        """Nothing is launched outside of a sandbox."""
        raise NotImplementedError

    def collect(self, message: str) -> Path:
        """No engine collects."""
        raise NotImplementedError

    def changed(self) -> bool:
        """Whether a file differs."""
        return self._contents() != self._before

    def _contents(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.root.iterdir()}

    def _file_tool(self, asked: dict[str, Any]) -> dict[str, str]:
        path = self.root / asked["path"]
        match asked["tool"]:
            case "write":
                path.write_text(asked["content"])
            case _ if not path.exists():
                return {"error": f"{asked['path']}: there is no such file"}
            case "edit":
                path.write_text(path.read_text().replace(asked["old"], asked["new"]))
        return {"text": path.read_text()}


class Attempt:
    """The host's side of an attempt (`ports.Host`): keeps what was told, remembered and charged.

    `on_tell` is called with all that is told; `remembered_next` are the lines that were remembered first after
    somebody was heard. The check is that a.txt is good.
    """

    def __init__(self, workspace: Workspace, server: ModelServer, key: str = KEY) -> None:
        self.workspace, self.server, self.key = workspace, server, key
        self.told: list[tuple[str, str]] = []
        self.used: list[Usage] = []
        self.says: list[Remark] = []
        self.remembered: list[str] = []
        self.remembered_next: Sequence[str] | None = None
        self.slept: list[float] = []
        self.verified = 0
        self.verify: Callable[[], Verdict] = self._look
        self.on_tell: Callable[[str, str], object] = lambda kind, text: None

    def work(self, task: Task | None = None, budget: Budget | None = None, engine: Engine | None = None) -> Report:
        """The report, or what the engine raises."""
        relay = ModelRelay(self.server.url, self.key, lambda run: Charges(self.used.append))
        with relay.open(run_of(budget), MODEL) as access:
            return self.work_over(engine or MessagesLoop(sleep=self.slept.append), access, task)

    def work_over(self, engine: Engine, access: ModelAccess, task: Task | None = None) -> Report:
        """The same over a relay of the caller's."""
        return engine.work(task or task_of(), self.workspace, access, self)

    def tells(self, kind: str) -> list[str]:
        """What was told of one kind."""
        return [text for told, text in self.told if told == kind]

    def has(self, path: str) -> str | None:
        """What a file of the workspace holds; None when there is none."""
        done = self.workspace.run(["cat", path])
        return done.output if done.exit_code == 0 else None

    # The host's side

    def tell(self, kind: str, text: str) -> None:
        """Keep it."""
        text.encode()  # as a store would
        self.told.append((kind, text))
        self.on_tell(kind, text)

    def heard(self) -> tuple[Remark, ...]:
        """What the test put in, once."""
        said, self.says = tuple(self.says), []
        self.remembered_next = None if said else self.remembered_next
        return said

    def remember(self, lines: Sequence[str]) -> None:
        """Keep them."""
        self.remembered += lines
        self.remembered_next = lines if self.remembered_next is None else self.remembered_next

    def _look(self) -> Verdict:
        self.verified += 1
        good = "good" in (self.has("a.txt") or "")
        return Verdict(good, "1 passed" if good else "AssertionError: a.txt is bad")
