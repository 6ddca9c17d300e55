"""Which checks and which set-up follow from which files."""

import json
import shlex
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.verify import RepositoryVerifiers

PYTEST = "python -m pytest -q --tb=short --color=no -o cache_dir=/tmp/pytest-cache"
BARE_TEST = "def test_it():\n    assert True\n"
CASE = "import unittest\n\nclass It(unittest.TestCase):\n    def test_it(self): pass\n"
PROJECT = '[build-system]\nrequires = ["setuptools"]\n[project]\nname = "shop"\nversion = "1"\n'
SCRIPT = json.dumps({"scripts": {"test": "node --test"}})
GO = "GOMODCACHE=/env/go/mod GOCACHE=/env/go/cache GOFLAGS=-modcacherw"
CARGO = "CARGO_HOME=/env/cargo CARGO_TARGET_DIR=/env/target RUST_BACKTRACE=0"
BRING = "npm install --global --prefix /env --no-audit --no-fund"
MAVEN = "-B -ntp -Dmaven.repo.local=/env/m2"

Files = Mapping[str, Callable[[], bytes]]


def files(contents: Mapping[str, str]) -> Files:
    """Readers over these texts."""
    return {path: (lambda text=text: text.encode()) for path, text in contents.items()}  # type: ignore[misc]


def commands(contents: Mapping[str, str]) -> list[str]:
    """The commands of the checks."""
    return [check.command for check in RepositoryVerifiers().checks(files(contents))]


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ({}, []),
        ({"README.md": "hi"}, []),
        # Python
        ({"pytest.ini": "[pytest]\n"}, [PYTEST]),
        ({"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-q'\n"}, [PYTEST]),
        ({"setup.cfg": "[tool:pytest]\naddopts = -q\n"}, [PYTEST]),
        ({"tox.ini": "[tox]\n[pytest]\naddopts = -q\n"}, [PYTEST]),
        ({"tests/conftest.py": ""}, [PYTEST]),
        ({"shop.py": "", "test_shop.py": BARE_TEST}, [PYTEST]),
        ({"src/shop/__init__.py": "", "tests/unit/test_a.py": f"import pytest\n{CASE}"}, [PYTEST]),
        ({"setup.py": "", "tests/a_test.py": BARE_TEST}, [PYTEST]),
        ({"tests/test_a.py": CASE, "requirements-dev.txt": "pytest>=8\n"}, [PYTEST]),
        ({"tests/test_a.py": CASE, "tox.ini": "[testenv]\ndeps = pytest\n"}, [PYTEST]),
        ({"test_a.py": CASE}, ["python -m unittest"]),
        ({"tests/__init__.py": "", "tests/test_a.py": CASE}, ["python -m unittest"]),
        ({"tests/test_a.py": CASE}, ["python -m unittest discover -s tests"]),
        ({"shop.py": "", "test.py": CASE}, ["python -m unittest"]),
        ({"manage.py": "", "shop/tests.py": "from django.test import TestCase\n"}, ["python manage.py test"]),
        ({"tox.ini": "[testenv]\ncommands = ./check\n"}, ["tox run --workdir /env/tox -e py --skip-pkg-install"]),
        ({"noxfile.py": ""}, ["nox --envdir /env/nox --reuse-existing-virtualenvs --no-install"]),
        ({"pyproject.toml": PROJECT, "src/shop.py": ""}, []),
        # other languages
        ({"package.json": SCRIPT}, ["npm test"]),
        ({"package.json": SCRIPT, "pnpm-lock.yaml": ""}, ["pnpm test"]),
        ({"package.json": SCRIPT, "yarn.lock": ""}, ["yarn test"]),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, []),
        ({"package.json": '{"scripts": {"lint": "eslint ."}}'}, []),
        ({"go.mod": "module x\n"}, [f"{GO} GOPROXY=off go test ./..."]),
        ({"Cargo.toml": "[package]\n"}, [f"{CARGO} cargo test --offline --no-fail-fast"]),
        ({"pom.xml": "<project/>"}, [f"mvn {MAVEN} -o test"]),
        ({"pom.xml": "<project/>", "mvnw": ""}, [f"sh ./mvnw {MAVEN} -o test"]),
        ({"build.gradle.kts": "", "gradlew": ""},
         ["GRADLE_USER_HOME=/env/gradle sh ./gradlew --no-daemon --offline test"]),
        ({"Makefile": "all:\n\techo\n\ntest: all\n\t./run\n"}, ["make test"]),
        ({"Makefile": "test := 1\ntests:\n\t./run\n"}, []),
        ({"Makefile": "test:\n\tpytest\n", "test_a.py": BARE_TEST}, [PYTEST]),
        # several at once
        ({"pytest.ini": "[pytest]\n", "package.json": SCRIPT}, [PYTEST, "npm test"]),
    ],
)  # fmt: skip
def test_checks_of_a_repository(contents: dict[str, str], expected: list[str]) -> None:
    """Each row is a repository in small, and the commands that it is proven by."""
    assert commands(contents) == expected


PIP = "/env/bin/pip install --quiet --disable-pip-version-check --no-input"
EDITABLE = f"DIST_EXTRA_CONFIG=/env/build.cfg {PIP} --use-pep517 --editable"


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ({"README.md": ""}, []),
        ({"test_a.py": BARE_TEST}, [f"{PIP} pytest"]),
        ({"test_a.py": CASE}, []),
        ({"pyproject.toml": PROJECT}, [f"{EDITABLE} ."]),
        ({"setup.py": "", "pytest.ini": ""}, [f"{EDITABLE} . pytest"]),
        ({"pyproject.toml": PROJECT + "[project.optional-dependencies]\ndocs = []\ndev = []\ntest = ['pytest']\n"},
         [f"{EDITABLE} '.[test,dev]'"]),
        ({"setup.py": "setup(extras_require={'tests': ['x'], 'docs': []})"}, [f"{EDITABLE} '.[tests]'"]),
        ({"setup.py": "", "setup.cfg": "[options.extras_require]\ntesting = x\n"}, [f"{EDITABLE} '.[testing]'"]),
        ({"pyproject.toml": PROJECT + "[dependency-groups]\ndev = ['a>=1; python_version > \"3\"', "
          "{include-group = 'Extra_One'}]\nextra-one = ['b[c]', {include-group = 'dev'}]\n"},
         [f"{EDITABLE} . 'a>=1; python_version > \"3\"' 'b[c]'"]),
        ({"pyproject.toml": "[build-system]\n[tool.poetry]\nname='x'\n[tool.poetry.group.dev.dependencies]\n"
          "pytest='^8.1'\nother={version='~1.2', extras=['x']}\nzero='^0.0.3'\nplain='1.5'\ngit={git='x'}\n"},
         [f"{EDITABLE} . 'pytest>=8.1,<9' 'other>=1.2,<1.3' 'zero>=0.0.3,<0.0.4' plain==1.5"]),
        ({"pyproject.toml": "[build-system]\n[tool.poetry]\npackage-mode=false\n"}, []),
        ({"pyproject.toml": "[project]\nname='x'\ndependencies=['flask>=3']\n[tool.uv]\n", "pytest.ini": ""},
         [f"{PIP} 'flask>=3' pytest"]),
        ({"requirements.txt": "flask\n", "test_a.py": BARE_TEST}, [f"{PIP} pytest", f"{PIP} -r requirements.txt"]),
        ({"setup.py": "", "requirements.txt": "x", "requirements-dev.txt": "y", "tests/requirements.txt": "z"},
         [f"{EDITABLE} .", f"{PIP} -r requirements-dev.txt", f"{PIP} -r tests/requirements.txt"]),
        ({"setup.py": "", "test_a.py": BARE_TEST,
          "tox.ini": "[testenv]\ndeps =\n  pytest\n  mock>=1 # why\n  py27: old\n  -r{toxinidir}/x\n"},
         [f"{EDITABLE} . pytest 'mock>=1'"]),
        ({"pyproject.toml": '[build-system]\nrequires = ["setuptools-scm"]\n[project]\nname="x"\n'},
         [f"SETUPTOOLS_SCM_PRETEND_VERSION=999 PBR_VERSION=999 {EDITABLE} ."]),
        ({"pyproject.toml": '[build-system]\nrequires = ["setuptools-scm"]\n[project]\nname="x"\n', "PKG-INFO": ""},
         [f"{EDITABLE} ."]),
        ({"tox.ini": "[testenv]\n"}, [f"{PIP} tox", "/env/bin/tox run --workdir /env/tox -e py --notest"]),
        ({"pyproject.toml": PROJECT + "[tool.uv]\ndev-dependencies = ['pytest>=8']\n"}, [f"{EDITABLE} . 'pytest>=8'"]),
    ],
)  # fmt: skip
def test_set_up_of_python(contents: dict[str, str], expected: list[str]) -> None:
    """After the virtual environment: the project with its extras, requirement files, what else its tests need."""
    made = RepositoryVerifiers().setup(files(contents))
    assert [command for command in made if "pip install" in command or "tox run" in command] == expected
    assert not expected or made[0] == "python3 -m venv /env"


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ({"package.json": SCRIPT}, ()),
        ({"package.json": '{"devDependencies": {"a": "1"}}'}, ("npm install --no-package-lock --no-audit --no-fund",)),
        ({"package.json": '{"dependencies": {"a": "1"}}', "package-lock.json": ""}, ("npm ci --no-audit --no-fund",)),
        ({"package.json": '{"dependencies": {"a": "1"}}', "pnpm-lock.yaml": ""},
         (f"{BRING} pnpm@9", "pnpm install --frozen-lockfile")),
        ({"package.json": '{"dependencies": {"a": "1"}}', "pnpm-lock.yaml": "lockfileVersion: '6.0'\n"},
         (f"{BRING} pnpm@8", "pnpm install --frozen-lockfile")),
        ({"package.json": '{"packageManager": "pnpm@10.2.0+sha512.ab", "dependencies": {"a": "1"}}'},
         (f"{BRING} pnpm@10.2.0", "pnpm install --no-lockfile")),
        ({"package.json": '{"packageManager": "yarn@4.1.0", "dependencies": {"a": "1"}}', "yarn.lock": "",
          ".yarnrc.yml": ""}, (f"{BRING} @yarnpkg/cli-dist@4.1.0", "yarn install --immutable")),
        ({"package.json": '{"packageManager": "npm@9.0.0", "dependencies": {"a": "1"}}', "package-lock.json": ""},
         ("npm ci --no-audit --no-fund",)),
        ({"package.json": '{"packageManager": "pnpm@1; id", "dependencies": {"a": "1"}}'},
         ("npm install --no-package-lock --no-audit --no-fund",)),
        ({"package.json": SCRIPT, "yarn.lock": ""}, (f"{BRING} yarn@1",)),
        ({"package.json": '{"dependencies": {"a": "1"}}', "yarn.lock": ""},
         (f"{BRING} yarn@1", "yarn install --frozen-lockfile")),
        ({"go.mod": ""}, (f"{GO} go mod download",)),
        ({"Cargo.toml": ""}, (f"{CARGO} cargo fetch",)),
        ({"Makefile": "test:\n"}, ()),
    ],
)  # fmt: skip
def test_set_up_of_other_languages(contents: dict[str, str], expected: tuple[str, ...]) -> None:
    """What the lock file says, by the tool that wrote it."""
    assert RepositoryVerifiers().setup(files(contents)) == expected


UV_LOCK = """
version = 1
[[package]]
name = "shop"
version = "1"
source = { editable = "." }
[[package]]
name = "flask"
version = "3.1.0"
source = { registry = "https://index.example/simple" }
[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://index.example/simple" }
[[package]]
name = "numpy"
version = "2.1.0"
source = { registry = "https://index.example/simple" }
[[package]]
name = "torch"
version = "2.5.0+cpu"
source = { registry = "https://index.example/torch" }
[[package]]
name = "fork"
version = "1"
source = { git = "https://git.example/fork?rev=1#1" }
"""


@pytest.mark.parametrize(
    ("lock", "text", "pinned"),
    [
        ("uv.lock", UV_LOCK, ["flask==3.1.0"]),
        ("poetry.lock", "[[package]]\nname='a'\nversion='1'\n[[package]]\nname='b'\nversion='2'\n"
         "[package.source]\ntype='directory'\nurl='b'\n", ["a==1"]),
        ("pdm.lock", "[[package]]\nname='a'\nversion='1'\n[[package]]\nname='a'\nversion='1'\nextras=['x']\n"
         "[[package]]\nname='b'\nversion='2'\npath='./b'\n", ["a==1"]),
        ("pylock.toml", "[[packages]]\nname='a'\nversion='1!2.0rc1'\n[[packages]]\nname='b'\nversion='1'\n"
         "vcs={type='git'}\n", ["'a==1!2.0rc1'"]),
        ("uv.lock", "[[package]]\nname='$(id)'\nversion='1'\n[[package]]\nname='a'\nversion='1; id'\n", []),
        ("uv.lock", "package = 7", []),
        ("uv.lock", "[[package", []),
    ],
)  # fmt: skip
def test_a_lock_file_settles_the_versions(lock: str, text: str, pinned: list[str]) -> None:
    """By names and versions only: where packages come from is not the repository's to say."""
    made = RepositoryVerifiers().setup(files({"pyproject.toml": PROJECT, lock: text}))
    written = [f"printf '%s\\n' {' '.join(pinned)} > /env/constraints.txt"] if pinned else []
    assert list(made[2:]) == [*written, f"{EDITABLE} ." + (" -c /env/constraints.txt" if pinned else "")]


def test_a_requirement_cannot_become_a_shell_command() -> None:
    """What a repository writes where a requirement should stand is quoted or left out."""
    evil = ["x; touch /tmp/owned", "$(touch owned)", "`id`", "-e git+ssh://x", "a@b'; id; '", "--index-url=http://x"]
    group = ", ".join(json.dumps(item) for item in evil)
    made = RepositoryVerifiers().setup(files({"pyproject.toml": f"[dependency-groups]\ndev = [{group}]\n"}))
    pip = next(command for command in made if " -r " not in command and "pip install" in command)
    words = shlex.split(pip, posix=True)[5:]
    assert words == ["x; touch /tmp/owned", "a@b'; id; '"]


TEXTS = st.text(max_size=200) | st.sampled_from(["[", "{", '{"scripts": 1}', '{"scripts": {"test": 7}}', "[]", "null"])
PATHS = st.sampled_from(
    ["pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "package.json", "Makefile", "tests/test_a.py", "test.py",
     "requirements.txt", "Cargo.toml", "go.mod", "pom.xml", "manage.py"]
)  # fmt: skip


@given(st.dictionaries(PATHS, TEXTS))
def test_no_repository_makes_detection_fail(contents: dict[str, str]) -> None:
    """Broken, empty and surprising files are read as far as they go."""
    found = RepositoryVerifiers().checks(files(contents))
    assert all(check.name and check.command for check in found)
    assert all(RepositoryVerifiers().setup(files(contents)))


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
       | st.dictionaries(st.sampled_from(["tool", "project", "poetry", "dependency-groups", "optional-dependencies",
       "dev", "test", "group", "dependencies", "include-group", "scripts", "pytest"]), inner, max_size=4)))  # fmt: skip
def test_no_package_json_of_odd_shape_makes_detection_fail(value: object) -> None:
    """A list where a table is expected, a number where a text is."""
    found = RepositoryVerifiers()
    text = json.dumps(value)
    found.setup(files({"package.json": text}))
    found.checks(files({"package.json": text}))
