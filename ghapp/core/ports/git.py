"""What the use cases need of git: bare mirrors, and no work tree anywhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ghapp.core.events import Repository
from ghapp.core.gate import Change
from ghapp.core.ports.github import Remote


@dataclass(frozen=True)
class CommitText:
    """Message and people of the host-made commit; `at` in seconds since the epoch."""

    message: str
    author_name: str
    author_email: str
    at: float


class History(Protocol):
    """What commits hold and how they come from each other."""

    def has(self, repository: Repository, sha: str) -> bool: ...

    def files(self, repository: Repository, sha: str) -> Mapping[str, Callable[[], bytes]]:
        """Paths of the regular files of a commit, each with a reader of its bytes (at most 1 MiB)."""
        ...

    def change(self, repository: Repository, base: str, head: str) -> Change:
        """What the gate looks at."""
        ...

    def diff(self, repository: Repository, base: str, head: str) -> str:
        """The change as a unified diff, cut at 1 MB."""
        ...

    def fork_point(self, repository: Repository, one: str, other: str) -> str | None:
        """The newest commit that both come from (their merge base), or None when they have none."""
        ...

    def same_tree(self, repository: Repository, one: str, other: str) -> bool:
        """Whether both hold the same files."""
        ...


class GitStore(History, Protocol):
    """Bare mirrors on this machine. Nothing here ever reads a work tree."""

    def mirror(self, repository: Repository) -> Path:
        """The bare repository's folder, which sandboxes mount read-only."""
        ...

    def fetch(self, repository: Repository, remote: Remote, branch: str) -> str | None:
        """Bring the mirror up to date; the sha of `branch`, or None when the remote has no such branch.

        A whole ref (`refs/pull/7/head`) is taken as it is.
        """
        ...

    def import_bundle(self, repository: Repository, bundle: Path, run_id: str) -> str:
        """The commit that a sandbox left, checked by fsck and kept; UserError when the bundle is not sound."""
        ...

    def commit(
        self, repository: Repository, head: str, base: str, text: CommitText, run_id: str, merged: str = ""
    ) -> str:
        """A commit of ours with the tree of `head` on top of `base`, kept in the mirror; its sha.

        With `merged`, that is its second parent.
        """
        ...

    def push(self, repository: Repository, remote: Remote, sha: str, branch: str, ours: Sequence[str] = ()) -> None:
        """Push to one branch, with the lease on what the remote has now being ours or nothing.

        `ours` are commits of ours that this machine's mirror may not know. NotOurs when the branch holds commits
        that are not ours.
        """
        ...

    def lend(self, repository: Repository, remote: Remote, sha: str) -> None:
        """Bring a commit of ours to the remote under a ref that is no branch, so that no CI runs for it."""
        ...
