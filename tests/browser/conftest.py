"""One Chromium for all tests of pages, and a phone for each."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.phone import Phone, a_phone

SCREENSHOTS = "HONK_SCREENSHOTS"
"""Names the folder where pictures are kept; without it they go as the test's other files do."""

_QUIETLY = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They share the browser, and so a worker."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, for as long as these tests run and no longer: meanwhile this thread has an event loop, which
    other tests would stumble over.
    """
    path = shutil.which("chromium")
    assert path, "Chromium is missing, which these tests need: `make test` installs it."
    env: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf"))}
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=list(_QUIETLY), env=env)
        yield running
        running.close()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where the pictures of this test go."""
    return Path(os.environ.get(SCREENSHOTS) or tmp_path / "screenshots")


@pytest.fixture
def phone(browser: Browser, shots: Path) -> Iterator[Phone]:
    """An Android phone; what its console complains of fails the test."""
    with a_phone(browser, shots) as one:
        yield one
