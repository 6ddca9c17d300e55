"""What every test run shares: a Valkey, and the count of which of GitHub's operations the playground models."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from ghapp.playground.contract import USAGE, merge_usage, modelled, summary_of
from ghapp.store.connection import connect
from ghapp.supervisor import embedded_valkey
from tests.keys import SHORT

FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the usage folder in the environment, which xdist's workers and every child process inherit.

    Every server of a test is on loopback. Saying so spares a search of the environment for proxies, twice a request.
    """
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    if not hasattr(config, "workerinput"):  # the controller, or a run without workers
        folder = tempfile.TemporaryDirectory(prefix="honk-contract-")
        config.add_cleanup(folder.cleanup)
        config.stash[FOLDER] = Path(folder.name)
        os.environ[USAGE] = folder.name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that at the end no worker is left alone with them. Some rooms have short keys."""
    items.sort(key=lambda item: "/whole/" not in item.path.as_posix())
    for item in items:
        if item.path.parent.name in ("flow", "github", "playground", "scenarios"):
            item.add_marker(SHORT)


def pytest_collection_finish() -> None:
    """Have the collector leave alone what lives as long as the run: it is large, and looked through over and over."""
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which of the modelled operations the run used, if the playground was in it at all."""
    used = merge_usage(config.stash[FOLDER])
    if used:
        terminalreporter.section("GitHub's operations in the playground")
        terminalreporter.write_line(summary_of(modelled(), used))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """One Valkey for each worker process of the test run; its data is in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="honk-test-") as folder, embedded_valkey(Path(folder)) as url:
        yield url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A client of an empty database."""
    with connect(redis_url, patient=False) as client:
        client.flushdb()
        yield client
