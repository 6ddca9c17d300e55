"""The web part as it runs: gunicorn in a process of its own, over a real socket."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from redis import Redis

from ghapp.github.webhook import MAX_BYTES
from ghapp.store.inbox import Inboxes
from tests.web.test_hooks import BOX, comment, encoded, signed
from tests.web.web_over import SECRETS


@pytest.fixture
def address(redis_url: str, tmp_path: Path) -> Iterator[str]:
    """`honk web` on a free port; ended by its pid, with nothing left of its group."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "GITHUB_WEBHOOK_SECRET": SECRETS[0],
        "REDIS_URL": redis_url,
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "ghapp", "web"]
    web = subprocess.Popen(
        command, env=environ, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0, text=True
    )
    assert web.stdout is not None
    said = next((line for line in web.stdout if "Listening at" in line), "")
    assert f"http://127.0.0.1:{port}" in said
    yield f"http://127.0.0.1:{port}"
    web.send_signal(signal.SIGTERM)
    web.stdout.read()
    web.stdout.close()
    assert web.wait(10) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(web.pid, 0)


def test_the_door_over_a_real_socket(address: str, redis: Redis) -> None:
    """Stored, refused, repeated, chunked, too large: as in the process, so over HTTP."""
    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{address}/healthz", timeout=20).json() == {"ok": True}
        body, door = encoded(comment()), f"{address}/webhooks/github"
        answer = session.post(door, data=body, headers=signed(body), timeout=20)
        assert (answer.status_code, answer.json()) == (202, {"stored": True})
        assert Inboxes(redis).wanted() == (BOX,)
        forged = signed(body, secret="forged")
        assert session.post(door, data=body, headers=forged, timeout=20).status_code == 401
        halves = iter([body[:100], body[100:]])  # an iterator is sent in chunks, without a Content-Length
        answer = session.post(door, data=halves, headers=signed(body, delivery="d2"), timeout=20)
        assert (answer.status_code, answer.json()) == (202, {"stored": False})
        large = body + b" " * MAX_BYTES
        assert session.post(door, data=large, headers=signed(large), timeout=20).status_code == 413
        assert session.get(door, timeout=20).status_code == 405


def test_without_a_secret_nothing_starts(tmp_path: Path) -> None:
    """It says which setting is missing, and ends with 1."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    web = subprocess.run(
        [sys.executable, "-m", "ghapp", "web"], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert web.returncode == 1
    assert "GITHUB_WEBHOOK_SECRET" in web.stderr
