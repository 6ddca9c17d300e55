"""A store that was there and is gone."""

from pathlib import Path

import pytest

from ghapp.supervisor import embedded_valkey


@pytest.fixture
def stopped_url(tmp_path: Path) -> str:
    """The address of a real Valkey that has been stopped."""
    with embedded_valkey(tmp_path / "stopped") as url:
        pass
    return url
