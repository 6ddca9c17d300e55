"""The contract of ports.Sandbox and ports.Workspace, on overlays and on copies."""

import hashlib
from pathlib import Path

import pytest

from ghapp.core.errors import UserError
from ghapp.core.ports import Prepared, Sandbox, Workspace
from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.sandbox.workspace import JailedWorkspace
from tests.sandbox.origins import Origin, Shell, Tree, git, mounts


def test_it_is_what_the_use_cases_ask_for(sandbox: Bubblewrap, workspace: JailedWorkspace) -> None:
    """The type checker reads this test; every verb of the ports is there."""
    port: Sandbox = sandbox
    opened: Workspace = workspace
    assert all(callable(verb) for verb in (port.prepare, port.open, opened.run, opened.launcher, opened.collect))


def runs(sandbox: Bubblewrap) -> list[Path]:
    """The run folders that are there."""
    folder = sandbox._data / "runs"
    return list(folder.iterdir()) if folder.exists() else []


def test_a_command_runs_at_the_root_and_its_end_is_told(workspace: JailedWorkspace) -> None:
    """Working folder, standard input, both outputs in order and the exit code are what a person expects."""
    done = workspace.run(["sh", "-c", "pwd; cat; echo oops >&2; exit 3"], stdin=b"given\n")
    assert (done.exit_code, done.output, done.timed_out) == (3, "/workspace\ngiven\noops\n", False)


def test_a_program_that_is_not_there_is_an_exit_code(workspace: JailedWorkspace) -> None:
    """A typing error of the model is its own affair, not a failure of the sandbox."""
    done = workspace.run(["no-such-program"])
    assert done.exit_code == 127
    assert "no-such-program" in done.output


def test_death_by_signal_is_an_exit_code(shell: Shell) -> None:
    """As a shell says it: 128 and the signal."""
    assert shell("kill -9 $$").exit_code == 137


def test_a_command_over_its_time_is_ended(workspace: JailedWorkspace) -> None:
    """What it had printed is kept."""
    done = workspace.run(["sh", "-c", "echo began; sleep 1000"], timeout=1)
    assert done.timed_out
    assert done.exit_code != 0
    assert done.output == "began\n"


def test_the_checkout_is_a_repository_with_its_tags(shell: Shell) -> None:
    """Tools that ask git for a version find one."""
    assert shell("git status --short; git describe --tags; cat link; ./run.sh").output == "v1\nprint('one')\nran\n"


def test_files_stay_between_commands(shell: Shell) -> None:
    """In the checkout, the environment, the home folder and /tmp."""
    places = "/workspace/x /env/x /home/honk/x /tmp/x"
    assert shell(f"for f in {places}; do echo kept > $f; done").exit_code == 0
    assert shell(f"cat {places}").output == "kept\n" * 4


def test_a_set_up_prepares_once(sandbox: Bubblewrap, origin: Origin) -> None:
    """Its log is kept, what it installed is found first on PATH, and the second run takes the same template."""
    setup = [
        "echo preparing; mkdir -p /env/bin ~/.cache",
        "printf '#!/bin/sh\\necho mine' > /env/bin/tool; chmod +x /env/bin/tool",
    ]
    first = sandbox.prepare(origin.mirror, origin.base, setup)
    second = sandbox.prepare(origin.mirror, origin.base, setup)
    assert (first.failed, first.reused, second.reused, second.path) == (False, False, True, first.path)
    assert first.log.startswith("$ echo preparing")
    assert "\npreparing\n" in second.log
    with sandbox.open(origin.mirror, second) as workspace:
        assert workspace.run(["sh", "-c", "tool; ls -d ~/.cache"]).output == "mine\n/home/honk/.cache\n"


def test_a_failing_set_up_is_told_and_the_work_goes_on(sandbox: Bubblewrap, origin: Origin) -> None:
    """The commands after the failing one are not run; the template is made, and made anew the next time."""
    setup = ["echo broken; exit 7", "echo never"]
    prepared = sandbox.prepare(origin.mirror, origin.base, setup)
    assert prepared.failed
    assert "broken\n[exit code 7" in prepared.log
    assert "never" not in prepared.log
    with sandbox.open(origin.mirror, prepared) as workspace:
        assert workspace.run(["cat", "app.py"]).output == "print('one')\n"
        in_use = sandbox.prepare(origin.mirror, origin.base, setup)
    assert in_use.reused
    assert not sandbox.prepare(origin.mirror, origin.base, setup).reused


def test_nothing_changed_is_said_so(workspace: JailedWorkspace) -> None:
    """And there is no bundle."""
    assert not workspace.changed()
    with pytest.raises(UserError, match="Nothing in the workspace differs"):
        workspace.collect("empty")


def test_a_change_comes_out_as_one_commit_on_the_base(workspace: JailedWorkspace, shell: Shell, tree: Tree) -> None:
    """Edited, added, deleted, renamed, made executable; what the repository ignores stays."""
    shell("echo two > app.py; rm -r docs; mv run.sh go.sh; chmod +x app.py; ln -sf go.sh link")
    shell("mkdir -p build; touch build/a x.log; printf 'line\\n' > 'new\nline é.txt'; git add -A; git commit -qm mine")
    assert workspace.changed()
    assert tree(workspace.collect("A message\n\nwith a body")) == {
        ".gitignore": ("100644", b"*.log\nbuild/\n"),
        "app.py": ("100755", b"two\n"),
        "go.sh": ("100755", b"#!/bin/sh\necho ran\n"),
        "link": ("120000", b"go.sh"),
        "new\nline é.txt": ("100644", b"line\n"),
    }


def test_collecting_twice_takes_the_newer_work(workspace: JailedWorkspace, shell: Shell, tree: Tree) -> None:
    """A repair round collects again; the first bundle stays as it was."""
    shell("echo two > app.py")
    first = workspace.collect("first")
    before = first.read_bytes()
    shell("echo three > app.py")
    assert tree(workspace.collect("second"))["app.py"] == ("100644", b"three\n")
    assert first.read_bytes() == before


def test_equal_work_is_an_equal_commit(workspace: JailedWorkspace, shell: Shell, tmp_path: Path) -> None:
    """So one can tell whether anything is new since it was collected last."""

    def heads() -> str:
        return git(tmp_path, "bundle", "list-heads", str(workspace.collect("work")))

    shell("echo two > app.py")
    first = heads()
    shell("touch app.py; echo three > app.py; echo two > app.py")
    assert heads() == first
    shell("echo three > app.py")
    assert heads() != first


def test_another_commit_is_checked_out_over_the_template(sandbox: Bubblewrap, origin: Origin, tree: Tree) -> None:
    """Files that it deleted are gone, the prepared environment is there, and the bundle is still on the base."""
    prepared = sandbox.prepare(origin.mirror, origin.base, ["touch /env/there"])
    with sandbox.open(origin.mirror, prepared, origin.later) as workspace:
        listed = workspace.run(["sh", "-c", "ls; ls /env; cat app.py"]).output
        assert listed == "app.py\nlink\nnew.py\nrun.sh\nthere\nprint('later')\n"
        assert workspace.changed()
        found = tree(workspace.collect("later"))
    assert found["app.py"] == ("100644", b"print('later')\n")
    assert "docs/notes.txt" not in found


def test_an_unknown_commit_is_refused(sandbox: Bubblewrap, origin: Origin, prepared: Prepared) -> None:
    """With git's words, and nothing left behind."""
    with pytest.raises(UserError, match="Git cannot take in"), sandbox.open(origin.mirror, prepared, "0" * 40):
        raise AssertionError("it opened")
    with pytest.raises(UserError, match="Git cannot take in"):
        sandbox.prepare(origin.mirror, "1" * 40, [])
    with pytest.raises(ValueError, match="not a commit id"):
        sandbox.prepare(origin.mirror, "--upload-pack=x", [])
    assert not runs(sandbox)


def test_what_the_set_up_left_in_the_tree_is_nobodys_work(sandbox: Bubblewrap, origin: Origin, tree: Tree) -> None:
    """Until somebody touches it: build leftovers do not reach a pull request."""
    setup = ["echo built > made.txt; echo by set-up >> app.py; rm docs/notes.txt", "mkdir egg; touch egg/a egg/b"]
    prepared = sandbox.prepare(origin.mirror, origin.base, setup)
    with sandbox.open(origin.mirror, prepared) as workspace:
        assert not workspace.changed()
        workspace.run(["sh", "-c", "echo touched > egg/b; echo work > work.py"])
        found = tree(workspace.collect("work"))
    assert sorted(found) == [".gitignore", "app.py", "docs/notes.txt", "egg/b", "link", "run.sh", "work.py"]
    assert found["app.py"] == ("100644", b"print('one')\n")


def test_two_runs_on_one_template_do_not_meet(sandbox: Bubblewrap, origin: Origin, prepared: Prepared) -> None:
    """Each sees its own files, and the template stays as it was to the last byte."""
    before = fingerprint(prepared.path)
    with sandbox.open(origin.mirror, prepared) as one, sandbox.open(origin.mirror, prepared) as other:
        one.run(["sh", "-c", "echo one > app.py; rm -r docs; touch /env/one; git commit -qam one"])
        assert other.run(["sh", "-c", "cat app.py; ls docs /env"]).output == "print('one')\n/env:\n\ndocs:\nnotes.txt\n"
        assert one.run(["sh", "-c", "cat app.py; ls /env"]).output == "one\none\n"
    assert fingerprint(prepared.path) == before


def fingerprint(folder: Path) -> str:
    """All that is in a folder: names, modes, times of change and bytes."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        digest.update(f"{path}\0{about.st_mode}\0{about.st_mtime_ns}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


@pytest.mark.parametrize("ending", [None, RuntimeError, KeyboardInterrupt])
def test_nothing_is_left_however_it_ends(
    sandbox: Bubblewrap, origin: Origin, prepared: Prepared, ending: type[BaseException] | None
) -> None:
    """No folder, no mount; also with folders that are closed, and deeper than a path may be long."""
    deep = "import os\nfor n in range(900):\n os.mkdir('deep'); os.chdir('deep')"
    mess = (
        "mkdir -p a/b/c /tmp/t; touch a/b/c/d /tmp/t/u; mkfifo a/pipe; chmod 000 a/b; chmod 555 a; chmod 000 /tmp/t ~ ."
    )
    try:
        with sandbox.open(origin.mirror, prepared) as workspace:
            assert workspace.run(["python3", "-c", deep]).exit_code == 0
            assert workspace.run(["sh", "-c", mess]).exit_code == 0
            (folder,) = runs(sandbox)
            name = folder.name
            assert not sandbox._machine.overlay or workspace.run(["grep", name, "/proc/self/mountinfo"]).output
            if ending:
                raise ending
    except (RuntimeError, KeyboardInterrupt):
        assert ending
    assert not runs(sandbox)
    assert not mounts(name)
