"""Money in Redis: every sum that a call counts for, each limit with its words, and no charge made twice."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from select import select
from socketserver import BaseRequestHandler, ThreadingUnixStreamServer
from urllib.parse import unquote, urlsplit

import pytest
from redis import Redis

from ghapp.core.budget import MICROS, NOTHING_USED, Budget, Usage
from ghapp.core.errors import StoreDown, Superseded
from ghapp.core.events import Actor
from ghapp.core.run import Run, State, advance
from ghapp.records import records
from ghapp.settings import from_environment
from ghapp.store.connection import connect
from ghapp.store.runs import Runs
from ghapp.store.spending import ROUTER, Caps, Spending, usage_of
from tests.store import runs_of
from tests.store.runs_of import REPOSITORY, thread

NO_LIMIT = Caps(0, 0, 0, 0)
CALL = Usage(1, 2, 3, 4, 1, 5 * MICROS)
WITHOUT_END = Budget(10**15, 10**9, 10**9, 10**15)


def run(run_id: str = "r1", number: int = 1, budget: Budget = WITHOUT_END) -> Run:
    """A run whose own budget is not what ends first."""
    return replace(runs_of.run(run_id, number), budget=budget)


@dataclass
class Day:
    """A clock that stands at a moment of UTC."""

    moment: str = "2026-11-20T12:00"

    def now(self) -> float:
        """Seconds since the epoch."""
        return datetime.fromisoformat(self.moment).replace(tzinfo=UTC).timestamp()


@pytest.fixture
def day() -> Day:
    return Day()


def by(login: str, number: int) -> Actor:
    return Actor(number, login)


def elsewhere(asked: Run) -> Run:
    """The same in another repository."""
    return replace(asked, thread=replace(thread(), repository=replace(REPOSITORY, id=8, full_name="octo/other")))


def test_what_a_run_used_is_added_up(redis: Redis, day: Day) -> None:
    """Each class of tokens, the calls and the money, over all of the run's attempts."""
    spending = Spending(redis, day, NO_LIMIT)
    assert usage_of(redis, "r1") == NOTHING_USED
    spending.account(run()).charge(CALL)
    spending.account(replace(run(), epoch=3)).charge(Usage(10, 20, 30, 40, 1, 50))
    assert usage_of(redis, "r1") == Usage(11, 22, 33, 44, 2, 5 * MICROS + 50)
    assert usage_of(redis, "r2") == NOTHING_USED


def test_a_record_comes_with_what_was_used_by_then(redis: Redis, day: Day) -> None:
    """Load, save, claim and the rest all tell the count of the moment, whatever the copy says that is written."""
    runs, account = Runs(redis), Spending(redis, day, NO_LIMIT).account(run())
    runs.create(run())
    account.charge(CALL)
    assert runs.load("r1").usage == CALL
    claimed = runs.claim("r1", 0, "w1")
    assert claimed.usage == CALL
    account.charge(CALL)
    saved = runs.save(advance(replace(claimed, usage=NOTHING_USED), State.PREPARING, 1.0, "a worker is free"))
    assert saved.usage == CALL + CALL
    account.charge(CALL)
    assert runs.supersede(saved).usage == CALL + CALL + CALL
    assert runs.by_page(run().key) == runs.last_run(thread()) == runs.unfinished()[0] == runs.load("r1")
    assert runs.load("r1").usage == CALL + CALL + CALL


def test_an_attempt_that_was_overtaken_still_pays(redis: Redis, day: Day) -> None:
    """Money is spent whoever's turn it is: the relay of a lost worker charges to the same account."""
    runs = Runs(redis)
    runs.create(run())
    old = runs.load("r1")
    new = runs.supersede(old)
    Spending(redis, day, NO_LIMIT).account(old).charge(CALL)
    with pytest.raises(Superseded):
        runs.save(old)
    assert runs.save(new).usage == CALL


@pytest.mark.parametrize(
    ("caps", "phrase"),
    [
        (Caps(5 * MICROS, 0, 0, 0), "the limit of $5.00 for this issue is reached"),
        (Caps(0, 5 * MICROS, 0, 0), "the limit of $5.00 a day for @mona is reached"),
        (Caps(0, 0, 5 * MICROS, 0), "the limit of $5.00 a day for this repository is reached"),
        (Caps(0, 0, 0, 5 * MICROS), "the limit of $5.00 a day for this server is reached"),
    ],
)
def test_each_limit_is_told_in_its_own_words(redis: Redis, day: Day, caps: Caps, phrase: str) -> None:
    """It is open to the last micro-dollar, and closed with it."""
    account = Spending(redis, day, caps).account(run())
    account.charge(Usage(micros=5 * MICROS - 1))
    assert account.closed() is None
    account.charge(Usage(micros=1))
    assert account.closed() == phrase


def test_what_the_router_costs_is_of_the_servers_day(redis: Redis, day: Day) -> None:
    """Nobody's run has begun when it is asked: the day pays, runs stop at the day's limit with it, and so does it."""
    spending = Spending(redis, day, replace(NO_LIMIT, day=6 * MICROS))
    spending.router().charge(CALL)
    spending.account(run()).charge(Usage(micros=MICROS - 1))
    assert (spending.router().closed(), spending.account(run()).closed()) == (None, None)
    spending.router().charge(Usage(micros=1))
    assert usage_of(redis, ROUTER) == CALL + Usage(micros=1)
    assert usage_of(redis, "r1") == Usage(micros=MICROS - 1)
    said = "the limit of $6.00 a day for this server is reached"
    assert (spending.router().closed(), spending.account(run()).closed()) == (said, said)
    day.moment = "2026-11-21T00:00"
    assert spending.router().closed() is None


def test_whose_money_counts_for_whom(redis: Redis, day: Day) -> None:
    """An issue, a person and a repository each have a purse; the server has one for all."""

    def closed(asked: Run, **cap: int) -> bool:
        caps = replace(NO_LIMIT, **{name: limit * MICROS for name, limit in cap.items()})
        return Spending(redis, day, caps).account(asked).closed() is not None

    Spending(redis, day, NO_LIMIT).account(run()).charge(CALL)
    another = replace(run("r2", number=2), requester=by("hubot", 12))
    assert closed(replace(run("r2"), requester=by("hubot", 12)), issue=5)
    assert not closed(another, issue=5)
    assert closed(replace(elsewhere(run("r2")), requester=by("renamed", 11)), person=5)
    assert not closed(another, person=5)
    assert closed(another, repository=5)
    assert not closed(elsewhere(run("r2")), repository=5)
    assert closed(elsewhere(another), day=5)
    assert not closed(run(), issue=6, person=6, repository=6, day=6)


def test_a_day_ends_at_midnight_utc(redis: Redis, day: Day) -> None:
    """The next day has its money anew; the issue has not."""
    caps = Caps(10 * MICROS, 5 * MICROS, 5 * MICROS, 5 * MICROS)
    account = Spending(redis, day, caps).account(run())
    day.moment = "2026-11-20T23:59:59"
    account.charge(CALL)
    assert account.closed() is not None
    day.moment = "2026-11-21T00:00:00"
    assert account.closed() is None
    account.charge(CALL)
    assert account.closed() == "the limit of $10.00 for this issue is reached"


def test_zero_is_no_limit(redis: Redis, day: Day) -> None:
    """Nothing is closed, also when nothing was spent yet."""
    account = Spending(redis, day, NO_LIMIT).account(run())
    assert account.closed() is None
    account.charge(Usage(micros=10**12))
    assert account.closed() is None


def test_the_operators_dollars_are_the_limits(redis: Redis, redis_url: str) -> None:
    """Settings in dollars become limits; 0 lifts one."""
    dollars = {"HONK_ISSUE_DOLLARS": "0", "HONK_PERSON_DOLLARS": "2.5", "HONK_REPOSITORY_DOLLARS": "0"}
    settings = from_environment({"REDIS_URL": redis_url, "HONK_DAY_DOLLARS": "0", **dollars})
    account = records(settings, patient=False).spending.account(run())
    account.charge(Usage(micros=2_499_999))
    assert account.closed() is None
    account.charge(Usage(micros=1))
    assert account.closed() == "the limit of $2.50 a day for @mona is reached"


def test_two_accounts_at_once_lose_nothing(redis: Redis, redis_url: str, day: Day) -> None:
    """Two runs of one issue, each with its relay: every call of both is in every sum."""
    caps = replace(NO_LIMIT, issue=200 * CALL.micros)
    with connect(redis_url, patient=False) as other, ThreadPoolExecutor(8) as pool:
        accounts = [Spending(redis, day, caps).account(run("r1")), Spending(other, day, caps).account(run("r2"))]
        for _ in pool.map(lambda number: accounts[number % 2].charge(CALL), range(199)):
            pass
        assert [account.closed() for account in accounts] == [None, None]
        accounts[1].charge(CALL)
        assert accounts[0].closed() == "the limit of $1000.00 for this issue is reached"
    hundred = Usage(*(100 * getattr(CALL, field.name) for field in fields(CALL)))
    assert [usage_of(redis, "r1"), usage_of(redis, "r2")] == [hundred, hundred]


def test_a_charge_whose_answer_is_lost_is_made_once(redis: Redis, redis_url: str, day: Day) -> None:
    """The client asks again when the connection breaks after the work was done; the money is spent once."""
    with losing_answers(redis_url) as (url, lost), connect(url, patient=True) as client:
        account = Spending(client, day, NO_LIMIT).account(run())
        account.charge(CALL)
        lost.clear()
        account.charge(CALL)
        assert lost.is_set()
    assert usage_of(redis, "r1") == CALL + CALL


def test_a_store_that_is_away_is_named(stopped_url: str, day: Day) -> None:
    """Nothing is counted and nothing is known: StoreDown."""
    client = connect(stopped_url, patient=False)
    account = Spending(client, day, NO_LIMIT).account(run())
    verbs: list[Callable[[], object]] = [
        lambda: account.charge(CALL),
        account.closed,
        lambda: usage_of(client, "r1"),
    ]
    for verb in verbs:
        with pytest.raises(StoreDown):
            verb()


@contextmanager
def losing_answers(redis_url: str) -> Iterator[tuple[str, threading.Event]]:
    """An address that leads to Redis, and an event: once it is cleared, the next script's answer is lost on its way."""
    lost = threading.Event()
    lost.set()
    upstream = unquote(urlsplit(redis_url).path)

    class Wire(BaseRequestHandler):
        def handle(self) -> None:
            asked = b""
            with socket.socket(socket.AF_UNIX) as server:
                server.connect(upstream)
                while True:
                    for ready in select([self.request, server], [], [])[0]:
                        if not (data := ready.recv(65_536)):
                            return
                        if ready is self.request:
                            asked = data
                            server.sendall(data)
                        elif b"EVALSHA" in asked and not lost.is_set():
                            lost.set()
                            return
                        else:
                            self.request.sendall(data)

    path = Path(upstream).with_name("wire.sock")
    with ThreadingUnixStreamServer(str(path), Wire) as front:
        serving = threading.Thread(target=front.serve_forever, args=(0.02,))
        serving.start()
        try:
            yield f"unix://{path}", lost
        finally:
            front.shutdown()
            serving.join()
            path.unlink()


def test_what_an_earlier_attempt_still_charges_counts_for_the_run(redis: Redis, day: Day) -> None:
    """A worker was killed in the middle of a call: the next attempt's relay sees its charge, though it began before."""
    spending = Spending(redis, day, NO_LIMIT)
    begun = run(budget=Budget(micros=CALL.micros))
    assert spending.account(begun).closed() is None
    spending.account(run()).charge(CALL)
    assert spending.account(begun).closed() == "the budget of $5.00 is spent"
