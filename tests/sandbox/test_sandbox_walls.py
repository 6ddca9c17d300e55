"""What must not be reachable from inside, whatever is tried."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ghapp.core.ports import Prepared
from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.sandbox.workspace import JailedWorkspace
from tests.sandbox.origins import Origin, Shell, commands, mounts

# Known by its number among all processes of the machine, on which other tests may run at the same time.
SLEEP = f"sleep {os.getpid()}0001"


def test_files_of_the_host_do_not_exist(workspace: JailedWorkspace, origin: Origin, tmp_path: Path) -> None:
    """Not a home folder, nor the data folder, nor what runs as services."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    paths = [secret, Path.home() / ".ssh", Path.home() / ".bashrc", origin.mirror, Path(__file__), Path("/etc/shadow")]
    paths += [Path(name) for name in ("/var", "/run", "/sys", "/opt", "/etc/ssl/private", "/etc/resolv.conf", "/out")]
    for path in paths:
        assert workspace.run(["ls", "-d", str(path)]).exit_code == 2, path


def test_the_root_holds_nothing_else(shell: Shell) -> None:
    """A folder that appears here was put there by someone."""
    system = {"bin", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "tmp", "usr"}
    known = system | {"env", "honk", "mirror", "workspace", *Path(sys.base_prefix).parts[1:2]}
    assert set(shell("ls /").output.split()) <= known
    assert shell("ls -A /home").output == "honk\n"


def test_nothing_of_the_host_can_be_written(shell: Shell) -> None:
    """The toolchain, the mirror, our own programs, the root and the kernel's settings are shut."""
    for folder in ("/usr/bin", "/mirror", "/mirror/objects", "/honk", "/", "/etc", "/dev"):
        done = shell(f"touch {folder}/x")
        assert done.exit_code == 1, folder
        assert "Read-only" in done.output, folder


def test_the_kernels_settings_are_shut(workspace: JailedWorkspace) -> None:
    """Root outside may write them, whatever its number inside; `core_pattern` would run a program as root there."""
    look = (
        "import os\n"
        "for top, _, files in os.walk('/proc/sys'):\n"
        "  for file in files:\n"
        "    try: os.close(os.open(f'{top}/{file}', os.O_WRONLY))\n"
        "    except OSError: continue\n"
        "    print(top, file)"
    )
    assert workspace.run(["python3", "-c", look]).output == ""
    assert workspace.run(["sh", "-c", "echo b > /proc/sysrq-trigger"]).exit_code != 0


def test_the_environment_is_only_ours(workspace: JailedWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the program's nor that of process 1, and the command line of process 1 names no path of the host."""
    monkeypatch.setenv("A_TOKEN", "ghs_secret")
    seen = workspace.run(["sh", "-c", "env; cat /proc/[0-9]*/environ"]).output
    assert "ghs_secret" not in seen
    names = {line.split("=")[0] for line in workspace.run(["env"]).output.splitlines()}
    assert names == {
        "CI", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_NAME", "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_NAME", "GIT_TERMINAL_PROMPT",
        "HOME", "LANG", "PATH", "PWD", "PYTHONDONTWRITEBYTECODE", "TMPDIR", "VIRTUAL_ENV",
    }  # fmt: skip
    first = workspace.run(["sh", "-c", "tr '\\0' '\\n' < /proc/1/environ; cat /proc/1/cmdline"]).output
    assert str(workspace._place.folder) not in first
    assert workspace.run(["cat", "/proc/1/environ"]).output == ""


def test_there_is_no_network(workspace: JailedWorkspace) -> None:
    """Not even the host's own loopback, nor its abstract sockets."""
    reach = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5)"
    name = f"honk-test-{os.getpid()}"
    abstract = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0" + name + "')"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as other:
        other.bind(f"\0{name}")
        other.listen()
        done = workspace.run(["python3", "-c", reach, str(server.getsockname()[1])])
        assert "ConnectionRefusedError" in done.output
        assert "ConnectionRefusedError" in workspace.run(["python3", "-c", abstract]).output
    assert workspace.run(["sh", "-c", "tail -n +3 /proc/net/dev | cut -d: -f1"]).output.split() == ["lo"]


def test_no_rights_can_be_won(shell: Shell) -> None:
    """No capabilities, no new ones by programs, no user namespaces in which to have them."""
    status = dict(line.split(":\t", 1) for line in shell("cat /proc/self/status").output.splitlines() if ":\t" in line)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0000000000000000"}
    assert status["NoNewPrivs"] == "1"
    assert shell("id -u; id -g").output == "1000\n1000\n"
    for attempt in ("unshare -Ur true", "mount -t tmpfs none /tmp", "mknod /tmp/null c 1 3", "chroot / true"):
        assert shell(attempt).exit_code != 0, attempt


def test_processes_of_the_host_are_not_there(shell: Shell) -> None:
    """Only what the command itself started, and bubblewrap's first process."""
    seen = shell("cat /proc/[0-9]*/comm").output.split()
    assert set(seen) <= {"bwrap", "sh", "cat"}
    assert shell(f"kill -0 {os.getpid()}").exit_code != 0


def test_limits_hold(shell: Shell) -> None:
    """No core files, and limits that cannot be lifted again."""
    assert shell("ulimit -c; ulimit -Hc").output == "0\n0\n"
    for flag in "fdnp":
        assert shell(f"ulimit -H{flag}").output.strip().isdigit()
        assert shell(f"ulimit -{flag} unlimited").exit_code != 0
    assert shell("cat /proc/self/oom_score_adj").output == "800\n"


@pytest.mark.parametrize(
    "line",
    [
        "SLEEP &",
        "nohup SLEEP >/dev/null 2>&1 &",
        "setsid SLEEP >/dev/null 2>&1 </dev/null &",
        "(setsid sh -c '(trap \"\" TERM HUP INT; SLEEP) &' &) >/dev/null 2>&1",
    ],
)
def test_what_was_left_running_is_gone(shell: Shell, line: str) -> None:
    """Background, nohup, setsid and double forks: the command's end is the end of all of it."""
    done = shell(f"{line}\necho ended".replace("SLEEP", SLEEP))
    assert done.output == "ended\n"
    assert SLEEP not in commands()


def test_a_timeout_ends_the_whole_tree(workspace: JailedWorkspace) -> None:
    """Also what had left the session."""
    done = workspace.run(["sh", "-c", f"setsid {SLEEP} & trap '' TERM; {SLEEP}; {SLEEP}"], timeout=1)
    assert done.timed_out
    assert SLEEP not in commands()


def test_endless_output_is_cut_in_the_middle(workspace: JailedWorkspace) -> None:
    """Head and tail are kept, memory is bounded, and the program is read to its end."""
    done = workspace.run(["sh", "-c", "echo first; head -c 50000000 /dev/zero | tr '\\0' 'x'; echo; echo last"])
    assert done.exit_code == 0
    assert done.output.startswith("first\nxxx")
    assert done.output.endswith("xxx\nlast\n")
    assert len(done.output) < 1_100_000
    assert " bytes left out ...]" in done.output


def test_input_that_nobody_reads_blocks_nobody(workspace: JailedWorkspace) -> None:
    """Nor does output that comes before the input is read."""
    assert workspace.run(["true"], stdin=b"x" * 5_000_000).exit_code == 0
    done = workspace.run(["sh", "-c", "head -c 300000 /dev/zero; wc -c"], stdin=b"x" * 5_000_000)
    assert done.output.endswith("5000000\n")


def test_no_descriptor_of_the_host_comes_along(workspace: JailedWorkspace) -> None:
    """Neither bubblewrap's own pipes nor what the worker has open."""
    assert workspace.run(["ls", "/proc/self/fd"]).output.split() == ["0", "1", "2", "3"]  # 3 is the listing itself


@pytest.mark.parametrize("way", ["run", "launch"])
def test_a_killed_worker_takes_its_sandbox_along(
    sandbox: Bubblewrap, origin: Origin, prepared: Prepared, way: str
) -> None:
    """With kill -9 there is no `finally`: no process and no mount is left; the next start sweeps the folder."""
    order = {
        "data": str(sandbox._data),
        "overlay": sandbox._machine.overlay,
        "mirror": str(origin.mirror),
        "base": origin.base,
        "way": way,
        "line": f"exec 3> /tmp/pipe; echo up >&3; setsid {SLEEP} & {SLEEP}",
    }
    with subprocess.Popen([sys.executable, "-c", WORKER, json.dumps(order)], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        folder = worker.stdout.readline().decode().removesuffix("\n")
        with Path(folder, "tmp/pipe").open() as inside:
            assert inside.readline() == "up\n"
            worker.kill()
            worker.wait(60)
            assert inside.read() == "", "the program inside lives on"
    assert SLEEP not in commands()
    assert not mounts(Path(folder).name)
    assert list((sandbox._data / "runs").iterdir())
    Bubblewrap(sandbox._data, overlay=sandbox._machine.overlay)
    assert not list((sandbox._data / "runs").iterdir())


def test_a_jail_that_outlived_its_worker_goes_at_the_next_start(
    sandbox: Bubblewrap, workspace: JailedWorkspace
) -> None:
    """bubblewrap asks only after a while to die with its parent; that of a living worker stays."""
    mine = workspace._place.folder.name
    (sandbox._data / "runs/run-orphaned").mkdir()
    line = [sys.executable, "-c", "import signal; signal.pause()"]
    with subprocess.Popen([*line, "run-orphaned"]) as orphan, subprocess.Popen([*line, mine]) as living:
        Bubblewrap(sandbox._data, overlay=sandbox._machine.overlay)
        assert orphan.wait(60) == -signal.SIGKILL
        assert living.poll() is None
        living.kill()
    assert [path.name for path in (sandbox._data / "runs").iterdir()] == [mine]
    assert workspace.run(["cat", "/proc/1/cmdline"]).output.split("\0")[3:5] == ["--unsetenv", mine]


WORKER = """
import json, subprocess, sys
from pathlib import Path
from ghapp.core.ports import ModelAccess
from ghapp.sandbox.bubblewrap import Bubblewrap
order = json.loads(sys.argv[1])
sandbox = Bubblewrap(Path(order["data"]), overlay=order["overlay"])
mirror = Path(order["mirror"])
with sandbox.open(mirror, sandbox.prepare(mirror, order["base"], [])) as workspace:
    workspace.run(["mkfifo", "/tmp/pipe"])
    folder = workspace._place.folder
    print(folder, flush=True)
    if order["way"] == "run":
        workspace.run(["sh", "-c", order["line"]])
    model = ModelAccess(folder / "tmp/pipe", "a-model")
    with workspace.launcher(Path("/bin/sh"), model=model, variables={}) as script:
        subprocess.run([script, "-c", order["line"]])
"""
