"""Mounts the overlay of a workspace once, in namespaces that last as long as somebody holds a descriptor of them.

No process has to stay for it: when the worker dies, however it dies, its descriptors close, and the kernel takes the
mount away with the last jail on it. https://man7.org/linux/man-pages/man7/namespaces.7.html
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ghapp.core.errors import TransientError
from ghapp.sandbox.jail import FOLDERS, Machine

PROGRAMS = frozenset({"mount", "nsenter", "unshare"})
"""What a machine needs to have for this."""

_MOUNTED = b"mounted\n"
# All paths are relative to the run's folder: options of a mount are split at commas and colons, which a data folder's
# name may hold. `userxattr` lets a plain user mount. https://docs.kernel.org/filesystems/overlayfs.html
_MOUNT = (
    '"$1" -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,userxattr merged || exit 125; '
    "echo mounted; read -r _"
)


@dataclass(frozen=True)
class Overlay:
    """A mounted overlay: descriptors of its user and its mount namespace, and of the folders in it."""

    nsenter: str
    user: int
    mounts: int
    folders: tuple[int, ...]

    def entering(self) -> list[str]:
        """The words before a command that run it where the overlay is mounted. Good while this process lives.

        By the worker's number, not by inheritance: a namespace's descriptor must not come along into a jail, and a
        library may have closed it (see launch.py).
        """
        here = f"/proc/{os.getpid()}/fd"
        spaces = [f"--user={here}/{self.user}", f"--mount={here}/{self.mounts}"]
        return [self.nsenter, "--preserve-credentials", *spaces]

    def let_in(self) -> None:
        """Open the folders to their owner again. Below the mount, `upper` must not be touched while it is mounted."""
        for folder in self.folders:
            os.fchmod(folder, 0o755)


@contextmanager
def mounted(machine: Machine, folder: Path) -> Iterator[Overlay]:
    """Mount the overlay of a folder that holds lower, upper, work and merged; TransientError when it is refused."""
    with ExitStack() as held:
        yield _mount(machine, folder, held)


def _mount(machine: Machine, folder: Path, held: ExitStack) -> Overlay:
    programs = machine.programs
    new_space = [programs["unshare"], "--user", "--map-root-user", "--mount"]
    with subprocess.Popen(
        [*new_space, programs["sh"], "-c", _MOUNT, "honk", programs["mount"]],
        cwd=folder,
        env={},
        start_new_session=True,
        stdin=subprocess.PIPE,  # its end ends the process, also when ours comes first
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        if said != _MOUNTED:
            words = (said + process.stdout.read()).decode(errors="replace").strip()
            raise TransientError(f"The sandbox did not come up: {words[-500:]}")
        return _hold(programs["nsenter"], Path("/proc", str(process.pid)), folder, held)


def _hold(nsenter: str, process: Path, folder: Path, held: ExitStack) -> Overlay:
    def opened(path: Path) -> int:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        held.callback(os.close, descriptor)
        return descriptor

    merged = process / "root" / folder.relative_to("/") / "merged"
    try:
        user, mounts = opened(process / "ns/user"), opened(process / "ns/mnt")
        return Overlay(nsenter, user, mounts, tuple(opened(merged / name) for name in FOLDERS))
    except OSError as error:
        raise TransientError(f"The sandbox did not come up: {error}") from error
