"""A playground for each test, an App with a real key, and a hook that keeps what it is sent."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from github import Auth, Github, GithubIntegration

from ghapp.playground.server import Playground
from ghapp.playground.state import App
from ghapp.playground.verbs import accounts
from tests.keys import pem, short_key
from tests.listening import listening
from tests.playground.playground_app import EVENTS, PERMISSIONS, SECRET, Api, Hook


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A web server on loopback that takes deliveries."""
    hook = Hook()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(hook.take(dict(self.headers.items()), raw))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Taker) as address:
        hook.url = f"{address}/webhooks/github"
        yield hook


@pytest.fixture(scope="session")
def private_key() -> str:
    """The App's key, PEM."""
    return pem(short_key())


@pytest.fixture(scope="session")
def public_key(private_key: str) -> str:
    key = serialization.load_pem_private_key(private_key.encode(), None)
    kind, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(kind, form).decode()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    """A running playground; every answer and delivery must have been as GitHub describes it."""
    with Playground(tmp_path / "playground") as running:
        yield running
        running.world.settle()
        assert running.world.violations == []


@pytest.fixture
def app(playground: Playground, hook: Hook, public_key: str) -> App:
    """The App, installed on `octo`, whose repository `octo/demo` has one file."""
    world = playground.world
    world.repository("octo/demo", {"README.md": "# Demo\n", "src/app.py": "print('hello')\n"})
    made = world.register_app(
        public_key=public_key, permissions=PERMISSIONS, events=EVENTS, hook_url=hook.url, webhook_secret=SECRET
    )
    world.install("octo")
    world.settle()
    hook.heard.clear()
    return made


@pytest.fixture
def integration(playground: Playground, app: App, private_key: str) -> Iterator[GithubIntegration]:
    """PyGithub as the App itself."""
    with GithubIntegration(auth=Auth.AppAuth(app.id, private_key), base_url=playground.api_url) as client:
        yield client


@pytest.fixture
def github(playground: Playground, app: App, private_key: str) -> Iterator[Github]:
    """PyGithub as the App's installation on `octo`."""
    number = next(one.id for one in playground.world.state.installations.values() if one.app is app)
    auth = Auth.AppAuth(app.id, private_key).get_installation_auth(number)
    with Github(
        base_url=playground.api_url,
        auth=auth,
        lazy=True,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    ) as client:
        yield client


@pytest.fixture
def api(playground: Playground, app: App) -> Iterator[Api]:
    """Plain requests as the App's installation on `octo`, with all that it was granted."""
    world = playground.world
    installation = next(one for one in world.state.installations.values() if one.app is app)
    token = accounts.installation_token(world, installation, installation.permissions, None)
    api = Api(playground.api_url, token.value)
    yield api
    api.session.close()


@pytest.fixture
def as_person(playground: Playground) -> Iterator[Callable[[str], Api]]:
    """Plain requests with the personal token of someone."""
    made: list[Api] = []

    def person(login: str) -> Api:
        made.append(Api(playground.api_url, playground.world.person(login).token()))
        return made[-1]

    yield person
    for api in made:
        api.session.close()
