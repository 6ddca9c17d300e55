"""Runs of workflows, their jobs and what they leave; part of the state as `state.py` is."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ghapp.playground.state import CheckRun, CheckSuite, Repository, User


@dataclass(eq=False)
class Artifact:
    """An archive of a workflow run, or a file `as_it_is`. One that is `expired` is listed, and its zip is gone."""

    id: int
    name: str
    data: bytes
    created_at: datetime
    expired: bool = False
    as_it_is: bool = False


@dataclass(eq=False)
class Job:
    """One job of a workflow run; its state is that of its check run. `attempt` is the run's that it belongs to."""

    check: "CheckRun"
    log: str = ""
    attempt: int = 1


@dataclass(eq=False)
class WorkflowRun:
    """A run of a workflow file. `event` is what asked for it; `source` the repository of its commit, maybe a fork.

    A run that is `held` has no jobs until somebody approves it.
    """

    id: int
    number: int
    workflow_id: int
    name: str
    path: str
    suite: "CheckSuite"
    actor: "User"
    created_at: datetime
    updated_at: datetime
    head_branch: str
    source: "Repository"
    event: str = "push"
    attempt: int = 1
    started: bool = False
    held: bool = False
    inputs: dict[str, object] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
