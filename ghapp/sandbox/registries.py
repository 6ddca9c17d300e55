"""Which servers of packages set-up may dial: those of this machine's own package clients, and the operator's.

No server is named here. What the clients' settings say is read (clients.py); the rest is asked of the clients that
are installed, in a jail, with the very settings that they will have in the set-up (guest/registries.py).
"""

import json
import logging
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ghapp.sandbox import process
from ghapp.sandbox.clients import Clients
from ghapp.sandbox.folders import owned
from ghapp.sandbox.jail import GUEST, Bind, Jail, Machine, environment
from ghapp.sandbox.sources import AllowList, Source, source

log = logging.getLogger(__name__)

_ASKING = "asking-"
_SECONDS = 120
_SPARSE = "sparse+"
_PATIENCE = 10
_MAX_CONFIG = 64 * 2**10


@dataclass(frozen=True)
class Registries:
    """The servers, found out once a process, when they are needed first. `data` is a folder for what is passing."""

    machine: Machine
    data: Path
    clients: Clients
    hosts: frozenset[Source]

    @cached_property
    def allowed(self) -> AllowList:
        """All of them. One that is named and a built-in default is named."""
        asked = self._asked()
        default = {found for url in asked if (found := source(url.removeprefix(_SPARSE), named=False))}
        stores = frozenset(_stores([*asked, *self.clients.indexes], self.clients.sources))
        return AllowList(self.hosts | self.clients.sources | default | stores)

    def _asked(self) -> list[str]:
        with owned(self.data, _ASKING) as folder:
            binds = (*self.clients.binds, Bind(folder, "/tmp", writable=True))  # noqa: S108 - the sandbox's own
            variables = environment(self.machine, prepared=False) | {"HOME": "/tmp"} | dict(self.clients.variables)  # noqa: S108
            jail = Jail(binds, variables, folder="/tmp")  # noqa: S108
            program = ["python3", "-I", f"{GUEST}/registries.py"]
            order = json.dumps(sorted(self.clients.settled)).encode()
            done = process.run(self.machine, jail, program, stdin=order, timeout=_SECONDS)
        try:
            said = json.loads(done.output.splitlines()[-1]) if done.exit_code == 0 else []
        except (ValueError, IndexError):
            said = []
        if not said:
            log.warning("the package clients did not say where they fetch from: %s", done.output.strip()[-500:])
        return [url for url in said if isinstance(url, str)] if isinstance(said, list) else []


def _stores(urls: Iterable[str], named: frozenset[Source]) -> Iterator[Source]:
    """Where cargo's indexes say that they keep the files. https://doc.rust-lang.org/cargo/reference/registry-index.html"""
    for url in urls:
        index = source(url.removeprefix(_SPARSE), named=False)
        if not url.startswith(_SPARSE) or index is None:
            continue
        is_named = any((each.scheme, each.host, each.port) == (index.scheme, index.host, index.port) for each in named)
        try:
            with urllib.request.urlopen(  # noqa: S310 - `source` lets through http and https only
                f"{url.removeprefix(_SPARSE).rstrip('/')}/config.json", timeout=_PATIENCE
            ) as answer:
                found = source(str(json.loads(answer.read(_MAX_CONFIG))["dl"]), named=is_named)
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the index at %s does not say where its files are: %s", index.address, error)
            continue
        if found is not None:
            yield found
