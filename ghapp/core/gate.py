"""What may leave the sandbox: one look at the whole change, before the host makes a commit of it.

The gate knows names, modes, sizes and added lines, which an adapter has read from a bare repository. It never says what
a secret is, only where. BLOCK means that the change does not leave; NOTE is told to the reviewer.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ghapp.core import paths
from ghapp.core.leaks import Watch

FILE, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
MAX_FINDINGS = 200
MAX_LINE = 2_000
"""Characters of an added line in which markers that skip a test are looked for."""


class Rule(StrEnum):
    """What the gate looks for."""

    DESCENT = "descent"
    PATH = "path"
    MODE = "mode"
    LINK = "link"
    SUBMODULE = "submodule"
    WORKFLOW = "workflow"
    CONFIG = "config"
    PROTECTED = "protected"
    SIZE = "size"
    SECRET = "secret"  # noqa: S105 - the name of a rule
    TESTS = "tests"
    BINARY = "binary"


class Severity(StrEnum):
    """What a finding means."""

    BLOCK = "block"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """What a rule found. `path` is printable and safe to show, and empty when it concerns the change as a whole."""

    rule: Rule
    path: str
    severity: Severity
    detail: str


@dataclass(frozen=True)
class FileChange:
    """One path that differs between base and head, without looking for renames.

    `status` is git's: Added, Modified, Deleted, or Type changed. Modes are git's six digits, `000000` for none. `size`
    is the new content's in bytes. `added` are the lines of head that base does not have, None for a binary file. In
    `path`, `link_target` and `added`, bytes that are not UTF-8 are surrogates (`surrogateescape`).
    """

    path: str
    status: Literal["A", "M", "D", "T"]
    old_mode: str = "000000"
    new_mode: str = "000000"
    size: int = 0
    link_target: str | None = None
    added: tuple[str, ...] | None = ()

    @property
    def stays(self) -> bool:
        """Whether head has this path."""
        return self.status != "D"


@dataclass(frozen=True)
class Change:
    """Everything between base and head.

    `commits` is how many head has that base has not, `merges` how many of them have other than one parent, and
    `descends` whether base is an ancestor of head.
    """

    files: tuple[FileChange, ...]
    commits: int = 1
    merges: int = 0
    descends: bool = True


@dataclass(frozen=True)
class Limits:
    """How much may change, and what may not: `protect` are patterns as in docs/configuration.md."""

    files: int = 500
    file_bytes: int = 5 * 2**20
    total_bytes: int = 20 * 2**20
    protect: tuple[str, ...] = ()


def inspect(change: Change, limits: Limits, secrets: Sequence[str] = ()) -> tuple[Finding, ...]:
    """All that the gate finds, what blocks first; at most MAX_FINDINGS.

    `secrets` are the strings that must not leave in whatever file, such as the server's own keys.
    """
    watch = Watch(secrets)
    found = [
        *_descent(change),
        *_sizes(change, limits),
        *(finding for file in change.files for finding in _file(file, limits, watch)),
        *_replaced_folders(change, watch),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.BLOCK)[:MAX_FINDINGS])


def _block(rule: Rule, path: str, detail: str) -> Finding:
    return Finding(rule, path, Severity.BLOCK, detail)


def _note(rule: Rule, path: str, detail: str) -> Finding:
    return Finding(rule, path, Severity.NOTE, detail)


def _descent(change: Change) -> Iterator[Finding]:
    if not change.descends or (change.files and change.commits < 1):
        yield _block(Rule.DESCENT, "", "the work is not built on the base commit")
    if change.merges:
        yield _block(Rule.DESCENT, "", f"{change.merges} of the commits are merges or have no parent")


def _sizes(change: Change, limits: Limits) -> Iterator[Finding]:
    total = sum(file.size for file in change.files if file.stays)
    if len(change.files) > limits.files:
        yield _block(Rule.SIZE, "", f"{len(change.files)} files are changed, {limits.files} may be")
    if total > limits.total_bytes:
        yield _block(Rule.SIZE, "", f"the changed files have {total:,} bytes, {limits.total_bytes:,} may be")


def _replaced_folders(change: Change, watch: Watch) -> Iterator[Finding]:
    """A link in place of a folder: whatever is written to the folder from then on goes elsewhere."""
    names = sorted(file.path for file in change.files)
    for file in change.files:
        if file.stays and file.new_mode == LINK:
            inside = f"{file.path}/"
            place = bisect_left(names, inside)
            if place < len(names) and names[place].startswith(inside):
                yield _block(Rule.LINK, _shown(file, watch), "a link takes the place of a folder")


def _file(file: FileChange, limits: Limits, watch: Watch) -> Iterator[Finding]:
    name = _shown(file, watch)
    if file.stays:
        yield from _shape(file, name)
        if file.size > limits.file_bytes:
            yield _block(Rule.SIZE, name, f"{file.size:,} bytes, {limits.file_bytes:,} may be")
        yield from _secrets(file, name, watch)
    yield from _forbidden(file, name, limits)
    yield from _tests(file, name)


def _shape(file: FileChange, name: str) -> Iterator[Finding]:
    """Path, mode and target of what head has."""
    if trouble := paths.trouble(file.path):
        yield _block(Rule.PATH, name, trouble)
    if file.new_mode == LINK:
        target = paths.link_trouble(file.path, file.link_target or "")
        if target:
            yield _block(Rule.LINK, name, target)
    elif file.new_mode not in (FILE, EXECUTABLE, SUBMODULE):
        yield _block(Rule.MODE, name, "neither a file nor a link")
    if file.added is None:
        yield _note(Rule.BINARY, name, "a binary file; nobody looked into it")


def _secrets(file: FileChange, name: str, watch: Watch) -> Iterator[Finding]:
    for leak in watch.find(file.path):
        yield _block(Rule.SECRET, name, f"{leak.kind} in the path")
    for leak in watch.find(file.link_target or ""):
        yield _block(Rule.SECRET, name, f"{leak.kind} in the target of the link")
    for leak in watch.find("\n".join(file.added or ())):
        yield _block(Rule.SECRET, name, f"{leak.kind} in added line {leak.line}")


_CI_FOLDERS = (".github/workflows", ".github/actions", ".circleci", ".buildkite", ".semaphore", ".woodpecker")
_CI_FILES = frozenset(
    {
        ".appveyor.yml", ".cirrus.yml", ".drone.yml", ".gitlab-ci.yml", ".travis.yml", ".woodpecker.yml",
        "appveyor.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", "jenkinsfile",
    }
)  # fmt: skip


def _is_ci(plain: str) -> bool:
    """What CI services run, with the repository's secrets, from any branch that is pushed."""
    return plain in _CI_FILES or any(plain == folder or plain.startswith(f"{folder}/") for folder in _CI_FOLDERS)


def _forbidden(file: FileChange, name: str, limits: Limits) -> Iterator[Finding]:
    """What may not be changed, nor taken away."""
    plain = paths.plain_path(file.path)
    if SUBMODULE in (file.old_mode, file.new_mode):
        yield _block(Rule.SUBMODULE, name, "a submodule")
    if paths.is_gitmodules(file.path):
        yield _block(Rule.SUBMODULE, name, "the list of submodules")
    if _is_ci(plain):
        yield _block(Rule.WORKFLOW, name, "a workflow runs with the rights of the repository; an admin must change it")
    if plain in (".github/honk.yml", ".github"):
        yield _block(Rule.CONFIG, name, "it sets the rules for Honk itself; a person must change it")
    for pattern in limits.protect:
        if paths.matches(pattern, file.path) or paths.matches(pattern, plain):
            yield _block(Rule.PROTECTED, name, f"protected by {paths.shown(pattern)}")
            break


_TEST_FILE = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest)\.py$"
    r"|[._-](?:test|spec)s?\.[A-Za-z]{1,5}$"
    r"|Tests?\.(?:java|kt|cs|scala|swift|php)$"
)
_SKIPS = re.compile(
    r"pytest\.(?:mark\.)?(?:skip|xfail|importorskip)|unittest\.(?:skip|expectedFailure)|\.skipTest\("
    r"|\b(?:it|test|describe|suite|context)\.(?:skip|todo|only|fixme)\b|\b(?:xit|xtest|xdescribe|fdescribe|fit)\("
    r"|\bt\.Skip(?:f|Now)?\(|#\[ignore\b|@(?:Disabled|Ignore)\b|\[(?:Ignore|Explicit)\b|markTestSkipped"
)


def _tests(file: FileChange, name: str) -> Iterator[Finding]:
    """Tests that go, or that are told not to run. A test that asserts less is not seen here."""
    if not _TEST_FILE.search(file.path):
        return
    if not file.stays:
        yield _note(Rule.TESTS, name, "a test file is deleted or moved")
    for number, line in enumerate(file.added or (), start=1):
        if _SKIPS.search(line[:MAX_LINE]):
            yield _note(Rule.TESTS, name, f"a test is skipped or singled out in added line {number}")
            break


def _shown(file: FileChange, watch: Watch) -> str:
    return "(a path with a secret in it)" if watch.find(file.path) else paths.shown(file.path)
