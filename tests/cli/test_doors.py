"""What a command needs is looked at before it starts anything, and said in one sentence."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ghapp.cli import honk, main
from ghapp.cli.doctor import look_at_clock, look_at_data, look_at_engine, look_at_key, look_at_sandbox
from ghapp.cli.folder import ready
from ghapp.core.errors import UserError
from ghapp.playground.server import Playground
from ghapp.settings import Settings, from_environment
from tests.keys import pem, short_key

APP = {
    "GITHUB_APP_ID": "7",
    "GITHUB_WEBHOOK_SECRET": "s",
    "ANTHROPIC_API_KEY": "k",
    "HONK_ENGINE": "messages",
    "GITHUB_API_URL": "http://127.0.0.1:1/api/v3",
}
NO_FOLDER = "is no folder that can be written to"


def another_kind() -> str:
    """A good key, but none that GitHub gives an App."""
    form, secret = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(serialization.Encoding.PEM, form, secret).decode()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to type in, where the operator has set nothing but what a test sets."""
    for name in (*APP, "GITHUB_PRIVATE_KEY", "GITHUB_PRIVATE_KEY_PATH", "HONK_DATA", "REDIS_URL", "HONK_LOG", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    yield tmp_path
    for number, handler in before:  # commands that stay up have their own
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def new_app_key() -> str:
    """A key as GitHub gives it to an App."""
    return pem(short_key())


@pytest.fixture
def typed(here: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Type a command with this environment; the sentence that it refuses with."""

    def refused(*words: str, **environ: str) -> str:
        for name, text in environ.items():
            monkeypatch.setenv(name, text)
        done = CliRunner().invoke(honk, words)
        assert isinstance(done.exception, UserError), done.output
        assert done.output == ""
        return str(done.exception)

    return refused


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ({}, "not set: GITHUB_PRIVATE_KEY or GITHUB_PRIVATE_KEY_PATH"),
        ({"GITHUB_PRIVATE_KEY_PATH": "none.pem"}, "GITHUB_PRIVATE_KEY_PATH: No such file or directory: none.pem"),
        ({"GITHUB_PRIVATE_KEY": "nonsense"}, "is no RSA private key in PEM form"),
        ({"GITHUB_PRIVATE_KEY": another_kind()}, "is no RSA private key in PEM form"),
    ],
    ids=["missing", "elsewhere", "none", "of another kind"],
)
def test_honk_run_starts_nothing_without_the_apps_key(
    here: Path, typed: Callable[..., str], key: dict[str, str], sentence: str
) -> None:
    """Instead of starting parts that end, and starting them again for ever."""
    assert sentence in typed("run", **APP, **key)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "web"])
@pytest.mark.parametrize(
    ("there", "missing"),
    [("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"), ("GITHUB_CLIENT_SECRET", "GITHUB_CLIENT_ID")],
)
def test_signing_in_needs_both_of_its_settings(
    typed: Callable[..., str], new_app_key: str, command: str, there: str, missing: str
) -> None:
    """With Slack and only one of the two, the other is named."""
    settings = {**APP, "GITHUB_PRIVATE_KEY": new_app_key, "SLACK_BOT_TOKEN": "xoxb-1", there: "x"}
    assert typed(command, **settings).startswith(f"not set: {missing}.")


@pytest.mark.parametrize("folder", ["/proc/honk", "file", "file/below"])
@pytest.mark.parametrize("words", [("run",), ("playground",), ("worker",), ("fix", ".", "Fix it")])
def test_a_data_folder_that_cannot_be_is_named(
    here: Path, typed: Callable[..., str], new_app_key: str, words: tuple[str, ...], folder: str
) -> None:
    """Whatever needs it says so at its start: /proc takes no folder, and a file is none."""
    (here / "file").touch()
    line = typed(*words, **APP, GITHUB_PRIVATE_KEY=new_app_key, HONK_DATA=folder)
    assert line.startswith(f"HONK_DATA: {here / folder} {NO_FOLDER}: ")


@pytest.mark.parametrize("command", ["demo", "demo-phone"])
def test_a_demo_names_the_data_folder(here: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """In its own words, in which it says all that goes wrong."""
    for name, text in {**APP, "HONK_DATA": "/proc/honk"}.items():
        monkeypatch.setenv(name, text)
    done = CliRunner().invoke(honk, [command])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert done.output.startswith(f"{command}: HONK_DATA: /proc/honk {NO_FOLDER}")


def test_the_data_folder_is_made(here: Path) -> None:
    """With the folders above it, and nothing is left in it by looking."""
    data = ready(from_environment({"HONK_DATA": "a/b"}))
    assert data == here / "a" / "b"
    assert list(data.iterdir()) == []


def test_the_doctor_names_the_data_folder() -> None:
    """Once as the cause; what lies in it was not tried."""
    settings = Settings(data=Path("/proc/honk"))
    (finding,) = look_at_data(settings)
    assert not finding.well
    assert NO_FOLDER in finding.said
    assert "HONK_DATA" in finding.advice
    (sandbox,) = look_at_sandbox(settings)
    assert (sandbox.well, sandbox.said) == (False, "bubblewrap was not tried")
    (engine,) = look_at_engine(settings)
    assert not engine.well


def test_the_doctor_says_where_a_key_was_looked_for() -> None:
    """A path that leads nowhere is no reason to make a new key."""
    (finding,) = look_at_key(Settings(github_app_id="7", github_private_key_path="none.pem"))
    assert (finding.well, finding.name) == (False, "private key")
    assert finding.said == "GITHUB_PRIVATE_KEY_PATH: No such file or directory: none.pem"
    assert "Make a new one" not in finding.advice


def test_the_doctor_refuses_a_key_of_another_kind() -> None:
    """It is no RSA key; the advice is to make a new one."""
    (finding,) = look_at_key(Settings(github_app_id="7", github_private_key=another_kind()))
    assert "no RSA private key" in finding.said
    assert "Make a new one" in finding.advice


def test_the_doctor_needs_no_key_for_the_clock(tmp_path: Path) -> None:
    """GitHub tells everybody what time it is."""
    with Playground(tmp_path / "github") as playground:
        (finding,) = look_at_clock(Settings(github_app_id="7", github_api_url=playground.api_url))
    assert finding.well, finding.said


def test_a_log_level_that_is_none_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, with those that there are, even when only help is asked for."""
    monkeypatch.setenv("HONK_LOG", "loud")
    monkeypatch.setattr("sys.argv", ["honk", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "honk: these settings cannot be read: HONK_LOG='loud' (it is DEBUG or INFO or WARNING or ERROR)\n"
    )
