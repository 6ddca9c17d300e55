"""The pages of builds: kept until their time is over, or somebody takes them back."""

import time

import pytest
from redis import Redis

from ghapp.core.builds import Build, BuildKind, BuildPage, BuildState
from ghapp.core.errors import StoreDown
from ghapp.store.build_pages import Pages
from ghapp.store.connection import connect

DAY = 86_400.0
KEY = "honk:build:an-unguessable-token"


def page(left: float = DAY, token: str = "an-unguessable-token", changed: str = "Mend it") -> BuildPage:
    """A page with so many seconds left."""
    build = Build("app", "a" * 40, BuildState.READY, BuildKind.ANDROID, token, expires_at=time.time() + left)
    return BuildPage(token, 7, "octo/demo", 3, 12, changed, build, "*.apk")


def test_a_page_comes_back_as_it_was(redis: Redis) -> None:
    """With all of its build."""
    kept = page()
    Pages(redis).keep(kept)
    assert Pages(redis).get(kept.token) == kept


def test_a_page_lives_until_its_build_expires(redis: Redis) -> None:
    """To the second, by the store's own clock; kept anew, it lives as long as it then says."""
    first, later = page(), page(2 * DAY)
    Pages(redis).keep(first)
    assert redis.expiretime(KEY) == int(first.build.expires_at)
    Pages(redis).keep(later)
    assert redis.expiretime(KEY) == int(later.build.expires_at)


@pytest.mark.parametrize("left", [-1.0, -DAY, -time.time()], ids=["a second", "a day", "for ever"])
def test_an_expired_page_is_gone(redis: Redis, left: float) -> None:
    """Also when it is kept late, or says nothing."""
    Pages(redis).keep(page(left))
    assert Pages(redis).get(page().token) is None
    assert redis.keys("*") == []


def test_a_revoked_page_stays_gone(redis: Redis) -> None:
    """A later look at CI that keeps it again does not bring it back; and its mark goes in its time."""
    pages = Pages(redis)
    pages.keep(page())
    pages.revoke(page().token)
    assert pages.get(page().token) is None
    pages.keep(page(changed="newer"))
    assert pages.get(page().token) is None
    assert redis.ttl(KEY) > 0


@pytest.mark.parametrize("token", ["", "unknown", "*", "a:b", "\0", "x" * 5_000])
def test_what_is_no_page_is_none(redis: Redis, token: str) -> None:
    """Any text may stand in an address; taking back what is not there does nothing."""
    pages = Pages(redis)
    pages.keep(page())
    pages.revoke(token)
    assert pages.get(token) is None
    assert pages.get(page().token) is not None


def test_a_store_that_is_gone_is_told(stopped_url: str) -> None:
    """So that a page says to come back, and a job is tried again."""
    with connect(stopped_url, patient=False) as client:
        pages = Pages(client)
        with pytest.raises(StoreDown):
            pages.keep(page())
        with pytest.raises(StoreDown):
            pages.get("unknown")
        with pytest.raises(StoreDown):
            pages.revoke("unknown")
