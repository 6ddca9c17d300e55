"""The package clients' configuration files: where they are on this machine, and which places they name in it."""

import configparser
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ghapp.sandbox.jail import Bind

_PIP_SOURCES = re.compile(r"[\w-]*(FIND.LINKS|INDEX.URL|CERT)", re.IGNORECASE)
_UV_SOURCES = frozenset({"url", "index-url", "extra-index-url", "default-index", "find-links"})
_NPM = re.compile(r"""^\s*"?(?:@[^:=\s]+:)?registry"?\s*[=\s]\s*(.*)$""", re.MULTILINE)
_YARN = re.compile(r"^\s*npmRegistryServer:\s*(.*)$", re.MULTILINE)
_GO = re.compile(r"^(?:GOPROXY|GOSUMDB)=(.*)$", re.MULTILINE)
_CARGO = re.compile(r"^\s*(?:registry|index)\s*=\s*(.*)$", re.MULTILINE)
_MAVEN = re.compile(r"<url>(.*?)</url>")
_URL = re.compile(r"""https?://[^\s"']+""")
_NO_SECRET = re.compile(r"(?!)")
_SECRETS = {
    "settings.xml": re.compile("<(?:password|passphrase)>"),
    "config.toml": re.compile(r"^\s*(?:token|secret-key)\s*=", re.MULTILINE),
}

Read = Callable[[str], Iterator[str]]


@dataclass(frozen=True)
class ClientFile:
    """What one file brings: what is shown of it, variables that lead to it, and the places it names.

    `settles` is the client whose built-in default it replaces, or empty.
    """

    binds: tuple[Bind, ...]
    variables: Mapping[str, str]
    values: tuple[str, ...]
    settles: str = ""


def client_files(environment: Mapping[str, str], etc: Path) -> list[ClientFile]:
    """All files that are there and can be read."""
    home = Path(environment.get("HOME", "/nonexistent"))
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")

    def place(name: str, default: Path) -> Path:
        return Path(environment.get(name) or default)

    cargo = place("CARGO_HOME", home / ".cargo")
    pip, uv, npm, go, maven = (f"/run/honk/{name}" for name in ("pip.conf", "uv.toml", "npmrc", "go.env", "maven.xml"))
    candidates: tuple[tuple[Path, str, dict[str, str], Read], ...] = (
        (etc / "pip.conf", "/etc/pip.conf", {}, _pip),
        (place("PIP_CONFIG_FILE", config / "pip/pip.conf"), pip, {"PIP_CONFIG_FILE": pip}, _pip),
        (etc / "uv/uv.toml", "/etc/uv/uv.toml", {}, _uv),
        (place("UV_CONFIG_FILE", config / "uv/uv.toml"), uv, {"UV_CONFIG_FILE": uv}, _uv),
        (etc / "npmrc", "/etc/npmrc", {}, _lines(_NPM)),
        (place("NPM_CONFIG_USERCONFIG", home / ".npmrc"), npm, {"NPM_CONFIG_USERCONFIG": npm}, _lines(_NPM)),
        (home / ".yarnrc", "", {"YARN_REGISTRY": ""}, _lines(_NPM)),
        (home / ".yarnrc.yml", "", {"YARN_NPM_REGISTRY_SERVER": ""}, _lines(_YARN)),
        (place("GOENV", config / "go/env"), go, {"GOENV": go}, _lines(_GO)),
        (cargo / "config.toml", "/.cargo/config.toml", {}, _lines(_CARGO)),
        (home / ".m2/settings.xml", maven, {"MAVEN_ARGS": f"-s {maven}"}, _lines(_MAVEN)),
    )
    return [
        _file(path, target, leads, read, text)
        for path, target, leads, read in candidates
        if (text := _text(path)) is not None
    ]


def _file(path: Path, target: str, leads: Mapping[str, str], read: Read, text: str) -> ClientFile:
    values = tuple(read(text))
    settles = "pip" if read is _pip and _sets_index(text) else ""
    if target:
        return ClientFile((Bind(path.resolve(), target),), leads, values, settles)
    # No variable leads yarn to a file; one that names the registry does as well.
    urls = _URL.findall(values[0]) if values else []
    return ClientFile((), dict.fromkeys(leads, urls[0]) if urls else {}, values)


def _text(path: Path) -> str | None:
    """The file's text; None when there is none to be read, or when it holds what opens a registry for uploads."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return None
    return None if _SECRETS.get(path.name, _NO_SECRET).search(text) else text


def _lines(pattern: re.Pattern[str]) -> Read:
    return lambda text: (str(value) for value in pattern.findall(text))


def _options(text: str) -> list[tuple[str, str]]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return []  # pip itself will say what is wrong with it
    return [option for section in parser.sections() for option in parser.items(section)]


def _pip(text: str) -> Iterator[str]:
    return (value for name, value in _options(text) if _PIP_SOURCES.fullmatch(name))


def _sets_index(text: str) -> bool:
    return any(name.replace("_", "-") in ("index-url", "no-index") for name, _ in _options(text))


def _uv(text: str) -> Iterator[str]:
    try:
        waiting: list[object] = [tomllib.loads(text)]
    except tomllib.TOMLDecodeError:
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += [inner for inner in value.values() if isinstance(inner, dict | list)]
            for name in _UV_SOURCES & value.keys():
                found = value[name] if isinstance(value[name], list) else [value[name]]
                yield from (item for item in found if isinstance(item, str))
