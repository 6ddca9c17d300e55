"""What package clients need to install something from behind this machine's mirrors and certificates.

Only the set-up step sees it. Variables are chosen by name, so no other secret of the environment comes along; the
clients' configuration files are shown where the clients look for them. Which servers they name is what set-up may
dial, and the way there is always our own proxy (egress.py): what the environment says of proxies stays outside.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ghapp.sandbox.client_files import ClientFile, client_files
from ghapp.sandbox.jail import Bind
from ghapp.sandbox.sources import Source, sources_in

PORT = 3128
"""Where the way out is, on the loopback inside."""

SOCKET = "/run/honk/egress.sock"

_SETTINGS = re.compile(
    r"(PIP|UV|YARN|NPM_CONFIG)_\S+|GO(PROXY|SUMDB|PRIVATE|NOPROXY|NOSUMDB|INSECURE)|CARGO_REGISTRIES_\w+_INDEX|"
    r"CARGO_(NET|HTTP)_\w+|\w+_CA_BUNDLE|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS",
    re.IGNORECASE,
)
# Where clients write to is the sandbox's own affair, and so is the proxy.
_OURS = re.compile(
    r"\w+_(CACHE|CACHE_DIR|LOG|LOG_FILE|TARGET|PREFIX|ROOT|USER|INSTALL_DIR|BIN_DIR|TOOL_DIR|ENVIRONMENT|REPORT)|"
    r"\w+_(HTTPS?_)?(NO)?PROXY",
    re.IGNORECASE,
)
_SOURCES = re.compile(
    r"\S*(FIND.LINKS|INDEX.URL|INDEX|CERT|CA_BUNDLE|CERT_FILE|CERT_DIR|CA_CERTS|REGISTRY|REGISTRY_SERVER|MIRROR)|"
    r"GOPROXY|GOSUMDB",
    re.IGNORECASE,
)
# What opens a registry for uploads. Whatever set-up sees may end up in the environment that the agent works in.
_SECRETS = re.compile(r"\S*(PUBLISH|TOKEN|PASSWORD|_AUTH)\S*", re.IGNORECASE)
_PIP_INDEX = re.compile(r"PIP_(INDEX_URL|NO_INDEX)", re.IGNORECASE)
_SPARSE = re.compile(r"""sparse\+https?://[^\s"']+""")
_SHOWN_ANYWAY = ("/usr", "/etc/ssl")


@dataclass(frozen=True)
class Clients:
    """Variables for the set-up step, and what of the host it may read.

    `sources` are the servers that the settings name, and `indexes` those of cargo's sparse kind among them; `settled`
    are the clients whose built-in default is not in use.
    """

    variables: Mapping[str, str]
    binds: tuple[Bind, ...]
    sources: frozenset[Source] = frozenset()
    indexes: tuple[str, ...] = ()
    settled: frozenset[str] = frozenset()

    def through(self, socket: Path) -> "Clients":
        """The same, with the way out that listens at a socket of the host."""
        return replace(self, binds=(*self.binds, Bind(socket, SOCKET)))


def settings_of(environment: Mapping[str, str], etc: Path = Path("/etc")) -> Clients:
    """The package clients' settings in an environment and in the configuration files that it leads to."""
    variables = {
        name: value
        for name, value in environment.items()
        if _SETTINGS.fullmatch(name) and not _OURS.fullmatch(name) and not _SECRETS.fullmatch(name)
    }
    files = client_files(environment, etc)
    values = [value for name, value in variables.items() if _SOURCES.fullmatch(name)]
    values += [value for file in files for value in file.values]
    for file in files:
        variables |= file.variables
    # Everything that is installed is installed once for an environment: a cache would only be carried along.
    variables |= {"PIP_NO_CACHE_DIR": "1", **_proxied()}
    binds = (*(bind for file in files for bind in file.binds), *_local(values))
    sources = frozenset(found for value in values for found in sources_in(value, named=True))
    indexes = tuple(url for value in values for url in _SPARSE.findall(value))
    return Clients(variables, binds, sources, indexes, frozenset(_settled(environment, files)))


def _settled(environment: Mapping[str, str], files: Iterable[ClientFile]) -> Iterator[str]:
    if any(_PIP_INDEX.fullmatch(name) and value for name, value in environment.items()):
        yield "pip"
    yield from (file.settles for file in files if file.settles)


def _proxied() -> dict[str, str]:
    """Each client's own way to be told of a proxy. No address is left out: nothing is reachable without it."""
    url = f"http://127.0.0.1:{PORT}"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    variables = {name: url for each in names for name in (each, each.lower())}
    own = ("PIP_PROXY", "NPM_CONFIG_PROXY", "NPM_CONFIG_HTTPS_PROXY", "YARN_HTTP_PROXY", "YARN_HTTPS_PROXY")
    variables |= dict.fromkeys((*own, "CARGO_HTTP_PROXY"), url)
    # An empty one would not override what .npmrc says.
    variables |= {"NPM_CONFIG_NOPROXY": "none.invalid", "NODE_USE_ENV_PROXY": "1"}
    java = [f"-D{scheme}.proxyHost=127.0.0.1 -D{scheme}.proxyPort={PORT}" for scheme in ("http", "https")]
    variables["JAVA_TOOL_OPTIONS"] = " ".join([*java, "-Dhttp.nonProxyHosts="])
    # Maven 3.9 asks the JVM only when it is told to. https://maven.apache.org/resolver/configuration.html
    switches = ("aether.connector.http.useSystemProperties", "aether.transport.http.useSystemProperties")
    variables["MAVEN_OPTS"] = " ".join(f"-D{switch}=true" for switch in switches)
    return variables


def _local(values: Iterable[str]) -> Iterator[Bind]:
    """Folders and files of this machine that the settings name as a source of packages or certificates."""
    words = {word.removeprefix("file://") for value in values for word in value.split()}
    for name in sorted(_whole(word) for word in words if word.startswith("/")):
        path = Path(name)
        if path.exists() and len(path.parts) > 2 and not any(path.is_relative_to(shown) for shown in _SHOWN_ANYWAY):
            yield Bind(path.resolve(), name)


def _whole(name: str) -> str:
    """A mirror's pages are in `simple/` and lead to files beside it, so all of the mirror is shown.

    https://packaging.python.org/en/latest/specifications/simple-repository-api/
    """
    path = Path(name)
    return str(path.parent) if path.name == "simple" and len(path.parent.parts) > 2 else name
