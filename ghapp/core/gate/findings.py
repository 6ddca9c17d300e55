"""What the gate answers, what it is told to obey, and how it names things without giving a secret away."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ghapp.core import paths
from ghapp.core.gate.change import FileChange
from ghapp.core.leaks import Watch

_NO_NAME = re.compile(r"[^\w .:-]+")


class Rule(StrEnum):
    """What the gate looks for."""

    DESCENT = "descent"
    PATH = "path"
    MODE = "mode"
    LINK = "link"
    SUBMODULE = "submodule"
    SIZE = "size"
    SECRET = "secret"  # noqa: S105 - the name of a rule
    BINARY = "binary"
    WORKFLOW = "workflow"
    CONFIG = "config"
    PROTECTED = "protected"
    OWNERS = "owners"
    AGENT_FILE = "agent-file"
    LOCK_FILE = "lock-file"
    SNAPSHOT = "snapshot"
    TESTS = "tests"
    EMPTIED = "tests-emptied"
    ASSERTIONS = "assertions"
    WEAKENED = "tests-weakened"
    SKIPPED = "tests-skipped"
    HOOK = "test-hook"
    SPECIAL_CASE = "special-case"
    CHECKS_OFF = "checks-off"
    CHECKS_LOOSENED = "checks-loosened"
    COMMAND = "test-command"
    VERSION = "version-lowered"


class Severity(StrEnum):
    """What a finding means."""

    BLOCK = "block"
    PAUSE = "pause"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """What a rule found. `path` is printable and safe to show, and empty when it concerns the change as a whole."""

    rule: Rule
    path: str
    severity: Severity
    detail: str


@dataclass(frozen=True)
class Limits:
    """How much may change, and what waits for a person.

    `protect` are patterns as in docs/configuration.md. `allowed` are paths, as findings show them, that a person with
    the right has let through.
    """

    files: int = 500
    file_bytes: int = 5 * 2**20
    total_bytes: int = 20 * 2**20
    protect: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


def block(rule: Rule, path: str, detail: str) -> Finding:
    """The change does not leave."""
    return Finding(rule, path, Severity.BLOCK, detail)


def note(rule: Rule, path: str, detail: str) -> Finding:
    """The reviewer is told."""
    return Finding(rule, path, Severity.NOTE, detail)


def shown(file: FileChange, watch: Watch) -> str:
    """The path of a file for people, unless there is a secret in it."""
    return "(a path with a secret in it)" if watch.find(file.path) else paths.shown(file.path)


def named(text: str, watch: Watch) -> str:
    """A name that was found in a text of the change, such as a test's, in backquotes: short, printable, no secret."""
    name = "" if watch.find(text) else _NO_NAME.sub(" ", text)[:60].strip()
    return f"`{name}`" if name else "one"
