"""Tries the sandbox out on this machine, and says in a sentence what to do when it does not work."""

import json
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ghapp.core.errors import TransientError, UserError
from ghapp.sandbox import process
from ghapp.sandbox.folders import owned
from ghapp.sandbox.jail import FOLDERS, GUEST, Jail, Machine, environment
from ghapp.sandbox.overlay import PROGRAMS, Overlay, mounted

_NOTHING = "0000000000000000"
_SECONDS = 60
_PROBE = "probe-"
# What stands in the way of user namespaces, by the file that says so.
_SWITCHES = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
        "AppArmor keeps programs from making user namespaces (Ubuntu 23.10 and later): "
        "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or give /usr/bin/bwrap a profile that allows them",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone", "0",
        "user namespaces are switched off: `sysctl -w kernel.unprivileged_userns_clone=1`",
    ),
    (
        "/proc/sys/user/max_user_namespaces", "0",
        "user namespaces are switched off: `sysctl -w user.max_user_namespaces=10000`",
    ),
)  # fmt: skip
_IN_A_CONTAINER = (
    "if this is a container, it has to allow user namespaces and mounts (for Docker: "
    "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined`); if it is Honk's alone and only /proc is "
    "refused, say that the machine is already isolated; or run Honk on the machine itself"
)


def overlay_works(machine: Machine, data: Path) -> bool:
    """Whether an overlay can be mounted in `data`, by this user and on its file system."""
    if PROGRAMS - machine.programs.keys():
        return False
    with owned(data, _PROBE) as folder:
        for name in ("upper", "work", "merged", *(f"lower/{name}" for name in FOLDERS)):
            (folder / name).mkdir(parents=True)
        try:
            with mounted(machine, folder) as overlay:
                overlay.let_in()
                return _runs(replace(machine, own_proc=False), overlay)
        except TransientError:
            return False


def own_proc_works(machine: Machine) -> bool:
    """Whether a jail can have a /proc of its own. Containers that hide parts of theirs do not let it."""
    return _runs(machine, None)


def check(machine: Machine, data: Path) -> None:
    """Spawn a jail and look around in it. UserError when it does not come up or is not shut."""
    with tempfile.NamedTemporaryFile(dir=data) as secret, socket.create_server(("127.0.0.1", 0)) as server:
        seen = _look_around(machine, secret.name, server.getsockname()[1])
    wrong = list(_open_doors(seen, machine))
    if wrong:
        raise UserError(f"The sandbox is not shut on this machine: inside, {', '.join(wrong)}. Honk does not start.")


def _look_around(machine: Machine, file: str, port: int) -> Mapping[str, Any]:
    jail = Jail((), environment(machine, prepared=False), folder="/")
    order = json.dumps({"file": file, "port": port}).encode()
    program = ["python3", "-I", f"{GUEST}/look_around.py"]
    try:
        done = process.run(machine, jail, program, stdin=order, timeout=_SECONDS)
    except TransientError as error:
        raise UserError(f"The sandbox does not work on this machine: {_advice()}. ({error})") from None
    if done.exit_code:
        raise UserError(f"The sandbox cannot run Python: {done.output.strip()[-500:]}")
    return dict(json.loads(done.output))


def _open_doors(seen: Mapping[str, Any], machine: Machine) -> list[str]:
    doors = {
        "files of this machine can be read": seen["file"],
        "this machine's network can be reached": seen["port"] or seen["interfaces"] != ["lo"],
        "there are capabilities": seen["capabilities"] != _NOTHING,
        "other processes can be seen": machine.own_proc and seen["processes"] > 3,
        "the environment of another process can be read": seen["first"],
    }
    return [what for what, is_open in doors.items() if is_open]


def _runs(machine: Machine, overlay: Overlay | None) -> bool:
    jail = Jail((), environment(machine, prepared=False), folder="/")
    try:
        return process.run(machine, jail, ["true"], overlay=overlay, timeout=_SECONDS).exit_code == 0
    except TransientError:
        return False


def _advice() -> str:
    for path, value, what in _SWITCHES:
        if Path(path).exists() and Path(path).read_text().strip() == value:
            return what
    return _IN_A_CONTAINER
