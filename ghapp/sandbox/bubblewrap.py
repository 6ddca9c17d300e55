"""The sandbox on bubblewrap: `ports.Sandbox`.

On disk, below the data folder that it is given:

    etc/                          the few files of /etc that are shown inside
    environments/environment-*/   what a set-up installed, shared by the commits that need the same
    templates/template-*/         root/workspace, root/env, root/home and template.json, read-only from then on
    runs/run-*/                   one open workspace: upper, work, merged, tmp; gone when it is closed
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from ghapp.core.ports import Prepared, Workspace
from ghapp.sandbox import probe
from ghapp.sandbox.clients import settings_of
from ghapp.sandbox.environments import Environments
from ghapp.sandbox.folders import sweep
from ghapp.sandbox.machine import look
from ghapp.sandbox.registries import Registries
from ghapp.sandbox.shelf import Shelf
from ghapp.sandbox.sources import sources_of_words
from ghapp.sandbox.template import Order, Templates
from ghapp.sandbox.upstream import Upstream
from ghapp.sandbox.workspace import RUN, opened


class Bubblewrap:
    """Makes workspaces in bubblewrap.

    `data` is a folder of ours alone, on a file system with room for checkouts and environments. UserError, with what
    to do about it, when the isolation does not work here; `already_isolated` says that this machine is a container
    made for Honk alone, so a jail may do with the container's own /proc. `keep_templates` is how many templates, and
    how many prepared environments, stay. `overlay` False copies templates instead. `toolchains` are installation
    prefixes outside /usr to show inside (default: this Python's own). The set-up step gets the package clients'
    settings of `environment` (default: this process's), and its proxy is the way to the registries that they name;
    `hosts` adds to these (URLs, or names of hosts that speak https; ValueError for what is neither).
    """

    def __init__(
        self,
        data: Path,
        *,
        already_isolated: bool = False,
        keep_templates: int = 10,
        overlay: bool = True,
        toolchains: Sequence[Path] | None = None,
        environment: Mapping[str, str] | None = None,
        hosts: Sequence[str] = (),
    ) -> None:
        self._data = data.resolve()
        self._runs = self._data / "runs"
        machine = look(self._data, toolchains)
        self._machine = replace(
            machine,
            overlay=overlay and probe.overlay_works(machine, self._data),
            own_proc=not already_isolated or probe.own_proc_works(machine),
        )
        self.check()
        self._templates = self._shelves(os.environ if environment is None else environment, hosts, keep_templates)
        sweep(self._runs, RUN)

    def _shelves(self, environment: Mapping[str, str], hosts: Sequence[str], keep: int) -> Templates:
        clients, named = settings_of(environment), frozenset(sources_of_words(hosts))
        return Templates(
            self._machine,
            Shelf(self._data / "templates", "template", keep),
            Environments(Shelf(self._data / "environments", "environment", keep)),
            Registries(self._machine, self._data, clients, named),
            Upstream(dict(environment)),
        )

    def check(self) -> None:
        """Spawn a jail and see that it is shut. UserError, with what to do about it, when it is not."""
        probe.check(self._machine, self._data)

    def prepare(self, mirror: Path, base: str, setup: Sequence[str], hosts: Sequence[str] | None = None) -> Prepared:
        """The template of a base commit: checkout, and what `setup` (shell commands) installed.

        The commands reach the package registries that this machine knows, of these only `hosts` when given, and
        nothing else; what they dialled in vain is told as `refused`. One that fails ends the set-up and is recorded,
        not raised. What was installed for a commit that needs the same is taken from there: `reused` tells so.
        UserError when the commit cannot be checked out, TransientError when the sandbox does not come up.
        """
        return self._templates.get(Order(mirror.resolve(), base, tuple(setup), None if hosts is None else tuple(hosts)))

    def open(self, mirror: Path, prepared: Prepared, commit: str | None = None) -> AbstractContextManager[Workspace]:
        """A workspace on the template, at `commit` when it is not the base. Leaves nothing behind.

        TransientError when the template was removed meanwhile.
        """
        return opened(self._machine, self._runs, self._templates, mirror.resolve(), prepared, commit)
