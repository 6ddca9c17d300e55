"""The command line of one jail: what is inside, and nothing else. Pure: lists of strings from values.

bubblewrap starts with an empty root and gets every folder by name, so a path that is not listed here does not exist
inside. https://github.com/containers/bubblewrap
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

USER = 1000
WORKSPACE = "/workspace"
ENVIRONMENT = "/env"
MIRROR = "/mirror"
HOME = "/home/honk"
OUT = "/out"
GUEST = "/honk"
LAUNCHED = "/opt/honk"
FOLDERS = ("workspace", "env", "home")

_SHARED_MEMORY = 512 * 2**20
# bubblewrap would join the namespaces of its caller for any that is not named. `--unshare-all` says the same, but
# `--disable-userns` wants the user namespace by its name.
_NAMESPACES = ("user", "ipc", "net", "pid", "uts", "cgroup-try")
# The out-of-memory killer takes what runs inside long before it takes a worker or the store. The wish is inherited.
_FIRST_TO_GO = "echo 800 > /proc/self/oom_score_adj 2>/dev/null; "
_LAUNCH = _FIRST_TO_GO + 'exec "$@"'


@dataclass(frozen=True)
class Limits:
    """Limits of each process inside: bytes of one file, of private memory; counts of open files and of processes.

    Address space is not limited: node, Go and Java reserve far more than they use. `processes` counts a user's
    processes in the sandbox and does not hold when root starts it.
    """

    file_size: int = 4 * 2**30
    memory: int = 8 * 2**30
    open_files: int = 16384
    processes: int = 2048


@dataclass(frozen=True)
class Bind:
    """A file or folder of the host, and where it is inside."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True)
class Machine:
    """What this host offers to every jail.

    `programs` are absolute paths of bwrap, env and sh, and (where there are any) of what overlay.py needs; `links` are
    symbolic links inside, as (content, path); `path` is PATH without what the workspace brings; `overlay` tells whether
    an overlay can be mounted; `own_proc` is False only inside a container that refuses a fresh /proc.
    """

    programs: Mapping[str, str]
    binds: tuple[Bind, ...]
    links: tuple[tuple[str, str], ...]
    path: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    overlay: bool = False
    own_proc: bool = True


@dataclass(frozen=True)
class Jail:
    """One sandbox: its folders and its environment (nothing is inherited). Its only network is a loopback of its own.

    By `mark`, a word on its command line, the host finds it when its number is lost (see marks.py).
    """

    binds: tuple[Bind, ...]
    variables: Mapping[str, str]
    folder: str = WORKSPACE
    mark: str = "honk"


def environment(machine: Machine, *, prepared: bool) -> dict[str, str]:
    """The variables of a command inside. With `prepared`, /env is searched first and is the virtual environment.

    `CI` keeps test runners from watching files and from asking questions.
    """
    variables = {
        "PATH": ":".join((f"{ENVIRONMENT}/bin", f"{HOME}/.local/bin", *machine.path) if prepared else machine.path),
        "HOME": HOME,
        "TMPDIR": "/tmp",  # noqa: S108 - the sandbox's own
        "LANG": "C.UTF-8",
        "CI": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    for role in ("AUTHOR", "COMMITTER"):
        variables |= {f"GIT_{role}_NAME": "Honk", f"GIT_{role}_EMAIL": "honk@localhost"}
    return variables | ({"VIRTUAL_ENV": ENVIRONMENT} if prepared else {})


def options(machine: Machine, jail: Jail, status: int) -> bytes:
    """The options of bwrap, separated by NUL, for `--args`: so /proc/1/cmdline shows no path of the host inside.

    `status` is the descriptor on which bwrap reports the first process and the exit code.
    """
    words = [f"--unshare-{name}" for name in _NAMESPACES]
    words += ["--disable-userns", "--new-session", "--die-with-parent", "--json-status-fd", str(status)]
    words += ["--cap-drop", "ALL", "--uid", str(USER), "--gid", str(USER), "--hostname", "honk", "--clearenv"]
    for name, value in jail.variables.items():
        words += ["--setenv", name, value]
    words += _folders(machine, jail)
    words += ["--chdir", jail.folder]
    return b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words)


def _folders(machine: Machine, jail: Jail) -> list[str]:
    words = ["--dev", "/dev", "--size", str(_SHARED_MEMORY), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108
    words += ["--proc", "/proc"] if machine.own_proc else ["--ro-bind", "/proc", "/proc"]
    # Root outside, whatever number it wears inside, may write the kernel's settings (core_pattern runs programs as
    # root on the host). bubblewrap covers only what `access` calls writable, and the folder is not: its files are.
    words += ["--ro-bind", "/proc/sys", "/proc/sys"]
    for content, path in machine.links:
        words += ["--symlink", content, path]
    for bind in (*machine.binds, *jail.binds):
        words += ["--bind" if bind.writable else "--ro-bind", str(bind.source), bind.target]
    # What is left of the root is memory of the host's.
    return [*words, "--remount-ro", "/"]


def command_line(
    machine: Machine, mark: str, command: Sequence[str], args: int, entering: Sequence[str] = ()
) -> list[str]:
    """The whole command: launcher, bwrap, limits, and the program. `args` is the descriptor that holds `options`.

    `mark` is the jail's, in an option that does nothing. `entering` are the words that lead to where the overlay is
    mounted.
    """
    programs = machine.programs
    # bwrap's own environment would show in /proc/1/environ inside; a shell exports a variable or two (PWD) unasked.
    bwrap = [programs["env"], "-i", programs["bwrap"], "--args", str(args), "--unsetenv", mark, "--"]
    return [programs["sh"], "-c", _LAUNCH, "honk", *entering, *bwrap, *_limited(machine.limits), *command]


def _limited(limits: Limits) -> list[str]:
    """Set inside, as the last step before the program: only there do processes count by sandbox, not by user."""
    return [
        "/usr/bin/prlimit",
        "--core=0",
        f"--fsize={limits.file_size}",
        f"--data={limits.memory}",
        f"--nofile={limits.open_files}",
        f"--nproc={limits.processes}",
        "--",
    ]
