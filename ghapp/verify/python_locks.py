"""The versions that a lock file of uv, poetry or pdm, or a `pylock.toml`, settles on: as constraints for pip.

Only names and versions are taken. Lock files also name servers; where packages come from is the machine's affair.
"""

import re
import tomllib

from ghapp.verify.repository import Tree

_LOCKS = (("uv.lock", "package"), ("pylock.toml", "packages"), ("poetry.lock", "package"), ("pdm.lock", "package"))
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
# No local versions (`1.0+cpu`): they are of other servers than the usual ones.
_VERSION = re.compile(r"[0-9][A-Za-z0-9.!_-]*")
_ELSEWHERE = frozenset({"git", "path", "url", "editable", "virtual", "directory", "vcs", "archive", "file"})
# A command's word may have 128 KiB, and all of it stands in one line of shell.
_MAX_BYTES = 100_000


def pins(tree: Tree) -> list[str]:
    """`name==version` for every package that the first of these files has in one version only."""
    for path, key in _LOCKS:
        if path in tree:
            found = _versions(tree.text(path), key)
            pinned = [f"{name}=={next(iter(versions))}" for name, versions in found.items() if len(versions) == 1]
            return sorted(pinned) if sum(map(len, pinned)) < _MAX_BYTES else []
    return []


def _versions(text: str, key: str) -> dict[str, set[str]]:
    try:
        packages = tomllib.loads(text).get(key)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    found: dict[str, set[str]] = {}
    for package in packages if isinstance(packages, list) else []:
        name, version = (package.get("name"), package.get("version")) if isinstance(package, dict) else (None, None)
        if isinstance(name, str) and isinstance(version, str) and _NAME.fullmatch(name) and not _elsewhere(package):
            found.setdefault(name, set()).add(version)
    return {name: versions for name, versions in found.items() if all(map(_VERSION.fullmatch, versions))}


def _elsewhere(package: dict[str, object]) -> bool:
    """Whether it comes from a folder, a repository or an address of its own."""
    source = package.get("source")
    kinds = {*source, str(source.get("type", ""))} if isinstance(source, dict) else set()
    return bool(_ELSEWHERE & (kinds | package.keys()))
