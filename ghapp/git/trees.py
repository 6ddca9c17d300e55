"""The files of a commit, read from the bare repository."""

import os
from collections.abc import Callable, Mapping
from functools import partial

from ghapp.core.errors import TransientError
from ghapp.git.process import Git, GitFailed, Limits

MAX_FILES = 50_000
MAX_READ = 2**20
_REGULAR = ("100644", "100755")


def files(git: Git, sha: str) -> Mapping[str, Callable[[], bytes]]:
    """Path -> reader of at most 1 MiB. Bytes that are no UTF-8 stand in a path as Python's surrogate escapes."""
    found: list[tuple[int, str, str]] = []
    for entry in git.run("ls-tree", "-r", "-z", "--full-tree", sha).split(b"\0")[:-1]:
        about, _, name = entry.partition(b"\t")
        mode, _, blob = about.decode().split()
        if mode in _REGULAR:
            path = os.fsdecode(name)
            found.append((path.count("/"), path, blob))
    found.sort()
    return {path: partial(_read, git, blob) for _, path, blob in found[:MAX_FILES]}


def _read(git: Git, blob: str) -> bytes:
    try:
        return git.run("cat-file", "blob", blob, limits=Limits(output=MAX_READ))
    except GitFailed as failure:
        raise TransientError(f"the mirror is incomplete: {failure}") from failure
