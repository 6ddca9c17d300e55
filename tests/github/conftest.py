"""A playground with the App installed on `octo`, and the App as Honk speaks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ghapp.core.events import Repository, Thread
from ghapp.github.app import GitHubApp
from ghapp.playground.server import Playground
from ghapp.playground.world import World
from tests.github.front import Front
from tests.keys import pem, short_key

PERMISSIONS = {
    "actions": "write",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "read",
}


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    """The App's key."""
    return short_key()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    """A running playground; every answer must have been as GitHub describes it."""
    with Playground(tmp_path / "playground") as running:
        yield running
        running.world.settle()
        assert running.world.violations == []


@pytest.fixture
def world(playground: Playground, key: rsa.RSAPrivateKey) -> World:
    """Two repositories of `octo`, one of them private, and the App installed on both."""
    world = playground.world
    world.organization("octo")
    world.repository("octo/demo", {"README.md": "# Demo\n", ".github/honk.yml": "version: 1\n"})
    world.repository("octo/other", {"README.md": "# Other\n"}, private=True)
    form, kind = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    world.register_app(public_key=key.public_key().public_bytes(form, kind).decode(), permissions=PERMISSIONS)
    world.install("octo")
    return world


@pytest.fixture
def front(playground: Playground) -> Front:
    """What stands before the playground: it counts requests, and says what GitHub says at times."""
    return Front.before(playground)


@pytest.fixture
def app(world: World, front: Front, playground: Playground, key: rsa.RSAPrivateKey) -> Iterator[GitHubApp]:
    """The App, with its real key."""
    app = GitHubApp(str(world.app.id), pem(key), playground.api_url, playground.base_url)
    yield app
    app.close()


def _repository(world: World, full_name: str) -> Repository:
    installation = next(iter(world.state.installations))
    return Repository(world.repo(full_name).id, full_name, installation)


@pytest.fixture
def demo(world: World) -> Repository:
    """`octo/demo`, as the App sees it."""
    return _repository(world, "octo/demo")


@pytest.fixture
def other(world: World) -> Repository:
    """`octo/other`, which is private."""
    return _repository(world, "octo/other")


@pytest.fixture
def thread(world: World, demo: Repository) -> Thread:
    """An issue that somebody opened."""
    issue = world.person("mona", write="octo/demo").open_issue("octo/demo", "It is broken", "Please mend it.")
    return Thread(demo, issue.number)
