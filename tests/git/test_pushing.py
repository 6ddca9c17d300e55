"""Commits of ours, and the push that runs over nobody."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from ghapp.core.errors import UserError
from ghapp.core.events import Repository
from ghapp.core.ports import Remote
from ghapp.git.mirrors import GitMirrors
from tests.git.bare_git import SHOP, TEXT, Bare

BRANCH = "honk/1-abc"


@pytest.fixture
def head(mirrors: GitMirrors, base: str) -> str:
    """Two commits of an agent, which sits in the mirror."""
    store = Bare(mirrors.mirror(SHOP))
    return store.commit({"sum.py": b"fixed\n"}, store.commit({"sum.py": b"half\n"}, base))


@pytest.fixture
def ours(mirrors: GitMirrors, head: str, base: str) -> str:
    """The commit that Honk makes of it."""
    return mirrors.commit(SHOP, head, base, TEXT, "abc")


def test_the_commit_is_ours_alone(mirrors: GitMirrors, head: str, base: str, ours: str) -> None:
    """The agent's tree, one parent, our people and message, and the same sha for the same arguments."""
    store = Bare(mirrors.mirror(SHOP))
    assert store.git("rev-parse", f"{ours}^{{tree}}") == store.git("rev-parse", f"{head}^{{tree}}")
    assert store.git("log", "--format=%P|%an <%ae>|%cn <%ce>|%at|%B", "-1", ours) == (
        f"{base}|{TEXT.author_name} <{TEXT.author_email}>|{TEXT.author_name} <{TEXT.author_email}>|1700000000|"
        "Fix the sum\n\nCloses #1"
    )
    assert mirrors.commit(SHOP, head, base, TEXT, "abc") == ours
    assert store.git("for-each-ref", "--format=%(refname)", "refs/honk/candidate") == f"refs/honk/candidate/abc/{ours}"


def test_odd_people_and_messages_make_a_commit_too(mirrors: GitMirrors, head: str, base: str) -> None:
    """Angle brackets, newlines and half a character in a name cannot forge a header."""
    text = replace(TEXT, author_name="A <x@y>\nparent 1", message="\ud800 odd\n-m\n#x\n")
    made = Bare(mirrors.mirror(SHOP)).git("cat-file", "-p", mirrors.commit(SHOP, head, base, text, "odd"))
    assert made.count("\nparent ") == 1
    assert made.endswith("? odd\n-m\n#x")


def test_push_makes_the_branch_once(mirrors: GitMirrors, upstream: Bare, remote: Remote, ours: str, base: str) -> None:
    """A second push of the same commit does nothing; main stays where it was."""
    mirrors.push(SHOP, remote, ours, BRANCH)
    mirrors.push(SHOP, remote, ours, BRANCH)
    refs = upstream.git("for-each-ref", "--format=%(refname) %(objectname)")
    assert refs == f"refs/heads/{BRANCH} {ours}\nrefs/heads/main {base}"


def test_our_own_older_commit_is_replaced(
    mirrors: GitMirrors, upstream: Bare, remote: Remote, head: str, base: str, ours: str
) -> None:
    """The next attempt of a run puts its commit in place of the last one's, also after a crash between the two."""
    newer = mirrors.commit(SHOP, head, base, replace(TEXT, message="second"), "abc")
    mirrors.push(SHOP, remote, ours, BRANCH)
    mirrors.push(SHOP, remote, newer, BRANCH)
    assert upstream.git("rev-parse", BRANCH) == newer


def test_a_commit_that_another_machine_pushed_is_replaced_when_the_run_knows_it(
    mirrors: GitMirrors, upstream: Bare, remote: Remote, base: str, ours: str
) -> None:
    """The record of the run outlives the mirror."""
    there = upstream.commit({"sum.py": b"from elsewhere\n"}, base)
    upstream.branch(BRANCH, there)
    with pytest.raises(UserError, match=there[:12]):
        mirrors.push(SHOP, remote, ours, BRANCH)
    mirrors.push(SHOP, remote, ours, BRANCH, ours=[there])
    assert upstream.git("rev-parse", BRANCH) == ours


@pytest.mark.parametrize("on_top", [True, False])
def test_the_work_of_a_person_is_left_alone(
    mirrors: GitMirrors, upstream: Bare, remote: Remote, head: str, base: str, ours: str, on_top: bool
) -> None:
    """Whether they went on from our commit or began anew."""
    mirrors.push(SHOP, remote, ours, BRANCH)
    theirs = upstream.commit({"sum.py": b"mine\n"}, ours if on_top else base)
    upstream.branch(BRANCH, theirs)
    newer = mirrors.commit(SHOP, head, base, replace(TEXT, message="second"), "abc")
    with pytest.raises(UserError, match=f"{BRANCH} now holds {theirs[:12]}"):
        mirrors.push(SHOP, remote, newer, BRANCH)
    assert upstream.git("rev-parse", BRANCH) == theirs


def hook(upstream: Bare, name: str, script: str) -> None:
    """Let the remote run a script when it is pushed to."""
    file = upstream.path / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_what_the_server_declines_is_told_in_its_words(
    mirrors: GitMirrors, upstream: Bare, remote: Remote, ours: str
) -> None:
    """A rule on branches, say."""
    upstream.git("config", "receive.hideRefs", "refs/heads/honk")
    with pytest.raises(UserError, match=f"declined the branch {BRANCH}: deny updating a hidden ref"):
        mirrors.push(SHOP, remote, ours, BRANCH)


def test_hooks_of_this_machine_never_run(mirrors: GitMirrors, remote: Remote, ours: str, tmp_path: Path) -> None:
    """Not even when something put one into the mirror."""
    witness = tmp_path / "witness"
    hook(Bare(mirrors.mirror(SHOP)), "pre-push", f"touch {witness}")
    hook(Bare(mirrors.mirror(SHOP)), "reference-transaction", f"touch {witness}")
    mirrors.push(SHOP, remote, ours, BRANCH)
    assert not witness.exists()


def test_a_local_repository_runs_nothing_of_its_own(tmp_path: Path) -> None:
    """`honk fix` on a hostile repository: its hooks are not run, whatever git would call them for."""
    target, ran = tmp_path / "target", tmp_path / "ran"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(target)], check=True)
    commit = ["git", "-C", str(target), "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "x"]
    subprocess.run([*commit, "--allow-empty"], check=True)
    for name in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction"):
        hook = target / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
        hook.chmod(0o755)
    repository = Repository(1, "local/target", 0)
    remote = Remote(target.as_uri(), None)
    store = GitMirrors(tmp_path / "data", protocols=("file",))
    sha = store.fetch(repository, remote, "main")
    assert sha is not None
    store.push(repository, remote, sha, "honk/0-abc")
    shown = subprocess.run(
        ["git", "-C", str(target), "rev-parse", "honk/0-abc"], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == sha
    assert not ran.exists()
