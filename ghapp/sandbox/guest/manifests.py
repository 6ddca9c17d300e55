"""Runs inside the sandbox: says which files of a commit its set-up reads. An order in, the answer at /out/answer.json.

    {"base", "setup": [command...]}  ->  {"reads": [[path, object]...]}, or {"reads": null} when it may read anything

An environment is shared by all commits in which these files are the same, so the answer must be right, not clever:

- The commit is on a branch of the repository's own: what comes from elsewhere shares nothing.
- Every command is one that is known here, with options that are known here: a virtual environment, pip, npm, pnpm or
  yarn installing what manifests and lock files name, `go mod download`, `cargo fetch`. Any other may read anything.
- Nothing of the repository's own code is run or copied: no lifecycle scripts, no requirements that are folders, no
  `pip install .`. An editable install is shared only of projects whose manifest says all that it writes down (no
  `setup.py`, nothing dynamic, no hooks, no compiled parts); for them the folders with Python files count as read.

Only git is asked, at the mirror: there is no checkout yet.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

_MIRROR = "/mirror"
_ANSWER = "/out/answer.json"
_OWN_BRANCHES = ("refs/heads", "refs/honk/fetched")
_MAX_FILE = 2**20

_VARIABLES = frozenset(
    {"DIST_EXTRA_CONFIG", "SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION", "GOMODCACHE", "GOCACHE", "GOFLAGS",
     "CARGO_HOME", "CARGO_TARGET_DIR", "RUST_BACKTRACE"}
)  # fmt: skip
_PROGRAM = re.compile(r"(?:(?:/env|(?:\./)?\.?venv)/bin/)?([a-z0-9.]+)")
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")
_PIP_FLAGS = frozenset(
    {"-q", "--quiet", "-U", "--upgrade", "--disable-pip-version-check", "--no-input", "--use-pep517", "--no-cache-dir",
     "--prefer-binary", "--no-deps", "--require-hashes"}
)  # fmt: skip
_NODE_FLAGS = frozenset(
    {"--no-audit", "--no-fund", "--no-package-lock", "--no-lockfile", "--frozen-lockfile", "--immutable"}
)
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[\w\s,.-]*\])?\s*(?:[<>=!~;(].*)?", re.DOTALL)
_PLAIN_OPTION = re.compile(r"--(?:index-url|extra-index-url|pre|no-binary|only-binary|prefer-binary|require-hashes)\b")
_PACKAGE = re.compile(r"(?:@[a-z0-9._-]+/)?[a-z0-9._-]+@[A-Za-z0-9.-]+")
_LIFECYCLE = frozenset(
    {"preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish", "dependencies"}
)
_TABLES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions")
_FOLDER = re.compile(r"(?:file|link|portal|patch):|\.{0,2}/|~")
_BACKENDS = frozenset(
    {"setuptools.build_meta", "hatchling.build", "flit_core.buildapi", "poetry.core.masonry.api", "uv_build"}
)
_COMPILED = re.compile(r"ext-modules|cmdclass|cffi|\bhooks?\b|file:|^\s*build\s*=|backend-path", re.MULTILINE)
_PACKAGING = re.compile(r"^\[(?:metadata|options|build|egg|install|develop)", re.MULTILINE)
_ALWAYS = frozenset({".python-version", ".nvmrc", ".node-version", ".tool-versions", "pip.conf"})
_NODE = frozenset(
    {"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
     ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "pnpmfile.js"}
)  # fmt: skip
_GO = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum"})
_CARGO = frozenset({"Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml"})


class Anything(Exception):
    """The set-up may read any file."""


class Commit:
    """The files of a commit, and those that were found to be read."""

    def __init__(self, base: str) -> None:
        listed = git("ls-tree", "-r", "-z", "--full-tree", base).split(b"\0")
        entries = [line.split(b"\t", 1) for line in listed if line]
        self.files = {os.fsdecode(path): about.decode().split(" ")[2] for about, path in entries}
        self.links = {os.fsdecode(path) for about, path in entries if not about.startswith(b"100")}
        self.reads: dict[str, str] = {}

    def text(self, path: str) -> str:
        """A file's text, which counts as read; one that is not there reads as anything."""
        if path not in self.files or path in self.links:
            raise Anything
        self.reads[path] = self.files[path]
        content = git("cat-file", "blob", self.files[path])
        if len(content) > _MAX_FILE:
            raise Anything
        return content.decode(errors="replace")

    def named(self, names: Iterable[str], folders: Iterable[str] = ()) -> list[str]:
        """All files with one of these names, or below a folder of one of these names; they count as read."""
        wanted, inside = set(names), set(folders)
        found = []
        for path in self.files:
            *parents, name = path.split("/")
            if (name in wanted or inside.intersection(parents)) and "node_modules" not in parents:
                if path in self.links:
                    raise Anything
                found.append(path)
        self.reads |= {path: self.files[path] for path in found}
        return found


def git(*arguments: str) -> bytes:
    """What git says of the mirror."""
    variables = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    variables |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_DIR": _MIRROR}
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, check=True).stdout


def simple_commands(line: str) -> list[list[str]]:
    """A line of shell as its commands, in words. Whatever the shell would replace is not understood."""
    if any(sign in line for sign in "`$\n"):
        raise Anything
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    found: list[list[str]] = [[]]
    for word in lexer:
        if word == "&&":
            found.append([])
        else:
            found[-1].append(word)
    return [words for words in found if words]


def read_command(commit: Commit, words: list[str]) -> None:
    """Note what one command reads."""
    words = _without_redirection(words)
    while words and (name := words[0].partition("=")[0]) in _VARIABLES and "=" in words[0]:
        words = words[1:]
    program = _PROGRAM.fullmatch(words[0]) if words else None
    if program is None:
        raise Anything
    rest = words[1:]
    name = "python" if _PYTHON.fullmatch(program[1]) else program[1]
    if name == "python" and rest[:2] == ["-m", "pip"]:
        name, rest = "pip", rest[2:]
    reader = _READERS.get(" ".join([name, *rest[: _LENGTH.get(name, 0)]]))
    if reader is None:
        raise Anything
    reader(commit, rest[_LENGTH.get(name, 0) :])


def _without_redirection(words: list[str]) -> list[str]:
    """Output may go to a file of the environment."""
    if ">" in words:
        at = words.index(">")
        if len(words) != at + 2 or not words[-1].startswith("/env/") or ".." in words[-1]:
            raise Anything
        words = words[:at]
    if any(set(word) <= set("<>|&();") for word in words if word):
        raise Anything
    return words


def _nothing(commit: Commit, words: list[str]) -> None:
    """A command that reads no file."""


def _venv(commit: Commit, words: list[str]) -> None:
    if len([word for word in words if word not in ("--without-pip", "--system-site-packages")]) != 1:
        raise Anything


def _pip_install(commit: Commit, words: list[str]) -> None:
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word in _PIP_FLAGS:
            continue
        if word in ("-r", "--requirement", "-c", "--constraint") and waiting:
            _requirements(commit, waiting.pop(0), set())
        elif word in ("--prefix", "--target") and waiting and waiting[0].startswith("/env"):
            waiting.pop(0)
        elif word in ("-e", "--editable") and waiting:
            _editable(commit, waiting.pop(0))
        elif not _REQUIREMENT.fullmatch(word) or word in commit.files or _is_folder(commit, word):
            raise Anything


def _is_folder(commit: Commit, word: str) -> bool:
    return any(path.startswith(f"{word.partition('[')[0]}/") for path in commit.files)


def _requirements(commit: Commit, path: str, seen: set[str]) -> None:
    """A requirements file with what it includes. https://pip.pypa.io/en/stable/reference/requirements-file-format/"""
    if path.startswith("/env/"):
        return  # written by a command of the same set-up
    path = os.path.normpath(path)
    if path in seen:
        return
    seen.add(path)
    for line in re.sub(r"\\\r?\n", " ", commit.text(path)).splitlines():
        said = re.sub(r"(^|\s)#.*$", "", line).split(" --hash", 1)[0].strip()
        include = re.fullmatch(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", said)
        if include:
            _requirements(commit, str(PurePosixPath(path).parent / include[1]), seen)
        elif said and not _REQUIREMENT.fullmatch(said) and not _PLAIN_OPTION.match(said):
            raise Anything


def _editable(commit: Commit, target: str) -> None:
    if target.partition("[")[0] not in (".", "./"):
        raise Anything
    if "setup.py" in commit.files or ("setup.cfg" in commit.files and _PACKAGING.search(commit.text("setup.cfg"))):
        raise Anything
    text = commit.text("pyproject.toml")
    said = tomllib.loads(text)
    project = said.get("project") or said.get("tool", {}).get("poetry", {})
    build = said.get("build-system", {})
    backend = build.get("build-backend", "setuptools.build_meta")
    if "name" not in project or "version" not in project or project.get("dynamic") or backend not in _BACKENDS:
        raise Anything
    if _COMPILED.search(text) or any(not _REQUIREMENT.fullmatch(item) for item in build.get("requires", [])):
        raise Anything
    commit.named({"MANIFEST.in", "py.typed"})
    commit.reads["*.py"] = _digest(sorted(_code(commit)))


def _code(commit: Commit) -> set[str]:
    """Folders with Python files, and modules that stand alone: what an editable install leads to."""
    paths = [PurePosixPath(path) for path in commit.files if path.endswith((".py", ".pyi"))]
    alone = {str(path) for path in paths if str(path.parent) in (".", "src", "lib", "python")}
    return {str(path.parent) for path in paths} | alone


def _npm_install(commit: Commit, words: list[str]) -> None:
    if words[:3] != ["--global", "--prefix", "/env"]:
        return _node_install(commit, words)
    if any(word not in _NODE_FLAGS and not _PACKAGE.fullmatch(word) for word in words[3:]):
        raise Anything
    commit.named({".npmrc"})
    return None


def _node_install(commit: Commit, words: list[str]) -> None:
    if any(word not in _NODE_FLAGS for word in words) or "binding.gyp" in commit.files:
        raise Anything
    for path in commit.named(_NODE, {".yarn"}):
        if path.rpartition("/")[2] == "package.json":
            _package(json.loads(commit.text(path)))


def _package(said: Any) -> None:
    if not isinstance(said, dict) or _LIFECYCLE & set(said.get("scripts") or {}):
        raise Anything
    if "patchedDependencies" in json.dumps(said):
        raise Anything
    waiting: list[object] = [said.get(name) for name in _TABLES]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, str) and _FOLDER.match(value):
            raise Anything


def _go_download(commit: Commit, words: list[str]) -> None:
    if words:
        raise Anything
    commit.named(_GO)


def _cargo_fetch(commit: Commit, words: list[str]) -> None:
    if any(word != "--locked" for word in words):
        raise Anything
    commit.named(_CARGO, {".cargo"})


_LENGTH = {"pip": 1, "npm": 1, "pnpm": 1, "yarn": 1, "go": 2, "cargo": 1, "python": 2}
_READERS: Mapping[str, Callable[[Commit, list[str]], None]] = {
    "python -m venv": _venv,
    "pip install": _pip_install,
    "npm ci": _node_install,
    "npm install": _npm_install,
    "pnpm install": _node_install,
    "yarn": _node_install,
    "yarn install": _node_install,
    "go mod download": _go_download,
    "cargo fetch": _cargo_fetch,
    "mkdir": _nothing,
    "printf": _nothing,
    "echo": _nothing,
}


def _digest(words: list[str]) -> str:
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def reads(base: str, setup: Iterable[str]) -> list[tuple[str, str]] | None:
    """The files, or None when it may be any."""
    if not git("for-each-ref", "--count=1", "--contains", base, *_OWN_BRANCHES):
        return None
    commit = Commit(base)
    try:
        commit.named(_ALWAYS)
        for line in setup:
            for words in simple_commands(line):
                read_command(commit, words)
    except (Anything, ValueError, AttributeError, TypeError, RecursionError):
        return None  # or a manifest that is no manifest: its client will say so
    return sorted(commit.reads.items())


def main() -> None:
    """Answer the order on standard input."""
    order = json.load(sys.stdin)
    try:
        answer: dict[str, Any] = {"reads": reads(order["base"], order["setup"])}
    except subprocess.CalledProcessError as error:
        answer = {"error": os.fsdecode(error.stderr).strip()[-1500:] or "git failed"}
    Path(_ANSWER).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
