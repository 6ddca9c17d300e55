"""What code does to the work by itself, in the sandbox: take the base in, undo a commit, run a formatter.

Git is the workspace's own and runs inside, on a checkout that no agent has touched yet; what it leaves there goes the
way of all work.
"""

from dataclasses import dataclass

from ghapp.core.errors import UserError
from ghapp.core.ports import Completed, Workspace
from ghapp.core.run import Errand

_SECONDS = 600
_GIT = ("git", "-c", "user.name=honk", "-c", "user.email=honk@localhost", "-c", "core.hooksPath=/dev/null")
_MAX_PATHS = 50


@dataclass(frozen=True)
class Done:
    """How an errand ended: the files that are left in conflict, and what was printed."""

    conflicts: tuple[str, ...]
    output: str


def run(errand: Errand, workspace: Workspace, start: str) -> Done:
    """Do it to a workspace that is at the commit `start`. UserError when it cannot be done at all."""
    match errand.kind:
        case "update":
            _git(workspace, "reset", "--quiet", "--hard", start)
            return _merged(workspace, _try(workspace, "merge", "--no-commit", "--no-ff", errand.sha))
        case "revert":
            _git(workspace, "reset", "--quiet", "--hard", start)
            return _merged(workspace, _revert(workspace, errand))
        case "autofix":
            said = [_shell(workspace, command) for command in errand.commands]
            return Done((), "\n".join(said))


_UNDO = """git diff --binary --full-index "$1" "$1~$2" | git apply --3way"""
_PATCH = """git diff "$1" "$2" | git patch-id --stable | cut -d " " -f 1"""


def _revert(workspace: Workspace, errand: Errand) -> Completed:
    """All that the pull request brought goes away, however it was merged.

    A merge commit is undone against its first parent. Where it was rebased, its last commits on the base are undone
    together; GitHub names only the last of them.
    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/about-pull-request-merges
    """
    parents = _git(workspace, "rev-list", "--parents", "-n1", errand.sha).output.split()[1:]
    if len(parents) == 1 and errand.commits > 1 and _was_rebased(workspace, errand):
        return workspace.run(("sh", "-c", _UNDO, "sh", errand.sha, str(errand.commits)), timeout=_SECONDS)
    main_line = ("-m", "1") if len(parents) > 1 else ()
    return _try(workspace, "revert", "--no-commit", *main_line, errand.sha)


def _was_rebased(workspace: Workspace, errand: Errand) -> bool:
    """Whether the last commits of the base together, and not the last one alone, are what the pull request brought."""
    before = f"{errand.sha}~{errand.commits}"
    met = _try(workspace, "merge-base", errand.head, before)
    if met.exit_code:
        return False
    brought = _patch(workspace, met.output.strip(), errand.head)
    return _patch(workspace, f"{errand.sha}~1", errand.sha) != brought == _patch(workspace, before, errand.sha)


def _patch(workspace: Workspace, one: str, other: str) -> str:
    """A name for the difference of two commits, equal wherever in a file it stands."""
    return workspace.run(("sh", "-c", _PATCH, "sh", one, other), timeout=_SECONDS).output.strip()


def _merged(workspace: Workspace, done: Completed) -> Done:
    """Git ends with 1 at a conflict; without one it failed."""
    listed = _git(workspace, "diff", "--name-only", "--diff-filter=U", "-z").output.split("\0")
    conflicts = tuple(filter(None, listed))[:_MAX_PATHS]
    if done.exit_code and not conflicts:
        raise UserError(f"Git could not do it: {done.output.strip()[-500:]}")
    return Done(conflicts, done.output)


def _shell(workspace: Workspace, command: str) -> str:
    done = workspace.run(("sh", "-c", command), timeout=_SECONDS)
    return f"$ {command}\n{done.output[-2_000:]}[exit code {done.exit_code}]"


def _git(workspace: Workspace, *arguments: str) -> Completed:
    done = _try(workspace, *arguments)
    if done.exit_code:
        raise UserError(f"Git could not do it: {done.output.strip()[-500:]}")
    return done


def _try(workspace: Workspace, *arguments: str) -> Completed:
    return workspace.run((*_GIT, *arguments), timeout=_SECONDS)
