"""Templates: the checkout of a base commit with what its set-up installed, made once a machine.

A template is a cache and may be lost at any time. It is made under another name and renamed when it is whole, so that
what has the name is complete, however the maker died. Open workspaces hold its lock together with others; who removes
it must hold it alone.
"""

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ghapp.core.ports import Completed, Prepared
from ghapp.sandbox.clients import Clients
from ghapp.sandbox.folders import locked_if_free, one_at_a_time, owned, remove, shared, sweep
from ghapp.sandbox.jail import FOLDERS, Machine
from ghapp.sandbox.place import Place, checked

_SETUP_SECONDS = 1800
_RECORD = "template.json"
_MAKING = "making-"
_TEMPLATE = "template-"
# Part of each template's name: raised when what a template holds changes its meaning.
_FORM = "1"


@dataclass(frozen=True)
class Record:
    """What is kept beside a template: `setup` is what the set-up left in the work tree, as guest/trees.py says it."""

    base: str
    log: str
    failed: bool
    setup: tuple[tuple[str, str, str], ...]


def read(template: Path) -> Record | None:
    """The record of a template that is whole, or None."""
    try:
        found = json.loads((template / _RECORD).read_text())
    except FileNotFoundError:
        return None
    return Record(found["base"], found["log"], found["failed"], tuple(tuple(entry) for entry in found["setup"]))


@dataclass(frozen=True)
class Templates:
    """The templates in `folder`; at most `keep` stay, the longest unused go first, one in use never."""

    machine: Machine
    folder: Path
    clients: Clients
    keep: int

    def get(self, mirror: Path, base: str, setup: Sequence[str]) -> Prepared:
        """The template of a base commit, made if need be. UserError when the base cannot be checked out.

        One whose set-up failed is made again: the network may have been away.
        """
        path = self.folder / f"{_TEMPLATE}{self._key(mirror, checked(base), setup)}"
        with one_at_a_time(path.with_suffix(".lock")):
            known = read(path)
            if known is None or (known.failed and self._gone(path)):
                record, reused = self._make(path, mirror, base, setup), False
            else:
                record, reused = known, True
            os.utime(path)
        self._drop_unused(path)
        return Prepared(path, base, record.log, record.failed, reused)

    def hold(self, prepared: Prepared) -> AbstractContextManager[bool]:
        """Keep a template from being removed; False when it is gone already."""
        return shared(prepared.path)

    def _key(self, mirror: Path, base: str, setup: Sequence[str]) -> str:
        image = [sys.version, *self.machine.path]
        parts = [_FORM, str(mirror.resolve()), base, *setup, *image]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    def _make(self, path: Path, mirror: Path, base: str, setup: Sequence[str]) -> Record:
        with owned(self.folder, _MAKING) as making:
            for name in FOLDERS:
                (making / "root" / name).mkdir(parents=True)
            (making / "tmp").mkdir()
            place = Place(self.machine, mirror, making, making / "root")
            place.git("clone", base=base)
            log, failed = self._set_up(place, setup)
            entries = place.git("settle", base=base)["setup"]
            record = Record(base, log, failed, tuple(tuple(entry) for entry in entries))
            remove(making / "tmp")
            (making / _RECORD).write_text(json.dumps(record.__dict__))
            making.rename(path)
        return record

    def _set_up(self, place: Place, setup: Sequence[str]) -> tuple[str, bool]:
        """Run the commands in order until one fails; what they printed, and whether one did."""
        log: list[str] = []
        for command in setup:
            done = place.run(["sh", "-c", command], timeout=_SETUP_SECONDS, clients=self.clients)
            log.append(f"$ {command}\n{done.output}{_ending(done)}")
            if done.exit_code:
                return "".join(log), True
        return "".join(log), False

    def _drop_unused(self, latest: Path) -> None:
        """The rename takes it from sight at once; a half-removed one is swept with what dead makers left."""
        sweep(self.folder, _MAKING)
        found = [path for path in self.folder.glob(f"{_TEMPLATE}*") if path.suffix != ".lock" and path != latest]
        found.sort(key=_last_used, reverse=True)
        for path in found[max(0, self.keep - 1) :]:
            self._gone(path)

    def _gone(self, path: Path) -> bool:
        with locked_if_free(path) as free:
            if free:
                remove(path.rename(self.folder / f"{_MAKING}{path.name}"))
        return free


def _last_used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _ending(done: Completed) -> str:
    if done.timed_out:
        return f"[ended after {done.seconds:.0f} s, its time was over]\n"
    return f"[exit code {done.exit_code} after {done.seconds:.1f} s]\n" if done.exit_code else ""
