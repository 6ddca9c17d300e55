"""Who the people of the chat are at GitHub: kept by numbers, told by links that are good once and for ten minutes."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from ghapp.core.chat import Speaker, Talk
from ghapp.core.errors import StoreDown
from ghapp.core.events import ButtonPressed, ChatEvent, MessageWritten
from ghapp.core.ports import Identities, Invitation
from ghapp.store.connection import connect, key
from ghapp.store.identities import INVITATION_SECONDS, ChatIdentities

ANA = Speaker("T1", "U1")
ASKED = MessageWritten(Talk("T1", "C1", "1.5"), ANA, "Mend it ☂", "1.5", "2026-11-01T10:00:00Z", addressed=True)
PRESSED = ButtonPressed(Talk("T1", "C1", "1.5"), ANA, "merge", "a" * 40, "1.6", "p1", "2026-11-01T10:00:00Z")


@pytest.fixture
def identities(redis: Redis) -> ChatIdentities:
    return ChatIdentities(redis)


@pytest.fixture(params=[False, True], ids=["bytes", "text"])
def elsewhere(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Identities]:
    """The same in another process, whose client decodes what it reads or does not."""
    with Redis.from_url(redis_url, decode_responses=request.param) as client:
        yield ChatIdentities(client)


@pytest.mark.parametrize("waiting", [None, ASKED, PRESSED], ids=["nothing", "message", "button"])
def test_a_person_says_who_they_are(
    identities: ChatIdentities, elsewhere: Identities, waiting: ChatEvent | None
) -> None:
    """What they had said before waits for them, as it was."""
    invitation = Invitation(ANA, "ana & <b>", waiting)
    token = identities.invite(invitation)
    assert elsewhere.github(ANA) is None
    assert elsewhere.invited(token) == invitation
    assert elsewhere.accept(token, 2**40) == invitation
    assert identities.github(ANA) == elsewhere.github(ANA) == 2**40


def test_a_link_cannot_be_guessed(identities: ChatIdentities) -> None:
    """192 bits each, fit for an address, and never the same."""
    tokens = {identities.invite(Invitation(ANA, "ana")) for _ in range(50)}
    assert len(tokens) == 50
    assert all(re.fullmatch("[A-Za-z0-9_-]{32}", token) for token in tokens)


def test_looking_at_a_link_uses_nothing_up(identities: ChatIdentities) -> None:
    """Phones and chats fetch links before people do."""
    token = identities.invite(Invitation(ANA, "ana"))
    assert all(identities.invited(token) for _ in range(5))
    assert identities.accept(token, 7)


def test_a_link_is_good_once(identities: ChatIdentities) -> None:
    """Afterwards it is as unknown as one that never was, and changes nothing."""
    token = identities.invite(Invitation(ANA, "ana"))
    identities.accept(token, 7)
    for tried in (token, "made-up", "", "x" * 5000):
        assert identities.invited(tried) is None
        assert identities.accept(tried, 8) is None
    assert identities.github(ANA) == 7


def test_twenty_at_once_are_one(identities: ChatIdentities) -> None:
    """One of them comes through, and its number is what is kept."""
    token = identities.invite(Invitation(ANA, "ana"))
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda number: identities.accept(token, number), range(1, 21)))
    (winner,) = [number for number, found in enumerate(taken, 1) if found]
    assert identities.github(ANA) == winner


def test_a_store_that_is_full_uses_nothing_up(identities: ChatIdentities, redis: Redis) -> None:
    """The person can try again."""
    token = identities.invite(Invitation(ANA, "ana"))
    redis.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreDown):
            identities.accept(token, 7)
    finally:
        redis.config_set("maxmemory", "0")
    assert identities.github(ANA) is None
    assert identities.accept(token, 7)


def test_a_link_ends_by_itself_and_a_person_does_not(identities: ChatIdentities, redis: Redis) -> None:
    """Ten minutes for the one; for the other no end."""
    token = identities.invite(Invitation(ANA, "ana"))
    assert 0 < redis.ttl(key("invitation", token)) <= INVITATION_SECONDS == 600
    redis.delete(key("invitation", token))  # the ten minutes are over
    assert identities.accept(token, 7) is None
    identities.accept(identities.invite(Invitation(ANA, "ana")), 7)
    assert redis.ttl(key("identities")) == -1


def test_the_same_name_in_another_workspace_is_somebody_else(identities: ChatIdentities) -> None:
    """Both numbers count, and no pair of them can be read as another."""
    identities.accept(identities.invite(Invitation(ANA, "ana")), 7)
    for other in (Speaker("T2", "U1"), Speaker("T1", "U2"), Speaker("T1:U1", ""), Speaker("U1", "T1")):
        assert identities.github(other) is None


def test_a_person_may_be_somebody_else_or_nobody_again(identities: ChatIdentities) -> None:
    """The last word counts."""
    for number in (7, 8):
        identities.accept(identities.invite(Invitation(ANA, "ana")), number)
        assert identities.github(ANA) == number
    identities.forget(ANA)
    assert identities.github(ANA) is None
    identities.forget(ANA)


def test_a_store_that_is_away_is_named(stopped_url: str) -> None:
    """Every verb raises StoreDown when Redis does not answer."""
    identities = ChatIdentities(connect(stopped_url, patient=False))
    verbs: list[Callable[[], object]] = [
        lambda: identities.github(ANA),
        lambda: identities.invite(Invitation(ANA, "ana")),
        lambda: identities.invited("t"),
        lambda: identities.accept("t", 7),
        lambda: identities.forget(ANA),
    ]
    for verb in verbs:
        with pytest.raises(StoreDown):
            verb()
