"""Set-up in the sandbox: it reaches the package registries of this machine and nothing else."""

import json
import logging
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ghapp.sandbox.bubblewrap import Bubblewrap
from tests.sandbox.packages import Index, Project, serving

Make = Callable[..., Bubblewrap]
INSTALL = ["python3 -m venv /env", "/env/bin/pip install --quiet -r requirements.txt"]
FETCH = ["python3 -m pip install --quiet --target /env/site -r requirements.txt"]
DIAL = """python3 - <<'END'
import socket, urllib.request
def tried(what, act):
    try: print(what, act())
    except OSError as error: print(what, type(error).__name__, error)
tried("name", lambda: urllib.request.urlopen("https://other.example/"))
tried("number", lambda: urllib.request.urlopen("https://192.0.2.1/"))
tried("port", lambda: urllib.request.urlopen("https://localhost:1/"))
tried("post", lambda: urllib.request.urlopen("INDEX", data=b"a secret"))
tried("direct", lambda: socket.create_connection(("192.0.2.1", 443), timeout=5))
tried("resolver", lambda: socket.getaddrinfo("other.example", 443))
tried("host", lambda: socket.create_connection(("127.0.0.1", PORT), timeout=5))
tried("metadata", lambda: urllib.request.urlopen("http://169.254.169.254/latest/meta-data/"))
END"""
OTHER_NAME = """python3 - <<'END'
import socket, ssl
sock = socket.create_connection(("127.0.0.1", 3128))
sock.sendall(b"CONNECT localhost:PORT HTTP/1.1\\r\\n\\r\\n")
assert sock.recv(1000).startswith(b"HTTP/1.1 200")
try: ssl.create_default_context().wrap_socket(sock, server_hostname="other.example")
except OSError as error: print("inside", error)
END"""


@pytest.fixture
def index() -> Iterator[Index]:
    """An index with one package."""
    with serving(("needed", "1.0")) as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty repository."""
    return Project(tmp_path / "project")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A sandbox on the test's own data folder."""

    def made(**settings: object) -> Bubblewrap:
        return Bubblewrap(tmp_path / "data", **{"environment": {}, **settings})  # type: ignore[arg-type]

    return made


def test_pip_installs_from_the_index_of_the_machine(make: Make, index: Index, project: Project) -> None:
    """Through the way out; the built-in index is not in use then, and not reachable."""
    base = project.commit({"requirements.txt": "needed==1.0\n"})
    sandbox = make(environment={"PIP_INDEX_URL": index.url})
    prepared = sandbox.prepare(project.mirror, base, INSTALL)
    assert not prepared.failed, prepared.log
    assert "GET /files/needed-1.0-py3-none-any.whl" in index.asked
    with sandbox.open(project.mirror, prepared) as workspace:
        done = workspace.run(["python", "-c", "import needed; print(needed.version)"])
        assert done.output == "1.0\n"
        assert workspace.run(["sh", "-c", "env | grep -i proxy; ls /run"]).output.startswith("ls: cannot access")
    allowed = sandbox._templates.registries.allowed.sources
    assert not any("python" in each.host or "pypi" in each.host for each in allowed)


def test_whatever_else_is_dialled_is_refused_and_named(make: Make, index: Index, project: Project) -> None:
    """Another name, a number, another port, another name inside TLS, an upload; past the proxy there is nothing."""
    base = project.commit({"a": "a"})
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        sandbox = make(environment={"PIP_INDEX_URL": index.url}, hosts=[f"localhost:{port}"])
        setup = [text.replace("PORT", port).replace("INDEX", index.url) for text in (OTHER_NAME, DIAL)]
        server.settimeout(20)
        prepared = sandbox.prepare(project.mirror, base, [setup[0]])
        peer, _ = server.accept()
        with peer:
            assert peer.recv(1) == b""
        server.close()
        also = sandbox.prepare(project.mirror, base, [setup[1]])
    assert prepared.refused == (f"other.example:{port}",)
    address = index.url.split("/")[2]
    assert also.refused == ("other.example:443", "192.0.2.1:443", "localhost:1", address, "169.254.169.254:80")
    said = dict(line.split(" ", 1) for line in also.log.splitlines() if re.match("[a-z]+ ", line))
    assert "403" in said["name"]
    assert "403" in said["number"]
    assert "403" in said["port"]
    assert "403" in said["post"]
    assert "unreachable" in said["direct"]
    assert said["resolver"].startswith("gaierror")
    assert "refused" in said["host"]
    assert "[not reached: other.example:443: it is no package registry that this machine knows]" in also.log
    assert not index.asked


def test_a_reused_template_still_tells_what_was_refused(make: Make, project: Project) -> None:
    """To the run that finds it prepared."""
    base = project.commit({"a": "a"})
    setup = ["python3 -c \"import urllib.request as u; u.urlopen('http://other.example/')\" || true"]
    first, second = (make().prepare(project.mirror, base, setup) for _ in range(2))
    assert (first.reused, second.reused) == (False, True)
    assert first.refused == second.refused == ("other.example:80",)


def test_a_repository_may_have_less_but_not_more(make: Make, index: Index, project: Project) -> None:
    """Its list takes away; what it adds is refused all the same."""
    base = project.commit({"requirements.txt": "needed==1.0\n"})
    sandbox = make(environment={"PIP_INDEX_URL": index.url, "PIP_RETRIES": "0"})
    fetch = "python3 -c \"import urllib.request as u; u.urlopen('https://other.example/')\""
    prepared = sandbox.prepare(project.mirror, base, [*FETCH, fetch], hosts=["other.example"])
    assert prepared.failed
    assert prepared.refused == (index.url.split("/")[2],)
    assert not index.asked
    assert sandbox.prepare(project.mirror, base, [fetch], hosts=["other.example"]).refused == ("other.example:443",)
    assert not sandbox.prepare(project.mirror, base, FETCH, hosts=["127.0.0.1"]).failed


def test_an_operators_list_adds(make: Make, index: Index, project: Project) -> None:
    """A server that no package client knows."""
    base = project.commit({"a": "a"})
    fetch = f"python3 -c \"import urllib.request as u; print(u.urlopen('{index.url}needed/').read())\""
    assert not make(hosts=[index.url]).prepare(project.mirror, base, [fetch]).failed
    assert make().prepare(project.mirror, base, [fetch]).failed
    with pytest.raises(ValueError, match="not the name of a host"):
        make(hosts=["*"])


@pytest.fixture
def reached(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Which servers the way out has led to since it was asked last."""
    caplog.set_level(logging.INFO, "ghapp.sandbox.egress")

    def since() -> list[str]:
        found = [record.getMessage() for record in caplog.records if "reaches" in record.getMessage()]
        caplog.clear()
        return found

    return since


def test_python_and_its_registry(make: Make, project: Project, reached: Callable[[], list[str]]) -> None:
    """As this machine is set up: what the tests need is installed once, and another commit finds it there."""
    test = "import iniconfig\nassert iniconfig.IniConfig\n"
    base = project.commit({"requirements.txt": "iniconfig\n", "check.py": test})
    sandbox = make(environment=os.environ)
    prepared = sandbox.prepare(project.mirror, base, INSTALL)
    assert not prepared.failed, prepared.log
    assert not prepared.refused
    assert reached(), "a package came from somewhere else"
    with sandbox.open(project.mirror, prepared) as workspace:
        assert workspace.run(["python", "check.py"]).exit_code == 0
    later = sandbox.prepare(project.mirror, project.commit({"check.py": f"{test}print('later')\n"}), INSTALL)
    assert later.reused
    assert not reached()
    with sandbox.open(project.mirror, later) as workspace:
        assert workspace.run(["python", "check.py"]).output == "later\n"


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm here")
def test_node_and_its_registry(make: Make, project: Project, reached: Callable[[], list[str]]) -> None:
    """The same with npm; node_modules is in the tree, and yet not part of anyone's work."""
    package = {"name": "x", "version": "1.0.0", "dependencies": {"is-number": "7.0.0"}, "scripts": {"test": "node t"}}
    test = "if (!require('is-number')(5)) process.exit(1)\n"
    install = ["npm install --no-package-lock --no-audit --no-fund"]
    base = project.commit({"package.json": json.dumps(package), "t.js": test})
    sandbox = make(environment=os.environ)
    prepared = sandbox.prepare(project.mirror, base, install)
    assert not prepared.failed, prepared.log
    assert not prepared.refused
    assert reached()
    later = sandbox.prepare(project.mirror, project.commit({"t.js": f"{test}console.log('later')\n"}), install)
    assert later.reused
    assert not reached()
    with sandbox.open(project.mirror, later) as workspace:
        done = workspace.run(["npm", "test"])
        assert done.exit_code == 0, done.output
        assert "later" in done.output
        assert not workspace.changed()
