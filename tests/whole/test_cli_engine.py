"""The engine as the operator chooses it: what is said when it is not there, and what the doctor sees of it."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.whole.terminal import ROOT, Terminal, said_in_one_line

MISSING = 'import sys\nsys.modules["claude_agent_sdk"] = None\n'
"""Makes Python believe that the package is not installed."""


@pytest.fixture
def claude_code(terminal: Terminal) -> Terminal:
    """A terminal where Claude Code is the engine, as it is when nothing is set."""
    terminal.environ["HONK_ENGINE"] = ""
    return terminal


@pytest.fixture
def without(claude_code: Terminal, tmp_path: Path) -> Terminal:
    """The same without the package of Claude Code."""
    (tmp_path / "sitecustomize.py").write_text(MISSING)
    claude_code.environ["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    return claude_code


@pytest.mark.parametrize("words", [("run",), ("worker",), ("demo",), ("fix", ".", "Fix it")])
def test_a_missing_engine_is_told_before_anything_starts(without: Terminal, words: tuple[str, ...]) -> None:
    """One line that says how to install it, and how to do without."""
    line = said_in_one_line(without.honk(*words))
    assert "Claude Code is not installed" in line
    assert "[claude-code]" in line
    assert "HONK_ENGINE=messages" in line
    assert list(without.here.iterdir()) == []


@pytest.mark.parametrize("part", ["web", "intake", "clock"])
def test_only_what_starts_agents_needs_the_engine(without: Terminal, part: str) -> None:
    """The other parts miss their own settings, not the package."""
    assert "not set: GITHUB_" in said_in_one_line(without.honk(part))


def test_the_engine_is_pinned_and_locked() -> None:
    """The extra names one release, and that is the one whose hashes `make` installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (pin,) = project["optional-dependencies"]["claude-code"]
    assert re.fullmatch(r"claude-agent-sdk==[\d.]+", pin)
    assert f"\n{pin} \\\n    --hash=sha256:" in (ROOT / "requirements.lock").read_text()


def test_an_sdk_without_its_program_is_told(claude_code: Terminal, tmp_path: Path) -> None:
    """On a platform without a wheel of its own the SDK comes alone."""
    (tmp_path / "claude_agent_sdk").mkdir()
    (tmp_path / "claude_agent_sdk" / "__init__.py").touch()
    claude_code.environ["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    line = said_in_one_line(claude_code.honk("worker"))
    assert line.endswith("has no Claude Code for this platform: set HONK_ENGINE=messages.")


@pytest.mark.parametrize("words", [("demo", "--live"), ("fix", ".", "Fix it")])
def test_the_option_counts_more_than_the_setting(without: Terminal, words: tuple[str, ...]) -> None:
    """With `--engine messages` nothing but the model's key is missing."""
    assert "not set: ANTHROPIC_API_KEY" in said_in_one_line(without.honk(*words, "--engine", "messages"))


def test_an_unknown_engine_is_refused(terminal: Terminal) -> None:
    """The option names those that there are."""
    done = terminal.honk("demo", "--engine", "gpt")
    assert done.returncode == 2
    assert "'claude-code', 'messages'" in done.stderr


def test_the_doctor_starts_claude_code_in_the_sandbox(claude_code: Terminal) -> None:
    """Its version is what its own program says inside."""
    done = claude_code.honk("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^ok    engine: claude-code \d+\.\d+\.\d+, in the sandbox$", done.stdout, re.MULTILINE)


def test_the_doctor_misses_claude_code(without: Terminal) -> None:
    """And says how to install it."""
    done = without.honk("doctor")
    assert done.returncode == 1
    assert "WRONG engine: claude-code cannot be used\n      Claude Code is not installed: " in done.stdout


def test_the_doctor_tells_where_set_up_may_fetch_from(terminal: Terminal) -> None:
    """The servers that this machine's clients are set to, and those that the operator adds."""
    terminal.environ.update(PIP_INDEX_URL="https://pip.example.com/simple", HONK_SETUP_HOSTS="npm.example.com:8443")
    done = terminal.honk("doctor")
    (line,) = [line for line in done.stdout.splitlines() if "set-up: may reach" in line]
    assert "pip.example.com:443" in line
    assert "npm.example.com:8443" in line


def test_the_doctor_tells_what_may_be_spent(terminal: Terminal) -> None:
    """0 is no limit; with none at all, what to set."""
    names = ["HONK_ISSUE_DOLLARS", "HONK_PERSON_DOLLARS", "HONK_REPOSITORY_DOLLARS", "HONK_DAY_DOLLARS"]
    terminal.environ.update(dict.fromkeys(names[1:], "0"))
    assert "ok    limits: an issue $50.00, a person a day without limit" in terminal.honk("doctor").stdout
    terminal.environ.update(dict.fromkeys(names, "0"))
    done = terminal.honk("doctor")
    assert done.returncode == 1
    assert "set HONK_DAY_DOLLARS" in done.stdout
