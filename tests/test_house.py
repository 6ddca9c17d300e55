"""The house itself: its floors, and the files at its top that must agree with the code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ghapp.cli import honk
from ghapp.cli.apps import EVENTS, PERMISSIONS
from ghapp.cli.manifest import LINKED_PATH

ROOT = Path(__file__).parent.parent


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Check the floors of the tree that holds `ghapp/` and `pyproject.toml`."""
    checker = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    environ = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run([*checker, "--no-cache"], cwd=tree, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the house to break."""
    shutil.copytree(ROOT / "ghapp", tmp_path / "ghapp", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_floors_hold(copy: Path) -> None:
    """As it is, each floor sees only those below it."""
    checked = lint(copy)
    assert checked.returncode == 0, checked.stdout


def test_a_new_file_outside_the_floors_fails(copy: Path) -> None:
    """Whoever adds a room must say on which floor it is."""
    (copy / "ghapp" / "helpers.py").write_text('"""A drawer for everything."""\n')
    checked = lint(copy)
    assert checked.returncode != 0
    assert "helpers" in checked.stdout + checked.stderr


def test_a_look_upstairs_fails(copy: Path) -> None:
    """A use case that reaches for an adapter is refused."""
    with (copy / "ghapp" / "flow" / "status.py").open("a") as file:
        file.write("\nfrom ghapp.github.app import GitHubApp\n")
    checked = lint(copy)
    assert checked.returncode != 0
    assert "ghapp.flow.status -> ghapp.github.app" in checked.stdout


def test_nobody_but_the_command_line_knows_the_playground(copy: Path) -> None:
    """Honk cannot come to lean on its own stand-in for GitHub."""
    with (copy / "ghapp" / "store" / "pace.py").open("a") as file:
        file.write("\nfrom ghapp.playground import contract\n")
    assert lint(copy).returncode != 0


def test_the_manifest_asks_for_what_the_playground_grants() -> None:
    """`app.yml` and the App of the demo have the same permissions and events."""
    manifest = yaml.safe_load((ROOT / "app.yml").read_text())
    assert manifest["default_permissions"] == PERMISSIONS
    assert tuple(manifest["default_events"]) == EVENTS
    assert manifest["hook_attributes"]["url"].endswith("/webhooks/github")


def test_people_sign_in_at_github_for_their_number_only() -> None:
    """`app.yml` leads them back to Slack's page, and asks them for nothing else."""
    manifest = yaml.safe_load((ROOT / "app.yml").read_text())
    assert manifest["callback_urls"] == [f"https://HONK.EXAMPLE{LINKED_PATH}"]
    assert not {"request_oauth_on_install", "setup_url", "redirect_url"} & manifest.keys()


def test_every_process_of_the_procfile_is_a_command() -> None:
    """`Procfile` names web, intake, worker and clock, each a `honk` command that exists."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    named = {name: command for line in lines for name, command in re.findall(r"^(\w+): honk (\w+)$", line)}
    assert len(named) == len(lines)
    assert set(named) == {"web", "intake", "worker", "clock"}
    assert set(named.values()) <= set(honk.commands)


def test_links_between_the_pages_lead_somewhere() -> None:
    """Each relative link of the README and the docs is a file of the project."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    dead = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_locks_hold_hashes_and_no_addresses() -> None:
    """Each pinned package has hashes, and no lock says where it comes from."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pins = re.split(r"\n(?=[a-z])", text)
        assert all("--hash=sha256:" in pin for pin in pins if pin.strip())
