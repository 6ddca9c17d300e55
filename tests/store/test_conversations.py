"""What an agent and its host said, on whatever machine: whole or gone, fenced, and in order."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from redis import Redis

from ghapp.core.errors import StoreDown, Superseded
from ghapp.core.ports import Conversations, Said
from ghapp.core.run import Conclusion, Remark, conclude
from ghapp.store.connection import DAY, connect, key
from ghapp.store.conversations import MAX_BUNDLE, MAX_LINES, Talks
from ghapp.store.runs import Runs
from tests.store.runs_of import run

MONTH = 30 * DAY


@pytest.fixture
def runs(redis: Redis) -> Runs:
    """A store with one run, r1."""
    runs = Runs(redis)
    runs.create(run())
    return runs


@pytest.fixture
def talks(redis: Redis, runs: Runs) -> Talks:
    """The conversations, as the worker of r1 has them."""
    return Talks(redis)


@pytest.fixture(params=[False, True], ids=["bytes", "text"])
def elsewhere(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Conversations]:
    """The same on another machine, whose client decodes what it reads or does not."""
    with Redis.from_url(redis_url, decode_responses=request.param) as client:
        yield Talks(client)


def said(comment: int, body: str = "Use the other one.") -> Said:
    """A person's word."""
    return Said(comment, Remark("mona", body))


def test_a_conversation_is_read_on_another_machine(talks: Talks, elsewhere: Conversations) -> None:
    """Lines come back in order and as they were: with line breaks, and with what is no proper text."""
    first, second = ['{"a": "ä☂"}', '{\n "b": 1}'], ['"\\ud800"', '"\ud800"', ""]
    talks.append(run(), first)
    talks.append(run(), second)
    assert elsewhere.lines("r1") == (*first, *second)


def test_a_run_that_has_said_nothing_has_no_lines(talks: Talks) -> None:
    """None was lost: there was none."""
    assert talks.lines("r1") == ()
    assert talks.lines("unknown") == ()
    talks.append(run(), [])
    assert talks.lines("r1") == ()


def test_work_is_read_on_another_machine(talks: Talks, elsewhere: Conversations) -> None:
    """The bundle that was kept last, byte by byte."""
    assert elsewhere.work("r1") is None
    talks.keep_work(run(), b"first")
    talks.keep_work(run(), bytes(range(256)))
    assert elsewhere.work("r1") == bytes(range(256))


def test_an_attempt_that_was_overtaken_keeps_nothing(runs: Runs, talks: Talks, elsewhere: Conversations) -> None:
    """A frozen worker wakes up: neither its lines nor its work get between those of the newer attempt."""
    old = runs.load("r1")
    talks.append(old, ['"one"'])
    talks.keep_work(old, b"work of one")
    new = runs.supersede(old)
    elsewhere.append(new, ['"two"'])
    with pytest.raises(Superseded):
        talks.append(old, ['"late"'])
    for late in (b"late", b"x" * (MAX_BUNDLE + 1)):
        with pytest.raises(Superseded):
            talks.keep_work(old, late)
    assert talks.lines("r1") == ('"one"', '"two"')
    assert talks.work("r1") == b"work of one"


def test_a_run_without_a_record_keeps_nothing(talks: Talks, redis: Redis) -> None:
    """Nobody writes for a run that is not there, and no part of a record comes about."""
    with pytest.raises(Superseded):
        talks.append(run("lost", 2), ["1"])
    with pytest.raises(Superseded):
        talks.keep_work(run("lost", 2), b"work")
    assert not talks.say("lost", said(1))
    assert redis.keys("*lost*") == []


@pytest.mark.parametrize("sizes", [[MAX_LINES + 1], [MAX_LINES, 1], [1, MAX_LINES + 1]])
def test_a_conversation_that_is_too_long_is_gone(talks: Talks, sizes: list[int]) -> None:
    """It is given up whole, and what the same attempt says after it is not taken for all of it."""
    for size in sizes:
        talks.append(run(), ["x" * size])
    assert talks.lines("r1") is None
    talks.append(run(), ["a tail"])
    assert talks.lines("r1") is None


def test_a_conversation_may_be_as_long_as_the_limit(talks: Talks) -> None:
    """The limit is in bytes, not in characters."""
    whole = "ä" * (MAX_LINES // 2)
    talks.append(run(), [whole])
    assert talks.lines("r1") == (whole,)


def test_after_a_loss_the_next_attempt_begins_anew(runs: Runs, talks: Talks) -> None:
    """Its conversation is whole by itself, and has the whole limit."""
    talks.append(runs.load("r1"), ["x" * (MAX_LINES + 1)])
    new = runs.supersede(runs.load("r1"))
    assert talks.lines("r1") is None
    talks.append(new, ["new", "y" * (MAX_LINES - 3)])
    assert talks.lines("r1") == ("new", "y" * (MAX_LINES - 3))


def test_a_conversation_that_is_too_old_is_gone(talks: Talks, redis: Redis) -> None:
    """A month after its last line, and it says that there was one; what comes late is not taken for all of it."""
    talks.append(run(), ["one"])
    redis.expire(key("lines", "r1"), 5)
    talks.append(run(), ["two"])
    assert MONTH - 60 < redis.ttl(key("lines", "r1")) <= MONTH
    redis.delete(key("lines", "r1"))  # as its time does
    assert talks.lines("r1") is None
    talks.append(run(), ["a tail"])
    assert talks.lines("r1") is None


def test_work_is_kept_for_a_month(talks: Talks, redis: Redis) -> None:
    """Then it is gone."""
    talks.keep_work(run(), b"work")
    assert MONTH - 60 < redis.ttl(key("work", "r1")) <= MONTH


def test_the_largest_work_is_kept(talks: Talks) -> None:
    """Up to the limit, byte by byte."""
    talks.keep_work(run(), b"x" * MAX_BUNDLE)
    assert talks.work("r1") == b"x" * MAX_BUNDLE


@pytest.mark.parametrize("newer", [b"", b"y" * (MAX_BUNDLE + 1)], ids=["empty", "too large"])
def test_work_that_is_not_kept_takes_the_one_before_away(talks: Talks, newer: bytes) -> None:
    """Nothing differs any more, or it is too much: either way, nobody takes up what was there before."""
    talks.keep_work(run(), b"old")
    talks.keep_work(run(), newer)
    assert talks.work("r1") is None


def test_lines_are_kept_small(talks: Talks, redis: Redis) -> None:
    """Conversations repeat themselves: a megabyte of one takes a fraction of it in Redis."""
    talks.append(run(), ['{"type": "tool_result", "content": "def round_cents(amount):"}'] * 16_000)
    assert sum(len(piece) for piece in redis.lrange(key("lines", "r1"), 0, -1)) < 50_000


def test_the_record_of_the_run_is_not_touched(runs: Runs, talks: Talks) -> None:
    """What is noted of the conversation is no part of what `load` reads, and a save keeps it."""
    before = runs.load("r1")
    talks.append(before, ["one"])
    assert runs.save(before).version == before.version + 1
    assert talks.lines("r1") == ("one",)


def test_words_are_heard_once_and_in_order(talks: Talks, elsewhere: Conversations) -> None:
    """In the order in which they came, whatever the number of the comment and however many they are."""
    put = [said(number * 37 % 101, f"ä\nword {number}" * 10) for number in range(1, 101)]
    assert all(talks.say("r1", word) for word in put[:50])
    assert all(elsewhere.say("r1", word) for word in put[50:])
    assert not talks.say("r1", put[70])
    assert not elsewhere.say("r1", said(put[0].comment, "edited"))
    assert elsewhere.said("r1") == tuple(put)
    assert elsewhere.said("r2") == ()


def test_many_words_at_once_are_each_put_in_once(talks: Talks) -> None:
    """Twenty hands with ten comments: ten words, each told apart."""
    with ThreadPoolExecutor(20) as pool:
        put = list(pool.map(lambda number: talks.say("r1", said(number % 10)), range(20)))
    assert put.count(True) == 10
    assert {word.comment for word in talks.said("r1")} == set(range(10))


def test_words_stay_as_long_as_the_record(runs: Runs, talks: Talks, redis: Redis) -> None:
    """The run counts how many of them were heard, so none may go before the others; they go with the record."""
    talks.say("r1", said(1))
    assert redis.ttl(key("said", "r1")) == -1
    runs.save(conclude(runs.load("r1"), Conclusion.MERGED, 2.0, "merged"))
    record = redis.ttl(key("run", "r1"))
    assert 0 < redis.ttl(key("said", "r1")) <= record
    redis.delete(key("said", "r1"))
    talks.say("r1", said(2))
    assert 0 < redis.ttl(key("said", "r1")) <= record


def test_a_store_that_is_away_is_named(stopped_url: str) -> None:
    """Every verb raises StoreDown when Redis does not answer."""
    talks = Talks(connect(stopped_url, patient=False))
    verbs: list[Callable[[], object]] = [
        lambda: talks.append(run(), ["one"]),
        lambda: talks.lines("r1"),
        lambda: talks.keep_work(run(), b"work"),
        lambda: talks.work("r1"),
        lambda: talks.say("r1", said(1)),
        lambda: talks.said("r1"),
    ]
    for verb in verbs:
        with pytest.raises(StoreDown):
            verb()


def test_an_attempt_goes_on_where_the_last_one_stopped(runs: Runs, talks: Talks, elsewhere: Conversations) -> None:
    """Another machine's attempt adds to the same conversation."""
    old = runs.load("r1")
    talks.append(old, ["one"])
    new = runs.supersede(replace(old, reason="its worker was lost"))
    elsewhere.append(new, ["two"])
    assert talks.lines("r1") == ("one", "two")
