"""Templates: the checkout of a base commit with its prepared environment, made once a machine.

Both are caches and may be lost at any time (see shelf.py). The environment is installed with a network that reaches
package registries only (egress.py), or taken from an earlier commit that needs the same (environments.py).
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ghapp.core.ports import Completed, Prepared
from ghapp.sandbox import egress
from ghapp.sandbox.egress import Egress
from ghapp.sandbox.environments import Environments, Outcome, digest, image, origin
from ghapp.sandbox.folders import remove
from ghapp.sandbox.jail import FOLDERS, Machine
from ghapp.sandbox.place import Place, checked
from ghapp.sandbox.registries import Registries
from ghapp.sandbox.shelf import Shelf
from ghapp.sandbox.upstream import Upstream

_SETUP_SECONDS = 1800
_RECORD = "template.json"


@dataclass(frozen=True)
class Record:
    """What is kept beside a template: `setup` is what the set-up left in the work tree, as guest/trees.py says it."""

    base: str
    outcome: Outcome
    setup: tuple[tuple[str, str, str], ...]


def read(template: Path) -> Record | None:
    """The record of a template that is whole, or None."""
    try:
        found = json.loads((template / _RECORD).read_text())
    except FileNotFoundError:
        return None
    outcome = Outcome(found["log"], found["failed"], tuple(found["refused"]))
    return Record(found["base"], outcome, tuple(tuple(entry) for entry in found["setup"]))


@dataclass(frozen=True)
class Order:
    """What a template is made of: a commit of a bare repository, shell commands, and (maybe) fewer hosts."""

    mirror: Path
    base: str
    setup: tuple[str, ...]
    hosts: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Templates:
    """The templates on a shelf, with what it takes to make one."""

    machine: Machine
    shelf: Shelf
    environments: Environments
    registries: Registries
    upstream: Upstream

    def get(self, order: Order) -> Prepared:
        """The template of a base commit, made if need be. UserError when the base cannot be checked out.

        One whose set-up failed is made again: the network may have been away.
        """
        path = self.shelf.path(self._key(order, checked(order.base)))
        with self.shelf.alone(path):
            record, reused = read(path), True
            if record is None or (record.outcome.failed and self.shelf.drop(path)):
                record, reused = self._make(path, order)
            self.shelf.drop_unused(path)
        outcome = record.outcome
        return Prepared(path, order.base, outcome.log, outcome.failed, reused, outcome.refused)

    def hold(self, prepared: Prepared) -> AbstractContextManager[bool]:
        """Keep a template from being removed; False when it is gone already."""
        return self.shelf.held(prepared.path)

    def _key(self, order: Order, what: object) -> str:
        where = origin(self.registries.clients, self.registries.hosts, order.hosts) if order.setup else []
        return digest([image(self.machine), str(order.mirror.resolve()), what, order.setup, where])

    def _make(self, path: Path, order: Order) -> tuple[Record, bool]:
        with self.shelf.making() as making:
            for name in FOLDERS:
                (making / "root" / name).mkdir(parents=True)
            (making / "tmp").mkdir()
            place = Place(self.machine, order.mirror, making, making / "root")
            outcome, reused = self._furnish(place, order)
            entries = place.git("settle", base=order.base)["setup"]
            record = Record(order.base, outcome, tuple(tuple(entry) for entry in entries))
            remove(making / "tmp")
            (making / _RECORD).write_text(json.dumps({**outcome.__dict__, "base": order.base, "setup": entries}))
            making.rename(path)
        return record, reused

    def _furnish(self, place: Place, order: Order) -> tuple[Outcome, bool]:
        """Check the base out and prepare its environment; how that ended, and whether nothing had to be installed."""
        reads = place.reads(order.base, order.setup) if order.setup else None
        if reads is None:
            place.git("clone", base=order.base)
            return self._set_up(place, order), False
        key = self._key(order, reads)
        with self.environments.alone(key):
            taken = self.environments.take(key, place.root)
            place.git("clone", base=order.base)
            if taken is not None:
                return taken, True
            outcome = self._set_up(place, order)
            if not outcome.failed and place.git("pristine", base=order.base)["pristine"]:
                self.environments.keep(key, place, order.base, outcome)
        return outcome, False

    def _set_up(self, place: Place, order: Order) -> Outcome:
        """Run the commands in order until one fails."""
        if not order.setup:
            return Outcome("")
        allowed = self.registries.allowed.narrowed(order.hosts)
        with egress.opened(place.folder, allowed, self.upstream) as way:
            log, failed = self._run(place, order.setup, way)
        return Outcome(log, failed, tuple(way.refused))

    def _run(self, place: Place, setup: Sequence[str], way: Egress) -> tuple[str, bool]:
        log: list[str] = []
        clients = self.registries.clients.through(way.socket)
        for command in setup:
            known = len(way.refused)
            done = place.run(["sh", "-c", command], timeout=_SETUP_SECONDS, clients=clients)
            log.append(f"$ {command}\n{done.output}{_ending(done)}")
            log += [f"[not reached: {address}: {why}]\n" for address, why in list(way.refused.items())[known:]]
            if done.exit_code:
                return "".join(log), True
        return "".join(log), False


def _ending(done: Completed) -> str:
    if done.timed_out:
        return f"[ended after {done.seconds:.0f} s, its time was over]\n"
    return f"[exit code {done.exit_code} after {done.seconds:.1f} s]\n" if done.exit_code else ""
