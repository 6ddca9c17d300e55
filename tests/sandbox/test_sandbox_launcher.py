"""The contract of Workspace.launcher: a program that a library of the host starts, and that runs inside."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ghapp.core.ports import MODEL_SOCKET, ModelAccess
from ghapp.sandbox.workspace import JailedWorkspace
from tests.sandbox.origins import Shell, commands

# Known by its number among all processes of the machine, on which other tests may run at the same time.
SLEEP = f"sleep {os.getpid()}0002"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program of the host: it runs what its arguments say."""
    path = tmp_path / "the program"
    path.write_text('#!/bin/sh\nexec "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[socket.socket]:
    """The model's end of the socket."""
    # A path of a Unix socket has 107 characters at most, which those of a temporary folder may exceed.
    here = os.open(tmp_path, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"/proc/self/fd/{here}/model.sock")
        os.close(here)
        listening.listen()
        listening.settimeout(60)
        yield listening


@pytest.fixture
def model(server: socket.socket, tmp_path: Path) -> ModelAccess:
    """What a relay hands to an engine."""
    return ModelAccess(tmp_path / "model.sock", "a-model")


@pytest.fixture
def start(workspace: JailedWorkspace, program: Path, model: ModelAccess) -> Iterator[Path]:
    """A script that starts the program inside."""
    with workspace.launcher(program, model=model, variables={"ADDED": "a 'value'\nof two lines"}) as script:
        yield script


def started(script: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start the script as a library does: with pipes, and an environment of its own."""
    pipe = subprocess.PIPE
    variables = os.environ | {"A_TOKEN": "ghs_secret"}
    return subprocess.Popen([script, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, env=variables, text=True)


def said(script: Path, *arguments: str) -> str:
    """What the program prints until it ends well."""
    with started(script, *arguments) as process:
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output


def ask(process: "subprocess.Popen[str]", line: str) -> str:
    """Have a running shell carry out a line that prints one."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return process.stdout.readline()


def test_arguments_streams_and_exit_code_pass_through(start: Path) -> None:
    """As if the program had been started on the host; both outputs stay apart."""
    with started(start, "sh", "-c", 'pwd; cat; echo "$1" >&2; exit 3', "sh", "two  words'") as process:
        assert process.communicate("given\n", timeout=60) == ("/workspace\ngiven\n", "two  words'\n")
    assert process.returncode == 3


def test_commands_run_beside_it_on_the_same_files(workspace: JailedWorkspace, start: Path, shell: Shell) -> None:
    """Each sees at once what the other wrote, in the checkout and elsewhere; the work can be collected meanwhile."""
    with started(start, "sh") as process:
        assert ask(process, "echo inside | tee app.py > /tmp/x; echo written") == "written\n"
        assert shell("cat app.py /tmp/x; echo beside > app.py; mv docs papers; echo > ~/y").output == "inside\ninside\n"
        assert ask(process, "echo $(cat app.py papers/notes.txt; ls ~)") == "beside notes y\n"
        assert workspace.changed()
        assert workspace.collect("both").stat().st_size
        assert ask(process, "echo still here") == "still here\n"


def test_a_closed_root_opens_for_the_next_command(start: Path, shell: Shell) -> None:
    """Also while a program has it open."""
    with started(start, "sh") as process:
        assert ask(process, "chmod 000 . /env ~; echo closed") == "closed\n"
        assert shell("ls app.py; ls -d /env ~").output == "app.py\n/env\n/home/honk\n"


def test_the_environment_is_the_sandboxs_and_what_was_added(workspace: JailedWorkspace, start: Path) -> None:
    """Nothing of whoever starts the script: no variable, no descriptor, no path, neither in process 1."""
    usual = set(workspace.run(["env", "-0"]).output.split("\0"))
    assert set(said(start, "env", "-0").split("\0")) == usual | {"ADDED=a 'value'\nof two lines"}
    first = said(start, "sh", "-c", "cat /proc/1/environ; tr '\\0' '\\n' < /proc/1/cmdline; ls /proc/self/fd")
    assert str(start.parent.parent) not in first
    assert "ghs_secret" not in first
    assert first.endswith("\n0\n1\n2\n3\n")  # 3 is the listing itself
    assert said(start, "cat", "/proc/1/environ") == ""


def test_it_has_the_walls_of_every_command(workspace: JailedWorkspace, start: Path) -> None:
    """The same network (none), rights, limits and folders, but for the program and the socket."""
    look = (
        "tail -n +3 /proc/net/dev | cut -d: -f1; grep -E '^(Cap|NoNew|Uid)' /proc/self/status; cat /proc/self/limits;"
        "cat /proc/self/oom_score_adj; touch /x 2>&1; find / -maxdepth 2 ! -path '/proc/*' | sort"
    )
    seen = said(start, "sh", "-c", look).splitlines()
    usual = workspace.run(["sh", "-c", look]).output.splitlines()
    assert [line for line in seen if line not in usual] == ["/opt", "/opt/honk", "/run", "/run/honk"]
    assert [line for line in usual if line not in seen] == []
    for path in ("/run/honk/x", "/opt/honk/x", "/opt/honk/the program"):
        assert "Read-only" in said(start, "sh", "-c", f"(: > '{path}') 2>&1 || true"), path


def test_only_what_is_launched_reaches_the_model(start: Path, shell: Shell, server: socket.socket) -> None:
    """Commands that run beside it do not see the socket, nor the program."""
    talk = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('{MODEL_SOCKET}'); print(s.recv(9))"
    with started(start, "python3", "-c", talk) as process:
        connection, _ = server.accept()
        with connection:
            assert shell("ls /run /opt").output.count("No such file") == 2
            connection.send(b"hello")
        assert process.communicate(timeout=60) == ("b'hello'\n", "")


def test_an_end_in_the_midst_of_the_beginning_leaves_nothing(
    workspace: JailedWorkspace, program: Path, model: ModelAccess
) -> None:
    """bubblewrap leaves its child behind when it is killed while it makes it: each moment is tried."""
    for number in range(20):
        with workspace.launcher(program, model=model, variables={}) as script:
            process = started(script, "sh", "-c", f"{SLEEP} & {SLEEP}")
            with suppress(subprocess.TimeoutExpired):
                process.wait(number / 1000)
            process.kill()
        left = [line for line in commands() if SLEEP in line]
        process.communicate(timeout=60)
        assert not left


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_its_process_is_the_end_of_all(start: Path, how: signal.Signals) -> None:
    """The number that the library knows is enough, also for what left the session and hears no signals."""
    with started(start, "sh", "-c", f"setsid sh -c \"trap '' TERM; {SLEEP}; {SLEEP}\" & echo up; {SLEEP}") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(how)
        assert process.stdout.read() == "", "what was started holds the pipe"
        assert process.wait(60) == -how
    assert SLEEP not in commands()


def test_all_is_gone_when_the_block_ends(workspace: JailedWorkspace, program: Path, model: ModelAccess) -> None:
    """However many were started, and also what has only begun to start; from then on nothing starts."""
    with workspace.launcher(program, model=model, variables={}) as script:
        begun = [started(script, "sh", "-c", f"setsid {SLEEP} & echo up; {SLEEP}") for _ in range(2)]
        assert [process.stdout.readline() for process in begun if process.stdout] == ["up\n", "up\n"]
        begun.append(started(script, "sh", "-c", f"{SLEEP} & {SLEEP}"))
        begun.append(started(script, "true"))
        begun[-1].wait(60)
        begun.append(started(script, "sh", "-c", f"{SLEEP} & {SLEEP}"))
    assert not [line for line in commands() if SLEEP in line]
    assert [process.wait(60) for process in begun].count(0) == 1
    for process in begun:
        process.communicate(timeout=60)
    with pytest.raises(FileNotFoundError):
        started(script)
    assert not list(workspace._place.folder.glob("launch-*"))


def test_a_number_that_is_somebody_elses_by_now_is_left_alone(
    workspace: JailedWorkspace, program: Path, model: ModelAccess
) -> None:
    """What the script started may have ended long before the block does."""
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        with workspace.launcher(program, model=model, variables={}) as script:
            said(script, "true")
            (record,) = (script.parent / "started").iterdir()
            told = json.loads(record.read_text().splitlines()[0])
            record.write_text(json.dumps(told | {"child-pid": stranger.pid}) + "\n")
            record.rename(record.with_name(str(stranger.pid)))
        assert stranger.poll() is None
        stranger.kill()
