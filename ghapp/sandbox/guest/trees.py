"""Runs inside the sandbox: all that git has to do on a work tree. A JSON order in, the answer at /out/answer.json.

    {"verb": "clone",    "base"}                                        a fresh checkout in /workspace
    {"verb": "pristine", "base"}                                        {"pristine": bool}: its files are as they were
    {"verb": "strip",    "base"}                                        remove the checkout, and leave what was added
    {"verb": "settle",   "base"}                                        what the set-up left: {"setup": [entry...]}
    {"verb": "checkout", "base", "commit"}                              another commit over the template
    {"verb": "compare",  "base", "commit", "setup"}                     {"changed": bool}
    {"verb": "bundle",   "base", "commit", "setup", "message"}          {"changed": bool}, and /out/work.bundle

An entry is [path, mode, object]. But for `clone`, the workspace's own `.git` is never asked: an agent may have broken
it or filled it with hooks. Each order makes a git folder of its own, with no configuration but what stands here.
https://git-scm.com/docs/git#_environment_variables
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_MIRROR = "/mirror"
_WORKSPACE = "/workspace"
_GIT_DIR = "/out/git"
_BUNDLE = "/out/work.bundle"
_ANSWER = "/out/answer.json"
_BRANCH = "refs/heads/honk"
_GONE = "000000"
_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.fileMode": "true",
    "core.symlinks": "true",
    "core.quotePath": "false",
    "core.compression": "1",  # the bundle travels from one folder to the next
    "advice.addEmbeddedRepo": "false",
    "gc.auto": "0",
    "safe.directory": "*",
}

Entry = tuple[str, str, str]


class Refused(Exception):
    """Git would not; the message is what it said."""


def git(*arguments: str, stdin: str = "", own: bool = True) -> str:
    """Run git on the work tree with our own git folder, or (`own` False) with none given; what it printed."""
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        # Equal work makes an equal commit, so that one can tell whether anything is new.
        "GIT_AUTHOR_DATE": "@0 +0000",
        "GIT_COMMITTER_DATE": "@0 +0000",
        **{name: os.environ[name] for name in os.environ if name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_"))},
    }
    if own:
        variables |= {"GIT_DIR": _GIT_DIR, "GIT_WORK_TREE": _WORKSPACE}
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    done = subprocess.run(
        ["git", *settings, *arguments],
        cwd=_WORKSPACE,
        env=variables,
        input=os.fsencode(stdin),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = os.fsdecode(done.stderr).strip() or f"exit code {done.returncode}"
        raise Refused(f"git {arguments[0]}: {said[-1500:]}")
    return os.fsdecode(done.stdout)


def clone(base: str) -> None:
    """Check the base out with a `.git` for the agent, whose objects come from the mirror.

    Around what is there already (an environment's part of the tree); where both have a file, it is the base's.
    """
    fresh = Path(_WORKSPACE, ".git-fresh")
    git("clone", "--quiet", "--shared", "--template=", "--no-checkout", _MIRROR, str(fresh), own=False)
    (fresh / ".git").rename(Path(_WORKSPACE, ".git"))
    fresh.rmdir()
    git("checkout", "--quiet", "--force", "-B", "honk", base, own=False)


def pristine(base: str) -> bool:
    """Whether all files of the base are there as they were."""
    begin(base)
    git("update-index", "-q", "--refresh")
    return not git("diff-files", "--name-only")


def strip(base: str) -> None:
    """Take away the base's files, the folders that had nothing else in them, and `.git`."""
    begin(base)
    files = [Path(_WORKSPACE, path) for path in git("ls-files", "-z").split("\0") if path]
    for file in files:
        file.unlink()
    for folder in sorted({parent for file in files for parent in file.relative_to(_WORKSPACE).parents}, reverse=True):
        with suppress(OSError):  # something else is in it
            Path(_WORKSPACE, folder).rmdir()
    shutil.rmtree(Path(_WORKSPACE, ".git"))


def begin(commit: str) -> None:
    """A new git folder with the commit in its index, in no relation to the workspace's own."""
    git("init", "--quiet", "--bare", "--template=", _GIT_DIR, own=False)
    Path(_GIT_DIR, "objects/info/alternates").write_text(f"{_MIRROR}/objects\n")
    git("config", "core.bare", "false")
    git("read-tree", commit)


def checkout(base: str, commit: str) -> None:
    """Bring the workspace from base to the commit; files that only base has go away."""
    begin(base)
    # Without knowing which files are as in base already, git would write each of them anew.
    git("update-index", "-q", "--refresh")
    git("read-tree", "--reset", "-u", commit)


def take_in() -> None:
    """Put the workspace as it is into the index; what the repository's own .gitignore names stays out."""
    closed_folders = ["-type", "d", "!", "-perm", "-u=rwx", "-exec", "chmod", "u+rwx", "{}", ";"]
    closed_files = ["-type", "f", "!", "-perm", "-u=r", "-exec", "chmod", "u+r", "{}", "+"]
    # Git takes a folder that it may not read for an empty one, and its files for deleted.
    subprocess.run(["find", _WORKSPACE, *closed_folders, "-o", *closed_files], capture_output=True, check=False)
    git("add", "--all", ".")


def changes(commit: str) -> list[tuple[Entry, Entry]]:
    """The index against a commit: what each path was, and what it is."""
    fields = git("diff-index", "--cached", "--raw", "-z", "--no-renames", "--full-index", commit).split("\0")
    found = []
    for about, path in zip(fields[0::2], fields[1::2], strict=False):
        old_mode, new_mode, old, new, _ = about.removeprefix(":").split(" ")
        found.append(((path, old_mode, old), (path, new_mode, new)))
    return found


def leave_out(setup: Iterable[Entry], commit: str) -> None:
    """What the set-up made, and nobody touched since, is not part of anyone's work: put the commit's entry back."""
    made = set(setup)
    back = [old for old, new in changes(commit) if new in made]
    back.sort(key=lambda entry: entry[1] != _GONE)  # a file that goes makes room for a folder of its name
    git("update-index", "-z", "--index-info", stdin="".join(f"{mode} {name}\t{path}\0" for path, mode, name in back))


def bundle(base: str, message: str) -> None:
    """One commit with the index's tree on top of base, alone in a bundle."""
    head = git("commit-tree", git("write-tree").strip(), "-p", base, "-F", "-", stdin=message).strip()
    git("update-ref", _BRANCH, head)
    git("bundle", "create", "--quiet", "--version=2", _BUNDLE, f"{base}..{_BRANCH}")


def compare(order: dict[str, Any]) -> dict[str, Any]:
    """Whether anything differs from base; makes the bundle of it if one is wanted."""
    base, commit = order["base"], order["commit"]
    begin(commit)
    take_in()
    leave_out([(path, mode, name) for path, mode, name in order["setup"]], commit)
    differs = bool(changes(base))
    if differs and order["verb"] == "bundle":
        bundle(base, order["message"])
    return {"changed": differs}


def obey(order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order."""
    if order["verb"] == "clone":
        clone(order["base"])
    elif order["verb"] == "checkout":
        checkout(order["base"], order["commit"])
    elif order["verb"] == "pristine":
        return {"pristine": pristine(order["base"])}
    elif order["verb"] == "strip":
        strip(order["base"])
    elif order["verb"] == "settle":
        begin(order["base"])
        take_in()
        return {"setup": [new for _, new in changes(order["base"])]}
    else:
        return compare(order)
    return {}


def main() -> None:
    """Carry out the order on standard input."""
    try:
        answer = obey(json.load(sys.stdin))
    except Refused as refused:
        answer = {"error": str(refused)}
    Path(_ANSWER).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
