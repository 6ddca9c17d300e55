"""What package clients need to install something from behind this machine's proxies, mirrors and certificates.

Only the set-up step sees it. Variables are chosen by name, so no other secret of the environment comes along; the
clients' configuration files are shown where the clients look for them.
"""

import configparser
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ghapp.sandbox.jail import Bind

_SETTINGS = re.compile(
    r"(PIP|UV|NPM_CONFIG)_\w+|\w+_CA_BUNDLE|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO|FTP)_PROXY",
    re.IGNORECASE,
)
# Where clients write to is the sandbox's own affair.
_PLACES = re.compile(
    r"\w+_(CACHE|CACHE_DIR|LOG|LOG_FILE|TARGET|PREFIX|ROOT|USER|INSTALL_DIR|BIN_DIR|TOOL_DIR|ENVIRONMENT|REPORT)",
    re.IGNORECASE,
)
_SOURCES = re.compile(r"\w*(FIND.LINKS|INDEX.URL|INDEX|CERT|CA_BUNDLE|CERT_FILE|CERT_DIR|CA_CERTS)", re.IGNORECASE)
# What opens a registry for uploads. Whatever set-up sees may end up in the environment that the agent works in.
_SECRETS = re.compile(r"\w*(PUBLISH|TOKEN|PASSWORD|_AUTH)\w*", re.IGNORECASE)
_SHOWN_ANYWAY = ("/usr", "/etc/ssl")


@dataclass(frozen=True)
class Clients:
    """Variables for the set-up step, and what of the host it may read."""

    variables: Mapping[str, str]
    binds: tuple[Bind, ...]


def settings_of(environment: Mapping[str, str], etc: Path = Path("/etc")) -> Clients:
    """The package clients' settings in an environment and in the configuration files that it leads to."""
    variables = {
        name: value
        for name, value in environment.items()
        if _SETTINGS.fullmatch(name) and not _PLACES.fullmatch(name) and not _SECRETS.fullmatch(name)
    }
    files = list(_files(environment, etc))
    values = [value for name, value in variables.items() if _SOURCES.fullmatch(name)]
    values += [value for file in files if file.source.suffix == ".conf" for value in _values(file.source)]
    variables |= {name: file.target for file in files if (name := _POINTERS.get(file.target))}
    # Everything that is installed is installed once a template: a cache would only be carried along.
    variables["PIP_NO_CACHE_DIR"] = "1"
    return Clients(variables, (*_network(etc), *files, *_local(values)))


_POINTERS = {
    "/run/honk/pip.conf": "PIP_CONFIG_FILE",
    "/run/honk/npmrc": "NPM_CONFIG_USERCONFIG",
    "/run/honk/uv.toml": "UV_CONFIG_FILE",
}


def _files(environment: Mapping[str, str], etc: Path) -> Iterator[Bind]:
    home = Path(environment.get("HOME", "/nonexistent"))
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    candidates = (
        (etc / "pip.conf", "/etc/pip.conf"),
        (etc / "uv/uv.toml", "/etc/uv/uv.toml"),
        (etc / "npmrc", "/etc/npmrc"),
        (Path(environment.get("PIP_CONFIG_FILE") or config / "pip/pip.conf"), "/run/honk/pip.conf"),
        (Path(environment.get("NPM_CONFIG_USERCONFIG") or home / ".npmrc"), "/run/honk/npmrc"),
        (Path(environment.get("UV_CONFIG_FILE") or config / "uv/uv.toml"), "/run/honk/uv.toml"),
    )
    return (Bind(path.resolve(), target) for path, target in candidates if _readable(path))


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _values(file: Path) -> Iterator[str]:
    """Where a pip configuration file says that packages and certificates are."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(file)
    except (configparser.Error, UnicodeDecodeError):
        return  # pip itself will say what is wrong with it
    for section in parser.sections():
        yield from (value for name, value in parser.items(section) if _SOURCES.fullmatch(name))


def _network(etc: Path) -> Iterator[Bind]:
    """Names are resolved as on the host. A link (systemd-resolved's) leads to a file that is not shown otherwise."""
    for name in ("resolv.conf", "hosts"):
        if (path := etc / name).exists():
            yield Bind(path.resolve(), f"/etc/{name}")


def _local(values: Iterable[str]) -> Iterator[Bind]:
    """Folders and files of this machine that the settings name as a source of packages or certificates."""
    words = {word.removeprefix("file://") for value in values for word in value.split()}
    for name in sorted(word for word in words if word.startswith("/")):
        path = Path(name)
        if path.exists() and len(path.parts) > 2 and not any(path.is_relative_to(shown) for shown in _SHOWN_ANYWAY):
            yield Bind(path.resolve(), name)
