"""Templates: made once a machine whoever asks, kept while somebody works on them, removed when they are too many."""

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ghapp.core.errors import TransientError
from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.sandbox.folders import owned
from tests.sandbox.origins import Origin

Make = Callable[..., Bubblewrap]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A sandbox on the test's own data folder."""

    def made(**settings: object) -> Bubblewrap:
        return Bubblewrap(tmp_path / "data", **{"environment": {}, **settings})  # type: ignore[arg-type]

    return made


def templates(tmp_path: Path) -> set[Path]:
    """All that is in the folder of templates: no lock and no half-made one may stay."""
    return set((tmp_path / "data/templates").iterdir())


def test_two_who_ask_at_once_get_one_template(make: Make, origin: Origin) -> None:
    """One makes it, the other waits; both may be processes of their own, which have nothing but the disk in common."""
    one, other = make(), make()
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(each.prepare, origin.mirror, origin.base, ["echo once"]) for each in (one, other)]
        prepared = [each.result() for each in asked]
    assert prepared[0].path == prepared[1].path
    assert sorted(each.reused for each in prepared) == [False, True]


def test_another_set_up_is_another_template(make: Make, origin: Origin) -> None:
    """And so is another base."""
    sandbox = make()
    paths = {
        sandbox.prepare(origin.mirror, base, setup).path
        for base in (origin.base, origin.later)
        for setup in ([], ["true"], ["true", "true"])
    }
    assert len(paths) == 6


def test_the_longest_unused_goes_first(make: Make, origin: Origin, tmp_path: Path) -> None:
    """Taking a template up again counts as use."""
    sandbox = make(keep_templates=2)
    paths = [sandbox.prepare(origin.mirror, origin.base, [f"echo {n}"]).path for n in range(2)]
    for age, path in enumerate(paths):
        os.utime(path, (1000 - age, 1000 - age))
    assert sandbox.prepare(origin.mirror, origin.base, ["echo 1"]).reused
    newest = sandbox.prepare(origin.mirror, origin.base, ["echo 2"]).path
    assert templates(tmp_path) == {paths[1], newest}


def test_one_in_use_stays(make: Make, origin: Origin, tmp_path: Path) -> None:
    """Also when another process makes room."""
    prepared = make().prepare(origin.mirror, origin.base, [])
    with make().open(origin.mirror, prepared) as workspace:
        newer = make(keep_templates=1).prepare(origin.mirror, origin.base, ["true"])
        assert workspace.run(["cat", "app.py"]).output == "print('one')\n"
        assert templates(tmp_path) == {prepared.path, newer.path}
    newest = make(keep_templates=1).prepare(origin.mirror, origin.base, ["true", "true"])
    assert templates(tmp_path) == {newest.path}


def test_one_that_was_removed_is_worth_another_try(make: Make, origin: Origin) -> None:
    """Whoever got it and comes too late prepares again."""
    sandbox = make(keep_templates=1)
    prepared = sandbox.prepare(origin.mirror, origin.base, [])
    sandbox.prepare(origin.mirror, origin.base, ["true"])
    with pytest.raises(TransientError), sandbox.open(origin.mirror, prepared):
        raise AssertionError("it opened")


def test_what_dead_workers_left_is_swept(make: Make, origin: Origin, tmp_path: Path) -> None:
    """Half-made templates and runs without an owner go, those with one stay."""
    data = tmp_path / "data"
    for name in ("templates/making-dead/root", "runs/run-dead/upper"):
        (data / name).mkdir(parents=True)
    with owned(data / "templates", "making-") as making, owned(data / "runs", "run-") as run:
        prepared = make().prepare(origin.mirror, origin.base, [])
        assert templates(tmp_path) == {making, prepared.path}
        assert list((data / "runs").iterdir()) == [run]


def test_a_set_up_has_the_clients_settings(make: Make, origin: Origin, tmp_path: Path) -> None:
    """By name: nothing else of the environment comes along, and nothing of it reaches a run."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text("[global]\ntimeout = 77\n")
    settings = {
        "HOME": str(tmp_path),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CACHE_DIR": "/somewhere",
        "UV_PUBLISH_TOKEN": "a secret",
        "NPM_CONFIG__AUTHTOKEN": "a secret",
        "https_proxy": "http://operator:secret@127.0.0.1:1",
        "NPM_CONFIG_HTTPS_PROXY": "http://operator:secret@127.0.0.1:1",
        "NPM_CONFIG_REGISTRY": "http://127.0.0.1:2",
        "REQUESTS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt",
        "GITHUB_TOKEN": "secret",
        "ANTHROPIC_API_KEY": "secret",
    }
    sandbox = make(environment=settings)
    setup = ["env", f"ls -d {wheels}", "pip config list || python3 -m pip config list"]
    prepared = sandbox.prepare(origin.mirror, origin.base, setup)
    assert not prepared.failed, prepared.log
    expected = ("https_proxy=http://127.0.0.1:3128", "NPM_CONFIG_REGISTRY", f"\n{wheels}\n", "timeout='77'")
    assert all(text in prepared.log for text in expected), prepared.log
    assert "secret" not in prepared.log
    assert "/somewhere" not in prepared.log
    with sandbox.open(origin.mirror, prepared) as workspace:
        seen = workspace.run(["env"]).output.lower()
        assert "pip_" not in seen
        assert "proxy" not in seen
        assert workspace.run(["ls", "-d", str(wheels)]).exit_code == 2


def test_no_jail_has_a_network(make: Make, origin: Origin) -> None:
    """Nor has set-up: what it reaches, it reaches through a socket, and only while it runs."""
    seen = "import os, pathlib; print(os.listdir('/run/honk'), open('/proc/net/dev').read().count(':'))"
    sandbox = make()
    with socket.create_server(("127.0.0.1", 0)) as server:
        reach = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))"
        setup = [f'python3 -c "{seen}"', f'python3 -c "{reach}" || ls /etc/resolv.conf || true']
        prepared = sandbox.prepare(origin.mirror, origin.base, setup)
    assert "['egress.sock'] 1\n" in prepared.log
    assert "ConnectionRefusedError" in prepared.log
    assert "cannot access '/etc/resolv.conf'" in prepared.log
    with sandbox.open(origin.mirror, prepared) as workspace:
        assert workspace.run(["ls", "/run"]).exit_code == 2
        assert (
            "refused" in workspace.run(["python3", "-c", reach.replace("127.0.0.1', ", "127.0.0.1', 3128 or ")]).output
        )
