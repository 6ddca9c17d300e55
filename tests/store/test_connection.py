"""The connection to Redis: what is said of one that is not there, and that its password is not."""

import logging
from pathlib import Path

import pytest
from redis import Redis

from ghapp.core.errors import UserError
from ghapp.store.connection import connect, wait_for
from ghapp.supervisor import embedded_valkey

AWAY = "redis://honk:hunter2@127.0.0.1:1/0"


def test_a_store_that_answers_is_not_waited_for(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is said."""
    with connect(redis_url, patient=True) as client:
        wait_for(client, redis_url)
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("url", "place"),
    [
        (AWAY, "127.0.0.1:1"),
        ("redis://127.0.0.1:1?password=hunter2", "127.0.0.1:1"),
        ("unix://honk:hunter2@/nowhere.sock", "/nowhere.sock"),
    ],
)
def test_a_store_that_is_away_is_named(caplog: pytest.LogCaptureFixture, url: str, place: str) -> None:
    """At once in the log, and at the end in one sentence; neither has the password. (A patient client takes longer.)"""
    with caplog.at_level(logging.WARNING), connect(url, patient=False) as client, pytest.raises(UserError) as ended:
        wait_for(client, url)
    assert caplog.messages == [f"waiting for Redis at {place}"]
    assert str(ended.value) == f"Redis at {place} does not answer. Start it, or correct REDIS_URL."


def test_a_store_that_comes_up_meanwhile_is_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The address that was looked at first leads nowhere; the client finds the store."""
    with embedded_valkey(tmp_path) as url, connect(url, patient=True) as client:
        wait_for(client, AWAY)
    assert len(caplog.messages) == 1


def test_a_store_that_refuses_is_not_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong password stays wrong."""
    with embedded_valkey(tmp_path) as url:
        with Redis.from_url(url) as keeper:
            keeper.config_set("requirepass", "right")
        wrong = url.replace("unix://", "unix://:hunter2@")
        with connect(wrong, patient=True) as client, pytest.raises(UserError, match="refuses us: invalid") as refused:
            wait_for(client, wrong)
    assert "hunter2" not in str(refused.value)
    assert caplog.messages == []


@pytest.mark.parametrize("url", ["redis://:hunter2/a@127.0.0.1/0", "redis://127.0.0.1:hunter2/0"])
@pytest.mark.parametrize("patient", [True, False])
def test_an_address_that_is_none_is_not_repeated(url: str, patient: bool) -> None:
    """A password with a slash in it makes the address unreadable, and is not told."""
    with pytest.raises(UserError, match=r"^REDIS_URL cannot be read") as refused:
        connect(url, patient=patient)
    assert "hunter2" not in str(refused.value)
