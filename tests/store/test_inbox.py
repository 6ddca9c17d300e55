"""Inboxes: one delivery is stored once and whole, and one reader at a time takes the mail out."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from redis import Redis

from ghapp.core.chat import Speaker, Talk
from ghapp.core.errors import StoreDown
from ghapp.core.events import (
    ChecksChanged,
    CommentDeleted,
    Happening,
    InstallationChanged,
    MessageWritten,
    PullChanged,
)
from ghapp.store.connection import connect, key
from ghapp.store.inbox import Inboxes
from tests.store.runs_of import MONA, REPOSITORY, commented, labeled, thread

KEY = thread().key
SHA = "0123456789" * 4


@pytest.fixture
def inboxes(redis: Redis) -> Inboxes:
    return Inboxes(redis)


def _drained(inboxes: Inboxes, inbox: str = KEY) -> list[Happening]:
    """Everything in an inbox, taken out."""
    found: list[Happening] = []
    with inboxes.drain(inbox) as mail:
        assert mail is not None
        while (event := mail.peek()) is not None:
            found.append(event)
            mail.done()
    return found


def _fail_while_reading(inboxes: Inboxes) -> None:
    with inboxes.drain(KEY) as mail:
        assert mail is not None
        assert mail.peek() is not None
        raise RuntimeError("GitHub is away")


def test_mail_comes_out_in_the_order_it_came_in(inboxes: Inboxes) -> None:
    """The oldest first; an inbox that was emptied is wanted no more."""
    events: list[Happening] = [labeled(), commented(1), commented(2)]
    assert all(inboxes.add(f"d{number}", event) for number, event in enumerate(events))
    assert inboxes.wanted() == (KEY,)
    assert _drained(inboxes) == events
    assert inboxes.wanted() == ()


def test_fifty_deliveries_of_one_event_at_once_are_one(inboxes: Inboxes) -> None:
    """The same delivery id from fifty threads is stored once."""
    with ThreadPoolExecutor(50) as pool:
        stored = list(pool.map(lambda _: inboxes.add("d1", labeled()), range(50)))
    assert len([box for box in stored if box]) == 1
    assert _drained(inboxes) == [labeled()]


@pytest.mark.parametrize(
    "event", [labeled(), commented(5), CommentDeleted(thread(), MONA, 5)], ids=lambda event: event.kind
)
def test_two_deliveries_with_one_meaning_are_one(inboxes: Inboxes, event: Happening) -> None:
    """A second hook, or a reconciler, may tell the same under another delivery id."""
    with ThreadPoolExecutor(20) as pool:
        stored = list(pool.map(lambda number: inboxes.add(f"d{number}", event), range(20)))
    assert len([box for box in stored if box]) == 1
    assert _drained(inboxes) == [event]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (labeled(), labeled(at="2026-11-01T10:00:01Z")),
        (labeled(), labeled(label="honk:plan")),
        (labeled(number=1), labeled(number=2)),
        (commented(5), commented(6)),
        (commented(5), CommentDeleted(thread(), MONA, 5)),
        (ChecksChanged(thread(), "a" * 40, "status"), ChecksChanged(thread(), "a" * 40, "status")),
    ],
)
def test_what_differs_in_meaning_is_kept_twice(inboxes: Inboxes, first: Happening, second: Happening) -> None:
    """Nothing is taken for a duplicate that is none; checks are looked at as often as they change."""
    assert inboxes.add("d1", first)
    assert inboxes.add("d2", second)


def test_a_duplicate_brings_nothing_back(inboxes: Inboxes) -> None:
    """A delivery that comes again after it was acted on stays out."""
    inboxes.add("d1", labeled())
    _drained(inboxes)
    assert not inboxes.add("d1", labeled())
    assert not inboxes.add("d2", labeled())
    assert inboxes.wanted() == ()


def test_ids_are_remembered_for_a_while_only(inboxes: Inboxes, redis: Redis) -> None:
    """What tells duplicates apart ends by itself, long after GitHub forgets its deliveries (three days)."""
    inboxes.add("d1", labeled())
    remembered = [*redis.keys(key("delivery", "*")), *redis.keys(key("meaning", "*"))]
    assert len(remembered) == 2
    assert all(redis.ttl(name) > 3 * 86_400 for name in remembered)


def test_one_reader_at_a_time(inboxes: Inboxes) -> None:
    """While somebody reads a thread's mail, another gets None; other threads are free."""
    inboxes.add("d1", labeled(number=1))
    inboxes.add("d2", labeled(number=2))
    with inboxes.drain(KEY) as mail, inboxes.drain(KEY) as second, inboxes.drain(thread(2).key) as other:
        assert mail is not None
        assert second is None
        assert other is not None
        assert mail.peek() == labeled(number=1)
        assert other.peek() == labeled(number=2)
    assert set(inboxes.wanted()) == {KEY, thread(2).key}


def test_what_was_put_off_is_not_wanted_for_a_while(inboxes: Inboxes, redis: Redis) -> None:
    """Somebody asked us to come later, in an hour at the most; other threads go on."""
    other = thread(8)
    inboxes.add("1", labeled())
    inboxes.add("2", replace(labeled(), thread=other))
    inboxes.put_off(KEY, 7200)
    assert inboxes.wanted() == (other.key,)
    assert 3590 <= redis.ttl(key("put-off", KEY)) <= 3600
    redis.delete(key("put-off", KEY))
    assert inboxes.wanted() == tuple(sorted((KEY, other.key)))


def test_what_arrives_after_the_last_look_stays_wanted(inboxes: Inboxes) -> None:
    """Between the reader's last look and its letting go an event comes: nobody would read it if the mark were lost."""
    inboxes.add("d1", commented(1))
    with inboxes.drain(KEY) as mail:
        assert mail is not None
        mail.done()
        assert mail.peek() is None
        inboxes.add("d2", commented(2))
    assert inboxes.wanted() == (KEY,)
    assert _drained(inboxes) == [commented(2)]


def test_mail_that_was_not_acted_on_stays(inboxes: Inboxes) -> None:
    """A reader that fails leaves its event, in its place, and the inbox wanted and free."""
    inboxes.add("d1", commented(1))
    inboxes.add("d2", commented(2))
    with pytest.raises(RuntimeError, match="away"):
        _fail_while_reading(inboxes)
    assert inboxes.wanted() == (KEY,)
    assert _drained(inboxes) == [commented(1), commented(2)]


def test_a_reader_that_dies_is_followed_by_another(inboxes: Inboxes, redis: Redis) -> None:
    """The hold of a killed reader ends by itself; its late steps then change nothing of the next one's."""
    inboxes.add("d1", commented(1))
    inboxes.add("d2", commented(2))
    dead = inboxes.drain(KEY)
    mail = dead.__enter__()
    assert mail is not None
    assert mail.peek() == commented(1)
    assert 0 < redis.pttl(key("reading", KEY)) <= 60_000
    redis.delete(key("reading", KEY))  # the minute is over
    with inboxes.drain(KEY) as second:
        assert second is not None
        mail.done()
        assert mail.peek() is None
        dead.__exit__(None, None, None)
        with inboxes.drain(KEY) as third:
            assert third is None
        assert second.peek() == commented(1)


def _died(inboxes: Inboxes, redis: Redis) -> object:
    """A reader that took the mail up and was never heard of again; its minute is over. It lives while it is held."""
    dead = inboxes.drain(KEY)
    assert dead.__enter__() is not None
    redis.delete(key("reading", KEY))
    return dead


def test_what_ends_its_readers_does_not_block_the_thread_for_ever(inboxes: Inboxes, redis: Redis) -> None:
    """Three readers die over one event: it is kept aside, and what came after it is read."""
    inboxes.add("d1", commented(1))
    inboxes.add("d2", commented(2))
    dead = [_died(inboxes, redis) for _ in range(3)]
    assert _drained(inboxes) == [commented(2)]
    assert redis.llen(key("unreadable")) == 1
    assert len(dead) == 3


def test_readers_that_come_to_their_end_count_for_nothing(inboxes: Inboxes, redis: Redis) -> None:
    """GitHub is away ten times, and each time a worker has died before: nothing is set aside."""
    inboxes.add("d1", commented(1))
    dead = []
    for _ in range(10):
        dead.append(_died(inboxes, redis))
        with suppress(RuntimeError):
            _fail_while_reading(inboxes)
    assert _drained(inboxes) == [commented(1)]
    assert len(dead) == 10


def test_looking_keeps_the_hold(inboxes: Inboxes, redis: Redis) -> None:
    """Each look gives the reader the full time again."""
    inboxes.add("d1", commented(1))
    with inboxes.drain(KEY) as mail:
        assert mail is not None
        redis.pexpire(key("reading", KEY), 1_000)
        mail.peek()
        assert redis.pttl(key("reading", KEY)) > 50_000


def test_mail_that_nobody_can_read_is_set_aside(
    inboxes: Inboxes, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """What another version stored must not block its thread for ever; it is kept where a person finds it."""
    redis.rpush(key("inbox", KEY), b'{"kind": "from_the_future"}', b"no json")
    inboxes.add("d1", commented(1))
    assert _drained(inboxes) == [commented(1)]
    assert redis.lrange(key("unreadable"), 0, -1) == [b'{"kind": "from_the_future"}', b"no json"]
    assert "set aside" in caplog.text


def test_what_happens_on_the_pull_request_belongs_to_the_issue(inboxes: Inboxes) -> None:
    """From the alias on, a comment on the pull request is in the issue's inbox, under the issue's number."""
    inboxes.alias(REPOSITORY, pull=9, issue=1)
    assert inboxes.add("d1", commented(1, number=9)) == thread(1).key
    assert inboxes.add("d2", labeled(number=8)) == thread(8).key
    assert _drained(inboxes) == [replace(commented(1, number=9), thread=thread(1))]
    assert inboxes.wanted() == (thread(8).key,)


def test_checks_of_a_commit_belong_to_who_follows_it(inboxes: Inboxes) -> None:
    """Of whatever branch they are: a merge on the base, a person's branch, or a run on somebody's pull request."""
    inboxes.follow(thread(1), SHA)
    for number, named in enumerate((0, 5)):
        assert inboxes.add(f"d{number}", ChecksChanged(thread(named), SHA, "status")) == KEY
    assert _drained(inboxes) == [ChecksChanged(thread(1), SHA, "status")] * 2


def test_checks_that_nobody_follows_are_dropped(inboxes: Inboxes, redis: Redis) -> None:
    """Of another commit, or of the same commit in another repository; nothing is kept of them."""
    elsewhere = replace(thread(0), repository=replace(REPOSITORY, id=REPOSITORY.id + 1))
    inboxes.follow(thread(1), SHA)
    kept = redis.dbsize()
    assert inboxes.add("d1", ChecksChanged(thread(0), "b" * 40, "status")) is None
    assert inboxes.add("d2", ChecksChanged(elsewhere, SHA, "status")) is None
    assert redis.dbsize() == kept
    inboxes.follow(thread(1), "b" * 40)
    assert inboxes.add("d1", ChecksChanged(thread(0), "b" * 40, "status")) == KEY


def test_the_last_to_follow_a_commit_has_it(inboxes: Inboxes, redis: Redis) -> None:
    """And a commit is followed for a month, not for ever."""
    for number in (1, 2):
        inboxes.follow(thread(number), SHA)
    assert inboxes.add("d1", ChecksChanged(thread(0), SHA, "check_suite")) == thread(2).key
    (name,) = redis.keys(key("follow", "*"))
    assert 29 * 86_400 < redis.ttl(name) <= 30 * 86_400


def test_only_checks_are_found_by_their_commit(inboxes: Inboxes) -> None:
    """A pull request with the same head has a number of its own, and its thread."""
    inboxes.follow(thread(1), SHA)
    event = PullChanged(thread(9), MONA, "synchronize", 9, False)
    assert inboxes.add("d1", event) == thread(9).key


def test_an_installation_has_an_inbox_of_its_own(inboxes: Inboxes) -> None:
    """What happens to an installation is no thread's mail."""
    event = InstallationChanged(3, "deleted", removed=(REPOSITORY,))
    inboxes.add("d1", event)
    assert inboxes.wanted() == ("installation:3",)
    assert _drained(inboxes, "installation:3") == [event]


def test_what_had_to_wait_comes_in_again(inboxes: Inboxes) -> None:
    """Who spoke was not known yet: what they said is no duplicate then, though its meaning is known; once."""
    talk, ana = Talk("T1", "C1", "1.5"), Speaker("T1", "U1")
    asked = MessageWritten(talk, ana, "Mend it", "1.5", "2026-11-01T10:00:00Z", addressed=True)
    box = inboxes.add("d1", asked)
    assert box is not None
    assert _drained(inboxes, box) == [asked]
    assert inboxes.add("d2", asked) is None
    waited = replace(asked, again=True)
    assert inboxes.add("d3", waited) == box
    assert inboxes.add("d4", waited) is None
    assert _drained(inboxes, box) == [waited]


def test_an_empty_inbox_is_drained_in_peace(inboxes: Inboxes) -> None:
    """A job that comes when another has done all finds nothing."""
    assert _drained(inboxes) == []


def test_a_store_that_is_away_is_named(stopped_url: str) -> None:
    """Every verb raises StoreDown when Redis does not answer."""
    inboxes = Inboxes(connect(stopped_url, patient=False))
    verbs: list[Callable[[], object]] = [
        lambda: inboxes.add("d1", labeled()),
        lambda: inboxes.wanted(),
        lambda: inboxes.alias(REPOSITORY, 9, 1),
        lambda: inboxes.follow(thread(1), SHA),
        lambda: inboxes.add("d2", ChecksChanged(thread(0), SHA, "status")),
        lambda: _drained(inboxes),
    ]
    for verb in verbs:
        with pytest.raises(StoreDown):
            verb()


def test_the_event_after_the_oldest_can_be_seen(inboxes: Inboxes) -> None:
    """Whoever holds the mail can see whether the next event makes the same look needed."""
    inboxes.add("d1", commented(1))
    with inboxes.drain(KEY) as mail:
        assert mail is not None
        assert mail.after() is None
        inboxes.add("d2", commented(2))
        assert mail.after() == commented(2)
        mail.done()
        assert mail.peek() == commented(2)
