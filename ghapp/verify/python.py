"""Python: how its tests are run, and what must be installed for them into `/env`, a virtual environment."""

import re
import shlex

from ghapp.core.evidence import Check
from ghapp.verify.python_locks import pins
from ghapp.verify.python_requirements import dependencies, extras, loose_requirements, requirement_files
from ghapp.verify.repository import Tree, table

# The cache folder of pytest and the build folders of setuptools stay out of the tree: whatever appears there would
# look like a part of the change. `--color=no` and `--tb=short` make what is distilled short and steady.
_PYTEST = Check("pytest", "python -m pytest -q --tb=short --color=no -o cache_dir=/tmp/pytest-cache")
_UNITTEST = "python -m unittest"
_TOX = Check("tox", "tox run --workdir /env/tox -e py --skip-pkg-install")
_NOX = Check("nox", "nox --envdir /env/nox --reuse-existing-virtualenvs --no-install")
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")
_UNITTEST_FILE = re.compile(r"(?:^|/)tests?[^/]*\.py$")
_BARE_TEST = re.compile(r"^(?:async )?def test_|^(?:import|from) pytest\b", re.MULTILINE)
_USES_UNITTEST = re.compile(r"^\s*(?:import|from) (?:unittest|django\.test)\b", re.MULTILINE)
_VERSION_FROM_GIT = re.compile(r"setuptools[_-]scm|hatch-vcs|\bpbr\b|versioningit|dunamai")
_LOOKED_INTO = 40
_PYTEST_FILES = ("pytest.ini", ".pytest.ini", "pytest.toml", "conftest.py", "tests/conftest.py", "test/conftest.py")
_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "tox.ini", "noxfile.py")

_VENV = "python3 -m venv /env"
_OUT_OF_TREE = r"printf '[egg_info]\negg_base = /env/build\n[build]\nbuild_base = /env/build\n' > /env/build.cfg"
_PIP = "/env/bin/pip install --quiet --disable-pip-version-check --no-input"
_CONSTRAINTS = "/env/constraints.txt"


def checks(tree: Tree) -> tuple[Check, ...]:
    """The project's tests by pytest when it seems to use it, else by unittest, else by tox or nox."""
    if _configures_pytest(tree):
        return (_PYTEST,)
    tests = [tree.text(path) for path in _test_files(tree)[:_LOOKED_INTO]]
    if any(_BARE_TEST.search(text) for text in tests) or (tests and _mentions_pytest(tree)):
        return (_PYTEST,)
    if "manage.py" in tree and any("django" in text for text in tests):
        return (Check("django tests", "python manage.py test"),)
    if any(_USES_UNITTEST.search(text) for text in tests):
        return (Check("unittest", _unittest_command(tree)),)
    if "tox.ini" in tree:
        return (_TOX,)
    return (_NOX,) if "noxfile.py" in tree else ()


def setup(tree: Tree) -> tuple[str, ...]:
    """The commands that fill `/env`; none when this is no Python project."""
    chosen = checks(tree)
    if not chosen and tree.first(*_PROJECT) is None:
        return ()
    loose = dict.fromkeys(loose_requirements(tree) + (["pytest"] if _PYTEST in chosen else []))
    commands = [_VENV, f"mkdir -p /env/build && {_OUT_OF_TREE}", *_install(tree, [shlex.quote(item) for item in loose])]
    commands += [f"{_PIP} -r {shlex.quote(path)}" for path in requirement_files(tree)]
    if _TOX in chosen:
        commands += [f"{_PIP} tox", "/env/bin/tox run --workdir /env/tox -e py --notest"]
    if _NOX in chosen:
        commands += [f"{_PIP} nox", "/env/bin/nox --envdir /env/nox --install-only"]
    return tuple(commands)


def installable(tree: Tree) -> bool:
    """Whether pip can install the project itself; poetry and uv also know projects that are no packages."""
    tool = table(tree.pyproject, "tool")
    if table(tool, "poetry").get("package-mode") is False or table(tool, "uv").get("package") is False:
        return False
    if "setup.py" in tree or "build-system" in tree.pyproject:
        return True
    return "project" in tree.pyproject and "uv" not in tool


def _install(tree: Tree, loose: list[str]) -> list[str]:
    """One resolution for the project and what its tests need, so that neither drags the other's versions along.

    The install is editable: tests may ask for the version, the entry points or the path of what they test.
    """
    if not installable(tree):
        loose = [shlex.quote(item) for item in dependencies(tree)] + loose
        return _pinned(tree, [_PIP, *loose]) if loose else []
    names = extras(tree)
    target = shlex.quote(f".[{','.join(names)}]" if names else ".")
    # A checkout of one commit has no tags to count from; an unpacked release says its version in PKG-INFO.
    said = "".join(tree.text(path) for path in ("pyproject.toml", "setup.py", "setup.cfg"))
    unversioned = "PKG-INFO" not in tree and _VERSION_FROM_GIT.search(said)
    version = "SETUPTOOLS_SCM_PRETEND_VERSION=999 PBR_VERSION=999 " if unversioned else ""
    words = [f"{version}DIST_EXTRA_CONFIG=/env/build.cfg", _PIP, "--use-pep517", "--editable", target, *loose]
    return _pinned(tree, words)


def _pinned(tree: Tree, words: list[str]) -> list[str]:
    """The command, held to the versions of the project's lock file when there is one."""
    pinned = pins(tree)
    if not pinned:
        return [" ".join(words)]
    written = " ".join(map(shlex.quote, pinned))
    return [f"printf '%s\\n' {written} > {_CONSTRAINTS}", " ".join([*words, "-c", _CONSTRAINTS])]


def _configures_pytest(tree: Tree) -> bool:
    tools = table(tree.pyproject, "tool", "pytest")
    return bool(
        tools
        or tree.first(*_PYTEST_FILES)
        or tree.ini("setup.cfg").has_section("tool:pytest")
        or tree.ini("tox.ini").has_section("pytest")
    )


def _mentions_pytest(tree: Tree) -> bool:
    places = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "noxfile.py", *requirement_files(tree))
    return any(re.search(r"\bpytest\b", tree.text(path)) for path in places)


def _test_files(tree: Tree) -> list[str]:
    """Files that look like tests, those that both runners would find first."""
    sure = [path for path in tree.paths if _TEST_FILE.search(path)]
    return sure + [path for path in tree.paths if _UNITTEST_FILE.search(path) and path not in sure]


def _unittest_command(tree: Tree) -> str:
    """Discovery goes into packages only, so a folder of tests without `__init__.py` must be named."""
    for folder in ("tests", "test"):
        inside = any(path.startswith(f"{folder}/") for path in _test_files(tree))
        if inside and f"{folder}/__init__.py" not in tree:
            return f"{_UNITTEST} discover -s {folder}"
    return _UNITTEST
