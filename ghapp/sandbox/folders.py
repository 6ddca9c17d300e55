"""Folders that belong to one process at a time, and that are really gone when it is done.

The owner holds a lock on the folder itself. What is found without one has no owner and is swept.
"""

import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from ghapp import locks
from ghapp.sandbox.marks import end_marked


def owned(parent: Path, prefix: str) -> AbstractContextManager[Path]:
    """A new folder in `parent`, ours alone; removed at the end unless it was renamed away."""
    return locks.owned(parent, prefix, remove)


def sweep(parent: Path, prefix: str) -> None:
    """Remove the folders whose owner died, and end the jails that are marked with their names."""
    for folder in parent.glob(f"{prefix}*"):
        with locks.held_if_free(folder) as free:
            if free:
                end_marked(folder.name)
                remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder and all in it, closed to its owner or deeper than a path may be long. No link is followed."""
    if subprocess.run(["rm", "-rf", "--", folder], check=False, capture_output=True).returncode == 0:
        return
    subprocess.run(["chmod", "-R", "u+rwX", "--", folder], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", "--", folder], check=True, capture_output=True)
