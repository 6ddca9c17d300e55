"""Small repositories for the sandbox's tests, made by real git, and what is to be seen of a sandbox on the host."""

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ghapp.core.ports import Completed

Shell = Callable[[str], Completed]
Files = dict[str, tuple[str, bytes]]
Tree = Callable[[Path], Files]


@dataclass(frozen=True)
class Origin:
    """A bare mirror, its base commit, and a later one that edits app.py, drops docs/notes.txt and adds new.py."""

    mirror: Path
    base: str
    later: str


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, with no configuration but its own."""
    variables = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_{what}": "t@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    done = subprocess.run(["git", *arguments], cwd=folder, env=variables, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_origin(folder: Path) -> Origin:
    """Make the repository in `folder`."""
    source = folder / "source"
    (source / "docs").mkdir(parents=True)
    git(source, "init", "-q", "-b", "main")
    (source / "app.py").write_text("print('one')\n")
    (source / "docs/notes.txt").write_text("notes\n")
    (source / ".gitignore").write_text("*.log\nbuild/\n")
    (source / "run.sh").write_text("#!/bin/sh\necho ran\n")
    (source / "run.sh").chmod(0o755)
    (source / "link").symlink_to("app.py")
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "base")
    git(source, "tag", "v1")
    base = git(source, "rev-parse", "HEAD")
    (source / "app.py").write_text("print('later')\n")
    (source / "new.py").write_text("new\n")
    git(source, "rm", "-q", "docs/notes.txt")
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "later")
    git(folder, "clone", "-q", "--mirror", "source", "mirror.git")
    return Origin(folder / "mirror.git", base, git(source, "rev-parse", "HEAD"))


def commands() -> list[str]:
    """The command lines of all processes of this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def mounts(name: str) -> list[str]:
    """The mounts that have `name` in them, in the namespace of any process of this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            found += [line for line in (process / "mountinfo").read_text().splitlines() if name in line]
    return found
