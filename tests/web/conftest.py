"""The web part in this process, over a real Valkey."""

import pytest
from flask.testing import FlaskClient
from redis import Redis

from tests.web.web_over import Wakes, app_over


@pytest.fixture
def wakes() -> Wakes:
    return Wakes()


@pytest.fixture
def client(redis: Redis, wakes: Wakes) -> FlaskClient:
    return app_over(redis, wakes).test_client()
