"""Merging on somebody's word: one commit, the one that they saw, and only as the branch's rules allow."""

from dataclasses import dataclass

from ghapp.core.config import Config
from ghapp.core.intents import MergeRun
from ghapp.core.ports import Clock, Issues, Merges, Pull, Pulls, Repositories
from ghapp.core.run import Run
from ghapp.flow.attempt import Attempt
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering


@dataclass(frozen=True)
class Merging:
    """Carries wishes to merge. The caller holds the thread's inbox."""

    repositories: Repositories
    issues: Issues
    pulls: Pulls
    merges: Merges
    steering: Steering
    status: Status
    clock: Clock

    def ask(self, attempt: Attempt, word: MergeRun, config: Config) -> str:
        """Take a wish; what the person is told."""
        raise NotImplementedError

    def look(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Carry the wish of a followed run on, or give it up and say why."""

    def withdraw(self, run: Run) -> None:
        """Take back at GitHub what was handed over for a run that ends."""
