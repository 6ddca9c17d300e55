"""What an agent may do to its checkout before Honk takes its work, and what becomes of it."""

import os
from pathlib import Path

import pytest

from ghapp.core.errors import UserError
from ghapp.sandbox.place import MAX_BUNDLE, take
from ghapp.sandbox.workspace import JailedWorkspace
from tests.sandbox.origins import Origin, Shell, Tree, git

FIRED = "touch /workspace/fired"


@pytest.mark.parametrize(
    "crime",
    [
        "rm -rf .git",
        "rm -rf .git; echo 'gitdir: /tmp' > .git",
        "rm -rf .git; ln -s /tmp .git",
        "rm -rf .git; mkfifo .git",
        "rm -rf .git/objects .git/HEAD; echo junk > .git/index",
        "chmod 000 .git",
        "git checkout -q --orphan other; git rm -rfq --cached .; git commit -q --allow-empty -m other",
        "git rm -rfq --cached .; echo '*' > .git/info/exclude",
        "git update-index --assume-unchanged app.py; git update-index --skip-worktree run.sh",
    ],
)
def test_the_checkouts_own_git_folder_is_not_asked(
    workspace: JailedWorkspace, shell: Shell, tree: Tree, crime: str
) -> None:
    """Destroyed, replaced, or lying: the work comes out all the same."""
    shell(f"{crime}; echo two > app.py")
    assert workspace.changed()
    found = tree(workspace.collect("work"))
    assert found["app.py"] == ("100644", b"two\n")
    assert sorted(found) == [".gitignore", "app.py", "docs/notes.txt", "link", "run.sh"]


def test_nothing_that_the_agent_wrote_is_executed(workspace: JailedWorkspace, shell: Shell, tree: Tree) -> None:
    """Hooks, filters, monitors, drivers, editors and programs on PATH, in every configuration that git may read."""
    config = "\\n".join(
        (
            "[core]", "hooksPath = /workspace/hooks", f"fsmonitor = {FIRED}", f"editor = {FIRED}", f"pager = {FIRED}",
            "[filter \\\"bad\\\"]", f"clean = {FIRED}", f"smudge = {FIRED}", "required = true",
            "[diff \\\"bad\\\"]", f"textconv = {FIRED}", "[gpg]", f"program = {FIRED}", "[commit]", "gpgSign = true",
        )
    )  # fmt: skip
    shell(f'for f in .git/config .gitconfig ~/.gitconfig; do printf "{config}\\n" >> $f; done')
    shell("echo '* filter=bad diff=bad' > .gitattributes; mkdir -p hooks /env/bin ~/.local/bin")
    shell(
        f"printf '#!/bin/sh\\n{FIRED}\\n' > hooks/pre-commit; chmod +x hooks/pre-commit; cp hooks/* .git/hooks/;"
        "for n in post-index-change reference-transaction post-commit; do cp hooks/pre-commit hooks/$n; done;"
        "for n in git python3 find chmod; do cp hooks/pre-commit /env/bin/$n; cp hooks/pre-commit ~/.local/bin/$n; done"
    )
    shell(
        "mkdir -p sub; /usr/bin/git -C sub init -q; cp .git/config sub/.git/config; echo two > app.py; rm -rf sub/.git"
    )
    found = tree(workspace.collect("work"))
    assert found["app.py"] == ("100644", b"two\n")
    assert "fired" not in found
    assert shell("/bin/ls fired").exit_code == 2


def test_a_nested_repository_is_a_link_for_the_gate_to_block(
    workspace: JailedWorkspace, shell: Shell, tree: Tree
) -> None:
    """Its files do not come along, and no git is started in it."""
    shell(
        f"git init -q sub; cd sub; git commit -q --allow-empty -m x; git config core.fsmonitor '{FIRED}'; touch inner"
    )
    found = tree(workspace.collect("work"))
    assert found["sub"] == ("160000", b"")
    assert "sub/inner" not in found
    assert "fired" not in found


def test_a_nested_repository_without_a_commit_is_refused(workspace: JailedWorkspace, shell: Shell) -> None:
    """Git cannot record it; the person reads git's reason."""
    shell("git init -q sub; touch sub/inner")
    with pytest.raises(UserError, match="does not have a commit checked out"):
        workspace.collect("work")


def test_a_closed_tree_is_opened(workspace: JailedWorkspace, shell: Shell, tree: Tree) -> None:
    """Git would take a folder that it may not read for a deleted one."""
    shell("mkdir -p shut/in; echo kept > shut/in/file; chmod 000 shut/in/file shut/in shut docs app.py .")
    found = tree(workspace.collect("work"))
    assert found["shut/in/file"] == ("100644", b"kept\n")
    assert found["docs/notes.txt"] == ("100644", b"notes\n")
    assert found["app.py"] == ("100644", b"print('one')\n")


def test_the_next_command_enters_a_closed_root(shell: Shell) -> None:
    """A slip of `chmod` must not end the run."""
    assert shell("chmod 000 /workspace").exit_code == 0
    assert shell("ls app.py").output == "app.py\n"


def test_pipes_and_sockets_are_no_work(workspace: JailedWorkspace, shell: Shell) -> None:
    """Git knows files, links and folders, and refuses one in a file's place; nothing waits at a pipe."""
    shell("mkfifo pipe; python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('sock')\"; ls -l")
    assert not workspace.changed()
    shell("rm app.py; mkfifo app.py; echo work > work.py")
    with pytest.raises(UserError, match=r"app\.py: can only add regular files"):
        workspace.collect("work")


def test_links_are_kept_as_links(workspace: JailedWorkspace, shell: Shell, tree: Tree) -> None:
    """They are the gate's to judge; nothing follows them."""
    shell("ln -s /etc/passwd out; rm -r docs; ln -s / docs")
    found = tree(workspace.collect("work"))
    assert (found["out"], found["docs"]) == (("120000", b"/etc/passwd"), ("120000", b"/"))


def test_names_that_harm_other_machines_are_refused(workspace: JailedWorkspace, shell: Shell) -> None:
    """A second spelling of `.git`, as a case-blind file system would read it."""
    shell("mkdir -p 'git~1'; touch 'git~1/config'")
    with pytest.raises(UserError, match="git~1"):
        workspace.collect("work")


def test_many_files_are_taken_in(workspace: JailedWorkspace, origin: Origin) -> None:
    """More than one command line holds."""
    make = "import os; os.mkdir('many'); [open(f'many/{n:05}-{\"x\" * 100}', 'w').close() for n in range(5000)]"
    assert workspace.run(["python3", "-c", make]).exit_code == 0
    bundle = workspace.collect("work")
    git(origin.mirror, "bundle", "verify", "-q", str(bundle))
    assert b"many/" not in bundle.read_bytes()[:200]


@pytest.mark.parametrize("sandbox", ["copy"], indirect=True)
def test_a_change_too_large_is_refused(workspace: JailedWorkspace, shell: Shell) -> None:
    """Bytes that do not compress, more than are taken in."""
    assert shell(f"head -c {MAX_BUNDLE + 2**20} /dev/urandom > big").exit_code == 0
    with pytest.raises(UserError, match="larger than 64 MiB"):
        workspace.collect("work")


def test_only_a_plain_file_is_taken(tmp_path: Path) -> None:
    """Not what a link points to, not a pipe (and without waiting for it), not a folder, not nothing."""
    target = tmp_path / "target"
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder", "nothing"):
        with pytest.raises(UserError, match="The sandbox left"):
            take(tmp_path / name, target)
        assert not target.exists()


def test_a_file_too_large_is_not_taken(tmp_path: Path) -> None:
    """Its size is read before its bytes."""
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MAX_BUNDLE + 1)
    with pytest.raises(UserError, match="larger than 64 MiB"):
        take(tmp_path / "huge", tmp_path / "target")
