"""Pull requests."""

from github.PullRequest import PullRequest

from ghapp.core.errors import UserError
from ghapp.core.events import Actor, Repository, thread_number
from ghapp.core.ports import GHOST, Pull
from ghapp.github.app import GitHubApp, github_errors

_READY = "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { clientMutationId } }"
_DRAFT = "mutation($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { clientMutationId } }"


class GitHubPulls:
    """Pull requests (`ports.Pulls`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def find(self, repository: Repository, branch: str) -> Pull | None:
        """The newest pull request from our `branch`, open or closed."""
        owner = repository.full_name.partition("/")[0]
        with github_errors():
            pulls = self._app.repository(repository).get_pulls(state="all", head=f"{owner}:{branch}")
            found = (item for item in pulls if item.head.ref == branch and _is_at_home(repository, item))
            return next((_pull(repository, item) for item in found), None)

    def open(self, repository: Repository, *, branch: str, base: str, title: str, body: str) -> Pull:
        """Open a draft, or find the one that an earlier attempt opened: an answer that was lost is no second pull."""
        found = self.find(repository, branch)
        if found is not None and found.open:
            return found
        try:
            return self._create(repository, branch, base, title, body, draft=True)
        except UserError as error:
            # Free private repositories have no drafts: https://docs.github.com/en/pull-requests (Draft pull requests).
            if "draft" not in str(error).lower():
                raise
        return self._create(repository, branch, base, title, body, draft=False)

    def _create(self, repository: Repository, branch: str, base: str, title: str, body: str, *, draft: bool) -> Pull:
        with github_errors():
            created = self._app.repository(repository).create_pull(
                base=base, head=branch, title=title, body=body, draft=draft, maintainer_can_modify=False
            )
            return _pull(repository, created)

    def read(self, repository: Repository, number: int) -> Pull:
        """The pull request as it is now."""
        with github_errors():
            return _pull(repository, self._app.repository(repository).get_pull(number))

    def edit_body(self, repository: Repository, number: int, body: str) -> None:
        """Replace the body."""
        with github_errors():
            self._app.repository(repository).get_pull(number).edit(body=body)

    def mark_ready(self, repository: Repository, number: int) -> None:
        """Out of draft. Twice is once."""
        self._set_draft(repository, number, draft=False)

    def mark_draft(self, repository: Repository, number: int) -> None:
        """Back to draft. Twice is once."""
        self._set_draft(repository, number, draft=True)

    def _set_draft(self, repository: Repository, number: int, *, draft: bool) -> None:
        with github_errors():
            pull = self._app.repository(repository).get_pull(number)
            is_draft, node = pull.draft, pull.node_id
        if is_draft != draft:
            self._app.graphql(repository, _DRAFT if draft else _READY, {"id": node})

    def files(self, repository: Repository, number: int) -> tuple[str, ...]:
        """The paths that it touches, of a renamed file the new one."""
        with github_errors():
            return tuple(file.filename for file in self._app.repository(repository).get_pull(number).get_files())

    def ours(self, repository: Repository) -> tuple[Pull, ...]:
        """Open pull requests of the App from our own branches."""
        _, bot = self._app.bot(repository.installation)
        with github_errors():
            pulls = self._app.repository(repository).get_pulls(state="open")
            return tuple(
                _pull(repository, item)
                for item in pulls
                if item.user is not None and item.user.id == bot and _is_of(repository, item)
            )


def _is_of(repository: Repository, pull: PullRequest) -> bool:
    """Whether it comes from a branch of ours in the repository itself."""
    return _is_at_home(repository, pull) and thread_number(pull.head.ref) is not None


def _is_at_home(repository: Repository, pull: PullRequest) -> bool:
    """Whether its branch is in the repository itself; `head.repo` is null when a fork was deleted."""
    return pull.head.repo is not None and pull.head.repo.id == repository.id


def _pull(repository: Repository, pull: PullRequest) -> Pull:
    user, head = pull.user, pull.head.repo
    at_home = _is_at_home(repository, pull)
    merged = pull.merged_at is not None
    return Pull(
        number=pull.number,
        head_branch=pull.head.ref,
        head_sha=pull.head.sha,
        base_branch=pull.base.ref,
        open=pull.state == "open",
        draft=pull.draft,
        merged=merged,
        title=pull.title,
        body=pull.body or "",
        url=pull.html_url,
        author=GHOST if user is None else Actor(user.id, user.login, user.type),
        # The repository itself goes by one name, also when it has been renamed since it was last heard of.
        head_repository=repository.full_name if at_home else head.full_name if head is not None else None,
        # Of a fork alone it is asked what its author allows: where a list left that out, PyGithub sends a request.
        writable=at_home or (head is not None and bool(pull.maintainer_can_modify)),
        base_sha=pull.base.sha,
        # Before the merge it is GitHub's trial merge.
        merged_sha=pull.merge_commit_sha or "" if merged else "",
        commits=pull.commits if merged else 1,
    )
