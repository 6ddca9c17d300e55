"""Takes in what a sandbox left behind: a git bundle, read as an attacker's file.

Git's own `fetch <bundle>` does not fsck before version 2.46, moves whatever refs the bundle names, and understands
bundle forms that we have no use for. So the few header lines are read here, and the pack goes into a quarantine beside
the mirror, where it is checked before a single object is moved over.
https://git-scm.com/docs/gitformat-bundle
"""

import os
import re
import shutil
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from ghapp.core.errors import UserError
from ghapp.git.process import Git, GitFailed, Limits

MAX_BUNDLE = 64 * 2**20
_MAX_LINE = 1024
_MAX_PREREQUISITES = 100
_SIGNATURE = b"# v2 git bundle\n"
_PREREQUISITE = re.compile(rb"-([0-9a-f]{40})(?: [^\n]*)?\n")
_REF = re.compile(rb"([0-9a-f]{40}) (refs/[^\n\0]+|HEAD)\n")
# Four gigabytes hold git's view of a large mirror; a pack that unfolds beyond that, or for longer, is a bomb.
_INDEXING = Limits(seconds=180, cpu=120, file=512 * 2**20, memory=4 * 2**30)
_WALKING = Limits(seconds=120, cpu=60, memory=4 * 2**30)


@dataclass(frozen=True)
class Header:
    """What a bundle says of itself: the commits it builds on, and the one commit it brings."""

    prerequisites: tuple[str, ...]
    head: str


def unsound(what: str) -> UserError:
    """The sentence for a bundle that is refused."""
    return UserError(f"What the sandbox left behind was refused: {what}.")


def take_in(git: Git, bundle: Path, ref: str) -> str:
    """Check a bundle, move its objects into the mirror and keep its commit at `ref`; the sha. UserError if unsound."""
    with _opened(bundle) as file:
        header = read_header(file)
        _require(git, header.prerequisites)
        quarantine = git.folder.with_suffix(".import")
        shutil.rmtree(quarantine, ignore_errors=True)
        try:
            _check(_quarantined(git, quarantine), file, header)
            _move_packs(quarantine, git.folder / "objects" / "pack")
        finally:
            shutil.rmtree(quarantine, ignore_errors=True)
    git.run("update-ref", ref, header.head)
    return header.head


def read_header(file: IO[bytes]) -> Header:
    """Read up to the pack. UserError unless it is a version 2 bundle of exactly one ref on top of known commits."""
    if file.readline(_MAX_LINE) != _SIGNATURE:
        raise unsound("it is not a git bundle of version 2")
    prerequisites: list[str] = []
    line = file.readline(_MAX_LINE)
    while match := _PREREQUISITE.fullmatch(line):
        prerequisites.append(match[1].decode())
        if len(prerequisites) > _MAX_PREREQUISITES:
            raise unsound("the bundle builds on too many commits")
        line = file.readline(_MAX_LINE)
    ref = _REF.fullmatch(line)
    if ref is None:
        raise unsound("the bundle names no commit")
    if file.readline(_MAX_LINE) != b"\n":
        raise unsound("the bundle brings more than one ref")
    if not prerequisites:
        raise unsound("the bundle does not build on a commit of the repository")
    return Header(tuple(prerequisites), ref[1].decode())


def _opened(bundle: Path) -> IO[bytes]:
    """The file itself: never what a link points to, and never waiting for the other end of a pipe."""
    try:
        descriptor = os.open(bundle, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise unsound(f"there is no readable bundle ({error.strerror})") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BUNDLE:
        os.close(descriptor)
        raise unsound(f"the bundle is not a plain file of at most {MAX_BUNDLE // 2**20} MiB")
    return os.fdopen(descriptor, "rb")


def _require(git: Git, prerequisites: tuple[str, ...]) -> None:
    names = "".join(f"{sha}\n" for sha in prerequisites).encode()
    answers = git.run("cat-file", "--batch-check=%(objecttype)", stdin=names).decode().splitlines()
    if any(answer != "commit" for answer in answers):
        raise unsound("the bundle builds on a commit that the repository does not have")


def _quarantined(git: Git, quarantine: Path) -> Git:
    (quarantine / "pack").mkdir(parents=True, mode=0o700)
    variables = {
        "GIT_OBJECT_DIRECTORY": str(quarantine),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(git.folder / "objects"),
    }
    # Large blobs are streamed to disk instead of being unfolded in memory.
    return replace(git, variables=variables, settings={**git.settings, "core.bigFileThreshold": "16m"})


def _check(git: Git, file: IO[bytes], header: Header) -> None:
    """Objects are well formed (fsck), all that the commit needs is there, and it is a commit."""
    # The descriptor is handed over, so it must stand where the header ended, not where the buffer did.
    os.lseek(file.fileno(), file.tell(), os.SEEK_SET)
    try:
        git.run(
            "index-pack", "--stdin", "--fix-thin", "--strict", f"--max-input-size={MAX_BUNDLE}", "--threads=1",
            feed=file, limits=_INDEXING,
        )  # fmt: skip
        if git.text("cat-file", "-t", header.head) != "commit":
            raise unsound("the bundle's ref is not a commit")
        known = (f"^{sha}" for sha in header.prerequisites)
        git.run("rev-list", "--objects", "--quiet", header.head, *known, limits=_WALKING)
    except GitFailed as failure:
        raise unsound(_reason(failure)) from None


def _reason(failure: GitFailed) -> str:
    if failure.timed_out or failure.exit_code < 0:
        return "its objects unfold to more than Honk takes in"
    lines = [line for line in failure.stderr.splitlines() if line.startswith(("error:", "fatal:"))]
    return f"git says {lines[0][:200]!r}" if lines else "git cannot read its objects"


def _move_packs(quarantine: Path, packs: Path) -> None:
    """Indexes go last: git believes in a pack once its index is there."""
    for file in sorted((quarantine / "pack").iterdir(), key=lambda file: file.suffix == ".idx"):
        file.replace(packs / file.name)
