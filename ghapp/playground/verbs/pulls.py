"""Pull requests: opening, draft and ready, reviewers, merging and taking in the base."""

from collections.abc import Iterable

from ghapp.playground.mergeability import mergeability
from ghapp.playground.room import NotModelledError, Room
from ghapp.playground.state import Actor, Issue, Pull, Repository, User
from ghapp.playground.verbs import issues, pull_events, pushes
from ghapp.playground.verbs.accounts import signature
from ghapp.playground.views import people
from ghapp.playground.views.pulls import pull_of


class CannotMergeError(RuntimeError):
    """The merge is refused; `status` is the HTTP status that GitHub answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


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
) -> Issue:
    """Open a pull request between two branches that exist and differ; the caller has checked that."""
    with room.lock:
        heads = repository.bare.refs()
        head_sha, base_sha = heads[f"refs/heads/{head}"], heads[f"refs/heads/{base}"]
        number, now = issues.next_number(repository), room.now()
        pull = Pull(room.state.next_id(), head, base, head_sha, base_sha, draft)
        issue = Issue(room.state.next_id(), number, actor, title, body, now, now, pull=pull)
        repository.issues[number] = issue
        repository.bare.set_ref(f"refs/pull/{number}/head", head_sha)
        pull_events.tell(room, repository, actor, issue, "opened")
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


def merge(
    room: Room,
    repository: Repository,
    actor: Actor,
    issue: Issue,
    *,
    sha: str | None = None,
    method: str = "merge",
    title: str | None = None,
    message: str | None = None,
) -> str:
    """Merge and return the new commit's sha. Raises CannotMergeError: 409 when the head is not `sha`, else 405."""
    with room.lock:
        pull = pull_of(issue)
        if sha is not None and sha != pull.head_sha:
            raise CannotMergeError(409, "Head branch was modified. Review and try the merge again.")
        tree = _mergeable_tree(repository, issue, pull)
        commit = _merge_commit(room, repository, actor, issue, tree, method, title, message)
        old = pull.base_sha
        pull.merged_at, pull.merged_by, pull.merge_commit_sha = room.now(), actor.user, commit
        repository.bare.set_ref(f"refs/heads/{pull.base_ref}", commit, old)
        issues.close(room, repository, actor, issue)
        if pull.base_ref == repository.default_branch:
            pushes.close_named(room, repository, actor, issue.body)
        pushes.pushed(room, repository, actor, [(f"refs/heads/{pull.base_ref}", old, commit)])
        return commit


def _mergeable_tree(repository: Repository, issue: Issue, pull: Pull) -> str:
    state = mergeability(repository, issue, pull).state
    if issue.state == "closed" or state in ("dirty", "draft", "blocked", "behind"):
        raise CannotMergeError(405, "Pull Request is not mergeable")
    tree = repository.bare.merge_tree(pull.base_sha, pull.head_sha)
    assert tree is not None, "a conflict is dirty"
    return tree


def _merge_commit(
    room: Room,
    repository: Repository,
    actor: Actor,
    issue: Issue,
    tree: str,
    method: str,
    title: str | None,
    message: str | None,
) -> str:
    pull = pull_of(issue)
    if method == "rebase":
        raise NotModelledError("merge_method rebase")
    if method == "squash":
        parents = [pull.base_sha]
        title = title or f"{issue.title} (#{issue.number})"
    else:
        parents = [pull.base_sha, pull.head_sha]
        title = title or f"Merge pull request #{issue.number} from {repository.owner.login}/{pull.head_ref}"
        message = message if message is not None else issue.title
    text = title + (f"\n\n{message}" if message else "") + "\n"
    by = signature(room, actor.user)
    return repository.bare.commit_tree(tree, parents, text, by, by)


def update_branch(room: Room, repository: Repository, actor: Actor, issue: Issue) -> str | None:
    """Merge the base into the head branch; None when they conflict."""
    with room.lock:
        pull = pull_of(issue)
        tree = repository.bare.merge_tree(pull.head_sha, pull.base_sha)
        if tree is None:
            return None
        by, old = signature(room, actor.user), pull.head_sha
        text = f"Merge branch '{pull.base_ref}' into {pull.head_ref}\n"
        new = repository.bare.commit_tree(tree, [old, pull.base_sha], text, by, by)
        repository.bare.set_ref(f"refs/heads/{pull.head_ref}", new, old)
        pushes.pushed(room, repository, actor, [(f"refs/heads/{pull.head_ref}", old, new)])
        return new
