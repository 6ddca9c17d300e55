"""A checkout on this machine and the jails that commands on it run in. Host code never looks into the checkout."""

import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ghapp.core.errors import UserError
from ghapp.core.ports import MODEL_SOCKET, Completed
from ghapp.sandbox import process
from ghapp.sandbox.clients import PORT, SOCKET, Clients
from ghapp.sandbox.folders import remove
from ghapp.sandbox.jail import (
    ENVIRONMENT,
    FOLDERS,
    GUEST,
    HOME,
    LAUNCHED,
    MIRROR,
    OUT,
    WORKSPACE,
    Bind,
    Jail,
    Machine,
    environment,
)
from ghapp.sandbox.launch import script
from ghapp.sandbox.overlay import Overlay

# As much as the git room takes in: beyond it the bundle would be refused there.
MAX_BUNDLE = 64 * 2**20
_GIT_SECONDS = 600
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Place:
    """Where a checkout lies: `root` holds workspace, env and home; `folder` what else belongs to it, tmp among it.

    With `overlay`, `root` is where that is mounted.
    """

    machine: Machine
    mirror: Path
    folder: Path
    root: Path
    overlay: Overlay | None = None

    def run(
        self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600, clients: Clients | None = None
    ) -> Completed:
        """Run a program at the repository's root; with `clients`, with their settings and their way out."""
        variables, binds = environment(self.machine, prepared=True), self._checkout()
        if clients is not None:
            variables, binds = variables | dict(clients.variables), (*binds, *clients.binds)
            # The system's Python: the one on PATH may be what the set-up is just making.
            python = shutil.which("python3", path=os.pathsep.join(self.machine.path)) or "python3"
            command = [python, "-I", f"{GUEST}/forward.py", str(PORT), SOCKET, *command]
        return self._run(Jail(binds, variables), command, stdin, timeout)

    def launcher(self, program: Path, socket: Path, variables: Mapping[str, str]) -> AbstractContextManager[Path]:
        """A script that starts a program of the host as `run` does, with a Unix socket of the host at MODEL_SOCKET."""
        inside = f"{LAUNCHED}/{program.name}"
        binds = (*self._checkout(), Bind(program.resolve(), inside), Bind(socket.absolute(), MODEL_SOCKET))
        jail = Jail(binds, environment(self.machine, prepared=True) | dict(variables), mark=self.folder.name)
        self._let_in()
        return script(self.machine, jail, [inside], self.folder, self.overlay)

    def git(self, verb: str, **order: object) -> Mapping[str, Any]:
        """Have guest/trees.py carry out an order, and return its answer. UserError with git's words when it refuses."""
        with self._out() as out:
            return self._order(out, verb, order)

    def reads(self, base: str, setup: Sequence[str]) -> Sequence[Sequence[str]] | None:
        """Which files of a commit the set-up reads, by guest/manifests.py; None when it may be any."""
        with self._out() as out:
            answer = self._ask(out, "manifests", {"base": base, "setup": list(setup)})["reads"]
            return None if answer is None else list(answer)

    def bundle(self, target: Path, **order: object) -> bool:
        """Like `git`, and take the bundle that it makes to `target`; False when there is nothing to bundle."""
        with self._out() as out:
            answer = self._order(out, "bundle", order)
            if answer["changed"]:
                take(out / "work.bundle", target)
            return bool(answer["changed"])

    def _checkout(self) -> tuple[Bind, ...]:
        return (
            Bind(self.mirror, MIRROR),
            Bind(self.root / "workspace", WORKSPACE, writable=True),
            Bind(self.root / "env", ENVIRONMENT, writable=True),
            Bind(self.root / "home", HOME, writable=True),
            Bind(self.folder / "tmp", "/tmp", writable=True),  # noqa: S108 - the sandbox's own
        )

    def _order(self, out: Path, verb: str, order: Mapping[str, object]) -> Mapping[str, Any]:
        return self._ask(out, "trees", {"verb": verb, **order})

    def _ask(self, out: Path, program: str, order: Mapping[str, object]) -> Mapping[str, Any]:
        # Of what an agent wrote there is only the work tree: none of it on PATH, in HOME or in /tmp.
        binds = (*self._checkout()[:2], Bind(out, OUT, writable=True))
        jail = Jail(binds, environment(self.machine, prepared=False) | {"HOME": OUT, "TMPDIR": OUT}, folder="/")
        command = ["python3", "-I", f"{GUEST}/{program}.py"]
        done = self._run(jail, command, json.dumps(order).encode(), _GIT_SECONDS)
        return _answer(done, out)

    def _run(self, jail: Jail, command: Sequence[str], stdin: bytes, timeout: float) -> Completed:
        self._let_in()
        jail = replace(jail, mark=self.folder.name)
        return process.run(self.machine, jail, command, overlay=self.overlay, stdin=stdin, timeout=timeout)

    def _let_in(self) -> None:
        """A command may close the repository's root to its owner; the next one must get in all the same."""
        if self.overlay:
            self.overlay.let_in()
            return
        for name in FOLDERS:
            (self.root / name).chmod(0o755)

    @contextmanager
    def _out(self) -> Iterator[Path]:
        out = self.folder / "out"
        out.mkdir()
        try:
            yield out
        finally:
            remove(out)


def take(left: Path, target: Path) -> None:
    """Copy the bundle that a sandbox left to `target`, which it cannot write.

    UserError unless it is a plain file of at most MAX_BUNDLE bytes.
    """
    with _plain(left) as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy)


@contextmanager
def _plain(left: Path) -> Iterator[IO[bytes]]:
    """The file itself: never what a link points to, and never waiting for the other end of a pipe."""
    try:
        descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UserError(f"The sandbox left no readable {left.name} ({error.strerror}).") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"The sandbox left something else than a plain file in the place of its {left.name}.")
        if status.st_size > MAX_BUNDLE:
            raise UserError(f"The change is larger than {MAX_BUNDLE // 2**20} MiB, which is more than Honk takes in.")
        with open(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def checked(sha: str) -> str:
    """A full commit id, and nothing that git could take for an option. ValueError otherwise: it is the host's own."""
    if not _SHA.fullmatch(sha):
        raise ValueError(f"not a commit id: {sha!r}")
    return sha


def _answer(done: Completed, out: Path) -> Mapping[str, Any]:
    if done.timed_out:
        raise UserError(f"Git did not get through the files of the workspace in {_GIT_SECONDS} seconds.")
    if done.exit_code:
        raise UserError(f"Git failed on the files of the workspace: {done.output.strip()[-500:]}")
    with _plain(out / "answer.json") as file:
        answer = json.load(file)
    if "error" in answer:
        raise UserError(f"Git cannot take in the files of the workspace: {answer['error']}")
    return dict(answer)
