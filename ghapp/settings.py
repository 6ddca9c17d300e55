"""What the operator sets: environment variables, read once, each with its default and one sentence."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from ghapp.core.errors import UserError

Engine = Literal["claude-code", "messages"]
JudgeMode = Literal["off", "advise", "block"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Names = tuple[str, ...]

# A name whose last label is no number, which would make it an address; how it is dialled is the sandbox's to judge.
_HOST = r"(https?://)?([a-z0-9_-]{1,63}\.)*[a-z_][a-z0-9_-]{0,62}(:(?P<port>[0-9]{1,5}))?"
_SERVER = r"[A-Za-z0-9_-]+"
_PORTS = range(1, 65_536)
_MOST_DOLLARS = 1_000_000


def _setting(name: str, doc: str, default: Any = MISSING, **more: Any) -> Any:
    return field(default=default, metadata={"name": name, "doc": doc, **more})


def _dollars(name: str, doc: str, default: float) -> Any:
    """A sum of money for which 0 means that there is no limit."""
    return _setting(name, f"{doc}, in dollars; 0 for no limit.", default, least=0, most=_MOST_DOLLARS)


def _address(name: str, doc: str, default: str) -> Any:
    """Where something is reached: http or https, and a host."""
    return _setting(name, doc, default, address=True)


def _secret(name: str, doc: str) -> Any:
    """A setting that no log line and no traceback may show."""
    return field(default="", repr=False, metadata={"name": name, "doc": doc})


@dataclass(frozen=True)
class Settings:
    """The settings of one process. docs/settings.md lists the same, by test."""

    github_app_id: str = _setting("GITHUB_APP_ID", "The App's id, from its settings page.", "")
    github_private_key: str = _secret(
        "GITHUB_PRIVATE_KEY", "The App's private key (PEM); line breaks may be written as \\n."
    )
    github_private_key_path: str = _setting("GITHUB_PRIVATE_KEY_PATH", "A file with the App's private key instead.", "")
    github_webhook_secret: str = _secret("GITHUB_WEBHOOK_SECRET", "The webhook's secret. Without one nothing starts.")
    github_webhook_secret_previous: str = _secret(
        "GITHUB_WEBHOOK_SECRET_PREVIOUS", "The secret before it, accepted too while you rotate."
    )
    github_api_url: str = _address(
        "GITHUB_API_URL",
        "GitHub's REST address; `https://HOST/api/v3` for GitHub Enterprise Server.",
        "https://api.github.com",
    )
    github_server_url: str = _address(
        "GITHUB_SERVER_URL",
        "Where git and the web pages are; `https://HOST` for Enterprise Server.",
        "https://github.com",
    )
    github_client_id: str = _setting(
        "GITHUB_CLIENT_ID", "The App's client id, with which people in Slack sign in at GitHub.", ""
    )
    github_client_secret: str = _secret("GITHUB_CLIENT_SECRET", "The App's client secret, for the same.")
    slack_bot_token: str = _secret("SLACK_BOT_TOKEN", "The Slack app's bot token (`xoxb-…`). Without it, no Slack.")
    slack_signing_secret: str = _secret("SLACK_SIGNING_SECRET", "The secret by which Slack signs what it sends.")
    slack_app_token: str = _secret(
        "SLACK_APP_TOKEN", "An app-level token (`xapp-…`): Socket Mode, for a machine without a public address."
    )
    slack_api_url: str = _address("SLACK_API_URL", "Slack's Web API.", "https://slack.com/api/")
    redis_url: str = field(  # it may carry a password
        default="redis://127.0.0.1:6379/0",
        repr=False,
        metadata={"name": "REDIS_URL", "doc": "Redis or Valkey, with persistence on."},
    )
    anthropic_api_key: str = _secret(
        "ANTHROPIC_API_KEY", "The key for the model, for the relay and the router of Slack."
    )
    anthropic_base_url: str = _address(
        "ANTHROPIC_BASE_URL",
        "Anthropic, or a gateway that speaks its Messages API.",
        "https://api.anthropic.com",
    )
    model: str = _setting("HONK_MODEL", "The model that codes.", "claude-sonnet-5-5")
    engine: Engine = _setting(
        "HONK_ENGINE", "The engine that codes: `claude-code`, or `messages`, our own loop.", "claude-code"
    )
    judge: JudgeMode = _setting(
        "HONK_JUDGE",
        "What the second model may do that reads each change: `off`, `advise`, or `block` the pull request.",
        "advise",
    )
    judge_model: str = _setting("HONK_JUDGE_MODEL", "The model that judges.", "claude-haiku-5-5")
    router_model: str = _setting(
        "HONK_ROUTER_MODEL",
        "The model that finds out which repository a wish in Slack is about; `off`, or no key: plain rules do.",
        "claude-haiku-5-5",
    )
    issue_dollars: float = _dollars("HONK_ISSUE_DOLLARS", "What all runs of one issue may spend", 50.0)
    person_dollars: float = _dollars("HONK_PERSON_DOLLARS", "What one person's runs may spend a day", 100.0)
    repository_dollars: float = _dollars("HONK_REPOSITORY_DOLLARS", "What one repository's runs may spend a day", 200.0)
    day_dollars: float = _dollars("HONK_DAY_DOLLARS", "What all runs together may spend a day", 500.0)
    setup_hosts: Names = _setting(
        "HONK_SETUP_HOSTS",
        "Package servers that set-up may reach besides those of this machine's clients: `host`, `host:port` or a URL, "
        "with commas.",
        (),
        each=_HOST,
        lower=True,
    )
    mcp_servers: Names = _setting(
        "HONK_MCP_SERVERS",
        "Names of the MCP servers that repositories may start in the sandbox, with commas.",
        (),
        each=_SERVER,
    )
    data: Path = _setting(
        "HONK_DATA",
        "The folder for mirrors, templates, sandboxes and builds, which may be lost; "
        "and, in `valkey`, for the records of `honk run`, which may not.",
        Path(".honk"),
    )
    build_megabytes: int = _setting(
        "HONK_BUILD_MEGABYTES", "The largest build that is fetched from CI.", 500, least=1, most=4_000
    )
    public_url: str = _address("HONK_PUBLIC_URL", "Where people reach the web part; run pages link there.", "")
    host: str = _setting("HONK_HOST", "The address that the web part listens on.", "127.0.0.1")
    port: int = _setting("PORT", "The port that the web part listens on.", 8000, least=1, most=65_535)
    workers: int = _setting("HONK_WORKERS", "How many runs `honk run` works on at once.", 1, least=1, most=64)
    lease_seconds: int = _setting(
        "HONK_LEASE_SECONDS",
        "After so many silent seconds a worker counts as lost, and its run is given to another.",
        30,
        least=3,
        most=3600,
    )
    tick_seconds: int = _setting(
        "HONK_TICK_SECONDS", "How often the clock looks for what waits, is owed or was lost.", 5, least=1, most=300
    )
    log: LogLevel = _setting("HONK_LOG", "How much is logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`.", "INFO")
    already_isolated: bool = _setting(
        "HONK_ALREADY_ISOLATED",
        "Set to 1 to start although bubblewrap does not work, when the whole machine is a throw-away.",
        False,
    )

    @property
    def page_root(self) -> str:
        """The address that run pages begin with."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def private_key(self) -> str:
        """The App's key as PEM. Raises UserError when there is none, or its file cannot be read."""
        path = self.github_private_key_path
        if not path:
            if not self.github_private_key:
                raise UserError("not set: GITHUB_PRIVATE_KEY or GITHUB_PRIVATE_KEY_PATH. See docs/settings.md.")
            return self.github_private_key.replace("\\n", "\n")
        try:
            return Path(path).read_text(encoding="ascii")
        except OSError as error:
            raise UserError(f"GITHUB_PRIVATE_KEY_PATH: {error.strerror}: {path}") from error
        except UnicodeDecodeError as error:
            raise UserError(f"GITHUB_PRIVATE_KEY_PATH: no PEM file: {path}") from error

    @property
    def has_app(self) -> bool:
        """Whether a GitHub App is configured."""
        return bool(self.github_app_id)

    @property
    def has_slack(self) -> bool:
        """Whether a Slack app is configured."""
        return bool(self.slack_bot_token)

    def require(self, *names: str) -> None:
        """Raise UserError naming each of these environment variables that is not set."""
        by_name = {item.metadata["name"]: getattr(self, item.name) for item in fields(self)}
        missing = [name for name in names if not by_name[name]]
        if missing:
            raise UserError(f"not set: {', '.join(missing)}. docs/settings.md says what each is for.")


def from_environment(environ: Mapping[str, str]) -> Settings:
    """The settings of this environment; an empty variable counts as not set. Raises UserError naming what is wrong."""
    found: dict[str, Any] = {}
    wrong = []
    for item in fields(Settings):
        text = environ.get(item.metadata["name"], "")
        if not text:
            continue
        try:
            found[item.name] = _read(item.type, text, item.metadata)
        except ValueError:
            wrong.append(f"{item.metadata['name']}={text!r}{_instead(item.type, item.metadata)}")
    if wrong:
        raise UserError(f"these settings cannot be read: {', '.join(wrong)}")
    return Settings(**found)


def _read(kind: Any, text: str, limits: Mapping[str, Any]) -> Any:
    if kind is bool:
        if text not in ("0", "1"):
            raise ValueError(text)
        return text == "1"
    if kind is Names:
        return _names(text.lower() if limits.get("lower") else text, limits["each"])
    if limits.get("address"):
        return _reached(text)
    if choices := get_args(kind):
        if text not in choices:
            raise ValueError(text)
        return text
    value = kind(text)
    if "least" in limits and not limits["least"] <= value <= limits["most"]:  # never true of a NaN
        raise ValueError(text)
    return value


def _reached(text: str) -> str:
    found = urlsplit(text)  # which forgives blanks
    if found.scheme not in ("http", "https") or not found.hostname or found.port == 0 or re.search(r"\s", text):
        raise ValueError(text)
    return text


def _names(text: str, each: str) -> Names:
    names = tuple(filter(None, (name.strip() for name in text.split(","))))
    found = [re.fullmatch(each, name) for name in names]
    if not all(match and int(match.groupdict().get("port") or 443) in _PORTS for match in found):
        raise ValueError(text)
    return names


def _instead(kind: Any, limits: Mapping[str, Any]) -> str:
    """What may be written instead, where that can be said in few words."""
    if limits.get("address"):
        return " (it begins with https:// or http:// and a host)"
    return "" if kind is Names or not get_args(kind) else f" (it is {' or '.join(get_args(kind))})"


def describe() -> list[tuple[str, str, str]]:
    """Name, default as one would write it, and sentence of every setting, for the documentation."""
    return [(item.metadata["name"], _written(item.default), item.metadata["doc"]) for item in fields(Settings)]


def _written(default: Any) -> str:
    match default:
        case bool():
            return str(int(default))
        case float():
            return f"{default:g}"
        case tuple():
            return ",".join(default)
    return str(default)
