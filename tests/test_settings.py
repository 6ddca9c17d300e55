"""Settings: read once, refused by name, documented."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ghapp.core.errors import UserError
from ghapp.settings import Settings, describe, from_environment

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"


def test_nothing_set_is_the_defaults() -> None:
    """Everything has a default, and an empty variable counts as not set."""
    assert from_environment({}) == Settings()
    assert from_environment(dict.fromkeys((item.metadata["name"] for item in fields(Settings)), "")) == Settings()


def test_each_kind_of_setting_is_read() -> None:
    """Text, number, folder, switch, one of a few, money."""
    found = from_environment(
        {"GITHUB_APP_ID": "Iv23", "PORT": "8080", "HONK_DATA": "/var/lib/honk", "HONK_ALREADY_ISOLATED": "1", "X": "y"}
        | {"HONK_ENGINE": "messages", "HONK_JUDGE": "block", "HONK_DAY_DOLLARS": "12.50", "HONK_ISSUE_DOLLARS": "0"}
    )
    assert (found.engine, found.judge, found.day_dollars, found.issue_dollars) == ("messages", "block", 12.5, 0.0)
    assert (found.github_app_id, found.port, found.data) == ("Iv23", 8080, Path("/var/lib/honk"))
    assert found.already_isolated is True
    assert from_environment({"HONK_ALREADY_ISOLATED": "0"}).already_isolated is False


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("HONK_WORKERS", "0"),
        ("HONK_WORKERS", "-1"),
        ("HONK_LEASE_SECONDS", "1"),
        ("HONK_TICK_SECONDS", "never"),
        ("HONK_ALREADY_ISOLATED", "yes"),
        ("HONK_ALREADY_ISOLATED", "true"),
        ("HONK_ENGINE", "Messages"),
        ("HONK_JUDGE", "on"),
        ("HONK_LOG", "loud"),
        ("GITHUB_API_URL", "foo"),
        ("GITHUB_API_URL", "api.github.com"),
        ("GITHUB_SERVER_URL", "https://"),
        ("GITHUB_SERVER_URL", "git://github.example.com"),
        ("SLACK_API_URL", "https://slack.example.com:99999/api/"),
        ("ANTHROPIC_BASE_URL", "https://gateway.example.com /v1"),
        ("ANTHROPIC_BASE_URL", "http://[::1"),
        ("HONK_PUBLIC_URL", "honk.example.com:8000"),
        ("HONK_ISSUE_DOLLARS", "-1"),
        ("HONK_PERSON_DOLLARS", "$5"),
        ("HONK_REPOSITORY_DOLLARS", "nan"),
        ("HONK_DAY_DOLLARS", "inf"),
        ("HONK_SETUP_HOSTS", "ftp://files.example.com"),
        ("HONK_SETUP_HOSTS", "files.example.com:https"),
        ("HONK_SETUP_HOSTS", "files.example.com:99999"),
        ("HONK_SETUP_HOSTS", "files.example.com,https://user:word@files.example.com"),
        ("HONK_SETUP_HOSTS", "192.0.2.1"),
        ("HONK_SETUP_HOSTS", "2001:db8::1"),
        ("HONK_MCP_SERVERS", "docs;tickets"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, text: str) -> None:
    """The message has the variable and what it was set to."""
    with pytest.raises(UserError, match=re.escape(f"{name}='{text}'")):
        from_environment({name: text})


def test_few_possibilities_are_named() -> None:
    """Whoever misspells an engine is told which there are."""
    with pytest.raises(UserError, match=r"HONK_ENGINE='claude' \(it is claude-code or messages\)$"):
        from_environment({"HONK_ENGINE": "claude"})


def test_what_an_address_is_made_of_is_named() -> None:
    """Whoever leaves out `https://` is told; with it, a port and a path may follow."""
    with pytest.raises(UserError, match=r"HONK_PUBLIC_URL='honk\.example' \(it begins with https:// or http:// and a"):
        from_environment({"HONK_PUBLIC_URL": "honk.example"})
    for good in ("https://ghe.example.com/api/v3", "http://127.0.0.1:8001", "http://[::1]:8001/"):
        assert from_environment({"GITHUB_API_URL": good}).github_api_url == good


def test_a_list_has_commas() -> None:
    """Blanks and a comma too many do not matter; host names have no letter case."""
    assert from_environment(
        {"HONK_SETUP_HOSTS": "Files.example.com, nexus:8443,http://b.example.org,"}
    ).setup_hosts == (
        "files.example.com",
        "nexus:8443",
        "http://b.example.org",
    )
    assert from_environment({"HONK_MCP_SERVERS": "docs,Ticket_s"}).mcp_servers == ("docs", "Ticket_s")
    assert from_environment({"HONK_MCP_SERVERS": " , "}).mcp_servers == ()


def test_everything_that_is_wrong_is_named_at_once() -> None:
    """Nobody likes to mend one, start, and hear of the next."""
    with pytest.raises(UserError, match=r"PORT='x'.*HONK_WORKERS='y'"):
        from_environment({"PORT": "x", "HONK_WORKERS": "y"})


def test_what_is_required_is_named() -> None:
    """Each that is missing, and none that is there."""
    settings = from_environment({"GITHUB_APP_ID": "1"})
    settings.require("GITHUB_APP_ID", "HONK_MODEL")
    with pytest.raises(UserError) as raised:
        settings.require("GITHUB_APP_ID", "GITHUB_WEBHOOK_SECRET", "ANTHROPIC_API_KEY")
    assert "GITHUB_WEBHOOK_SECRET, ANTHROPIC_API_KEY" in str(raised.value)
    assert "GITHUB_APP_ID" not in str(raised.value)


def test_a_key_may_be_written_on_one_line() -> None:
    """As environment files want it; real line breaks do as well."""
    assert from_environment({"GITHUB_PRIVATE_KEY": PEM.replace("\n", "\\n")}).private_key == PEM
    assert from_environment({"GITHUB_PRIVATE_KEY": PEM}).private_key == PEM


def test_a_key_may_be_in_a_file(tmp_path: Path) -> None:
    """The file counts when both are set."""
    path = tmp_path / "key.pem"
    path.write_text(PEM)
    environ = {"GITHUB_PRIVATE_KEY_PATH": str(path), "GITHUB_PRIVATE_KEY": "another"}
    assert from_environment(environ).private_key == PEM


def test_a_key_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    """Not set, no such file, a folder, no text."""
    (tmp_path / "key.der").write_bytes(b"\x30\x82\xff")
    with pytest.raises(UserError, match="GITHUB_PRIVATE_KEY or GITHUB_PRIVATE_KEY_PATH"):
        _ = from_environment({}).private_key
    for path in (tmp_path / "none.pem", tmp_path, tmp_path / "key.der"):
        with pytest.raises(UserError, match="GITHUB_PRIVATE_KEY_PATH"):
            _ = from_environment({"GITHUB_PRIVATE_KEY_PATH": str(path)}).private_key


def test_secrets_are_not_shown() -> None:
    """Neither a log line nor a traceback that prints the settings gives one away."""
    names = ["GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "GITHUB_WEBHOOK_SECRET_PREVIOUS", "ANTHROPIC_API_KEY"]
    settings = from_environment(dict.fromkeys(names, "s3cret") | {"REDIS_URL": "redis://:s3cret@host/0"})
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in str(settings)
    assert settings.anthropic_api_key == "s3cret"


def test_pages_begin_where_people_reach_the_web_part() -> None:
    """The public address, without a slash at its end; else where the web part listens."""
    assert from_environment({"HONK_PUBLIC_URL": "https://honk.example/"}).page_root == "https://honk.example"
    assert from_environment({"PORT": "9000"}).page_root == "http://127.0.0.1:9000"


def test_every_setting_is_documented() -> None:
    """The table in docs/settings.md is the settings, in their order; when this fails, it shows the rows to write."""
    rows = [line for line in PAGE.read_text().partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert rows == [_row(*item) for item in describe()]


def _row(name: str, default: str, doc: str) -> str:
    return f"| `{name}` | {f'`{default}`' if default else ''} | {doc} |"
