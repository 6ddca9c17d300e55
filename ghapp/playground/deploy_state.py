"""Deployments of a repository and how they went; part of the state as `state.py` is."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ghapp.playground.state import Actor


@dataclass(eq=False)
class DeploymentStatus:
    id: int
    creator: "Actor"
    state: str
    description: str
    environment_url: str
    log_url: str
    created_at: datetime


@dataclass(eq=False)
class Deployment:
    id: int
    sha: str
    ref: str
    task: str
    environment: str
    description: str | None
    payload: object
    creator: "Actor"
    created_at: datetime
    statuses: list[DeploymentStatus] = field(default_factory=list)
