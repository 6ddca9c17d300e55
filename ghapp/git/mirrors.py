"""The port `GitStore` over bare mirrors on disk: one folder and one lock per repository.

    mirrors/<repository id>.git          what sandboxes borrow from; never pruned, only made anew when broken
        refs/honk/fetched/<branch>       the remote's branch as last seen
        refs/honk/import/<run id>        what a sandbox left
        refs/honk/candidate/<run id>/…   commits of ours, each kept by its sha: these we may replace on a remote

The refs are flat (a branch's slashes are quoted), so that no name can stand in another's way.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from ghapp.core.errors import TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.gate import Change
from ghapp.core.ports import CommitText, Remote
from ghapp.git import bundle as bundles
from ghapp.git import changes, pushing, remotes, trees
from ghapp.git.lock import locked
from ghapp.git.process import Git, GitFailed, Limits

_FETCHING = Limits(seconds=3600)
_SHA = re.compile(r"[0-9a-f]{40}")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class GitMirrors:
    """Mirrors below `data`. `protocols` adds `file` only for repositories of this machine's own user.

    Every verb raises TransientError when the mirror is held for over `patience` seconds or turns out to be damaged
    (the next `fetch` makes it anew), and ValueError for a sha, run id or branch that is none.
    """

    def __init__(self, data: Path, protocols: Sequence[str] = ("https", "http"), patience: float = 600) -> None:
        self._folder = data / "mirrors"
        self._protocols = tuple(protocols)
        self._patience = patience

    def mirror(self, repository: Repository) -> Path:
        """The bare repository's folder; it exists once something was fetched."""
        return self._folder / f"{repository.id}.git"

    def fetch(self, repository: Repository, remote: Remote, branch: str) -> str | None:
        """The sha of the remote's branch, now in the mirror; None when there is no such branch.

        UserError when the server refuses us or the repository is not sound, TransientError when it is away.
        """
        with self._held(repository) as descriptor:
            git = self._reaching(repository, remote, descriptor)
            _drop_stale_locks(git.folder)
            _make(git)
            try:
                return _fetch(git, remote, branch)
            except GitFailed:
                return _fetch_anew(git, remote, branch)

    def files(self, repository: Repository, sha: str) -> Mapping[str, Callable[[], bytes]]:
        """Regular files of a commit, those near the root first when there are more than 50,000."""
        with self._reading(repository, sha) as git:
            return trees.files(git, sha)

    def import_bundle(self, repository: Repository, bundle: Path, run_id: str) -> str:
        """Check and keep what a sandbox left; the sha of its commit. UserError when it is not sound."""
        ref = f"refs/honk/import/{_run_id(run_id)}"
        with self._held(repository) as descriptor, self._reading(repository) as git:
            return bundles.take_in(replace(git, held=(descriptor,)), bundle, ref)

    def change(self, repository: Repository, base: str, head: str) -> Change:
        """What the gate looks at."""
        with self._reading(repository, base, head) as git:
            return changes.change(git, base, head)

    def commit(
        self, repository: Repository, head: str, base: str, text: CommitText, run_id: str, merged: str = ""
    ) -> str:
        """A commit of ours with the tree of `head` on top of `base`; the same arguments make the same sha."""
        parents = [base, merged] if merged else [base]
        with self._reading(repository, head, *parents) as git:
            return pushing.commit(git, head, parents, text, f"{pushing.CANDIDATES}/{_run_id(run_id)}")

    def has(self, repository: Repository, sha: str) -> bool:
        """Whether the mirror holds this commit."""
        git = Git(self.mirror(repository))
        return bool(_SHA.fullmatch(sha)) and git.folder.is_dir() and git.succeeds("cat-file", "-e", f"{sha}^{{commit}}")

    def push(self, repository: Repository, remote: Remote, sha: str, branch: str, ours: Sequence[str] = ()) -> None:
        """Push one commit to one branch; nothing happens when it is there already.

        What the branch holds is replaced only when it is a commit made here, or one of `ours` (what the run's record
        knows, when another machine pushed it). NotOurs when it is anybody else's, UserError when the server declines.
        """
        git = self._reaching(repository, remote)
        _check_branch(git, branch)
        pushing.push(git, remote, _sha(sha), branch, ours)

    def lend(self, repository: Repository, remote: Remote, sha: str) -> None:
        """Bring a commit of ours to the remote, on no branch. UserError when the server declines."""
        pushing.lend(self._reaching(repository, remote), remote, _sha(sha))

    def fork_point(self, repository: Repository, one: str, other: str) -> str | None:
        """The newest commit that both come from; None when they have none, or the mirror lacks one of them."""
        if not (self.has(repository, one) and self.has(repository, other)):
            return None
        with self._reading(repository, one, other) as git:
            try:
                return git.text("merge-base", one, other)
            except GitFailed as failure:
                if failure.exit_code == 1:  # https://git-scm.com/docs/git-merge-base: there is none
                    return None
                raise

    def same_tree(self, repository: Repository, one: str, other: str) -> bool:
        """Whether both hold the same files."""
        with self._reading(repository, one, other) as git:
            return len({git.text("rev-parse", "--verify", f"{sha}^{{tree}}") for sha in (one, other)}) == 1

    def diff(self, repository: Repository, base: str, head: str) -> str:
        """The change as a unified diff, cut at 1 MB."""
        with self._reading(repository, base, head) as git:
            return changes.diff(git, base, head)

    def _held(self, repository: Repository) -> AbstractContextManager[int]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return locked(self.mirror(repository).with_suffix(".lock"), self._patience)

    def _reaching(self, repository: Repository, remote: Remote, *held: int) -> Git:
        if remotes.protocol(remote.url) not in self._protocols:
            raise UserError(f"Honk does not speak to repositories over {remotes.protocol(remote.url)}.")
        return Git(
            self.mirror(repository),
            protocols=self._protocols,
            settings=remotes.settings(remote),
            secrets=remotes.secrets(remote),
            held=held,
        )

    @contextmanager
    def _reading(self, repository: Repository, *shas: str) -> Iterator[Git]:
        for sha in shas:
            _sha(sha)
        try:
            yield Git(self.mirror(repository))
        except GitFailed as failure:
            raise TransientError(f"the mirror of {repository.full_name} is incomplete: {failure}") from failure


def _fetch(git: Git, remote: Remote, branch: str) -> str | None:
    there = branch if branch.startswith("refs/") else f"refs/heads/{branch}"
    _check_ref(git, there)
    ref = f"refs/honk/fetched/{quote(branch, safe='')}"
    try:
        git.run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
            "--update-shallow", "--", remote.url, f"+{there}:{ref}",
            limits=_FETCHING,
        )  # fmt: skip
    except GitFailed as failure:
        if f"couldn't find remote ref {there}" in failure.stderr:
            return None
        raise remotes.complaint(failure, remote) or failure from None
    sha = git.text("rev-parse", "--verify", ref)
    # Fetch trusts what the mirror claims to have; a lost object would otherwise show only inside the sandbox.
    git.run("rev-list", "--objects", "--quiet", "--no-walk", sha)
    return sha


def _fetch_anew(git: Git, remote: Remote, branch: str) -> str | None:
    """For failures that nobody names: the mirror is only a cache, and a new one has no past to blame."""
    shutil.rmtree(git.folder)
    _make(git)
    try:
        return _fetch(git, remote, branch)
    except GitFailed as failure:
        raise TransientError(f"{remotes.host(remote.url)} did not answer as a git server: {failure}") from failure


def _make(git: Git) -> None:
    if not (git.folder / "HEAD").is_file():
        shutil.rmtree(git.folder, ignore_errors=True)
        git.run("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(git.folder))


def _drop_stale_locks(folder: Path) -> None:
    """Locks of a git that was killed. Whoever holds the mirror's lock is its only writer of these."""
    for lock in (*folder.glob("*.lock"), *folder.glob("refs/**/*.lock")):
        lock.unlink(missing_ok=True)


def _check_branch(git: Git, branch: str) -> None:
    _check_ref(git, f"refs/heads/{branch}")


def _check_ref(git: Git, ref: str) -> None:
    if not git.succeeds("check-ref-format", ref):
        raise ValueError(f"not a branch name: {ref!r}")


def _sha(sha: str) -> str:
    if not _SHA.fullmatch(sha):
        raise ValueError(f"not a sha: {sha!r}")
    return sha


def _run_id(run_id: str) -> str:
    if not _RUN_ID.fullmatch(run_id):
        raise ValueError(f"not a run id: {run_id!r}")
    return run_id
