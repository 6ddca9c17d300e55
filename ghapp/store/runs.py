"""Runs: one record each, fenced by its epoch, with a lease for whoever works on it.

Who may write: an active run belongs to the worker with the lease; a parked one to whoever holds its thread's inbox.
Either can be overtaken by `supersede`, which counts the epoch up. Every write compares epoch and version in Redis
itself, so one that is made from a stale copy is refused.
"""

from dataclasses import replace

from pydantic import TypeAdapter
from redis import Redis

from ghapp.core.errors import Gone, Superseded
from ghapp.core.events import Repository, Thread
from ghapp.core.run import ACTIVE, Run, State
from ghapp.store import names
from ghapp.store.connection import DAY, key, store_errors, text
from ghapp.store.conversations import words
from ghapp.store.spending import usage_of

LEASE_SECONDS = 30.0
_KEEP = 90 * DAY

_RUN = TypeAdapter(Run)
_ACTIVE = f" {' '.join(sorted(ACTIVE))} "

# KEYS: run, thread, open runs, page. ARGV: run id, json, epoch, state. A run that ended is not begun again.
_CREATE = """
if redis.call('HEXISTS', KEYS[2], 'open') == 1 or redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[3], 'version', 0, 'state', ARGV[4], 'json', ARGV[2])
redis.call('HSET', KEYS[2], 'open', ARGV[1], 'last', ARGV[1])
redis.call('SADD', KEYS[3], ARGV[1])
redis.call('SET', KEYS[4], ARGV[1])
return 1
"""

# KEYS: run, thread, open runs, lease, page, words. ARGV: run id, json, epoch expected, epoch written, state, active,
# done, version expected, seconds to keep what has ended
_SAVE = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[3] then return 0 end
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[8] then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[4], 'state', ARGV[5], 'json', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'version', 1)
if ARGV[6] == '0' or ARGV[3] ~= ARGV[4] then redis.call('DEL', KEYS[4]) end
if ARGV[7] == '1' then
  redis.call('SREM', KEYS[3], ARGV[1])
  if redis.call('HGET', KEYS[2], 'open') == ARGV[1] then redis.call('HDEL', KEYS[2], 'open') end
  for _, ended in ipairs({KEYS[1], KEYS[5], KEYS[6]}) do redis.call('EXPIRE', ended, ARGV[9]) end
end
return 1
"""

# KEYS: run, lease. ARGV: epoch, worker, lease in ms, state that waits for a worker
_CLAIM = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return false end
if redis.call('HGET', KEYS[1], 'state') ~= ARGV[4] then return false end
if not redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return false end
return redis.call('HGET', KEYS[1], 'json')
"""

# KEYS: run, lease. ARGV: epoch, worker, lease in ms, active states. An attempt that has just parked or ended its run
# has no lease any more and is not overtaken. One that slept through its lease goes on if nobody has noticed.
_RENEW = """
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
local holder = redis.call('GET', KEYS[2])
if holder then
  if holder ~= ARGV[2] then return 0 end
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
elseif string.find(ARGV[4], ' ' .. redis.call('HGET', KEYS[1], 'state') .. ' ', 1, true) then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end
return 1
"""


class UnknownRun(Gone):
    """No run has this id, or its record was lost."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"The record of run {run_id} is gone.")


class Runs:
    """The store of runs (`ports.Store`)."""

    def __init__(self, redis: "Redis", lease_seconds: float = LEASE_SECONDS) -> None:
        self._redis = redis
        self._lease_ms = int(lease_seconds * 1000)
        self._create = redis.register_script(_CREATE)
        self._save = redis.register_script(_SAVE)
        self._claim = redis.register_script(_CLAIM)
        self._renew = redis.register_script(_RENEW)

    def create(self, run: Run) -> bool:
        """Keep a new run as its thread's only open one; False when the thread has one, or this very run was there."""
        keys = [_run(run.id), _thread(run.thread), key("open"), key("page", run.key)]
        with store_errors():
            return bool(self._create(keys, [run.id, _RUN.dump_json(run), run.epoch, run.state.value]))

    def load(self, run_id: str) -> Run:
        """The record. Raises UnknownRun."""
        with store_errors():
            found = self._redis.hget(_run(run_id), "json")
        if found is None:
            raise UnknownRun(run_id)
        return self._read(found)

    def by_page(self, page_key: str) -> Run | None:
        """The run whose page has this unguessable key, or None."""
        with store_errors():
            found = self._redis.get(key("page", page_key))
        return self.load(text(found)) if found else None

    def save(self, run: Run) -> Run:
        """Replace the record, and give it back as kept; a parked run's lease ends.

        Superseded when a newer attempt is out, or when somebody else wrote since `run` was read.
        """
        return self._write(run, run.epoch)

    def supersede(self, run: Run) -> Run:
        """Replace the record under the next epoch, so that whoever holds the old one ends."""
        return self._write(replace(run, epoch=run.epoch + 1), run.epoch)

    def _write(self, run: Run, epoch: int) -> Run:
        written = replace(run, version=run.version + 1)
        keys = [_run(run.id), _thread(run.thread), key("open"), _lease(run.id), key("page", run.key), words(run.id)]
        flags = [run.state.value, int(run.is_active), int(run.is_done)]
        args: list[str | bytes | int] = [run.id, _RUN.dump_json(written), epoch, run.epoch, *flags, run.version, _KEEP]
        with store_errors():
            if not self._save(keys, args):
                raise Superseded(run.id)
        return replace(written, usage=usage_of(self._redis, run.id))

    def _read(self, json: bytes | str) -> Run:
        """A record with what the run has spent by now, and with what its repository is called now."""
        run = _RUN.validate_json(json)
        run = _called(run, names.newest(self._redis, run.thread.repository))
        return replace(run, usage=usage_of(self._redis, run.id))

    def claim(self, run_id: str, epoch: int, worker: str) -> Run:
        """Take the lease for an attempt. Superseded when it is held, is not queued (any more), or is not the newest."""
        with store_errors():
            found = self._claim([_run(run_id), _lease(run_id)], [epoch, worker, self._lease_ms, State.QUEUED.value])
        if not found:
            raise Superseded(run_id)
        return self._read(found)

    def renew(self, run_id: str, epoch: int, worker: str) -> None:
        """Keep the lease. Superseded when the run was given to another attempt or was ended."""
        with store_errors():
            if not self._renew([_run(run_id), _lease(run_id)], [epoch, worker, self._lease_ms, _ACTIVE]):
                raise Superseded(run_id)

    def last_run(self, thread: Thread) -> Run | None:
        """The thread's newest run, done or not; None also when its record is older than we keep them."""
        with store_errors():
            found = self._redis.hget(_thread(thread), "last")
        return self._kept(text(found)) if found else None

    def unfinished(self) -> tuple[Run, ...]:
        """Every run that is not done, oldest first."""
        with store_errors():
            ids = self._redis.smembers(key("open"))
        found = [run for item in ids if (run := self._kept(text(item))) is not None]
        return tuple(sorted(found, key=lambda run: run.created_at))

    def _kept(self, run_id: str) -> Run | None:
        """The record if it is there: one that was lost must not keep the others from being minded."""
        try:
            return self.load(run_id)
        except UnknownRun:
            return None

    def is_held(self, run_id: str) -> bool:
        """Whether a worker holds the run's lease."""
        with store_errors():
            return bool(self._redis.exists(_lease(run_id)))


def _called(run: Run, repository: Repository) -> Run:
    """The run in a repository that was renamed or transferred; a branch of the repository itself goes with it."""
    before, target = run.thread.repository, run.target
    if target is not None and target.full_name == before.full_name:
        target = replace(target, full_name=repository.full_name)
    return replace(run, thread=replace(run.thread, repository=repository), target=target)


def _run(run_id: str) -> str:
    return key("run", run_id)


def _lease(run_id: str) -> str:
    return key("lease", run_id)


def _thread(thread: Thread) -> str:
    return key("thread", thread.key)
