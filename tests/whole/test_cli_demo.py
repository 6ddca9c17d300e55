"""`honk demo` on other packages, and what it says when it cannot come to its end."""

import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.whole.holding import GATED
from tests.whole.house import TINY_SCRIPT, tiny_files
from tests.whole.terminal import ROOT, Terminal, said_in_one_line, until

PACKAGES = ROOT / "tests" / "packages"
ISSUE = "# The state is broken\n\nPlease fix it.\n"
SCRIPT = """
name: never
turns:
- shown: ["what nobody says"]
  say: Hello.
"""


def pack(folder: Path, check: str) -> None:
    """Put the archive of `goose` 1.0, whose only check is this command, into the index."""
    with tarfile.open(folder / "goose-1.0.tar.gz", "w:gz") as archive:
        for name, text in {**tiny_files(check), "PKG-INFO": "Metadata-Version: 2.1\nName: goose\n"}.items():
            entry = tarfile.TarInfo(f"goose-1.0/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, BytesIO(text.encode()))


@pytest.fixture
def index(terminal: Terminal, tmp_path: Path) -> Path:
    """A folder of archives that is all of the package index, with the tiny repository as `goose` 1.0."""
    folder = tmp_path / "index"
    folder.mkdir()
    pack(folder, "grep -q . state.txt")
    with zipfile.ZipFile(folder / "wheelish-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("wheelish.py", "")
    terminal.environ.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(folder))
    return folder


@pytest.fixture
def options(terminal: Terminal) -> dict[str, str]:
    """The options of a demo of `goose`; a test changes what it is about."""
    (terminal.here / "issue.md").write_text(ISSUE)
    (terminal.here / "script.yml").write_text(SCRIPT)
    return {"--package": "goose==1.0", "--issue": "issue.md", "--script": "script.yml"}


def demo(terminal: Terminal, options: dict[str, str]) -> str:
    """Why the demo failed, in one line."""
    return said_in_one_line(terminal.honk("demo", *(word for pair in options.items() for word in pair)))


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("package", "reason"),
    [
        ("duck==1.0", "The package index has no package named duck, or cannot be reached."),
        ("goose==2.0", "goose has no release that matches ==2.0."),
        ("wheelish==1.0", "wheelish==1.0 has no source archive, only built packages."),
    ],
)
def test_a_package_that_cannot_be_had(terminal: Terminal, options: dict[str, str], package: str, reason: str) -> None:
    """An unknown package, an unknown version, one without its source."""
    assert demo(terminal, options | {"--package": package}) == f"demo: {reason}"


def test_an_issue_without_a_title(terminal: Terminal, options: dict[str, str]) -> None:
    """The format of the issue's file is said before anything is fetched."""
    (terminal.here / "issue.md").write_text("It is broken.\n")
    assert demo(terminal, options) == "demo: issue.md: the first line must be `# ` and the issue's title"


def test_a_script_with_a_misspelt_key(terminal: Terminal, options: dict[str, str]) -> None:
    """The file, the turn and the key are named before anything is fetched."""
    (terminal.here / "script.yml").write_text("name: x\nturns:\n- say: Hello.\n  showed: [a]\n")
    done = terminal.honk("demo", *(word for pair in options.items() for word in pair))
    assert done.returncode == 1
    assert done.stderr.startswith("demo: script.yml: turn 1: key showed: unknown key\n")
    assert done.stdout == ""


def test_another_package_needs_an_issue_of_its_own(terminal: Terminal, options: dict[str, str]) -> None:
    """The demo's own issue is about another package."""
    del options["--issue"]
    assert "needs an --issue" in demo(terminal, options)


def test_the_real_model_needs_its_key(terminal: Terminal) -> None:
    """`--live` asks for the operator's key at once."""
    assert "not set: ANTHROPIC_API_KEY" in said_in_one_line(terminal.honk("demo", "--live"))


@pytest.mark.usefixtures("index")
def test_a_script_that_does_not_fit_fails_the_demo(terminal: Terminal, options: dict[str, str]) -> None:
    """What the model was not shown is the reason; all parts have ended."""
    reason = "never: turn 1: the model was not shown 'what nobody says' since its previous turn"
    assert demo(terminal, options) == f"demo: the playground objects: {reason}"


@pytest.mark.usefixtures("index")
def test_red_ci_fails_the_demo(terminal: Terminal, options: dict[str, str]) -> None:
    """The package cannot be installed by its CI, because nothing that it needs is in the index."""
    (terminal.here / "script.yml").write_text(TINY_SCRIPT)
    assert demo(terminal, options) == "demo: the CI of the pull request failed"


def test_a_demo_that_is_asked_to_end_leaves_nothing(terminal: Terminal, index: Path, options: dict[str, str]) -> None:
    """SIGTERM while a check waits in its sandbox: the sandbox and every part are gone."""
    pack(index, GATED)
    words = [word for pair in options.items() for word in pair]
    with terminal.staying("demo", *words, status=1) as said:
        until(lambda: list(terminal.here.glob(".honk/demo/work/runs/run-*/tmp/gate")))
    assert said.read_text().endswith("it was asked to end before it was done; everything has ended\n")


def test_another_released_package_can_be_shown(terminal: Terminal) -> None:
    """`honk demo` with a package, an issue and a script ends with its last line."""
    folder = PACKAGES / "parse"
    package = (folder / "package.txt").read_text().strip()
    files = ("--issue", str(folder / "issue.md"), "--script", str(folder / "script.yml"))
    done = terminal.honk("demo", "--package", package, *files)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "demo: issue #1 -> pull request #2, CI success, ready for review"
    for words in ("SCRIPTED", "reaction on the issue: eyes", "pytest on base: passed", "pytest on head: passed"):
        assert words in done.stdout
    assert "+def test_findall_decimals_keep_their_signs():" in done.stdout
