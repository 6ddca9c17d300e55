"""What it takes to make a change and to prove it: sandbox, model, engine, verifiers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ghapp.core.budget import Usage
from ghapp.core.evidence import Check, CheckResult, Judgement, Report
from ghapp.core.ledger import Point
from ghapp.core.run import Remark, Request, Run


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

    def launcher(
        self, program: Path, *, model: "ModelAccess", variables: Mapping[str, str]
    ) -> AbstractContextManager[Path]:
        """A script of the host that starts `program`, a file of the host, inside, with the arguments it is given.

        For libraries that start their program themselves and talk to it over its standard streams. Inside, the
        program has these variables added to the sandbox's own, and reaches the model's socket at MODEL_SOCKET. `run`
        may be called meanwhile. What the program started is gone when the block ends.
        """
        ...

    def collect(self, message: str) -> Path:
        """All that differs from the base commit, as a git bundle of one commit; UserError when that fails.

        The sandbox's own `.git` is not asked.
        """
        ...

    def changed(self) -> bool:
        """Whether anything that `collect` would take differs from the base commit."""
        ...


class Sandbox(Protocol):
    """Makes workspaces. Refuses to be made when the isolation does not work on this machine."""

    def prepare(self, mirror: Path, base: str, setup: Sequence[str], hosts: Sequence[str] | None = None) -> "Prepared":
        """The template of a base commit, made once a machine: checkout, and what `setup` installed.

        Set-up reaches the package registries that this machine knows; of these only `hosts`, when given.
        """
        ...

    def open(self, mirror: Path, prepared: "Prepared", commit: str | None = None) -> AbstractContextManager[Workspace]:
        """A workspace on the template, at `commit` when it is not the base. Leaves nothing behind."""
        ...


@dataclass(frozen=True)
class Prepared:
    """A template: its folder, the base commit, and what the set-up printed (`failed` when a command did).

    `refused` are the addresses that a set-up command dialled and did not reach, as `host:port`.
    """

    path: Path
    base: str
    log: str
    failed: bool
    reused: bool
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelAccess:
    """Where the model is reached: a Unix socket of the relay, and the model's name. There is no key."""

    socket: Path
    model: str


MODEL_SOCKET = "/run/honk/model.sock"
"""Where a launched program finds the model's socket inside."""


class Account(Protocol):
    """What a run's model calls are charged to."""

    def charge(self, usage: Usage) -> None:
        """Add what one call used. It is spent, whoever's turn it is by now."""
        ...

    def closed(self) -> str | None:
        """Which limit beyond the run's own budget is reached (issue, person, repository, day), as a phrase, or None."""
        ...


class Relay(Protocol):
    """Stands between an engine and the model: holds the key, meters, and ends the budget."""

    def open(self, run: Run, model: str) -> AbstractContextManager[ModelAccess]:
        """Listen for one attempt, within the run's budget less its usage; each call is charged as it ends."""
        ...


@dataclass(frozen=True)
class Verdict:
    """The verifiers' word to the agent: green or not, and the text it is shown."""

    green: bool
    text: str


@dataclass(frozen=True)
class Image:
    """A picture of the request. `media_type` is image/png, image/jpeg, image/gif or image/webp."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class Task:
    """What an engine is given: the prompt is made of the request, the repository's own advice and these checks.

    `context` is what the host gathered about the request. `conversation` are the lines that the engine gave to
    `Host.remember` in earlier attempts; it goes on from there. When they are lost, `stand_in` tells what was done.
    `feedback` is what was wrong with the work so far, or what people ask for now. `tools` are the commands of further
    MCP servers, by name, that run inside the sandbox. With `over`, the work has failed and ended: the agent is only
    asked what the request lacked, and answers by the reason of its report.

    `kind` is what the work is to come to: a change (fix, revert), a `plan`, the answer to a question (`ask`) or a
    `review` of the change `diff`; only the first changes files. Each of `points` must be settled by the report.
    """

    request: Request
    repository: str
    number: int
    advice: Mapping[str, str]
    checks: tuple[Check, ...]
    feedback: str
    context: str = ""
    images: tuple[Image, ...] = ()
    conversation: tuple[str, ...] = ()
    stand_in: str = ""
    tools: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    over: bool = False
    kind: str = "fix"
    points: tuple[Point, ...] = ()
    diff: str = ""


class Host(Protocol):
    """The host's side of an engine's work."""

    def verify(self) -> Verdict:
        """Run the repository's checks on the workspace as it is."""
        ...

    def tell(self, kind: str, text: str) -> None:
        """Add to the transcript (see Tell)."""
        ...

    def heard(self) -> tuple[Remark, ...]:
        """What people said to the agent since this was asked last. Asked between turns."""
        ...

    def remember(self, lines: Sequence[str]) -> None:
        """Keep the next lines of the conversation, and the work as it is now, for whoever goes on with it.

        A line is one JSON text in the engine's own format.
        """
        ...


class Engine(Protocol):
    """A coding agent."""

    def work(self, task: Task, workspace: Workspace, model: ModelAccess, host: Host) -> Report:
        """Work until there is a report.

        The engine refuses the outcome `done` while `verify` is red, a bounded number of times. Raises BudgetSpent at
        a limit, UserError when the model refuses or cannot be reached, TransientError when it stays away.
        """
        ...


class Judge(Protocol):
    """A second model that has not seen the work being done."""

    def judge(self, request: Request, diff: str, model: ModelAccess) -> Judgement:
        """Whether the diff fulfils the request. Raises BudgetSpent, UserError or TransientError as an engine does."""
        ...


class BudgetSpent(Exception):  # an ending, not an error
    """A limit of the run's budget is reached; the message is the phrase for the person."""


class OutOfTime(BudgetSpent):
    """It is the time of the attempt, which nobody can add to."""


class NoProgress(BudgetSpent):
    """Nothing comes of it, or nothing more can: more of the budget would not help."""


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
