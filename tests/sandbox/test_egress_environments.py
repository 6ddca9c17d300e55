"""Prepared environments: one for all commits that need the same, none where that cannot be known."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.sandbox.jail import FOLDERS, Machine
from ghapp.sandbox.machine import look
from ghapp.sandbox.place import Place
from tests.sandbox.packages import Index, Project, serving

Make = Callable[..., Bubblewrap]
INSTALL = ["python3 -m pip install --quiet --target /env/site -r requirements.txt"]
SAY = "PYTHONPATH=/env/site python3 -c 'import needed; print(needed.version)'"
NEEDS = {"requirements.txt": "needed==1.0\n", "app.py": "one\n", "docs/a": "a"}
STATIC = '[build-system]\nrequires = ["setuptools"]\n[project]\nname = "shop"\nversion = "1"\n'
EDITABLE = "/env/bin/pip install --quiet --use-pep517 --editable ."


@pytest.fixture
def index() -> Iterator[Index]:
    """An index with two versions of one package."""
    with serving(("needed", "1.0"), ("needed", "2.0")) as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty repository."""
    return Project(tmp_path / "project")


@pytest.fixture
def make(tmp_path: Path, index: Index) -> Make:
    """A sandbox on the test's own data folder, with the index."""

    def made(**settings: object) -> Bubblewrap:
        given = {"environment": {"PIP_INDEX_URL": index.url}, **settings}
        return Bubblewrap(tmp_path / "data", **given)  # type: ignore[arg-type]

    return made


def kept(tmp_path: Path) -> list[Path]:
    """The environments that are there."""
    folder = tmp_path / "data/environments"
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("overlay", [True, False])
def test_another_commit_installs_nothing(make: Make, index: Index, project: Project, overlay: bool) -> None:
    """It has its own files, and what set-up left in the tree and in the environment; each run has its own copy."""
    install = [*INSTALL, "python3 -m venv --without-pip docs/made", "mkdir -p build"]
    sandbox = make(overlay=overlay)
    first = sandbox.prepare(project.mirror, project.commit(NEEDS), install)
    assert not first.failed, first.log
    index.asked.clear()
    base = project.commit({"app.py": "two\n", "new/b": "b", "build/c": "c"})
    second = sandbox.prepare(project.mirror, base, install)
    assert (first.reused, second.reused, second.failed) == (False, True, False)
    assert second.path != first.path
    assert second.log == first.log
    assert not index.asked
    look = f"{SAY}; cat app.py new/b docs/a build/c; ls -d docs/*; git status --short"
    spoil = "for file in /env/site/needed.py docs/a; do echo spoiled > $file; done; rm -r docs/made"
    for _ in range(2):
        with sandbox.open(project.mirror, second) as workspace:
            assert workspace.run(["sh", "-c", look]).output == "1.0\ntwo\nbacdocs/a\ndocs/made\n?? docs/made/\n"
            assert not workspace.changed()
            assert workspace.run(["sh", "-c", spoil]).exit_code == 0
    with sandbox.open(project.mirror, first) as workspace:
        assert workspace.run(["sh", "-c", f"{SAY}; cat docs/a"]).output == "1.0\na"


def test_another_need_is_another_environment(make: Make, index: Index, project: Project) -> None:
    """A changed manifest, another place that packages come from, or fewer of these."""
    sandbox = make()
    sandbox.prepare(project.mirror, project.commit(NEEDS), INSTALL)
    later = project.commit({"requirements.txt": "needed==2.0\n"})
    assert not sandbox.prepare(project.mirror, later, INSTALL).reused
    elsewhere = {"PIP_INDEX_URL": index.url.replace("127.0.0.1", "localhost")}
    assert not make(environment=elsewhere).prepare(project.mirror, later, INSTALL).reused
    assert not sandbox.prepare(project.mirror, later, INSTALL, hosts=["127.0.0.1"]).reused


def test_the_longest_unused_goes_first(make: Make, project: Project, tmp_path: Path) -> None:
    """As with templates."""
    sandbox = make(keep_templates=1)
    base = project.commit(NEEDS)
    sandbox.prepare(project.mirror, base, ["mkdir /env/one"])
    one = kept(tmp_path)
    sandbox.prepare(project.mirror, base, ["mkdir /env/two"])
    assert len(one) == len(kept(tmp_path)) == 1
    assert kept(tmp_path) != one


def test_what_is_not_the_repositorys_own_shares_nothing(make: Make, project: Project, tmp_path: Path) -> None:
    """A commit that came by a fork neither fills the cache nor is served from it."""
    sandbox, install = make(), ["mkdir /env/made"]
    fork = project.commit(NEEDS, ref="refs/pull/1/head")
    assert not sandbox.prepare(project.mirror, fork, install).failed
    assert not kept(tmp_path)
    own = project.commit({"app.py": "own\n"}, ref="refs/honk/fetched/main")
    assert not sandbox.prepare(project.mirror, own, install).reused
    assert len(kept(tmp_path)) == 1
    again = project.commit({"app.py": "fork\n"}, ref="refs/pull/2/head")
    assert not sandbox.prepare(project.mirror, again, install).reused
    more = project.commit({"app.py": "own again\n"}, ref="refs/honk/fetched/main")
    assert sandbox.prepare(project.mirror, more, install).reused


@pytest.mark.parametrize(
    "install",
    [
        ["echo made > /env/x; touch y"],  # a command that is not known
        ["mkdir /env/x", "mkdir /env/x"],  # one that fails
        ["python3 -m venv --without-pip docs"],  # a file of the commit changes: docs/pyvenv.cfg
    ],
)
def test_what_may_not_be_shared_is_not(make: Make, project: Project, tmp_path: Path, install: list[str]) -> None:
    """The next commit runs it again; the same commit does not."""
    sandbox = make()
    first = project.commit({**NEEDS, "docs/pyvenv.cfg": "x"})
    prepared = sandbox.prepare(project.mirror, first, install)
    assert not kept(tmp_path)
    assert sandbox.prepare(project.mirror, first, install).reused is not prepared.failed
    assert not sandbox.prepare(project.mirror, project.commit({"app.py": "two"}), install).reused


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """This machine, looked at once."""
    return look(tmp_path_factory.mktemp("data"))


@pytest.fixture
def place(machine: Machine, project: Project, tmp_path: Path) -> Place:
    """A place for the repository, with nothing in it yet."""
    for name in FOLDERS:
        (tmp_path / "root" / name).mkdir(parents=True)
    return Place(machine, project.mirror, tmp_path, tmp_path / "root")


@pytest.fixture
def reads(place: Place, project: Project) -> Callable[[Mapping[str, str], str], set[str] | None]:
    """Which files a command reads of a commit with these files."""

    def ask(files: Mapping[str, str], command: str) -> set[str] | None:
        found = place.reads(project.commit(files), [command])
        return None if found is None else {str(path) for path, _ in found}

    return ask


REQUIREMENTS = {
    "requirements.txt": "-r more/a.txt\nx==1 # why\n",
    "more/a.txt": "-c b.txt\ny[z]>=1; os_name=='x'\n",
    "more/b.txt": "--extra-index-url https://x.example\nx==1 \\\n --hash=sha256:1\n",
    "other.txt": "",
}
LOCKED = {
    "package.json": '{"dependencies": {"a": "1"}}',
    "package-lock.json": "{}",
    "sub/package.json": "{}",
    "a.js": "",
}


@pytest.mark.parametrize(
    ("files", "command", "expected"),
    [
        (REQUIREMENTS, "pip install -r requirements.txt", {"requirements.txt", "more/a.txt", "more/b.txt"}),
        (REQUIREMENTS, "/env/bin/pip install --quiet 'a>=1,<2' b[c]", set()),
        (REQUIREMENTS, "python3 -m venv .venv && .venv/bin/pip install -q x -c other.txt", {"other.txt"}),
        (REQUIREMENTS, "printf '%s\\n' 'a==1' > /env/c.txt && pip install a -c /env/c.txt", set()),
        ({".python-version": "3"}, "pip install a", {".python-version"}),
        ({"pyproject.toml": STATIC, "src/shop/a.py": ""}, "pip install -e '.[test]'", {"pyproject.toml", "*.py"}),
        (LOCKED, "npm ci --no-audit --no-fund", {"package.json", "package-lock.json", "sub/package.json"}),
        ({"package.json": "{}", "pnpm-lock.yaml": ""}, "pnpm install --frozen-lockfile",
         {"package.json", "pnpm-lock.yaml"}),
        ({".npmrc": "", "package.json": "{}"}, "npm install --global --prefix /env --no-fund @a/b@1.2", {".npmrc"}),
        ({"go.mod": "", "a/go.sum": "", "a.go": ""}, "GOFLAGS=-modcacherw go mod download", {"go.mod", "a/go.sum"}),
        ({"Cargo.toml": "", "a/Cargo.toml": "", ".cargo/config.toml": "", "a.rs": ""},
         "CARGO_HOME=/env/cargo cargo fetch", {"Cargo.toml", "a/Cargo.toml", ".cargo/config.toml"}),
    ],
)  # fmt: skip
def test_what_a_set_up_reads(
    reads: Callable[..., set[str] | None], files: dict[str, str], command: str, expected: set[str]
) -> None:
    """Each row is a commit, a command, and the files that make the key."""
    assert reads(files, command) == expected


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({}, "make setup"),
        ({}, "./pip install a"),
        ({}, "pip install ."),
        ({}, "pip install ./a"),
        ({"a/setup.py": ""}, "pip install a"),
        ({}, "pip install --target . a"),
        ({}, "pip install $(cat list)"),
        ({}, "pip install a; ./run"),
        ({}, "pip install a | tee log"),
        ({}, "pip install a > log"),
        ({}, "echo a > /env/../workspace/log"),
        ({}, "PIP_REQUIREMENT=a.txt pip install b"),
        ({}, "pip install -r missing.txt"),
        ({"r.txt": "-e ."}, "pip install -r r.txt"),
        ({"r.txt": "./wheel.whl"}, "pip install -r r.txt"),
        ({"r.txt": "a @ file:///workspace/a"}, "pip install -r r.txt"),
        ({"setup.py": "", "pyproject.toml": STATIC}, "pip install -e ."),
        ({"setup.cfg": "[metadata]\nname=x", "pyproject.toml": STATIC}, "pip install -e ."),
        ({"pyproject.toml": STATIC + "dynamic = ['description']\n"}, "pip install -e ."),
        ({"pyproject.toml": STATIC + "[tool.setuptools]\next-modules = []\n"}, "pip install -e ."),
        ({"pyproject.toml": STATIC.replace("[project]", "build-backend = 'own'\n[project]")}, "pip install -e ."),
        ({"pyproject.toml": "[[["}, "pip install -e ."),
        ({"package.json": '{"scripts": {"prepare": "tsc"}}'}, "npm ci"),
        ({"package.json": "{}", "a/package.json": '{"scripts": {"postinstall": "x"}}'}, "npm ci"),
        ({"package.json": '{"dependencies": {"a": "file:../a"}}'}, "npm ci"),
        ({"package.json": '{"dependencies": {"a": "./a"}}'}, "npm ci"),
        ({"package.json": '{"pnpm": {"patchedDependencies": {}}}'}, "pnpm install"),
        ({"package.json": "{}", "binding.gyp": ""}, "npm ci"),
        ({"package.json": "{}"}, "npm ci --prefix a"),
        ({"package.json": "{}"}, "npm run build"),
        ({"package.json": "7"}, "npm ci"),
        ({"go.mod": ""}, "go generate ./..."),
        ({"pom.xml": ""}, "mvn test"),
    ],
)
def test_what_may_read_anything(reads: Callable[..., set[str] | None], files: dict[str, str], command: str) -> None:
    """Where the answer is not sure, there is no sharing."""
    assert reads(files, command) is None


def test_a_new_package_needs_a_new_editable_install(place: Place, project: Project) -> None:
    """Files may change and appear; a folder with Python files is something that the install leads to."""

    def key(path: str, text: str) -> object:
        return place.reads(project.commit({"pyproject.toml": STATIC, path: text}), [EDITABLE])

    first = key("src/shop/__init__.py", "one")
    assert first
    assert key("src/shop/__init__.py", "two") == first
    assert key("src/shop/more.py", "") == first
    assert key("src/shop/inner/__init__.py", "") != first
