"""What it takes to make a change and to prove it: sandbox, model, engine, verifiers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ghapp.core.budget import Budget, Usage
from ghapp.core.evidence import Check, CheckResult, Report
from ghapp.core.run import Request


@dataclass(frozen=True)
class Completed:
    """How a command in the sandbox ended. `output` is stdout and stderr as they came, cut in the middle when long."""

    exit_code: int
    output: str
    seconds: float
    timed_out: bool = False


class Workspace(Protocol):
    """One checkout in a sandbox of its own: no network, empty environment, own HOME and /tmp."""

    def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
        """Run a program at the repository's root. Whatever it started is gone when this returns."""
        ...

    def collect(self, message: str) -> Path:
        """All that differs from the base commit, as a git bundle of one commit; UserError when that fails.

        The sandbox's own `.git` is not asked.
        """
        ...

    def changed(self) -> bool:
        """Whether anything differs from the commit that was checked out."""
        ...


class Sandbox(Protocol):
    """Makes workspaces. Refuses to be made when the isolation does not work on this machine."""

    def prepare(self, mirror: Path, base: str, setup: Sequence[str]) -> "Prepared":
        """The template of a base commit, made once a machine: checkout, and what `setup` installed."""
        ...

    def open(self, mirror: Path, prepared: "Prepared", commit: str | None = None) -> AbstractContextManager[Workspace]:
        """A workspace on the template, at `commit` when it is not the base. Leaves nothing behind."""
        ...


@dataclass(frozen=True)
class Prepared:
    """A template: its folder, the base commit, and what the set-up printed (`failed` when a command did)."""

    path: Path
    base: str
    log: str
    failed: bool
    reused: bool


@dataclass(frozen=True)
class ModelAccess:
    """Where the model is reached: a Unix socket of the relay, and the model's name. There is no key."""

    socket: Path
    model: str


class Relay(Protocol):
    """Stands between an engine and the model: holds the key, meters, and ends the budget."""

    def open(
        self, budget: Budget, spent: Usage, model: str, record: Callable[[Usage], None]
    ) -> AbstractContextManager[ModelAccess]:
        """Listen for one attempt. `spent` is what the run used before; `record` gets each call's usage as it ends."""
        ...


@dataclass(frozen=True)
class Verdict:
    """The verifiers' word to the agent: green or not, and the text it is shown."""

    green: bool
    text: str


@dataclass(frozen=True)
class Task:
    """What an engine is given: the prompt is made of the request, the repository's own advice and these checks."""

    request: Request
    repository: str
    number: int
    advice: Mapping[str, str]
    checks: tuple[Check, ...]
    feedback: str
    budget: Budget


class Engine(Protocol):
    """A coding agent."""

    def work(
        self,
        task: Task,
        workspace: Workspace,
        model: ModelAccess,
        verify: Callable[[], Verdict],
        tell: "Tell",
    ) -> Report:
        """Work until there is a report.

        The engine refuses the outcome `done` while `verify` is red, a bounded number of times. Raises BudgetSpent at
        a limit, UserError when the model refuses or cannot be reached.
        """
        ...


class BudgetSpent(Exception):  # an ending, not an error
    """A limit of the run's budget is reached; the message is the phrase for the person."""


class Tell(Protocol):
    """Receives what happens, as it happens: `kind` is say, tool, result, check, step or note."""

    def __call__(self, kind: str, text: str) -> None: ...


class Verifiers(Protocol):
    """Finds and runs the repository's own checks."""

    def setup(self, files: Mapping[str, Callable[[], bytes]]) -> tuple[str, ...]:
        """The commands that prepare an environment for these files."""
        ...

    def checks(self, files: Mapping[str, Callable[[], bytes]]) -> tuple[Check, ...]:
        """The checks that these files declare."""
        ...

    def run(self, workspace: Workspace, check: Check, log: Path | None = None) -> CheckResult:
        """Run one check; the raw output is kept at `log`."""
        ...
