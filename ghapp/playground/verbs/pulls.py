"""Pull requests: opening, draft and ready, reviewers, and taking in the base."""

from collections.abc import Iterable

from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Issue, Pull, Repository, User
from ghapp.playground.verbs import issues, merging, pull_events, pushes, workflows
from ghapp.playground.verbs.accounts import signature
from ghapp.playground.views import people
from ghapp.playground.views.pulls import pull_of


def open_pull(
    room: Room,
    repository: Repository,
    actor: Actor,
    title: str,
    body: str | None,
    head: str,
    base: str,
    *,
    draft: bool = False,
    source: Repository | None = None,
    maintainer_can_modify: bool = False,
) -> Issue:
    """Open a pull request between two branches that exist and differ; the caller has checked that.

    `source` is the fork that the head branch is in; without it, it is in the repository itself.
    """
    with room.lock:
        origin = source or repository
        head_sha, base_sha = origin.bare.branch(head), repository.bare.branch(base)
        assert head_sha, f"{head} is no branch"
        assert base_sha, f"{base} is no branch"
        number, now = issues.next_number(repository), room.now()
        pull = Pull(room.state.next_id(), head, base, head_sha, base_sha, draft, origin, origin.owner)
        pull.maintainer_can_modify = maintainer_can_modify and origin is not repository
        issue = Issue(room.state.next_id(), number, actor, title, body, now, now, pull=pull)
        repository.issues[number] = issue
        pull_events.keep_head(repository, issue)
        pull_events.tell(room, repository, actor, issue, "opened")
        if origin is not repository:
            workflows.start_for_pull(room, repository, actor, pull)
        return issue


def set_draft(room: Room, repository: Repository, actor: Actor, issue: Issue, *, draft: bool) -> None:
    """Ready for review, or back to draft; no event when nothing changes."""
    with room.lock:
        pull = pull_of(issue)
        if pull.draft != draft:
            pull.draft, issue.updated_at = draft, room.now()
            pull_events.tell(room, repository, actor, issue, "converted_to_draft" if draft else "ready_for_review")


def request_reviewers(room: Room, repository: Repository, actor: Actor, issue: Issue, who: Iterable[User]) -> None:
    with room.lock:
        pull = pull_of(issue)
        for user in who:
            if user not in pull.requested_reviewers:
                pull.requested_reviewers.append(user)
                shown = people.user(room.state, user)
                pull_events.tell(room, repository, actor, issue, "review_requested", requested_reviewer=shown)


def update_branch(room: Room, repository: Repository, actor: Actor, issue: Issue) -> str | None:
    """Merge the base into the head branch, wherever that is; None when they conflict."""
    with room.lock:
        pull = pull_of(issue)
        tree = repository.bare.merge_tree(pull.head_sha, pull.base_sha)
        if tree is None:
            return None
        by, old = signature(room, actor.user), pull.head_sha
        text = f"Merge branch '{pull.base_ref}' into {pull.head_ref}\n"
        new = repository.bare.commit_tree(tree, [old, pull.base_sha], text, by, merging.github(room))
        origin, ref = pull.source or repository, f"refs/heads/{pull.head_ref}"
        if origin is not repository:
            origin.bare.take(repository.bare, new)
        origin.bare.set_ref(ref, merging.sign(room, origin, new), old)
        pushes.pushed(room, origin, actor, [(ref, old, new)])
        return new
