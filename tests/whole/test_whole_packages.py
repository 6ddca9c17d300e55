"""The whole path on three real released packages that the demo does not show: three layouts, three build systems."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ghapp.cli.demo import read_issue
from ghapp.core.evidence import is_green
from ghapp.playground.packages import as_repository, fetch_sdist, unpack
from ghapp.playground.script import load_script
from tests.whole.house import House, house

PACKAGES = Path(__file__).parent.parent / "packages"

pytestmark = pytest.mark.xdist_group("packages")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all three, whose model knows all three scripts."""
    scripts = tuple(load_script(path) for path in sorted(PACKAGES.glob("*/script.yml")))
    with house(tmp_path_factory.mktemp("house"), scripts) as home:
        yield home


@pytest.mark.parametrize(
    ("package", "changed", "fix", "test"),
    [
        (
            "mistune",
            ("src/mistune/renderers/markdown.py", "tests/fixtures/renderer_markdown.txt"),
            "'> ' + line if line else '>'",
            "> outer",
        ),
        (
            "boltons",
            ("boltons/timeutils.py", "tests/test_timeutils.py"),
            "parts[6] = ",
            "def test_isoparse_fraction_of_a_second",
        ),
        (
            "parse",
            ("parse.py", "tests/test_parsetype.py"),
            '"n%fFegdobx"',
            "def test_decimal_keeps_its_sign",
        ),
    ],
    ids=["src", "flat", "single-module"],
)
def test_an_issue_of_a_released_package_becomes_a_pull_request(
    home: House, tmp_path: Path, package: str, changed: tuple[str, str], fix: str, test: str
) -> None:
    """Fetched by pip, fixed with a test, green on base and head, green in CI, and ready for review."""
    folder = PACKAGES / package
    tree = unpack(fetch_sdist((folder / "package.txt").read_text().strip(), tmp_path / "archive"), tmp_path / "source")
    as_repository(tree)
    name = home.repository(package, path=tree)
    thread = home.ask(name, *read_issue(folder / "issue.md"))
    run = home.until_ready(thread)

    assert run.pull is not None
    shown = home.world.pull(name, run.pull)
    pull = shown.pull
    assert pull is not None
    assert not pull.draft
    assert f"#{thread.number}" in (shown.body or "")
    outcomes = home.world.check_outcomes(name, pull.head_sha)
    assert set(outcomes.values()) == {"success"}
    assert "tests" in outcomes
    assert [reaction.content for reaction in home.world.issue(name, thread.number).reactions] == ["eyes"]

    assert run.evidence
    assert is_green(run.evidence)
    assert all(item.base is not None and item.base.passed for item in run.evidence)
    diff = home.diff(run)
    assert {line.removeprefix("+++ b/") for line in diff.splitlines() if line.startswith("+++ ")} == set(changed)
    added = [line[1:] for line in diff.splitlines() if line.startswith("+")]
    assert any(fix in line for line in added)
    assert any(test in line for line in added)
