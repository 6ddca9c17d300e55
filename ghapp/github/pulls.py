"""Pull requests."""

from github.PullRequest import PullRequest

from ghapp.core.errors import UserError
from ghapp.core.events import Actor, Repository, thread_number
from ghapp.core.ports import GHOST, Pull
from ghapp.github.app import GitHubApp, github_errors


class GitHubPulls:
    """Pull requests (`ports.Pulls`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def find(self, repository: Repository, branch: str) -> Pull | None:
        """The newest pull request from our `branch`, open or closed."""
        owner = repository.full_name.partition("/")[0]
        with github_errors():
            pulls = self._app.repository(repository).get_pulls(state="all", head=f"{owner}:{branch}")
            return next((_pull(repository, item) for item in pulls), None)

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
        with github_errors():
            pull = self._app.repository(repository).get_pull(number)
            if pull.draft:
                pull.mark_ready_for_review()

    def mark_draft(self, repository: Repository, number: int) -> None:
        """Back to draft. Twice is once."""
        with github_errors():
            pull = self._app.repository(repository).get_pull(number)
            if not pull.draft:
                pull.convert_to_draft()

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
    """Whether it comes from a branch of ours in the repository itself; `head.repo` is null when a fork was deleted."""
    head = pull.head
    return head.repo is not None and head.repo.id == repository.id and thread_number(head.ref) is not None


def _pull(repository: Repository, pull: PullRequest) -> Pull:
    user, head = pull.user, pull.head.repo
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
        head_repository=None if head is None else head.full_name,
        # Of a fork alone it is asked what its author allows: where a list left that out, PyGithub sends a request.
        writable=head is not None and (head.id == repository.id or bool(pull.maintainer_can_modify)),
        base_sha=pull.base.sha,
        # Before the merge it is GitHub's trial merge.
        merged_sha=pull.merge_commit_sha or "" if merged else "",
        commits=pull.commits if merged else 1,
    )
