"""A workspace: one checkout for one run, on a template that it cannot change, gone without a trace at the end."""

import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from ghapp.core.errors import TransientError, UserError
from ghapp.core.ports import Completed, ModelAccess, Prepared
from ghapp.sandbox.folders import owned
from ghapp.sandbox.jail import FOLDERS, Machine
from ghapp.sandbox.overlay import mounted
from ghapp.sandbox.place import Place, checked
from ghapp.sandbox.template import Record, Templates, read

RUN = "run-"


class JailedWorkspace:
    """`ports.Workspace`: each command gets a jail of its own on the same folders, one at a time.

    What a launcher starts runs beside them.
    """

    def __init__(self, place: Place, record: Record, commit: str) -> None:
        self._place = place
        self._record = record
        self._commit = commit
        self._bundles = 0
        # What is collected should be what the last command left.
        self._alone = threading.Lock()

    def run(self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 600) -> Completed:
        """Run a program at the repository's root. Call it from a thread that outlives the program (see process.py).

        TransientError when the sandbox does not come up.
        """
        with self._alone:
            return self._place.run(command, stdin=stdin, timeout=timeout)

    @contextmanager
    def launcher(self, program: Path, *, model: ModelAccess, variables: Mapping[str, str]) -> Iterator[Path]:
        """A script of the host that starts `program` inside with the arguments it is given (see ports.Workspace).

        Start it from a thread that outlives the program. Of the starter's environment nothing comes along.
        """
        with ExitStack() as started:
            # A child made meanwhile would hold the half-written script open, which then cannot be started.
            with self._alone:
                path = started.enter_context(self._place.launcher(program, model.socket, variables))
            yield path

    def collect(self, message: str) -> Path:
        """One commit on the base with all that differs from it, as refs/heads/honk of a bundle.

        What .gitignore names is left out, and so is what the set-up made and nobody touched since. The file lives as
        long as the workspace. UserError when nothing differs, git refuses a file, or the bundle is too large.
        """
        self._bundles += 1
        target = self._place.folder / f"work-{self._bundles}.bundle"
        with self._alone:
            if not self._place.bundle(target, message=message, **self._order()):
                raise UserError("Nothing in the workspace differs from the base commit.")
        return target

    def changed(self) -> bool:
        """Whether anything that `collect` would take differs from the base commit."""
        with self._alone:
            return bool(self._place.git("compare", **self._order())["changed"])

    def _order(self) -> dict[str, object]:
        return {"base": self._record.base, "commit": self._commit, "setup": self._record.setup}


@contextmanager
def opened(
    machine: Machine,
    runs: Path,
    templates: Templates,
    mirror: Path,
    prepared: Prepared,
    commit: str | None,
) -> Iterator[JailedWorkspace]:
    """A workspace on a template, in a new folder of `runs`. TransientError when the template was removed meanwhile."""
    with templates.hold(prepared) as held, owned(runs, RUN) as folder:
        record = read(prepared.path) if held else None
        if record is None:
            raise TransientError("The prepared environment was removed before it could be used.")
        _lay(folder, prepared.path / "root", overlay=machine.overlay)
        with mounted(machine, folder) if machine.overlay else nullcontext() as overlay:
            place = Place(machine, mirror, folder, folder / "merged", overlay)
            if commit not in (None, record.base):
                place.git("checkout", base=record.base, commit=checked(str(commit)))
            yield JailedWorkspace(place, record, commit or record.base)


def _lay(folder: Path, template: Path, *, overlay: bool) -> None:
    """The folders of a run. Without overlay the template is copied; where the file system can, only by reference."""
    (folder / "tmp").mkdir()
    if overlay:
        for name in ("upper", "work", "merged"):
            (folder / name).mkdir()
        (folder / "lower").symlink_to(template)
        return
    (folder / "merged").mkdir()
    sources = [str(template / name) for name in FOLDERS]
    copy = ["cp", "-a", "--reflink=auto", "--", *sources, str(folder / "merged")]
    done = subprocess.run(copy, check=False, capture_output=True, text=True)
    if done.returncode:
        raise TransientError(f"The template could not be copied: {done.stderr.strip()[-500:]}")
