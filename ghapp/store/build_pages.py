"""What each page of a build is about, for as long as it may be opened."""

from pydantic import TypeAdapter
from redis import Redis

from ghapp.core.builds import BuildPage
from ghapp.store.connection import key, store_errors

_PAGE = TypeAdapter(BuildPage)

# A revoked page stays as an empty record until its time is over, so that no later look at CI brings it back.
_KEEP = """
if redis.call('GET', KEYS[1]) == '' then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('EXPIREAT', KEYS[1], ARGV[2])
return 1
"""


class Pages:
    """The pages (`ports.BuildPages`). Any text may be asked for, and one that is no token is no page."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def keep(self, page: BuildPage) -> None:
        """Keep it until its build expires; over what was kept of it, unless it was revoked."""
        with store_errors():
            self._redis.eval(_KEEP, 1, _key(page.token), _PAGE.dump_json(page), int(page.build.expires_at))

    def get(self, token: str) -> BuildPage | None:
        """None when it is unknown, expired or revoked."""
        with store_errors():
            found = self._redis.get(_key(token))
        return _PAGE.validate_json(found) if found else None

    def revoke(self, token: str) -> None:
        """Nobody opens it any more, also when it is kept again."""
        with store_errors():
            self._redis.set(_key(token), b"", xx=True, keepttl=True)


def _key(token: str) -> str:
    return key("build", token)
