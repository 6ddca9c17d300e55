"""Node: how its tests are run, and by which package manager their dependencies are installed.

npm comes with Node. The others are installed into `/env`, in the version that the repository is made for: whether a
machine has them, and which, should make no difference.
"""

import re

from ghapp.core.evidence import Check
from ghapp.verify.repository import Tree, table

# What `npm init` writes when nobody names a test.
_NO_TEST = "no test specified"
_NEEDED = ("dependencies", "devDependencies", "optionalDependencies")
_QUIET = "--no-audit --no-fund"
# As corepack reads it, without the hash. https://github.com/nodejs/corepack#how-to-use
_MANAGER = re.compile(r"(npm|pnpm|yarn)@(\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.]+)?)(?:\+.*)?")
_PNPM_LOCK = re.compile(r"^lockfileVersion: *'?(\d+)", re.MULTILINE)
_PNPM_BY_LOCK = {"5": "7", "6": "8", "9": "9"}


def checks(tree: Tree) -> tuple[Check, ...]:
    """The script `test`, when there is a real one."""
    script = table(tree.package_json, "scripts").get("test")
    if not isinstance(script, str) or _NO_TEST in script:
        return ()
    manager, _ = _manager(tree)
    return (Check(f"{manager} test", f"{manager} test"),)


def setup(tree: Tree) -> tuple[str, ...]:
    """What the lock file says, by the manager that wrote it."""
    needed = any(table(tree.package_json, key) for key in _NEEDED) or "workspaces" in tree.package_json
    manager, package = _manager(tree)
    if not needed and not (package and checks(tree)):
        return ()
    brought = (f"npm install --global --prefix /env {_QUIET} {package}",) if package else ()
    return (*brought, *((_install(tree, manager),) if needed else ()))


def _install(tree: Tree, manager: str) -> str:
    if manager == "pnpm":
        return "pnpm install --frozen-lockfile" if "pnpm-lock.yaml" in tree else "pnpm install --no-lockfile"
    if manager == "yarn":
        if "yarn.lock" not in tree:
            return "yarn install"
        return "yarn install --immutable" if ".yarnrc.yml" in tree else "yarn install --frozen-lockfile"
    if tree.first("package-lock.json", "npm-shrinkwrap.json"):
        return f"npm ci {_QUIET}"
    return f"npm install --no-package-lock {_QUIET}"


def _manager(tree: Tree) -> tuple[str, str]:
    """The package manager's name, and its package in the registry; no package for npm."""
    said = tree.package_json.get("packageManager")
    match = _MANAGER.fullmatch(said) if isinstance(said, str) else None
    if match and match[1] != "npm":
        modern = match[1] == "yarn" and not match[2].startswith("1.")
        return match[1], f"{'@yarnpkg/cli-dist' if modern else match[1]}@{match[2]}"
    if match or tree.first("pnpm-lock.yaml", "yarn.lock") is None:
        return "npm", ""
    if "pnpm-lock.yaml" in tree:
        lock = _PNPM_LOCK.search(tree.text("pnpm-lock.yaml"))
        return "pnpm", f"pnpm@{_PNPM_BY_LOCK.get(lock[1] if lock else '', '9')}"
    # The first yarn hands over to the newer one that a repository brings along (`yarnPath`).
    return "yarn", "yarn@1"
