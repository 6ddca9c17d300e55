"""The web part in this process, over a real Valkey."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis import Redis

from ghapp.playground.server import Playground
from ghapp.playground.world import World
from tests.web.linking_app import BACK
from tests.web.web_over import Wakes, app_over


@pytest.fixture
def wakes() -> Wakes:
    return Wakes()


@pytest.fixture
def client(redis: Redis, wakes: Wakes) -> FlaskClient:
    return app_over(redis, wakes).test_client()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    """A GitHub; every answer must have been as GitHub describes it."""
    with Playground(tmp_path / "playground") as running:
        yield running
        assert running.world.violations == []


@pytest.fixture
def world(playground: Playground) -> World:
    """Mona and octocat can sign in to the App."""
    world = playground.world
    world.register_app(callback_urls=[BACK])
    world.person("mona")
    world.person("octocat")
    return world
