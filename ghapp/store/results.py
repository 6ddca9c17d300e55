"""How the repositories' checks ended on their base commits: the same commit and command need no second run."""

from hashlib import sha256

from pydantic import TypeAdapter
from redis import Redis

from ghapp.core.evidence import CheckResult
from ghapp.store.connection import DAY, key, store_errors

_RESULT = TypeAdapter(CheckResult)
_KEEP = 7 * DAY


class BaseResults:
    """The results (`ports.Results`)."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis

    def get(self, sha: str, command: str) -> CheckResult | None:
        """The result of `command` on the commit `sha`, if it was run in the last week."""
        with store_errors():
            found = self._redis.get(_key(sha, command))
        return _RESULT.validate_json(found) if found else None

    def put(self, sha: str, command: str, result: CheckResult) -> None:
        """Keep a result."""
        with store_errors():
            self._redis.set(_key(sha, command), _RESULT.dump_json(result), ex=_KEEP)


def _key(sha: str, command: str) -> str:
    return key("base", sha, sha256(command.encode()).hexdigest())
