"""`honk setup slack` as it is typed: at a terminal, and by a script."""

import stat
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from redis import Redis

from ghapp.cli.manifest import manifest, new_app_link
from ghapp.core.chat import Speaker
from ghapp.core.events import Happening, MessageWritten
from ghapp.playground.slack.workspace import SlackWorkspace
from ghapp.store.inbox import Inboxes
from tests.whole.slack_door import APP_TOKEN, BOT_TOKEN, LACKING, REVOKED, slack_door
from tests.whole.terminal import Terminal, said_in_one_line, until

SIGNING_SECRET = "0123456789abcdef" * 2
CLIENT_SECRET = "abcdefghij" * 4
ADDRESS = "https://honk.example"
HTTP = {
    "HONK_PUBLIC_URL": ADDRESS,
    "SLACK_BOT_TOKEN": BOT_TOKEN,
    "SLACK_SIGNING_SECRET": SIGNING_SECRET,
    "GITHUB_CLIENT_ID": "Iv23liHONK",
    "GITHUB_CLIENT_SECRET": CLIENT_SECRET,
}
SECRETS = (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, CLIENT_SECRET, REVOKED)


@pytest.fixture
def slack(terminal: Terminal) -> Iterator[str]:
    """A Slack that knows the good tokens, set in the terminal's environment."""
    with slack_door() as url:
        terminal.environ["SLACK_API_URL"] = url
        yield url


def kept(terminal: Terminal) -> list[str]:
    """The lines of `.env`."""
    path = terminal.here / ".env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return path.read_text().splitlines()


def shows_no_secret(text: str) -> bool:
    return not any(secret in text for secret in SECRETS)


@pytest.mark.usefixtures("slack")
def test_a_person_is_led_through(terminal: Terminal) -> None:
    """The link, each value with its place; a wrong one is asked for again; nothing that is typed in secret is shown."""
    (terminal.here / ".env").write_text("# mine\nHONK_MODEL=m\n")
    with terminal.typing("setup", "slack") as person:
        person.until("HONK_PUBLIC_URL: where people and Slack reach Honk")
        person.type("http://honk.example")
        person.until("Slack sends to https only")
        person.type(f"{ADDRESS}/")
        person.until(new_app_link(manifest(ADDRESS)))
        for name, typed, said in (
            ("SLACK_BOT_TOKEN", APP_TOKEN, "this is an app-level token"),
            ("SLACK_BOT_TOKEN", REVOKED, "it was revoked"),
            ("SLACK_BOT_TOKEN", BOT_TOKEN, "the bot honk in Acme"),
            ("SLACK_SIGNING_SECRET", SIGNING_SECRET, "it has the right form"),
            ("GITHUB_CLIENT_ID", "Iv23liHONK", "it has the right form"),
            ("GITHUB_CLIENT_SECRET", CLIENT_SECRET, "it has the right form"),
        ):
            person.until(f"{name}: ")
            person.until("> ")
            person.type(typed)
            person.until(said)
        assert person.end() == 0
    assert f"Callback URL {ADDRESS}/slack/linked" in person.said
    assert "SLACK_BOT_TOKEN (new)" in person.said
    assert shows_no_secret(person.said)
    assert kept(terminal) == ["# mine", "HONK_MODEL=m", *(f"{name}={text}" for name, text in HTTP.items())]


@pytest.mark.usefixtures("slack")
def test_giving_up_changes_nothing(terminal: Terminal) -> None:
    """Ctrl-D in the middle: no file is made."""
    with terminal.typing("setup", "slack") as person:
        person.until("HONK_PUBLIC_URL")
        person.until("> ")
        person.type(ADDRESS)
        person.until("SLACK_BOT_TOKEN: ")
        person.until("> ")
        person.type("\x04")
        assert person.end() == 1
    assert not (terminal.here / ".env").exists()


@pytest.mark.usefixtures("slack")
def test_what_is_set_is_not_asked_for(terminal: Terminal) -> None:
    """A script gives all by the environment; each is tried, then written."""
    terminal.environ.update(HTTP)
    done = terminal.honk("setup", "slack")
    assert done.returncode == 0, done.stderr
    assert kept(terminal) == [f"{name}={text}" for name, text in HTTP.items()]
    assert "the bot honk in Acme" in done.stderr
    assert shows_no_secret(done.stdout + done.stderr)
    assert "has all of this already" in terminal.honk("setup", "slack").stdout


@pytest.mark.usefixtures("slack")
def test_socket_mode_needs_no_signing_secret(terminal: Terminal) -> None:
    """An app-level token instead, which is tried too; going back to HTTP empties it."""
    terminal.environ.update(HTTP | {"SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": APP_TOKEN})
    done = terminal.honk("setup", "slack", "--socket")
    assert done.returncode == 0, done.stderr
    assert new_app_link(manifest(None)) in done.stdout
    assert f"SLACK_APP_TOKEN={APP_TOKEN}" in kept(terminal)
    terminal.environ.update(HTTP)
    assert "SLACK_APP_TOKEN (emptied)" in terminal.honk("setup", "slack").stdout
    assert "SLACK_APP_TOKEN=" in kept(terminal)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("HONK_PUBLIC_URL", "http://honk.example", "Slack sends to https only"),
        ("SLACK_BOT_TOKEN", "", "not set: SLACK_BOT_TOKEN (OAuth & Permissions"),
        ("SLACK_BOT_TOKEN", "xoxb-1111-2222-nobodys", "Slack does not know it"),
        ("SLACK_BOT_TOKEN", REVOKED, "it was revoked"),
        ("SLACK_BOT_TOKEN", LACKING, "it lacks the scopes app_mentions:read, "),
        ("SLACK_SIGNING_SECRET", "short", "32 characters"),
        ("GITHUB_CLIENT_ID", "123456", "this is the App's id"),
        ("GITHUB_CLIENT_SECRET", "", "not set: GITHUB_CLIENT_SECRET"),
        ("SLACK_API_URL", "http://127.0.0.1:1/api/", "Slack could not be asked"),
    ],
)
@pytest.mark.usefixtures("slack")
def test_a_bad_value_changes_nothing(terminal: Terminal, name: str, text: str, says: str) -> None:
    """One sentence that says which it is and why; the file is as it was."""
    terminal.environ.update(HTTP | {name: text})
    (terminal.here / ".env").write_text("A=1\n")
    line = said_in_one_line_at_the_end(terminal.honk("setup", "slack"))
    assert says in line
    assert line.endswith("Nothing was changed.")
    assert shows_no_secret(line)
    assert (terminal.here / ".env").read_text() == "A=1\n"


def said_in_one_line_at_the_end(done: "subprocess.CompletedProcess[str]") -> str:
    """What was wrong, after what was found to be well."""
    assert done.returncode == 1, done.stdout + done.stderr
    *before, last = done.stderr.splitlines()
    assert all(": " in line for line in before)
    return last


@pytest.mark.usefixtures("slack")
def test_a_bad_app_token_changes_nothing(terminal: Terminal) -> None:
    """One that Slack does not know."""
    terminal.environ.update(HTTP | {"SLACK_APP_TOKEN": "xapp-1-A0HONK-3333-nobodys"})
    line = said_in_one_line_at_the_end(terminal.honk("setup", "slack", "--socket"))
    assert "SLACK_APP_TOKEN cannot be used: Slack does not know it" in line
    assert not (terminal.here / ".env").exists()


def test_the_manifest_can_be_had_alone(terminal: Terminal) -> None:
    """As YAML, for this address or for Socket Mode, to be pasted at Slack."""
    assert yaml.safe_load(terminal.honk("setup", "slack", "--manifest", "--socket").stdout) == manifest(None)
    terminal.environ["HONK_PUBLIC_URL"] = ADDRESS
    assert yaml.safe_load(terminal.honk("setup", "slack", "--manifest").stdout) == manifest(ADDRESS)


def test_nothing_is_there_to_check(terminal: Terminal) -> None:
    """Without a bot token there is no Slack."""
    assert "not set: SLACK_BOT_TOKEN" in said_in_one_line(terminal.honk("setup", "slack", "--check"))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        ({"SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": APP_TOKEN, "HONK_PUBLIC_URL": ""}, []),
        ({"SLACK_BOT_TOKEN": REVOKED}, ["slack bot token"]),
        ({"SLACK_SIGNING_SECRET": ""}, ["slack signing secret"]),
        ({"HONK_PUBLIC_URL": ""}, ["slack address"]),
        ({"SLACK_APP_TOKEN": "xapp-1-A0HONK-3333-nobodys"}, ["slack connection"]),
        ({"GITHUB_CLIENT_SECRET": ""}, ["slack sign-in"]),
        ({"GITHUB_CLIENT_ID": "", "GITHUB_CLIENT_SECRET": ""}, ["slack sign-in"]),
        ({"SLACK_API_URL": "http://127.0.0.1:1/api/"}, ["slack bot token"]),
    ],
)
@pytest.mark.usefixtures("slack")
def test_what_is_set_is_checked(terminal: Terminal, change: dict[str, str], found: list[str]) -> None:
    """Each thing that is wrong is named with what to do, and no secret is shown."""
    terminal.environ.update(HTTP | change)
    done = terminal.honk("setup", "slack", "--check")
    assert wrong(done.stdout) == found, done.stdout
    assert done.returncode == (1 if found else 0)
    assert shows_no_secret(done.stdout + done.stderr)
    assert not (terminal.here / ".env").exists()


def test_the_doctor_looks_at_slack_too(terminal: Terminal, slack: str, tmp_path: Path) -> None:
    """Where a bot token is set, its lines come with the others."""
    terminal.environ.update(HTTP | {"SLACK_BOT_TOKEN": REVOKED, "SLACK_API_URL": slack, "HONK_DATA": str(tmp_path)})
    done = terminal.honk("doctor")
    assert wrong(done.stdout) == ["slack bot token"]
    assert "ok    slack sign-in" in done.stdout


def test_socket_mode_without_its_tokens_says_which(terminal: Terminal) -> None:
    """One line that names the settings."""
    assert "not set: SLACK_BOT_TOKEN, SLACK_APP_TOKEN" in said_in_one_line(terminal.honk("slack"))


@pytest.mark.usefixtures("slack")
def test_socket_mode_with_a_token_that_is_none_says_so(terminal: Terminal, redis_url: str) -> None:
    """The process ends at once with a sentence, instead of trying for ever."""
    terminal.environ.update(HTTP | {"SLACK_APP_TOKEN": "xapp-1-A0HONK-3333-nobodys", "REDIS_URL": redis_url})
    done = terminal.honk("slack")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("honk: ")
    assert "Traceback" not in done.stderr
    assert shows_no_secret(done.stderr)


def test_what_is_said_comes_in_by_the_socket(terminal: Terminal, redis_url: str, redis: Redis) -> None:
    """`honk slack` connects; a mention is stored before Slack is told that it arrived; asked to end, it does."""
    with SlackWorkspace() as workspace:
        ana = workspace.member("ana")
        workspace.channel("general", ana)
        app = workspace.app
        terminal.environ.update(SLACK_BOT_TOKEN=app.bot_token, SLACK_APP_TOKEN=app.app_token)
        terminal.environ.update(SLACK_API_URL=workspace.api_url, REDIS_URL=redis_url)
        with terminal.staying("slack"):
            until(lambda: workspace.sockets.open)
            ana.mentions("general", "the login page is broken")
            workspace.settle()
            assert workspace.unheard == []
            (event,) = stored(redis)
            assert isinstance(event, MessageWritten)
            assert (event.text, event.speaker, event.addressed) == (
                "the login page is broken", Speaker(workspace.team, ana.id), True,
            )  # fmt: skip
        assert workspace.violations == []


def stored(redis: Redis) -> list[Happening]:
    """What waits to be looked at, oldest first in each talk."""
    found: list[Happening] = []
    inboxes = Inboxes(redis)
    for key in inboxes.wanted():
        with inboxes.drain(key) as box:
            assert box is not None
            while (event := box.peek()) is not None:
                found.append(event)
                box.done()
    return found


def wrong(said: str) -> list[str]:
    """What is wrong; each has a line of advice below it."""
    lines = [*said.splitlines(), ""]
    assert all(advice.startswith("      ") for line, advice in pairwise(lines) if line.startswith("WRONG"))
    return [line.removeprefix("WRONG ").partition(":")[0] for line in lines if line.startswith("WRONG")]
