"""A terminal of its own for each test of the command line, which must be as clean afterwards as before."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.whole.machine import adopting_orphans, below, mounts
from tests.whole.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A terminal in an empty folder; no process, mount or temporary file may be left of what was typed there."""
    mounted, running = mounts(), {process.pid for process in below(os.getpid())}
    (tmp_path / "here").mkdir()
    # Short, because a Unix socket goes there: its path has 107 characters at most.
    with adopting_orphans(), tempfile.TemporaryDirectory(prefix="hw-") as temporary:
        yield Terminal(tmp_path / "here", Path(temporary))
        assert [process for process in below(os.getpid()) if process.pid not in running] == []
        assert {line for line in mounts() - mounted if str(tmp_path) in line} == set()
        assert list(Path(temporary).iterdir()) == []
