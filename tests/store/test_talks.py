"""Which talk is about which thread: found from both sides, and by each message of ours, while anybody asks."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from redis import Redis

from ghapp.core.chat import Speaker, Talk
from ghapp.core.errors import StoreDown
from ghapp.core.events import Repository, Thread
from ghapp.core.ports import Talks
from ghapp.store.connection import DAY, connect
from ghapp.store.talks import ChatTalks
from tests.store.runs_of import REPOSITORY, thread

TALK = Talk("T1", "C1", "1700000000.000100")
ANA, BO = Speaker("T1", "U1"), Speaker("T1", "U2")
OURS = "1700000001.000200"


@pytest.fixture
def talks(redis: Redis) -> ChatTalks:
    return ChatTalks(redis)


@pytest.fixture(params=[False, True], ids=["bytes", "text"])
def elsewhere(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Talks]:
    """The same in another process, whose client decodes what it reads or does not."""
    with Redis.from_url(redis_url, decode_responses=request.param) as client:
        yield ChatTalks(client)


def of(repository: int, number: int = 1) -> Thread:
    """A thread of another repository."""
    return Thread(Repository(repository, f"octo/r{repository}", 3), number)


def test_a_talk_and_its_thread_are_found_from_each_other(talks: ChatTalks, elsewhere: Talks) -> None:
    """Whole, as they were told; nothing else is found."""
    assert talks.thread(TALK) is None
    assert talks.of(thread()) is None
    talks.bind(TALK, thread(), ANA)
    assert elsewhere.thread(TALK) == thread()
    assert elsewhere.of(thread()) == TALK
    assert elsewhere.thread(replace(TALK, root="1.2")) is None
    assert elsewhere.of(thread(2)) is None


def test_a_thread_is_told_of_where_it_was_last_talked_about(talks: ChatTalks) -> None:
    """Two talks may be about one thread, and both stay so; one of them hears of it."""
    other = replace(TALK, root="1700000009.000100")
    talks.bind(TALK, thread(), ANA)
    talks.bind(other, thread(), BO)
    assert talks.of(thread()) == other
    assert talks.thread(TALK) == talks.thread(other) == thread()


def test_a_talk_goes_on_to_another_thread(talks: ChatTalks) -> None:
    """The next wish in it is about that one; the first is told of there as before."""
    talks.bind(TALK, thread(1), ANA)
    talks.bind(TALK, thread(2), ANA)
    assert talks.thread(TALK) == thread(2)
    assert talks.of(thread(1)) == talks.of(thread(2)) == TALK


def test_the_name_that_was_told_last_counts(talks: ChatTalks) -> None:
    """A repository that was renamed is the same, by its number."""
    renamed = replace(thread(), repository=replace(REPOSITORY, full_name="octo/renamed"))
    talks.bind(TALK, thread(), ANA)
    talks.bind(TALK, renamed, ANA)
    assert talks.thread(TALK) == renamed
    assert talks.of(thread()) == TALK
    assert talks.used(TALK, ANA) == (REPOSITORY.id,)


def test_words_are_owed_until_they_are_said(talks: ChatTalks, elsewhere: Talks) -> None:
    """In the order in which they came, each once, and only in their talk; by any process."""
    talks.owe(TALK, "r1:merge", "It is not merged.")
    talks.owe(TALK, "r1:ci", "CI is red.")
    talks.owe(TALK, "r1:merge", "It is not merged.")
    assert elsewhere.owed(TALK) == (("r1:merge", "It is not merged."), ("r1:ci", "CI is red."))
    assert elsewhere.owed(replace(TALK, root="1.2")) == ()
    elsewhere.keep(TALK, "r1:merge", OURS)
    assert talks.owed(TALK) == (("r1:ci", "CI is red."),)
    talks.keep(TALK, "r1:ci", OURS)
    assert talks.owed(TALK) == ()


def test_a_message_of_ours_leads_to_its_talk(talks: ChatTalks, elsewhere: Talks) -> None:
    """A sign that is put on it names channel and timestamp only; also when we now say the same thing elsewhere."""
    talks.keep(TALK, "status", OURS)
    newer = "1700000002.000300"
    talks.keep(TALK, "status", newer)
    assert elsewhere.kept(TALK, "status") == newer
    for message in (OURS, newer):
        assert elsewhere.find(replace(TALK, root=message)) == TALK
    for other in (replace(TALK, root="1.2"), Talk("T1", "C2", OURS), Talk("T2", "C1", OURS), TALK):
        assert elsewhere.find(other) is None


def test_a_message_in_no_thread_leads_to_its_channel(talks: ChatTalks) -> None:
    """A talk without a root is found as it was kept."""
    talks.keep(Talk("T1", "D1", ""), "status", OURS)
    assert talks.find(Talk("T1", "D1", OURS)) == Talk("T1", "D1", "")


@pytest.mark.parametrize("value", ["F0123ABC", "", "1700000001", "a1.2", "1.2\n", "☂", "abc.def"])
def test_what_is_no_timestamp_is_kept_and_leads_nowhere(talks: ChatTalks, elsewhere: Talks, value: str) -> None:
    """As a picture's id."""
    talks.keep(TALK, "qr:abc", value)
    assert elsewhere.kept(TALK, "qr:abc") == value
    assert elsewhere.find(replace(TALK, root=value)) is None


def test_names_do_not_meet(talks: ChatTalks) -> None:
    """Neither those of two talks, nor what is kept and what the talk is about."""
    talks.bind(TALK, thread(), ANA)
    for name in ("thread", "about"):
        assert talks.kept(TALK, name) is None
        talks.keep(TALK, name, "mine")
    assert talks.thread(TALK) == thread()
    assert talks.kept(TALK, "thread") == "mine"
    assert talks.kept(replace(TALK, root=OURS), "thread") is None


def test_what_was_asked_about_most_comes_first(talks: ChatTalks, elsewhere: Talks) -> None:
    """In this channel, or by this person; the same talk and thread once more count once."""
    roots = iter(range(100))

    def asked(repository: int, channel: str, by: Speaker) -> None:
        talk = Talk("T1", channel, f"1.{next(roots)}")
        for _ in range(9 if repository == 1 else 1):
            talks.bind(talk, of(repository), by)

    for repository, channel, by in [(1, "C1", ANA), (2, "C1", BO), (2, "C1", BO), (2, "C2", ANA), (3, "C9", ANA)]:
        asked(repository, channel, by)
    asked(4, "C8", BO)
    assert elsewhere.used(Talk("T1", "C1", ""), ANA) == (2, 1, 3)
    assert elsewhere.used(Talk("T1", "C1", ""), BO) == (2, 1, 4)
    assert elsewhere.used(Talk("T1", "C8", ""), Speaker("T1", "U9")) == (4,)
    assert elsewhere.used(Talk("T2", "C1", ""), Speaker("T2", "U1")) == ()


def test_all_of_it_ends_by_itself_long_after_its_last_use(talks: ChatTalks, redis: Redis) -> None:
    """Ninety days after anybody asked or told; whatever asks gives it the full time again."""
    talks.bind(TALK, thread(), ANA)
    talks.keep(TALK, "status", OURS)
    names = redis.keys()
    assert len(names) == 5
    assert all(89 * DAY < redis.ttl(name) <= 90 * DAY for name in names)
    for look in (lambda: talks.thread(TALK), lambda: talks.of(thread())):
        for name in names:
            redis.expire(name, 100)
        look()
        assert sum(redis.ttl(name) > DAY for name in names) == 2  # the talk and the place where its thread is told of
    talks.find(replace(TALK, root=OURS))
    talks.used(TALK, ANA)
    assert all(redis.ttl(name) > DAY for name in names)


def test_a_store_that_is_away_is_named(stopped_url: str) -> None:
    """Every verb raises StoreDown when Redis does not answer."""
    talks = ChatTalks(connect(stopped_url, patient=False))
    verbs: list[Callable[[], object]] = [
        lambda: talks.bind(TALK, thread(), ANA),
        lambda: talks.thread(TALK),
        lambda: talks.of(thread()),
        lambda: talks.find(TALK),
        lambda: talks.keep(TALK, "a", "b"),
        lambda: talks.kept(TALK, "a"),
        lambda: talks.used(TALK, ANA),
    ]
    for verb in verbs:
        with pytest.raises(StoreDown):
            verb()
