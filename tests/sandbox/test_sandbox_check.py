"""The sandbox refuses to be made where it does not work, and says what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ghapp.core.errors import UserError
from ghapp.sandbox.bubblewrap import Bubblewrap


@pytest.fixture
def impostor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a `bwrap` that is found before the real one."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return tmp_path / "bin/bwrap"


def write(program: Path, text: str) -> None:
    """Make a program of a shell script."""
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def real_bwrap() -> str:
    """The one behind the impostor."""
    return str(shutil.which("bwrap", path=os.environ["PATH"].split(":", 1)[1]))


def test_it_works_here(tmp_path: Path) -> None:
    """A person may ask again at any time."""
    Bubblewrap(tmp_path).check()


def test_a_machine_without_bubblewrap_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command to type."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="apt install bubblewrap"):
        Bubblewrap(tmp_path / "data")


def test_a_bubblewrap_that_does_not_come_up_is_told(tmp_path: Path, impostor: Path) -> None:
    """With what it said."""
    write(impostor, "echo 'bwrap: setting up uid map: Permission denied'; exit 1")
    with pytest.raises(UserError, match=r"does not work on this machine.*setting up uid map"):
        Bubblewrap(tmp_path / "data")


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("", "--share-net", "network can be reached"),
        ("--ro-bind {data} {data}", "", "files of this machine can be read"),
        ("", "--cap-add ALL", "there are capabilities"),
        ("", "--ro-bind /proc /proc", "other processes can be seen"),
    ],
)
def test_a_jail_with_a_hole_is_refused(tmp_path: Path, impostor: Path, before: str, after: str, what: str) -> None:
    """Each wall is tried from inside; trust in an option's name is not enough."""
    before = before.format(data=tmp_path / "data")
    write(impostor, f'args="$2"; shift 2; exec {real_bwrap()} {before} --args "$args" {after} "$@"')
    with pytest.raises(UserError, match=f"not shut on this machine.*{what}"):
        Bubblewrap(tmp_path / "data")


@pytest.mark.parametrize("program", ["unshare", "mount", "nsenter"])
def test_a_machine_that_refuses_overlays_copies(tmp_path: Path, impostor: Path, program: str) -> None:
    """Whichever step it is that does not work; all walls hold without."""
    write(impostor.with_name(program), "echo refused; exit 1")
    assert not Bubblewrap(tmp_path / "data")._machine.overlay


# A container hides parts of /proc, and the kernel then refuses a fresh one: as here, where one folder is covered.
CONTAINER = 'mount -t tmpfs none /proc/irq; exec "$@"'
INSIDE = """
import sys
from pathlib import Path
from ghapp.core.errors import UserError
from ghapp.sandbox.bubblewrap import Bubblewrap
try:
    Bubblewrap(Path(sys.argv[1]))
except UserError as error:
    assert "already isolated" in str(error), error
    Bubblewrap(Path(sys.argv[1]), already_isolated=True).check()
    print("works when asked to")
"""


def test_an_already_isolated_machine_may_do_with_its_own_proc(tmp_path: Path) -> None:
    """Only when a person says so; all other walls are still tried."""
    container = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", CONTAINER, "container"]
    done = subprocess.run(
        [*container, sys.executable, "-c", INSIDE, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert done.stdout == "works when asked to\n", done.stderr


def test_an_environment_that_leaks_is_refused(tmp_path: Path, impostor: Path) -> None:
    """What bubblewrap is started with shows in /proc/1/environ inside."""
    write(impostor, f'LEAK=1 exec {real_bwrap()} "$@"')
    with pytest.raises(UserError, match="the environment of another process can be read"):
        Bubblewrap(tmp_path / "data")
