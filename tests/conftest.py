"""What every test run shares: the count of which of GitHub's operations the playground models and the tests used."""

import os
import tempfile
from pathlib import Path

import pytest

from ghapp.playground.contract import USAGE, merge_usage, modelled, summary_of

FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the usage folder in the environment, which xdist's workers and every child process inherit."""
    if not hasattr(config, "workerinput"):  # the controller, or a run without workers
        folder = tempfile.TemporaryDirectory(prefix="honk-contract-")
        config.add_cleanup(folder.cleanup)
        config.stash[FOLDER] = Path(folder.name)
        os.environ[USAGE] = folder.name


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which of the modelled operations the run used, if the playground was in it at all."""
    used = merge_usage(config.stash[FOLDER])
    if used:
        terminalreporter.section("GitHub's operations in the playground")
        terminalreporter.write_line(summary_of(modelled(), used))
