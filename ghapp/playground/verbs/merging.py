"""Merging a pull request: what refuses it, the commits that it makes, and what follows from it."""

from ghapp.playground.bare import Signature
from ghapp.playground.merge_state import ActivityType, Method
from ghapp.playground.mergeability import is_behind, lacking, mergeability, methods_of, queue_of, rules_of
from ghapp.playground.room import Room
from ghapp.playground.state import Actor, Issue, Pull, Repository
from ghapp.playground.verbs import issues, pushes
from ghapp.playground.verbs.accounts import signature
from ghapp.playground.views.pulls import pull_of

NOT_MERGEABLE = "Pull Request is not mergeable"
HEAD_MODIFIED = "Head branch was modified. Review and try the merge again."
HEAD_BEHIND = "Head branch is out of date. Review and try the merge again."
QUEUE_ONLY = "Changes must be made through the merge queue"
_NAMES: dict[Method, str] = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}


class CannotMergeError(RuntimeError):
    """The merge is refused; `status` is the HTTP status that GitHub answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def merge(
    room: Room,
    repository: Repository,
    actor: Actor,
    issue: Issue,
    *,
    sha: str | None = None,
    method: Method = "merge",
    title: str | None = None,
    message: str | None = None,
) -> str:
    """Merge and return the new head of the base. Raises CannotMergeError in GitHub's words.

    409 when the head is not `sha`, or is behind where it may not be; 405 for every other reason.
    """
    with room.lock:
        pull = pull_of(issue)
        if sha not in (None, pull.head_sha):
            raise CannotMergeError(409, HEAD_MODIFIED)
        _refuse(repository, issue, pull, method)
        commit = merged_commit(room, repository, actor, issue, method, title, message)
        if commit is None:
            raise CannotMergeError(405, "This branch can't be rebased")
        finish(room, repository, actor, issue, commit)
        return commit


def _refuse(repository: Repository, issue: Issue, pull: Pull, method: Method) -> None:
    """Raise CannotMergeError for the first thing that stands in the way."""
    refuse_unready(repository, issue, pull)
    if method not in methods_of(repository, pull.base_ref):
        raise CannotMergeError(405, f"{_NAMES[method]} are not allowed on this repository.")
    if queue_of(repository, pull.base_ref) is not None:
        raise CannotMergeError(405, _by_ruleset([QUEUE_ONLY]))
    _refuse_by_rules(repository, pull)
    if any(rule.strict for rule in rules_of(repository, pull.base_ref)) and is_behind(repository, pull):
        raise CannotMergeError(409, HEAD_BEHIND)


def refuse_unready(repository: Repository, issue: Issue, pull: Pull) -> None:
    """Raise CannotMergeError for what is closed, conflicts or is a draft."""
    state = mergeability(repository, issue, pull).state
    if issue.state == "closed" or state == "dirty":
        raise CannotMergeError(405, NOT_MERGEABLE)
    if state == "draft":
        raise CannotMergeError(405, "Pull Request is still a draft")


def _refuse_by_rules(repository: Repository, pull: Pull) -> None:
    """Raise CannotMergeError when checks or reviews that a rule asks for are not there."""
    found = lacking(repository, pull)
    own = repository.protections.get(pull.base_ref)
    for rule, words in found:
        if rule is own:
            raise CannotMergeError(405, words)
    if found:
        raise CannotMergeError(405, _by_ruleset([words for _, words in found]))


def _by_ruleset(reasons: list[str]) -> str:
    """Rulesets tell all their reasons at once."""
    return "\n\n".join(["Repository rule violations found", *reasons]) + "\n\n"


def merged_commit(
    room: Room,
    repository: Repository,
    actor: Actor,
    issue: Issue,
    method: Method,
    title: str | None = None,
    message: str | None = None,
) -> str | None:
    """Make the commit (for `rebase`, the commits) that a merge would put on the base; None when it conflicts."""
    pull, bare = pull_of(issue), repository.bare
    if method == "rebase":
        return _rebased(room, repository, actor, pull)
    tree = bare.merge_tree(pull.base_sha, pull.head_sha)
    if tree is None:
        return None
    if method == "squash":
        parents, author = [pull.base_sha], issue.author.user
        title = title or f"{issue.title} (#{issue.number})"
    else:
        parents, author = [pull.base_sha, pull.head_sha], actor.user
        title = title or f"Merge pull request #{issue.number} from {pull.source_owner.login}/{pull.head_ref}"
        message = message if message is not None else issue.title
    text = title + (f"\n\n{message}" if message else "") + "\n"
    made = bare.commit_tree(tree, parents, text, signature(room, author), github(room))
    return sign(room, repository, made)


def _rebased(room: Room, repository: Repository, actor: Actor, pull: Pull) -> str | None:
    """Replay the commits one by one. GitHub makes new ones even where nothing moved, and does not sign them.

    git 2.39 cannot be told the base of a three-way merge, so each step lets a throw-away commit (the tree so far, on
    the commit's own parent) have it as its merge base.
    """
    bare, onto, by = repository.bare, pull.base_sha, signature(room, actor.user)
    for one in reversed(bare.log("--no-merges", "--topo-order", f"{pull.base_sha}..{pull.head_sha}")):
        so_far = bare.commit(onto).tree
        tree = bare.merge_tree(bare.commit_tree(so_far, one.parents[:1], "", by, by), one.sha)
        if tree is None:
            return None
        if tree != so_far:
            onto = bare.commit_tree(tree, [onto], f"{one.message}\n", one.author, by)
    return onto


def github(room: Room) -> Signature:
    """How GitHub signs what it commits for others."""
    return Signature("GitHub", "noreply@github.com", room.now())


def sign(room: Room, repository: Repository, sha: str) -> str:
    """Let a commit be known as one that GitHub made and signed."""
    repository.signed[sha] = room.now()
    return sha


def finish(
    room: Room, repository: Repository, actor: Actor, issue: Issue, commit: str, kind: ActivityType = "pr_merge"
) -> None:
    """Move the base to the commit that was made, close the pull request and what it names, and tell of it."""
    pull = pull_of(issue)
    old, ref = pull.base_sha, f"refs/heads/{pull.base_ref}"
    repository.bare.set_ref(ref, commit, old)
    pull.merged_at, pull.merged_by, pull.merge_commit_sha = room.now(), actor.user, commit
    issues.close(room, repository, actor, issue)
    if pull.base_ref == repository.default_branch:
        pushes.close_named(room, repository, actor, issue.body)
    pushes.pushed(room, repository, actor, [(ref, old, commit)], kind)
