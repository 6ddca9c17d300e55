"""Prepared environments: what a set-up installed, apart from any checkout, shared by all commits that need the same.

An environment is kept under a key of the set-up's commands, the files that they read, the places packages come from,
and the machine's programs. It comes from commits of the repository's own branches only, and from a set-up that did not
fail and left every file of the commit as it was. Nothing ever runs on it: templates get its files as hard links, and
runs see templates through an overlay, or as a copy.

On disk: root/env, root/home, root/workspace (what the set-up added to the tree) and environment.json.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from ghapp.core.errors import TransientError
from ghapp.sandbox.clients import Clients
from ghapp.sandbox.jail import Machine
from ghapp.sandbox.place import Place
from ghapp.sandbox.shelf import Shelf
from ghapp.sandbox.sources import Source

# Part of each name: raised when what an environment or a template holds changes its meaning.
FORM = "2"
_RECORD = "environment.json"
_PROGRAMS = ("python3", "node", "npm", "go", "cargo", "java")


@dataclass(frozen=True)
class Outcome:
    """How a set-up ended: what it printed, whether a command failed, and the addresses that it did not reach."""

    log: str
    failed: bool = False
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Environments:
    """The environments on a shelf."""

    shelf: Shelf

    def alone(self, key: str) -> AbstractContextManager[None]:
        """One at a time makes the environment of a key; the others wait for it."""
        return self.shelf.alone(self.shelf.path(key))

    def take(self, key: str, root: Path) -> Outcome | None:
        """Put the environment into the empty folders of `root`; how its set-up ended, or None when there is none."""
        path = self.shelf.path(key)
        with self.shelf.held(path) as held:
            if not held:
                return None
            said = json.loads((path / _RECORD).read_text())
            _link(path / "root", root)
            self.shelf.drop_unused(path)
        return Outcome(said["log"], said["failed"], tuple(said["refused"]))

    def keep(self, key: str, place: Place, base: str, outcome: Outcome) -> None:
        """Keep what the set-up made at `place`, which stays as it is, without the checkout."""
        path = self.shelf.path(key)
        with self.shelf.making() as making:
            (making / "root").mkdir()
            _link(place.root, making / "root")
            Place(place.machine, place.mirror, making, making / "root").git("strip", base=base)
            (making / _RECORD).write_text(json.dumps(asdict(outcome)))
            making.rename(path)
        self.shelf.drop_unused(path)


def digest(parts: object) -> str:
    """A name for what these values say."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def image(machine: Machine) -> list[object]:
    """The programs that environments are made with: a new version may not get on with what an old one installed."""
    path = os.pathsep.join(machine.path)
    found = [shutil.which(name, path=path) for name in _PROGRAMS]
    return [FORM, sys.version, *machine.path, *(_about(Path(program)) for program in found if program)]


def _about(program: Path) -> list[object]:
    real = program.resolve()
    status = real.stat()
    return [str(real), status.st_size, status.st_mtime_ns]


def origin(clients: Clients, hosts: frozenset[Source], narrowed: Sequence[str] | None) -> list[object]:
    """Where packages come from: one installed from another place is another package."""
    files = [(bind.target, bind.source.read_text(errors="replace")) for bind in clients.binds if bind.source.is_file()]
    named = [each.address for each in sorted(hosts)]
    return [sorted(clients.variables.items()), files, named, None if narrowed is None else sorted(set(narrowed))]


def _link(source: Path, target: Path) -> None:
    copy = ["cp", "-al", "--", f"{source}/.", str(target)]
    done = subprocess.run(copy, check=False, capture_output=True, text=True)
    if done.returncode:
        raise TransientError(f"The prepared environment could not be put together: {done.stderr.strip()[-500:]}")
