"""What is said after a merge, and of deployments: what merged means here, what is red since, what is deployed."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from ghapp.core.checks import Health
from ghapp.core.disarm import inline
from ghapp.core.messages.words import coded
from ghapp.core.run import Deployment, Run

BASE_RED = "The base branch is red since the merge"
"""How the note begins by which an alert is told to be given already."""

DEPLOYED, FAILED = "Deployed to ", "The deployment to "
"""How the notes of deployments begin."""

_MAX_NAMES = 8
_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f<>()\[\]`|\\*@\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]{1,500}")
"""An address of others that is shown as it is: nothing in it is markup, or calls somebody."""
_ICONS = {"success": "✅", "inactive": "✅", "failure": "❌", "error": "❌", "cancelled": "❌", "timed_out": "❌"}

_MEANS: Mapping[str, str] = {
    "merged": "Nothing else comes of that by itself here.",
    "deployed": "Here that is deployed by itself.",
    "released": "Here it comes to people with the next release.",
}


# --- after the merge ------------------------------------------------------------------------------------------------


def means(word: str) -> str:
    """What merged means here, by the word of the config; nothing when that was not read yet."""
    return _MEANS.get(word, "")


def is_merged(number: int, base: str, sha: str, means: Literal["merged", "deployed", "released"]) -> str:
    """What merged means here."""
    at = f" as {coded(sha[:9])}" if sha else ""
    return f"#{number} is merged into {coded(base)}{at}. {_MEANS[means]}"


def is_watched(minutes: int) -> str:
    """Added to it while the base branch is watched."""
    return f"I watch the base branch and deployments for {minutes} minutes."


def left_out(number: int) -> str:
    """What a run had made when it ended, or its pull request was merged, and had not pushed."""
    return f"What was done since is not in #{number}."


def base_is_red(run: Run, failing: Sequence[str], before: Health) -> str:
    """The alert to who asked for the change; `before` is how the base stood without it."""
    return (
        f"{_asker(run)}the base branch is red since #{run.pull} was merged as {coded(run.merged_sha[:9])}: "
        f"{_named(failing)}. {_stood(before)}\n\n{_way_back()}"
    )


def _stood(before: Health) -> str:
    """What is known of the base before the merge, and no more."""
    if before.broken:
        return "Other checks of it were red before."
    return "It was not red before." if before.green else "Whether it was red before is not known."


def base_red_note(failing: Sequence[str]) -> str:
    """Kept with the run."""
    return f"{BASE_RED}: {_named(failing)}."


def deployment_failed(run: Run, environment: str, state: str, url: str) -> str:
    """The alert that a deployment of the merged commit went wrong."""
    return (
        f"{_asker(run)}the deployment of #{run.pull} to {coded(environment)} ended as {coded(state)}.{_at(url)}\n\n"
        f"{_way_back()}"
    )


def deployment_failed_note(environment: str) -> str:
    """Kept with the run."""
    return f"{FAILED}{coded(environment)} failed."


def deployed_note(environment: str, url: str) -> str:
    """Kept with the run."""
    return f"{DEPLOYED}{coded(environment)}.{_at(url)}"


def watch_is_over(number: int, base: Health, environments: Sequence[str]) -> str:
    """How the watch ended: the base branch's checks, and where it was deployed."""
    if base.broken:
        checks = f"The base branch has red checks: {_named(base.broken)}."
    elif base.pending:
        checks = "Checks of the base branch still run."
    elif base.unfinished:
        checks = f"Not all checks of the base branch were finished: {_named(base.unfinished)}."
    else:
        checks = "Nothing is red on the base branch."
    where = f" It is deployed to {', '.join(map(coded, environments))}." if environments else ""
    return f"#{number} is merged. {checks}{where}"


def _way_back() -> str:
    return "`/honk revert` opens a pull request that undoes it; so does the box *Revert it* of my status comment."


def _asker(run: Run) -> str:
    """Who asked for the change; nobody when that is not known any more."""
    return f"@{run.requester.login}, " if run.requester.id else ""


# --- deployments that somebody asks for -----------------------------------------------------------------------------


def deploying(deployment: Deployment, followed: bool) -> str:
    """The answer to deploy, which is edited as it goes on."""
    icon = _ICONS.get(deployment.state, "⏳")
    by = f" by the workflow {coded(deployment.workflow)}" if deployment.workflow else ""
    rest = "" if followed else " This run is over, so I do not follow it; its page tells how it ends."
    return (
        f"{icon} {coded(deployment.sha[:9])} to {coded(deployment.environment)}{by}: "
        f"{inline(deployment.state[:40].replace('_', ' '))}.{_at(deployment.url)}{rest}"
    )


def deploy_is_underway(deployment: Deployment) -> str:
    """Deploy, said while one is going on."""
    return (
        f"A deployment to {coded(deployment.environment)} goes on. Say it again when that is over.{_at(deployment.url)}"
    )


def deploy_needs_green(number: int, head: str, failing: Sequence[str], waiting: Sequence[str]) -> str:
    """An open pull request is deployed when its CI is green."""
    why = f"is red: {_named(failing)}" if failing else f"waits for {_named(waiting)}" if waiting else "reported nothing"
    return f"I deploy #{number} when its CI is green; on {coded(head[:9])} CI {why}. Say it again then."


def deploy_not_from_a_fork(number: int) -> str:
    """A workflow runs on a branch of the repository itself, and what a fork holds gets no secrets of it."""
    return f"The branch of #{number} is in a fork. Merge it, and say it again."


def deploy_needs_open(number: int) -> str:
    """It was closed without a merge."""
    return f"#{number} was closed without a merge, so there is nothing to deploy."


def _at(url: str) -> str:
    return f" {url}" if _ADDRESS.fullmatch(url) else ""


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
    return ", ".join(inline(name) for name in names[:_MAX_NAMES]) + more
