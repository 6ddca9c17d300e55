"""After the merge: deployments, and the base branch watched for a while."""

from dataclasses import dataclass

from ghapp.core.config import Config
from ghapp.core.intents import DeployRun
from ghapp.core.ports import Checks, Clock, Deployments, Issues, Pull, Repositories
from ghapp.core.run import Conclusion
from ghapp.flow.attempt import Attempt
from ghapp.flow.status import Status


@dataclass(frozen=True)
class Aftermath:
    """Follows what comes of a merge, and of a wish to deploy. The caller holds the thread's inbox."""

    repositories: Repositories
    issues: Issues
    checks: Checks
    deployments: Deployments
    status: Status
    clock: Clock

    def begin(self, attempt: Attempt, pull: Pull, config: Config) -> None:
        """The pull request was merged, by whomever: watch its base branch, or end."""
        attempt.end(Conclusion.MERGED, f"#{pull.number} is merged.")

    def look(self, attempt: Attempt, config: Config) -> None:
        """Look at the base branch and at deployments again; end when the time is over."""

    def deploy(self, attempt: Attempt, word: DeployRun, config: Config) -> str:
        """Deploy the run's commit; what the person is told."""
        raise NotImplementedError
