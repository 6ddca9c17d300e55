"""The town of each test, and what must be true when the test leaves it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from ghapp import jobs
from ghapp.cli.apps import register
from ghapp.playground.server import Playground
from ghapp.playground.slack.workspace import SlackWorkspace
from ghapp.queue import INTAKE, RUNS
from ghapp.web.wsgi import application
from tests.keys import pem, short_key
from tests.scenarios.office import Office
from tests.scenarios.town import DEMO, Citizen, Town, serving

SECRET = "a-made-up-webhook-secret"
CONFIG = "setup: []\nverify: [{name: tests, run: sh check.sh}]\nci: {settle: 0}\n"
CHECK = 'test "$(cat answer.txt)" -gt 0 || { echo "the answer is not positive"; exit 1; }\n'
WORKFLOW = """\
name: ci
on: [push, pull_request]
jobs: {test: {runs-on: ubuntu-latest, steps: [{run: sh check.sh}]}}
"""
FILES = {
    ".github/honk.yml": CONFIG,
    ".github/workflows/ci.yml": WORKFLOW,
    "answer.txt": "41\n",
    "check.sh": CHECK,
}


@pytest.fixture(scope="session")
def app_key() -> str:
    """The App's key, PEM."""
    return pem(short_key())


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """What the repository begins with; a test module may have its own."""
    return dict(FILES)


@pytest.fixture
def town(
    redis_url: str,
    redis: Redis,
    tmp_path: Path,
    app_key: str,
    files: dict[str, str | bytes | None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Town]:
    """The town, with a repository `octo/demo` that the App is installed on; nothing may be left when it is over."""
    data = tmp_path / "honk"
    with ExitStack() as stack:
        playground = stack.enter_context(Playground(tmp_path / "github"))
        world = playground.world
        for name, value in _environ(playground, redis_url, data, app_key).items():
            monkeypatch.setenv(name, value)
        jobs.settings.cache_clear()
        door = stack.enter_context(serving(application()))
        monkeypatch.setenv("HONK_PUBLIC_URL", door)
        register(world, app_id=1, private_key=app_key, webhook_secret=SECRET, root=door)
        world.clock = lambda: datetime(2026, 1, 1, tzinfo=UTC)  # the same commit in every test
        world.repository(DEMO, files)
        before = _children()
        town = Town(world, redis, data, monkeypatch, world.install("octo"))
        yield town
        _nothing_is_left(town, before)
        jobs.settings.cache_clear()


@pytest.fixture
def office(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The office of those who work on `octo/demo`: a Slack with its people, some of whom the town knows, too."""
    with ExitStack() as stack:
        slack = stack.enter_context(SlackWorkspace())
        names = {"SLACK_BOT_TOKEN": slack.app.bot_token, "SLACK_SIGNING_SECRET": slack.app.signing_secret}
        for name, value in {**names, "SLACK_API_URL": slack.api_url, "HONK_ROUTER_MODEL": "off"}.items():
            monkeypatch.setenv(name, value)
        jobs.settings.cache_clear()
        door = stack.enter_context(serving(application()))
        monkeypatch.setenv("HONK_PUBLIC_URL", door)
        jobs.settings.cache_clear()
        slack.connect(f"{door}/slack/events")
        town.chats.append(slack)
        yield Office(town, slack)
        town.forget_jobs()  # a test that is about the asking leaves the work undone
        town.pump()
        assert slack.violations == []
        assert slack.unheard == []


@pytest.fixture
def octocat(town: Town) -> Citizen:
    """Someone who may write to the repository."""
    return Citizen(town, town.world.person("octocat", write=DEMO))


@pytest.fixture
def stranger(town: Town) -> Citizen:
    """Someone without any right but to read."""
    return Citizen(town, town.world.person("stranger"))


def _environ(playground: Playground, redis_url: str, data: Path, app_key: str) -> dict[str, str]:
    return {
        "GITHUB_APP_ID": "1",
        "GITHUB_PRIVATE_KEY": app_key,
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "GITHUB_API_URL": playground.api_url,
        "GITHUB_SERVER_URL": playground.base_url,
        "REDIS_URL": redis_url,
        "ANTHROPIC_API_KEY": "sk-ant-made-up",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "HONK_DATA": str(data),
        "HONK_ENGINE": "messages",
        "HONK_JUDGE": "off",
        "HONK_LEASE_SECONDS": "3",  # a stop is noticed at a renewal, five times a second
        "HONK_MODEL": "claude-sonnet-5-5",
    }


def _nothing_is_left(town: Town, children: set[str]) -> None:
    town.pump()
    for model in town.models:
        assert model.troubles == []
        assert model.violations() == ()
    assert town.world.violations == []
    assert town.unread() == []
    for pattern in ("honk:lease:*", "honk:reading:*"):
        assert list(town.redis.scan_iter(pattern)) == []
    assert town.records.inbox.wanted() == ()
    assert [town.queue(name).count for name in (INTAKE, RUNS)] == [0, 0]
    assert _children() <= children
    assert str(town.data) not in Path("/proc/self/mountinfo").read_text()
    assert [path for part in ("runs", "templates") for path in (town.data / part).glob("[!t]*")] == []


def _children() -> set[str]:
    """Ids of this process's children."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            about = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if about[1] == str(os.getpid()):
            found.add(path.parent.name)
    return found
