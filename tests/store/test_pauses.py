"""Pauses that others ask for: all our processes keep them, and they end by themselves."""

import pytest
from redis import Redis

from ghapp.core.errors import StoreDown
from ghapp.store.connection import connect
from ghapp.store.pauses import Pauses


def test_a_pause_is_known_to_all(redis: Redis, redis_url: str) -> None:
    """By its name, and by no other."""
    Pauses(redis).begin("chat.postMessage", 30)
    with Redis.from_url(redis_url) as elsewhere:
        assert 29 < Pauses(elsewhere).left("chat.postMessage") <= 30
        assert Pauses(elsewhere).left("chat.update") == 0


def test_a_pause_ends_by_itself(redis: Redis) -> None:
    """Redis forgets it in time; the next one counts from its own beginning."""
    pauses = Pauses(redis)
    pauses.begin("chat.update", 0)
    pauses.begin("chat.postMessage", 30)
    pauses.begin("chat.postMessage", 7)
    assert pauses.left("chat.postMessage") <= 7
    assert redis.pttl("honk:pause:chat.update") <= 1


def test_without_a_store_nothing_is_known() -> None:
    """That is told, and not taken for leave to go on."""
    away = Pauses(connect("redis://127.0.0.1:1", patient=False))
    with pytest.raises(StoreDown):
        away.left("chat.update")
    with pytest.raises(StoreDown):
        away.begin("chat.update", 1)
