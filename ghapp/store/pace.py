"""At most one edit of a status comment in five seconds; what was held back is remembered."""

from redis import Redis

from ghapp.store.connection import key, store_errors, text

_PAUSE_MS = 5_000

# KEYS: owed, edited. ARGV: run id, pause in ms. Every wish is numbered, so that a later one is not taken for settled.
_WISH = """
local wish = redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[2]) then return wish end
return 0
"""

# KEYS: owed. ARGV: run id, number of the wish that was granted
_SETTLE = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 1
"""


class Paces:
    """The pace of status comments (`ports.Pace`)."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._granted: dict[str, int] = {}

    def allows(self, run_id: str) -> bool:
        """True at most once in five seconds for a run; an edit counts as owed until it is settled."""
        with store_errors():
            wish: int = self._redis.eval(_WISH, 2, key("owed"), key("edited", run_id), run_id, str(_PAUSE_MS))
        if wish:
            self._granted[run_id] = wish
        return bool(wish)

    def owed(self) -> tuple[str, ...]:
        """Runs whose comment is behind and may be edited now."""
        with store_errors():
            behind = sorted(map(text, self._redis.hkeys(key("owed"))))
            return tuple(run_id for run_id in behind if not self._redis.exists(key("edited", run_id)))

    def settled(self, run_id: str) -> None:
        """The comment says what the record said when the edit was allowed; a wish since then stays owed."""
        with store_errors():
            self._redis.eval(_SETTLE, 1, key("owed"), run_id, str(self._granted.pop(run_id, 0)))
