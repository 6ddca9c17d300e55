"""The way out of a set-up, spoken to over its socket; what it leads to are servers on loopback."""

import logging
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from ghapp.sandbox.egress import Egress, Limits, opened
from ghapp.sandbox.sources import AllowList, Source
from ghapp.sandbox.upstream import Upstream
from tests.sandbox.tls import client_hello

Open = Callable[..., Egress]
PATIENCE = 20


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    """Everything that a test starts ends with it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def way(cleanup: ExitStack, tmp_path: Path) -> Open:
    """Open the way to some servers."""

    def open_it(*sources: Source, limits: Limits | None = None, **environment: str) -> Egress:
        upstream = Upstream(environment)
        return cleanup.enter_context(opened(tmp_path, AllowList(frozenset(sources)), upstream, limits))

    return open_it


@pytest.fixture
def server(cleanup: ExitStack) -> socket.socket:
    """Something that listens on loopback."""
    made = cleanup.enter_context(socket.create_server(("127.0.0.1", 0)))
    made.settimeout(PATIENCE)
    return made


def registry(server: socket.socket, host: str = "localhost", *, named: bool = True, scheme: str = "https") -> Source:
    """The server as one of packages."""
    return Source(scheme, host, server.getsockname()[1], named)


def dial(way: Egress, said: bytes, cleanup: ExitStack) -> socket.socket:
    """A connection to the way out on which this was said. A socket's path has 107 characters at most."""
    caller = cleanup.enter_context(socket.socket(socket.AF_UNIX))
    caller.settimeout(PATIENCE)
    folder = os.open(way.socket.parent, os.O_PATH)
    caller.connect(f"/proc/self/fd/{folder}/{way.socket.name}")
    os.close(folder)
    caller.sendall(said)
    return caller


def tunnel(way: Egress, source: Source, cleanup: ExitStack) -> socket.socket:
    """An open tunnel, before anything was said in it."""
    caller = dial(way, f"CONNECT {source.address} HTTP/1.1\r\n\r\n".encode(), cleanup)
    assert caller.recv(1000) == b"HTTP/1.1 200 Connection established\r\n\r\n"
    return caller


def everything(connection: socket.socket) -> bytes:
    """All that comes until the end."""
    found = b""
    while chunk := connection.recv(65536):
        found += chunk
    return found


def test_a_tunnel_carries_what_is_said(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """In both directions, the first message of TLS first, and each side's end is told to the other."""
    caller = tunnel(way(source := registry(server)), source, cleanup)
    said = client_hello("localhost")
    caller.sendall(said[:40])
    caller.sendall(said[40:] + b"more")
    caller.shutdown(socket.SHUT_WR)
    peer = cleanup.enter_context(server.accept()[0])
    assert everything(peer) == said + b"more"
    peer.sendall(b"answer" * 100_000)
    peer.close()
    assert everything(caller) == b"answer" * 100_000


@pytest.mark.parametrize("said", [client_hello("evil.example"), client_hello(None), b"GET / HTTP/1.1\r\n\r\n"])
def test_another_name_inside_is_refused(way: Open, server: socket.socket, cleanup: ExitStack, said: bytes) -> None:
    """The server hears nothing of it."""
    open_way = way(source := registry(server))
    caller = tunnel(open_way, source, cleanup)
    caller.sendall(said)
    assert everything(caller) == b""
    peer = cleanup.enter_context(server.accept()[0])
    assert everything(peer) == b""
    named = "evil.example" if b"evil" in said else "localhost"
    assert list(open_way.refused) == [f"{named}:{source.port}"]


def test_what_is_not_listed_is_refused_and_told(
    way: Open, cleanup: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    """To the one who asks, in the log, and in the record; each address once."""
    open_way = way()
    for target in ("evil.example:443", "Evil.Example.:443", "192.0.2.1:443"):
        answer = everything(dial(open_way, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode(), cleanup))
        assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert b"is not reachable from set-up" in answer
    assert list(open_way.refused) == ["evil.example:443", "192.0.2.1:443"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


def test_many_refusals_fill_nothing(way: Open, cleanup: ExitStack) -> None:
    """The first ones are kept."""
    open_way = way()
    for number in range(60):
        everything(dial(open_way, f"CONNECT n{number}.example:443 HTTP/1.1\r\n\r\n".encode(), cleanup))
    assert len(open_way.refused) == 50
    assert "n0.example:443" in open_way.refused


def test_a_default_does_not_lead_into_a_private_network(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """Whatever the resolver says. The same name from the machine's own settings does."""
    open_way = way(source := registry(server, named=False))
    answer = everything(dial(open_way, f"CONNECT {source.address} HTTP/1.1\r\n\r\n".encode(), cleanup))
    assert b"private network" in answer
    assert list(open_way.refused) == [source.address]
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.accept()


def test_a_page_is_fetched_and_nothing_else(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """What is said after the request is not passed on."""
    source = registry(server, "127.0.0.1", scheme="http")
    asked = f"GET http://{source.address}/simple/ HTTP/1.1\r\nHost: x\r\n\r\n"
    caller = dial(way(source), f"{asked}POST http://{source.address}/ HTTP/1.1\r\n\r\n".encode(), cleanup)
    peer = cleanup.enter_context(server.accept()[0])
    heard = peer.recv(10_000)
    assert heard.startswith(b"GET /simple/ HTTP/1.1\r\n")
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    peer.shutdown(socket.SHUT_WR)
    assert everything(caller).endswith(b"\r\n\r\nhi")
    assert everything(peer) == b""
    assert b"POST" not in heard


def test_sending_is_bounded(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """Over all connections of a set-up together."""
    open_way = way(source := registry(server), limits=Limits(up=5000))
    for number in range(2):
        caller = tunnel(open_way, source, cleanup)
        caller.sendall(client_hello("localhost") + b"x" * 3000)
        peer = cleanup.enter_context(server.accept()[0])
        if number == 0:
            assert peer.recv(1)
        else:
            assert everything(caller) == b""
            assert everything(peer) == b""
    assert open_way.refused == {source.address: "set-up has sent more than it may"}


def test_fetching_is_bounded(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """So nobody fills the disk."""
    open_way = way(source := registry(server), limits=Limits(down=100_000))
    caller = tunnel(open_way, source, cleanup)
    caller.sendall(client_hello("localhost"))
    peer = cleanup.enter_context(server.accept()[0])
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(everything, caller)
        with pytest.raises(OSError, match=r"reset|Broken"):
            peer.sendall(b"x" * 65_536_000)
        assert len(received.result()) <= 100_000
    assert open_way.refused == {source.address: "set-up has fetched more than it may"}


def test_connections_are_bounded(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """The next one waits until one ends."""
    open_way = way(source := registry(server), limits=Limits(connections=1))
    first = tunnel(open_way, source, cleanup)
    second = dial(open_way, f"CONNECT {source.address} HTTP/1.1\r\n\r\n".encode(), cleanup)
    second.setblocking(False)
    with pytest.raises(BlockingIOError):
        second.recv(1)
    first.close()
    second.settimeout(PATIENCE)
    assert second.recv(1000).startswith(b"HTTP/1.1 200")


def test_the_end_cuts_what_is_underway(server: socket.socket, cleanup: ExitStack, tmp_path: Path) -> None:
    """No thread, no socket and no connection is left."""
    source = registry(server)
    with opened(tmp_path, AllowList(frozenset({source})), Upstream({})) as open_way:
        caller = tunnel(open_way, source, cleanup)
        caller.sendall(client_hello("localhost"))
        peer = cleanup.enter_context(server.accept()[0])
        assert peer.recv(1)
    assert everything(caller) == b""
    assert everything(peer)
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_away_is_no_refusal(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """It is a bad gateway: worth another try."""
    source = registry(server)
    server.close()
    open_way = way(source)
    answer = everything(dial(open_way, f"CONNECT {source.address} HTTP/1.1\r\n\r\n".encode(), cleanup))
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway")
    assert not open_way.refused


def test_the_operators_proxy_leads_out(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """With its password, which nobody inside sees; the name is not resolved here."""
    proxy = f"http://us%40er:pass@127.0.0.1:{server.getsockname()[1]}"
    open_way = way(Source("https", "packages.example", 443), HTTPS_PROXY=proxy, no_proxy="other.example")
    caller = dial(open_way, b"CONNECT packages.example:443 HTTP/1.1\r\n\r\n", cleanup)
    peer = cleanup.enter_context(server.accept()[0])
    heard = peer.recv(10_000)
    assert heard.startswith(b"CONNECT packages.example:443 HTTP/1.1\r\n")
    assert b"\r\nProxy-Authorization: Basic dXNAZXI6cGFzcw==\r\n" in heard
    peer.sendall(b"HTTP/1.1 200 OK\r\nx: y\r\n\r\n")
    assert caller.recv(1000).startswith(b"HTTP/1.1 200")
    said = client_hello("packages.example")
    caller.sendall(said)
    assert peer.recv(len(said), socket.MSG_WAITALL) == said


def test_the_operators_proxy_fetches_pages(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """It is told the whole address, and answers for the server."""
    open_way = way(Source("http", "packages.corp", 80, named=True), http_proxy=f"127.0.0.1:{server.getsockname()[1]}")
    caller = dial(open_way, b"GET http://packages.corp/simple/ HTTP/1.1\r\n\r\n", cleanup)
    peer = cleanup.enter_context(server.accept()[0])
    assert peer.recv(10_000).startswith(b"GET http://packages.corp/simple/ HTTP/1.1\r\nHost: packages.corp\r\n")
    peer.close()
    assert everything(caller) == b""


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"SSH-2.0"])
def test_a_proxy_that_does_not_want_is_told(
    way: Open, server: socket.socket, cleanup: ExitStack, answer: bytes
) -> None:
    """As a bad gateway."""
    open_way = way(Source("https", "packages.example", 443), ALL_PROXY=f"http://127.0.0.1:{server.getsockname()[1]}")
    caller = dial(open_way, b"CONNECT packages.example:443 HTTP/1.1\r\n\r\n", cleanup)
    peer = cleanup.enter_context(server.accept()[0])
    peer.recv(10_000)
    peer.sendall(answer)
    peer.shutdown(socket.SHUT_WR)
    assert everything(caller).startswith(b"HTTP/1.1 502 Bad Gateway")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://[", "http://:80"])
def test_a_proxy_of_another_kind_is_told(way: Open, cleanup: ExitStack, proxy: str) -> None:
    """Going around it would be no answer."""
    open_way = way(Source("https", "packages.example", 443), https_proxy=proxy)
    answer = everything(dial(open_way, b"CONNECT packages.example:443 HTTP/1.1\r\n\r\n", cleanup))
    assert b"502" in answer
    assert b"no proxy of HTTP" in answer


def test_tls_meets_tls(way: Open, server: socket.socket, cleanup: ExitStack) -> None:
    """A real client's handshake goes through: it fails at the other end's alert, not here."""
    caller = tunnel(way(source := registry(server)), source, cleanup)
    context = ssl.create_default_context()

    def refuse() -> None:
        with server.accept()[0] as peer:
            peer.recv(10_000)
            peer.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # alert: handshake failure

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(refuse)
        with pytest.raises(ssl.SSLError, match=r"(?i)handshake[_ ]failure"):
            context.wrap_socket(caller, server_hostname="localhost")
        done.result()
