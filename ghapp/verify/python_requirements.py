"""What a Python project says, in one of the many places, that its tests need."""

import re

from ghapp.verify.repository import Tree, strings, table

_WANTED = ("test", "tests", "testing", "dev")
_FILES_FOR_TESTS = (
    "requirements-test.txt", "requirements-tests.txt", "requirements-testing.txt", "requirements-dev.txt",
    "requirements_test.txt", "requirements_tests.txt", "requirements_dev.txt",
    "test-requirements.txt", "dev-requirements.txt", "test_requirements.txt", "dev_requirements.txt",
    "requirements/test.txt", "requirements/tests.txt", "requirements/testing.txt", "requirements/dev.txt",
    "tests/requirements.txt", "test/requirements.txt",
)  # fmt: skip
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?\s*(?:[<>=!~@;(].*)?")
_MAX_INCLUDES = 50


def extras(tree: Tree) -> list[str]:
    """Extras that are declared and named like tests."""
    declared = {
        *table(tree.pyproject, "project", "optional-dependencies"),
        *table(tree.pyproject, "tool", "poetry", "extras"),
    }
    for path, section in (("setup.cfg", "options.extras_require"),):
        ini = tree.ini(path)
        declared |= set(ini.options(section)) if ini.has_section(section) else set()
    # What setup.py computes is not known without running it; a key that stands there as a word is.
    _, _, after = tree.text("setup.py").partition("extras_require")
    declared |= {name for name in _WANTED if re.search(rf"""["']{name}["']\s*:""", after)}
    return [name for name in _WANTED if name in declared]


def dependencies(tree: Tree) -> list[str]:
    """What the project itself needs, for projects that cannot be installed."""
    found = strings(table(tree.pyproject, "project").get("dependencies"))
    found += _poetry(table(tree.pyproject, "tool", "poetry", "dependencies"))
    return [item for item in found if _REQUIREMENT.fullmatch(item)]


def requirement_files(tree: Tree) -> list[str]:
    """Files for pip's `-r`: those for tests, and `requirements.txt` when no project metadata names dependencies."""
    found = [path for path in _FILES_FOR_TESTS if path in tree]
    has_metadata = "setup.py" in tree or "project" in tree.pyproject or table(tree.pyproject, "tool", "poetry")
    return found if has_metadata or "requirements.txt" not in tree else ["requirements.txt", *found]


def loose_requirements(tree: Tree) -> list[str]:
    """Requirements that pip cannot be pointed at: dependency groups, and tables of uv, pdm, hatch, poetry and tox."""
    tool = table(tree.pyproject, "tool")
    found = [item for name in _WANTED for item in _group(table(tree.pyproject, "dependency-groups"), name)]
    found += strings(table(tool, "uv").get("dev-dependencies"))
    for name in _WANTED:
        found += strings(table(tool, "pdm", "dev-dependencies").get(name))
        found += strings(table(tool, "hatch", "envs", name).get("dependencies"))
        found += strings(table(tool, "hatch", "envs", name).get("extra-dependencies"))
        found += _poetry(table(tool, "poetry", "group", name, "dependencies"))
    found += _poetry(table(tool, "poetry", "dev-dependencies"))
    if not (found or extras(tree) or requirement_files(tree)):
        found = _tox(tree)
    return [item.strip() for item in found if _REQUIREMENT.fullmatch(item.strip())]


def _group(groups: dict[str, object], name: str) -> list[str]:
    """One dependency group with what it includes. https://packaging.python.org/specifications/dependency-groups/"""
    named = {re.sub(r"[-_.]+", "-", key).lower(): value for key, value in groups.items()}
    found: list[str] = []
    waiting, seen = [name], set[str]()
    while waiting and len(seen) < _MAX_INCLUDES:
        key = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if key in seen:
            continue
        seen.add(key)
        value = named.get(key)
        found += strings(value)
        items = value if isinstance(value, list) else []
        waiting += [str(item["include-group"]) for item in items if isinstance(item, dict) and "include-group" in item]
    return found


def _poetry(dependencies: dict[str, object]) -> list[str]:
    found = []
    for name, wanted in dependencies.items():
        version = wanted.get("version") if isinstance(wanted, dict) else wanted
        if name.lower() != "python" and isinstance(version, str):
            found.append(name + _poetry_version(version))
    return found


def _poetry_version(version: str) -> str:
    """Poetry's constraint in pip's words; one that is not understood becomes none.

    https://python-poetry.org/docs/dependency-specification/
    """
    version = version.strip()
    if match := re.fullmatch(r"[\^~](\d+(?:\.\d+)*)", version):
        numbers = [int(part) for part in match[1].split(".")]
        kept = 1 if version[0] == "^" else min(2, len(numbers))
        while kept < len(numbers) and version[0] == "^" and not any(numbers[:kept]):
            kept += 1
        upper = [*numbers[: kept - 1], numbers[kept - 1] + 1]
        return f">={match[1]},<{'.'.join(map(str, upper))}"
    if re.fullmatch(r"\d+(?:\.\d+)*", version):
        return f"=={version}"
    return version if re.fullmatch(r"(?:[<>=!~]=?\s*[\d.*]+\s*,?\s*)+", version) else ""


def _tox(tree: Tree) -> list[str]:
    """Plain lines of tox's `deps`; lines with conditions, files or variables need tox itself."""
    ini = tree.ini("tox.ini")
    deps = ini.get("testenv", "deps", fallback="") or ""
    return [line.split("#")[0].strip() for line in deps.splitlines() if "{" not in line and ":" not in line]
