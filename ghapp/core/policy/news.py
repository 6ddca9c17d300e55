"""What nobody said to us: something was taken back, or moved at GitHub. Hints only; the truth is read anew."""

from ghapp.core.config import same_label
from ghapp.core.events import (
    ChecksChanged,
    CommentDeleted,
    InstallationChanged,
    IssueClosed,
    IssueUnlabeled,
    PullChanged,
    ReviewsChanged,
)
from ghapp.core.intents import (
    CancelRun,
    FollowPull,
    Ignore,
    Intent,
    LeaveRepositories,
    ResumeForCI,
    ResumeForReview,
)
from ghapp.core.kinds import changes_code
from ghapp.core.policy.verbs import LISTENING
from ghapp.core.run import Conclusion, Run, State

_MOVED = {
    "closed": "the pull request was closed",
    "synchronize": "the pull request's head moved",
    "reopened": "the pull request was opened again",
    "enqueued": "the merge queue has it",
    "dequeued": "the merge queue has it no more",
    "auto_merge_enabled": "auto-merge was switched on",
    "auto_merge_disabled": "auto-merge was switched off",
}
"""What may change where a pull request stands, by GitHub's word for it."""


def taken_back(event: IssueUnlabeled | CommentDeleted | IssueClosed, run: Run | None) -> Intent:
    """What was asked for is not wanted any more; its pull request stays as it is.

    What is merged is merged, and its issue closed by that: whoever carries this out looks for it.
    """
    if run is None or run.is_done:
        return Ignore("no run is open")
    if run.state is State.DEPLOYING:
        return Ignore("it is merged already")
    match event:
        case IssueUnlabeled() if same_label(run.trigger.label, event.label):
            return CancelRun(Conclusion.CANCELLED, f"@{event.actor.login} took the label {event.label} off")
        case CommentDeleted() if run.trigger.comment == event.comment and run.state is State.QUEUED:
            return CancelRun(Conclusion.CANCELLED, "the comment that asked for it was deleted")
        case IssueClosed():
            return CancelRun(Conclusion.CLOSED, f"@{event.actor.login} closed the issue")
        case _:
            return Ignore("it is not what the run was started by")


def checks_changed(event: ChecksChanged, run: Run | None) -> Intent:
    """Checks of the head, and after the merge those of the commit on the base, and deployments of either."""
    if run is None or not (run.is_followed or run.state is State.DEPLOYING):
        return Ignore("no run waits for checks")
    deployed = run.deployment.sha if run.deployment else ""
    if event.head_sha in (run.head_sha if run.is_followed else run.merged_sha, deployed):
        where = "the head" if run.is_followed else "what was merged"
        return ResumeForCI(f"{event.source} on {where}")
    return Ignore("the checks are of another commit")


def reviews_changed(event: ReviewsChanged, run: Run | None) -> Intent:
    """Whose review it is does not matter here: all are read again."""
    if run is None or not run.is_followed:
        return Ignore("no run waits for reviews")
    return ResumeForReview(f"{event.source} on the pull request")


def pull_changed(event: PullChanged, run: Run | None) -> Intent:
    """The end of a pull request ends work on it; whatever else may matter is looked at."""
    if run is None or run.pull != event.number:
        return Ignore("no run follows this pull request")
    if event.action == "closed" and run.state in LISTENING:
        return _closed_at_work(event, run)
    if not run.is_followed:
        return Ignore("no run follows this pull request")
    if event.action not in _MOVED:
        return Ignore(f"{event.action} changes nothing for the run")
    return FollowPull("the pull request was merged" if event.merged else _MOVED[event.action])


def _closed_at_work(event: PullChanged, run: Run) -> CancelRun | FollowPull:
    """A run that only reads somebody's pull request did not bring its merge about."""
    reason = f"@{event.actor.login} {'merged' if event.merged else 'closed'} #{event.number}"
    return FollowPull(reason) if event.merged and changes_code(run) else CancelRun(Conclusion.CLOSED, reason)


def installation_changed(event: InstallationChanged) -> Intent:
    """The App may see fewer repositories."""
    if event.action in ("deleted", "suspend"):
        return LeaveRepositories(None, f"the installation was {event.action}")
    if event.removed:
        return LeaveRepositories(tuple(item.id for item in event.removed), "repositories were taken out")
    return Ignore("nothing was taken away")
