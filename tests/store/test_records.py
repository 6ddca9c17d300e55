"""Transcripts, the pace of comments, results of checks, and what a refusing Redis is called."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from ghapp.core.errors import StoreDown
from ghapp.core.evidence import CheckResult
from ghapp.store.connection import connect, key, store_errors
from ghapp.store.pace import Paces
from ghapp.store.results import BaseResults
from ghapp.store.transcripts import MAX_TEXT, Streams
from ghapp.supervisor import embedded_valkey


def test_a_transcript_is_read_on_from_where_one_was(redis: Redis) -> None:
    """Lines come back in order, and `after` skips what was read before."""
    streams = Streams(redis)
    for number in range(5):
        streams.append("r1", "say", f"line {number}")
    entries = streams.read("r1")
    assert [entry.text for entry in entries] == [f"line {number}" for number in range(5)]
    assert [entry.text for entry in streams.read("r1", entries[2].id)] == ["line 3", "line 4"]
    assert streams.read("r1", entries[-1].id) == ()
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)


def test_the_end_of_a_transcript_is_read_alone(redis: Redis) -> None:
    """A page does not load ten thousand lines to show the newest."""
    streams = Streams(redis)
    for number in range(5):
        streams.append("r1", "say", f"line {number}")
    assert [entry.text for entry in streams.tail("r1", 2)] == ["line 3", "line 4"]
    assert len(streams.tail("r1", 100)) == 5
    assert streams.tail("unknown", 2) == ()


def test_a_transcript_is_bounded_and_ends_after_a_month(redis: Redis) -> None:
    """A line is cut, and the stream has a time to live that each line renews."""
    streams = Streams(redis)
    streams.append("r1", "tool", "x" * (MAX_TEXT + 1))
    assert len(streams.read("r1")[0].text) == MAX_TEXT
    assert redis.ttl(key("transcript", "r1")) == 30 * 86_400


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "naïve 🙂\r\n", "\u2028", "a" * 10])
def test_a_transcript_takes_any_text(redis: Redis, text: str) -> None:
    """What a command printed is kept; only a lone surrogate, which UTF-8 has no bytes for, is replaced."""
    Streams(redis).append("r1", "result", text)
    assert Streams(redis).read("r1")[0].text == text.replace("\ud800", "?")


def test_a_comment_is_edited_at_most_once_in_a_while(redis: Redis) -> None:
    """A second edit within the pause is refused and owed; it may be made when the pause is over."""
    paces = Paces(redis)
    assert paces.allows("r1")
    paces.settled("r1")
    assert paces.owed() == ()
    assert not paces.allows("r1")
    assert paces.owed() == ()  # not yet
    assert 0 < redis.pttl(key("edited", "r1")) <= 5_000
    redis.delete(key("edited", "r1"))
    assert paces.owed() == ("r1",)
    assert paces.allows("r1")
    paces.settled("r1")
    redis.delete(key("edited", "r1"))
    assert paces.owed() == ()


def test_runs_have_a_pace_each(redis: Redis) -> None:
    """One run's comment does not hold another's back."""
    paces = Paces(redis)
    assert paces.allows("r1")
    assert paces.allows("r2")


def test_a_wish_that_comes_during_an_edit_stays_owed(redis: Redis) -> None:
    """The edit that is under way shows an older record: settling it must not settle the newer wish."""
    slow, other = Paces(redis), Paces(redis)
    assert slow.allows("r1")
    assert not other.allows("r1")
    slow.settled("r1")
    redis.delete(key("edited", "r1"))
    assert other.owed() == ("r1",)


def test_an_edit_that_failed_stays_owed(redis: Redis) -> None:
    """Allowed and never settled: the next round tries again."""
    assert Paces(redis).allows("r1")
    redis.delete(key("edited", "r1"))
    assert Paces(redis).owed() == ("r1",)


def test_a_result_is_kept_by_commit_and_command(redis: Redis) -> None:
    """The same commit and command give the result back for a week; anything else gives nothing."""
    results = BaseResults(redis)
    result = CheckResult(False, 1.5, "2 failed\n naïve", ("test_a", "test_b"))
    results.put("a" * 40, "pytest -q", result)
    assert results.get("a" * 40, "pytest -q") == result
    assert results.get("b" * 40, "pytest -q") is None
    assert results.get("a" * 40, "pytest") is None
    assert {redis.ttl(name) for name in redis.keys("*")} == {7 * 86_400}


def test_a_store_that_is_away_is_named(stopped_url: str) -> None:
    """Every verb raises StoreDown when Redis does not answer."""
    redis = connect(stopped_url, patient=False)
    streams, paces, results = Streams(redis), Paces(redis), BaseResults(redis)
    verbs: list[Callable[[], object]] = [
        lambda: streams.append("r1", "say", "x"),
        lambda: streams.read("r1"),
        lambda: streams.tail("r1", 1),
        lambda: paces.allows("r1"),
        lambda: paces.owed(),
        lambda: paces.settled("r1"),
        lambda: results.get("a", "b"),
        lambda: results.put("a", "b", CheckResult(True, 1.0, "ok")),
    ]
    for verb in verbs:
        with pytest.raises(StoreDown):
            verb()


def test_a_store_that_takes_nothing_is_away_too(tmp_path: Path) -> None:
    """Full, or a read-only replica: nothing was recorded, so the front door must say 503."""
    with embedded_valkey(tmp_path) as url, connect(url, patient=False) as redis:
        redis.config_set("maxmemory", "1")
        with pytest.raises(StoreDown, match="takes nothing"), store_errors():
            redis.set("a", "b")
        redis.config_set("maxmemory", "0")
        redis.replicaof("127.0.0.1", "1")
        with pytest.raises(StoreDown, match="takes nothing"), store_errors():
            redis.set("a", "b")


def test_a_store_that_cannot_save_is_away_too() -> None:
    """MISCONF is what Valkey answers to writes while its disk refuses."""
    with pytest.raises(StoreDown, match="save"), store_errors():
        raise ResponseError("MISCONF Errors writing to the AOF file: No space left on device")
    with pytest.raises(ResponseError, match="WRONGTYPE"), store_errors():
        raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")
