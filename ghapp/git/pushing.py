"""The commit that Honk makes itself, and how it gets to the remote without running over anybody's work."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ghapp.core.errors import NotOurs, TransientError, UserError
from ghapp.core.ports import CommitText, Remote
from ghapp.git import remotes
from ghapp.git.process import Git, GitFailed, Limits

CANDIDATES = "refs/honk/candidate"
LENT = "refs/honk/lent"
_MOVED = re.compile(r"\(stale info\)|\((?:failed to update|cannot lock) ref", re.I)
"""Somebody else's push was there first: before the server looked at ours, or while it took it in."""

_PUSHING = Limits(seconds=900)


def commit(git: Git, head: str, parents: Sequence[str], text: CommitText, keep_below: str) -> str:
    """A commit with the tree of `head` and these parents, kept by a ref of its own sha below `keep_below`."""
    person = {"NAME": text.author_name, "EMAIL": text.author_email, "DATE": f"@{int(text.at)} +0000"}
    people = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in person.items()}
    message = text.message.encode(errors="replace")
    tree = git.text("rev-parse", "--verify", f"{head}^{{tree}}")
    above = [word for parent in parents for word in ("-p", parent)]
    sha = replace(git, variables=people).text("commit-tree", tree, *above, stdin=message)
    git.run("update-ref", f"{keep_below}/{sha}", sha)
    return sha


def push(git: Git, remote: Remote, sha: str, branch: str, ours: Sequence[str]) -> None:
    """Push `sha` to `branch`, with the lease on what was just seen there being nothing or ours.

    The look and the lease together close the race: what a person pushes in between makes the lease fail.
    """
    there = _remote_sha(git, remote, branch)
    if there == sha:
        return
    if there is not None and there not in {*ours, *_made_here(git)}:
        raise _not_ours(branch, there)
    target = f"refs/heads/{branch}"
    try:
        git.run(
            "push", "--quiet", f"--force-with-lease={target}:{there or ''}", *_receiver(remote),
            "--", remote.url, f"{sha}:{target}",
            limits=_PUSHING,
        )  # fmt: skip
    except GitFailed as failure:
        raise _declined(failure, remote, branch) from None


def lend(git: Git, remote: Remote, sha: str) -> None:
    """Push `sha` under a ref of its own that is no branch: nobody is told of it, and no CI runs for it."""
    try:
        git.run("push", "--quiet", "--", remote.url, f"{sha}:{LENT}/{sha}", limits=_PUSHING)
    except GitFailed as failure:
        raise _declined(failure, remote, f"{LENT}/{sha}") from None


def _receiver(remote: Remote) -> list[str]:
    """For a repository on this machine: receive without running anything that it names.

    Git does not hand our own settings on to a local `receive-pack`, so its hooks would run, outside of any sandbox.
    """
    if not remote.url.startswith("file:"):
        return []
    settings = ("core.hooksPath=/dev/null", "core.alternateRefsCommand=true", "receive.autogc=false", "gc.auto=0")
    return ["--receive-pack=git " + " ".join(f"-c {setting}" for setting in settings) + " receive-pack"]


def _remote_sha(git: Git, remote: Remote, branch: str) -> str | None:
    target = f"refs/heads/{branch}"
    try:
        lines = git.text("ls-remote", "--", remote.url, target).splitlines()
    except GitFailed as failure:
        away = TransientError(f"{remotes.host(remote.url)} did not answer as a git server: {failure}")
        raise remotes.complaint(failure, remote) or away from None
    # The pattern also matches at the end of longer names.
    found = [sha for sha, _, name in (line.partition("\t") for line in lines) if name == target]
    return found[0] if found else None


def _made_here(git: Git) -> set[str]:
    return set(git.text("for-each-ref", "--format=%(objectname)", f"{CANDIDATES}/").split())


def _not_ours(branch: str, sha: str) -> NotOurs:
    return NotOurs(
        f"The branch {branch} now holds {sha[:12]}, which Honk did not make. It was left as it is; "
        "delete or rename the branch and ask again."
    )


def _declined(failure: GitFailed, remote: Remote, branch: str) -> Exception:
    """What a refused push means. A lost lease is retried: the next look sees who was there first."""
    words = failure.stderr
    if _MOVED.search(words):
        return TransientError(f"the branch {branch} moved while it was being pushed")
    if match := re.search(r"\[remote rejected\][^\n]*\(([^)\n]*)\)", words):
        return UserError(f"The server declined the branch {branch}: {match[1]}.")
    return remotes.complaint(failure, remote) or TransientError(f"the branch {branch} could not be pushed: {failure}")
