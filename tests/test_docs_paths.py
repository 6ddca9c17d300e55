"""The files and folders that the docs name are there, and the house has no room that its page leaves out."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "ghapp"
DEVELOPMENT = (ROOT / "docs" / "development.md").read_text()
TREE = DEVELOPMENT.split("```")[1]
PAGES = (ROOT / "README.md", ROOT / "tests" / "packages" / "README.md", *sorted((ROOT / "docs").glob("*.md")))
TOPS = ("ghapp", "tests", "docs", "bench", ".ci")


def coded(text: str) -> list[str]:
    """What stands between backticks in running text."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"(?s)```.*?```", "", text))


def is_there(path: str) -> bool:
    """Whether the project or the package has it; a folder is named with or without its slash."""
    return (ROOT / path).exists() or (HOUSE / path).exists()


def test_each_path_that_a_newcomer_reads_is_there() -> None:
    """Files and folders in the page for developers, as they are from the project's root or from the package's."""
    looks_like_one = re.compile(r"\w[\w-]*(?:/[\w.-]*)+|\w[\w-]*\.(?:py|md|toml|lock)")
    named = [one for one in coded(DEVELOPMENT) if looks_like_one.fullmatch(one)]
    assert len(named) > 20
    assert [one for one in named if not is_there(one)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_path_of_the_project_that_a_page_names_is_there(page: Path) -> None:
    """What begins with one of our folders, in text and in what is to be typed."""
    top = "|".join(map(re.escape, TOPS))
    named = re.findall(rf"(?<![\w./-])(?:{top})/[\w./-]*[\w/]", page.read_text())
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_the_page_for_developers_has_every_room() -> None:
    """Each folder and each module of the package stands in the tree, and nothing that is gone."""
    rooms = re.findall(r"^  (\w+)/", TREE, re.MULTILINE)
    modules = re.findall(r"^  (\w+\.py(?:  \w+\.py)*)$", TREE, re.MULTILINE)[0].split()
    assert sorted(rooms) == sorted(path.parent.name for path in HOUSE.glob("*/__init__.py"))
    there = {path.name for path in HOUSE.glob("*.py") if not path.name.startswith("__")}
    assert sorted(modules) == sorted(there)


def test_the_page_for_developers_names_every_use_case() -> None:
    """Whoever looks for what the flow does finds each of its modules in the tree, and no other."""
    flow = TREE.split("  flow/")[1].split("  github/")[0]
    named = re.findall(r"\w+", " ".join(re.findall(r"^ +[A-Z][\w ]*: (.+)\.$", flow, re.MULTILINE)))
    there = {path.stem for path in (HOUSE / "flow").glob("*.py")} - {"__init__"}
    assert sorted(named) == sorted(there)
