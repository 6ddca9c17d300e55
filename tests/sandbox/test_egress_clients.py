"""Which servers the package clients' settings name, and what of these settings is shown inside."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ghapp.sandbox.bubblewrap import Bubblewrap
from ghapp.sandbox.clients import settings_of
from ghapp.sandbox.guest import registries as guest

ONE, TWO = "https://one.example/simple", "http://two.example:3141/index"


def write(path: Path, text: str) -> Path:
    """A file with that text, and the folders it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        (
            {"PIP_INDEX_URL": ONE, "PIP_EXTRA_INDEX_URL": f"{TWO} file:///nowhere"},
            {"one.example:443", "two.example:3141"},
        ),
        ({"UV_INDEX": f"mine={ONE} {TWO}"}, {"one.example:443", "two.example:3141"}),
        ({"npm_config_registry": ONE, "npm_config_@mine:registry": TWO}, {"one.example:443", "two.example:3141"}),
        ({"YARN_NPM_REGISTRY_SERVER": ONE}, {"one.example:443"}),
        ({"GOPROXY": f"{ONE},{TWO}|direct"}, {"one.example:443", "two.example:3141"}),
        ({"CARGO_REGISTRIES_MINE_INDEX": f"sparse+{ONE}/"}, {"one.example:443"}),
        ({"PIP_PROXY": ONE, "HTTPS_PROXY": ONE, "npm_config_https_proxy": ONE, "UV_PUBLISH_URL": ONE}, set()),
        ({"SOME_INDEX_URL": ONE, "PIP_LOG": ONE}, set()),
    ],
)
def test_variables_name_servers(variables: dict[str, str], named: set[str], tmp_path: Path) -> None:
    """Those of the package clients do, and not what is for uploads or for proxies."""
    found = settings_of(variables, tmp_path)
    assert {source.address for source in found.sources} == named
    assert all(source.named for source in found.sources)


@pytest.mark.parametrize(
    ("path", "text", "named"),
    [
        (".config/pip/pip.conf", f"[global]\nindex-url = {ONE}\nextra-index-url =\n  {TWO}\nproxy = http://no.example\n",
         {"one.example:443", "two.example:3141"}),
        (".config/uv/uv.toml", f'publish-url = "https://no.example"\n[[index]]\nurl = "{ONE}"\n[pip]\n'
         f'extra-index-url = ["{TWO}"]\n', {"one.example:443", "two.example:3141"}),
        (".npmrc", f"registry={ONE}\n@mine:registry = {TWO}\nproxy=http://no.example\n",
         {"one.example:443", "two.example:3141"}),
        (".yarnrc", f'registry "{ONE}"\n', {"one.example:443"}),
        (".yarnrc.yml", f'npmRegistryServer: "{ONE}"\nhttpProxy: "http://no.example"\n', {"one.example:443"}),
        (".config/go/env", f"GOPROXY={ONE}\n", {"one.example:443"}),
        (".cargo/config.toml", f'[source.mine]\nregistry = "sparse+{ONE}/"\n', {"one.example:443"}),
        (".m2/settings.xml", f"<mirror><url>{ONE}</url></mirror><proxy><host>no.example</host></proxy>",
         {"one.example:443"}),
        (".m2/settings.xml", f"<server><password>x</password></server><url>{ONE}</url>", set()),
        (".cargo/config.toml", f'[registries.mine]\nindex = "{ONE}"\ntoken = "x"\n', set()),
        (".config/pip/pip.conf", "no ini at all", set()),
        (".config/uv/uv.toml", "[[[", set()),
    ],
)  # fmt: skip
def test_files_name_servers(path: str, text: str, named: set[str], tmp_path: Path) -> None:
    """Where each client looks for its own; one with a password in it is left alone."""
    write(tmp_path / path, text)
    found = settings_of({"HOME": str(tmp_path)}, tmp_path / "etc")
    assert {source.address for source in found.sources} == named
    shown = {bind.target for bind in found.binds}
    assert ("secret" in text or "password" in text or "token" in text) <= (not shown)


def test_yarn_is_told_by_a_variable(tmp_path: Path) -> None:
    """No variable leads it to a file."""
    write(tmp_path / ".yarnrc", f'registry "{ONE}"\n')
    write(tmp_path / ".yarnrc.yml", f"npmRegistryServer: '{TWO}'\n")
    found = settings_of({"HOME": str(tmp_path)}, tmp_path)
    assert (found.variables["YARN_REGISTRY"], found.variables["YARN_NPM_REGISTRY_SERVER"]) == (ONE, TWO)


@pytest.mark.parametrize("variables", [{"PIP_INDEX_URL": ONE}, {"PIP_NO_INDEX": "1"}, {"PIP_CONFIG_FILE": "CONF"}])
def test_a_default_that_is_not_in_use_is_not_asked(variables: dict[str, str], tmp_path: Path) -> None:
    """Who has an index of their own wants nothing from the public one."""
    conf = write(tmp_path / "pip.conf", f"[install]\nindex_url = {ONE}\n")
    given = {name: value.replace("CONF", str(conf)) for name, value in variables.items()}
    assert settings_of(given, tmp_path / "etc").settled == {"pip"}
    assert not settings_of({"PIP_EXTRA_INDEX_URL": ONE}, tmp_path / "etc").settled


def test_the_installed_pip_says_its_index() -> None:
    """And where that keeps its files; a client that is not to be asked says nothing."""
    program = [sys.executable, "-I", guest.__file__]
    every = ["npm", "pnpm", "yarn", "yarn 2", "go", "cargo", "maven"]

    def said(*but: str) -> list[str]:
        done = subprocess.run(program, input=json.dumps(but).encode(), capture_output=True, check=True)
        return list(json.loads(done.stdout))

    index, files = said(*every)
    assert index.startswith("https://")
    assert files.startswith("https://")
    assert said(*every, "pip") == []


@pytest.fixture
def sparse_index() -> Iterator[str]:
    """An index of cargo's, which says in a file where the crates are."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/index/config.json"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(b'{"dl": "https://crates.example/files"}')

        def log_message(self, *about: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"sparse+http://127.0.0.1:{server.server_port}/index/"
        finally:
            server.shutdown()
            thread.join()


def test_an_index_of_cargo_says_where_its_files_are(sparse_index: str, tmp_path: Path) -> None:
    """The machine that named the index has named that, too."""
    sandbox = Bubblewrap(tmp_path, environment={"CARGO_REGISTRIES_MINE_INDEX": sparse_index})
    found = sandbox._templates.registries.allowed.find("https", "crates.example", 443)
    assert found
    assert found.named


def test_the_clients_of_this_machine_name_their_registries(tmp_path: Path) -> None:
    """Asked in a jail, without network."""
    found = Bubblewrap(tmp_path, environment={})._templates.registries.allowed.sources
    assert found
    assert not any(source.named for source in found)
