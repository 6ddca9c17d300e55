"""Each command as it is typed: its help, and what it says when something is missing or wrong."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from redis import Redis

from ghapp.cli import honk
from ghapp.cli.apps import OWNER, register
from ghapp.playground.server import Playground
from ghapp.supervisor import embedded_valkey
from tests.whole.terminal import Terminal, said_in_one_line


def test_honk_lists_its_commands(terminal: Terminal) -> None:
    """`honk --help` names every command with its sentence, and not the one that is no person's."""
    done = terminal.honk("--help")
    assert done.returncode == 0
    assert "relay" not in done.stdout
    for name, command in honk.commands.items():
        if command.hidden:
            continue
        assert name in done.stdout
        assert command.get_short_help_str(30).removesuffix("...") in done.stdout


@pytest.mark.parametrize("name", sorted(honk.commands))
def test_each_command_explains_itself(name: str) -> None:
    """`honk COMMAND --help` says what it does and explains every option."""
    shown = CliRunner().invoke(honk, [name, "--help"])
    assert shown.exit_code == 0
    command = honk.commands[name]
    assert command.help
    options = [item for item in command.params if isinstance(item, click.Option)]
    assert all(option.help for option in options)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("web", "GITHUB_WEBHOOK_SECRET"),
        ("intake", "GITHUB_APP_ID"),
        ("worker", "ANTHROPIC_API_KEY"),
        ("clock", "GITHUB_APP_ID"),
        ("playground", "GITHUB_APP_ID, GITHUB_WEBHOOK_SECRET, ANTHROPIC_API_KEY"),
    ],
)
def test_a_part_without_its_settings_says_which(terminal: Terminal, command: str, missing: str) -> None:
    """One line that names the settings, exit status 1."""
    assert f"not set: {missing}. docs/settings.md" in said_in_one_line(terminal.honk(command))


def test_a_setting_that_cannot_be_read_is_named(terminal: Terminal) -> None:
    """A port that is no number is refused before anything starts."""
    terminal.environ["PORT"] = "http"
    assert said_in_one_line(terminal.honk("run")) == "honk: these settings cannot be read: PORT='http'"


def test_a_store_address_that_is_none_is_refused(terminal: Terminal) -> None:
    """The address may hold a password, so it is not repeated."""
    terminal.environ.update(GITHUB_WEBHOOK_SECRET="s", REDIS_URL="mongodb://:hunter2@127.0.0.1/")
    line = said_in_one_line(terminal.honk("web"))
    assert "REDIS_URL" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_port_that_is_taken_is_named(terminal: Terminal, offset: int) -> None:
    """`honk run` takes three ports, and says which is not free before it starts anything."""
    with contextlib.ExitStack() as stack:
        three = neighbours()
        for number, one in enumerate(three):
            stack.enter_context(one)
            if number != offset:
                one.close()
        taken = three[offset].getsockname()[1]
        terminal.environ["PORT"] = str(taken - offset)
        assert said_in_one_line(terminal.honk("run")).startswith(f"honk: port {taken} is not free")
    assert not (terminal.here / ".honk" / "playground").exists()


def neighbours() -> list[socket.socket]:
    """Three sockets that listen on ports next to each other."""
    while True:
        with contextlib.ExitStack() as stack:
            found = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))]
            try:
                for step in (1, 2):
                    port = found[0].getsockname()[1] + step
                    found.append(stack.enter_context(socket.create_server(("127.0.0.1", port))))
            except (OSError, OverflowError):
                continue
            stack.pop_all()
            return found


def new_key() -> str:
    """The private key of an App, PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, secret).decode()


@pytest.fixture
def app(tmp_path: Path, terminal: Terminal) -> Iterator[Path]:
    """An App at a playground, configured in the terminal's environment; the path of its key."""
    pem = new_key()
    path = tmp_path / "key.pem"
    path.write_text(pem)
    path.chmod(0o600)
    with Playground(tmp_path / "github") as playground:
        register(playground.world, app_id=7, private_key=pem, webhook_secret="s", root="http://127.0.0.1:1")
        playground.world.install(OWNER)
        terminal.environ.update(
            GITHUB_APP_ID="7",
            GITHUB_PRIVATE_KEY_PATH=str(path),
            GITHUB_WEBHOOK_SECRET="s",
            ANTHROPIC_API_KEY="k",
            GITHUB_API_URL=playground.api_url,
            GITHUB_SERVER_URL=playground.base_url,
        )
        yield path


def wrong(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """What `honk doctor` finds wrong, each with its advice."""
    assert "Traceback" not in done.stderr
    lines = [*done.stdout.splitlines(), ""]
    found = {
        line.removeprefix("WRONG ").partition(":")[0]: advice.strip()
        for line, advice in pairwise(lines)
        if line.startswith("WRONG")
    }
    assert done.returncode == (1 if found else 0), done.stdout + done.stderr
    return found


def test_the_doctor_is_content_without_any_configuration(terminal: Terminal) -> None:
    """On a fresh machine, where `honk run` serves the playground."""
    done = terminal.honk("doctor")
    assert wrong(done) == {}
    assert "no GitHub App is set" in done.stdout


@pytest.mark.usefixtures("app")
def test_the_doctor_is_content_with_a_good_configuration(terminal: Terminal, redis_url: str) -> None:
    """An App with its key, a store that keeps its data, a clock that agrees with GitHub's."""
    terminal.environ["REDIS_URL"] = redis_url
    done = terminal.honk("doctor")
    assert wrong(done) == {}
    assert done.stdout.count("ok ") == 12


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey that a test may spoil."""
    with embedded_valkey(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.mark.parametrize(
    ("setting", "value", "name", "advice"),
    [
        ("appendonly", "no", "redis persistence", "appendonly yes"),
        ("maxmemory-policy", "allkeys-lru", "redis eviction", "maxmemory-policy noeviction"),
    ],
)
def test_the_doctor_sees_a_store_that_forgets(
    own_redis: str, terminal: Terminal, setting: str, value: str, name: str, advice: str
) -> None:
    """Each way to lose accepted work is named with its cure."""
    with Redis.from_url(own_redis) as redis:
        redis.config_set(setting, value)
    terminal.environ["REDIS_URL"] = own_redis
    found = wrong(terminal.honk("doctor"))
    assert list(found) == [name]
    assert advice in found[name]


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "unix:///nowhere.sock", "nonsense"])
def test_the_doctor_sees_a_store_that_is_not_there(terminal: Terminal, address: str) -> None:
    """A wrong address, and one that is no address."""
    terminal.environ["REDIS_URL"] = address
    assert list(wrong(terminal.honk("doctor"))) == ["redis"]


def test_the_doctor_sees_a_key_that_others_can_read(terminal: Terminal, app: Path) -> None:
    """The mode of the key file is shown, and the command that mends it."""
    app.chmod(0o644)
    done = terminal.honk("doctor")
    assert wrong(done) == {"key file": f"Others can read it: chmod 600 {app}"}
    assert "mode 0644" in done.stdout


def test_the_doctor_sees_a_key_that_is_none(terminal: Terminal, app: Path) -> None:
    """A file that looks like a key and is none; for the time GitHub is asked without one."""
    app.write_text("-----BEGIN PRIVATE KEY-----\nbm9uc2Vuc2U=\n-----END PRIVATE KEY-----\n")
    assert list(wrong(terminal.honk("doctor"))) == ["private key"]


def test_the_doctor_sees_a_key_of_another_app(terminal: Terminal, app: Path) -> None:
    """A good key that GitHub does not know for this App."""
    app.write_text(new_key())
    assert list(wrong(terminal.honk("doctor"))) == ["private key"]


@pytest.mark.usefixtures("app")
def test_the_doctor_sees_what_is_not_set(terminal: Terminal) -> None:
    """An App without the model's key cannot work."""
    del terminal.environ["ANTHROPIC_API_KEY"]
    assert list(wrong(terminal.honk("doctor"))) == ["configuration"]


@pytest.mark.usefixtures("app")
def test_the_doctor_sees_that_github_is_away(terminal: Terminal) -> None:
    """The address of GitHub is wrong."""
    terminal.environ["GITHUB_API_URL"] = "http://127.0.0.1:1/api/v3"
    assert list(wrong(terminal.honk("doctor"))) == ["private key", "clock"]
