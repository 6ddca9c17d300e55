"""What every test run shares: the count of which of GitHub's operations the playground models and the tests used."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from ghapp.playground.contract import USAGE, merge_usage, modelled, summary_of

FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the usage folder in the environment, which xdist's workers and every child process inherit."""
    if not hasattr(config, "workerinput"):  # the controller, or a run without workers
        config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="honk-contract-"))
        os.environ[USAGE] = str(config.stash[FOLDER])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which of the modelled operations the run used, if the playground was in it at all."""
    used = merge_usage(config.stash[FOLDER])
    if used:
        terminalreporter.section("GitHub's operations in the playground")
        terminalreporter.write_line(summary_of(modelled(), used))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind, also when the run was interrupted."""
    if FOLDER in config.stash:
        shutil.rmtree(config.stash[FOLDER])
        os.environ.pop(USAGE, None)
