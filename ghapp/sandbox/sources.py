"""Where packages come from: servers as values, and which of them may be dialled. Pure.

Names are compared in one form only: lower case, ASCII (punycode), no dot at the end. What a resolver would read as a
number (`127.1`, `0x7f000001`) is no name.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"https": 443, "http": 80}
_URL = re.compile(r"""https?://[^\s"'<>,|;\\]+""", re.IGNORECASE)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.DOTALL)
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
# Where no public registry can be. The blocks kept for documentation are not among them: nothing lives there.
# https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry
_LOCAL = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_LINK = tuple(ipaddress.ip_network(block) for block in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"))
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, order=True)
class Source:
    """One server of packages. `named` when somebody of this machine named it: then it may be in a private network."""

    scheme: str
    host: str
    port: int
    named: bool = False

    @property
    def address(self) -> str:
        """`host:port`."""
        return joined(self.host, self.port)


@dataclass(frozen=True)
class AllowList:
    """The servers that may be dialled."""

    sources: frozenset[Source]

    def find(self, scheme: str, host: str, port: int) -> Source | None:
        """The server of that scheme at that address; the named one of two."""
        found = [each for each in self.sources if (each.scheme, each.host, each.port) == (scheme, host, port)]
        return max(found, key=lambda each: each.named, default=None)

    def narrowed(self, hosts: Iterable[str] | None) -> "AllowList":
        """Only those whose host is in the list; None leaves it as it is. A list never adds one."""
        if hosts is None:
            return self
        wanted = {canonical(host) for host in hosts}
        return AllowList(frozenset(each for each in self.sources if each.host in wanted))


def canonical(host: str) -> str | None:
    """A host in the form in which hosts are compared; None for what is no host."""
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).compressed if "%" not in host else None
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return None
    name = name.lower().removesuffix(".")
    return name if _NAME.fullmatch(name) and not _NUMBER.fullmatch(name) else None


def joined(host: str, port: int) -> str:
    """`host:port`, and `[host]:port` for an address of IPv6."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def source(url: str, *, named: bool) -> Source | None:
    """The server of a URL of http or https; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
        host = canonical(parts.hostname or "")
    except ValueError:
        return None
    return Source(parts.scheme, host, port, named) if host and parts.scheme in _PORTS else None


def sources_in(text: str, *, named: bool) -> Iterator[Source]:
    """The servers of all URLs in a text."""
    return (found for url in _URL.findall(text) if (found := source(url, named=named)))


def sources_of_words(words: Iterable[str]) -> Iterator[Source]:
    """An operator's list: URLs, or `host` and `host:port` for https. ValueError names a word that is neither."""
    for word in words:
        found = source(word if "://" in word else f"https://{word}", named=True)
        if found is None:
            raise ValueError(f"not the name of a host: {word!r}")
        yield found


def is_literal(host: str) -> bool:
    """Whether a canonical host is an address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def may_be_at(source: Source, address: str) -> bool:
    """Whether the server may be at that address.

    One that only a client's built-in default names must not lead into a private network; a link-local address (and
    there the metadata service of a cloud) is nobody's registry unless it is named by its number.
    """
    found = _plain(ipaddress.ip_address(address.partition("%")[0]))
    if source.host == found.compressed:
        return True
    if any(found in block for block in _LINK):
        return False
    return source.named or not any(found in block for block in _LOCAL)


def _plain(address: Address) -> Address:
    """The IPv4 address inside one of IPv6, which a machine or its network translates back."""
    if isinstance(address, ipaddress.IPv6Address):
        if inner := address.ipv4_mapped or address.sixtofour:
            return inner
        if address in _TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
