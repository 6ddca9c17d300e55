"""Reviews of a followed pull request: each open point becomes part of one attempt, and each ends with a reply."""

from dataclasses import dataclass

from ghapp.core.config import Config
from ghapp.core.ports import Clock, Pull, Repositories, Reviews
from ghapp.flow.attempt import Attempt
from ghapp.flow.status import Status
from ghapp.flow.steering import Steering


@dataclass(frozen=True)
class FollowReviews:
    """Keeps the ledger of a followed run. The caller holds the thread's inbox."""

    reviews: Reviews
    repositories: Repositories
    steering: Steering
    status: Status
    clock: Clock

    def look(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """Reply to what was settled, and begin an attempt on what is open."""
