"""A branch moves: by git over HTTP, by the git data API, by a merge. Everything that follows from that starts here."""

import re
from collections.abc import Iterable

from ghapp.playground.bare import ZERO, Files
from ghapp.playground.merge_state import ActivityType
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Repository
from ghapp.playground.verbs import activities, checks, issues, pull_events, workflows
from ghapp.playground.verbs.accounts import signature
from ghapp.playground.views import commits
from ghapp.playground.views.repositories import html_url
from ghapp.playground.views.repositories import repository as repository_view

Update = tuple[str, str, str]
"""Full ref name, old sha, new sha; forty zeros for none, as git's post-receive hook writes them."""

_CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?:([\w.-]+/[\w.-]+))?#(\d+)", re.IGNORECASE)
_SHOWN_COMMITS = 20


def commit(room: Room, repository: Repository, actor: Actor, branch: str, files: Files, message: str) -> str:
    """Put one commit of these files on a branch (made from the default branch when it is new) and push it."""
    with room.lock:
        bare = repository.bare
        old = bare.branch(branch)
        parent = old or bare.branch(repository.default_branch)
        new = bare.commit_files(branch, parent, files, message, signature(room, actor.user))
        pushed(room, repository, actor, [(f"refs/heads/{branch}", old or ZERO, new)])
        return new


def pushed(
    room: Room, repository: Repository, actor: Actor, updates: Iterable[Update], merged: ActivityType | None = None
) -> None:
    """Tell of every branch that moved, let pull requests follow, start checks. Other refs are no events.

    `merged` is what the repository's activity calls it where a merge moved the branch.
    """
    with room.lock:
        repository.pushed_at = room.now()
        for ref, old, new in updates:
            heard = repository.told.get(ref) == new
            repository.told[ref] = new
            if ref.startswith("refs/heads/") and not heard:
                activities.record(room, repository, actor, (ref, old, new), merged)
                _branch_moved(room, repository, actor, ref.removeprefix("refs/heads/"), old, new)


def _branch_moved(room: Room, repository: Repository, actor: Actor, branch: str, old: str, new: str) -> None:
    room.emit("push", repository, actor, _push(room, repository, actor, branch, old, new))
    if new == ZERO:
        _close_orphans(room, repository, actor, branch)
        return
    pull_events.follow(room, repository, actor, branch, old, new)
    for base, _, pull in pull_events.coming_from(repository, branch):
        if base is not repository:
            workflows.start_for_pull(room, base, actor, pull)
    if branch == repository.default_branch and old != ZERO:
        for one in repository.bare.log(f"{old}..{new}"):
            close_named(room, repository, actor, one.message)
    checks.request_suites(room, repository, actor, new, branch, old)
    workflows.start(room, repository, actor, new, branch, old)


def _close_orphans(room: Room, repository: Repository, actor: Actor, branch: str) -> None:
    for issue, pull in list(repository.pulls()):
        if issue.state == "open" and pull.base_ref == branch:
            issues.close(room, repository, actor, issue)
    for base, issue, _ in pull_events.coming_from(repository, branch):
        issues.close(room, base, actor, issue)


def close_named(room: Room, repository: Repository, actor: Actor, text: str | None) -> None:
    """Close the issues that closing keywords in a text name.

    https://docs.github.com/en/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue
    """
    for where, number in _CLOSES.findall(text or ""):
        issue = repository.issues.get(int(number))
        here = not where or where.lower() == repository.full_name.lower()
        if here and issue is not None and issue.pull is None:
            issues.close(room, repository, actor, issue)


def _push(room: Room, repository: Repository, actor: Actor, branch: str, old: str, new: str) -> dict[str, object]:
    state, bare = room.state, repository.bare
    base = [f"^{old}"] if old != ZERO else []
    others = [f"^{name}" for name in bare.refs() if name != f"refs/heads/{branch}"] if old == ZERO else []
    log = [] if new == ZERO else bare.log(new, *base, *others, limit=_SHOWN_COMMITS)
    shown = [commits.pushed_commit(state, repository, one) for one in reversed(log)]
    head = None if new == ZERO else commits.pushed_commit(state, repository, bare.commit(new))
    seconds = {"created_at": repository.created_at, "pushed_at": repository.pushed_at}
    return {
        "ref": f"refs/heads/{branch}",
        "before": old,
        "after": new,
        "repository": repository_view(state, repository)
        | {key: int(when.timestamp()) for key, when in seconds.items()}
        | {"stargazers": 0, "master_branch": repository.default_branch},
        "pusher": {"name": actor.user.login, "email": None if actor.app else commits.email_of(actor.user)},
        "created": old == ZERO,
        "deleted": new == ZERO,
        "forced": ZERO not in (old, new) and not bare.is_ancestor(old, new),
        "base_ref": None,
        "compare": f"{html_url(state, repository)}/compare/{old[:12]}...{new[:12]}",
        "commits": shown,
        "head_commit": head,
    }
