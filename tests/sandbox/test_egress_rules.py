"""What set-up may dial: how addresses are compared, how TLS is read, and which requests are let through."""

import re
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.sandbox.egress_rules import Refused, check_hello, errand, shown
from ghapp.sandbox.hello import Hello, NotTls, hello
from ghapp.sandbox.sources import AllowList, Source, canonical, may_be_at, source, sources_in, sources_of_words
from tests.sandbox.tls import client_hello

REGISTRY = Source("https", "packages.example", 443)
INDEX = Source("http", "127.0.0.1", 3141, named=True)
ALLOWED = AllowList(frozenset({REGISTRY, INDEX}))


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Packages.Example", "packages.example"),
        ("packages.example.", "packages.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("PACKAGES。example", "packages.example"),  # the ideographic full stop counts as a dot
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("[fe80::1%eth0]", None),
        ("127.1", None),
        ("2130706433", None),
        ("0x7f000001", None),
        ("0x7f.0.0.0x1", None),
        ("packages.example..", None),
        ("a b", None),
        ("packages.example\n", None),
        ("packages.example\0.evil", None),
        ("", None),
        ("x" * 64, None),
    ],
)
def test_hosts_are_compared_in_one_form(written: str, compared: str | None) -> None:
    """Upper case, a dot at the end and punycode make no other host, and numbers in disguise are none."""
    assert canonical(written) == compared


@pytest.mark.parametrize(
    ("registry", "address", "reachable"),
    [
        (REGISTRY, "1.1.1.1", True),
        (REGISTRY, "2606:4700::1111", True),
        *((REGISTRY, address, False) for address in (
            "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.1", "169.254.169.254",
            "224.0.0.1", "255.255.255.255", "::1", "::", "fc00::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
            "2002:a00:1::", "fd00:ec2::254",
        )),
        (Source("https", "packages.corp", 443, named=True), "10.0.0.1", True),
        (Source("https", "packages.corp", 443, named=True), "169.254.169.254", False),
        (Source("https", "packages.corp", 443, named=True), "fd00:ec2::254", False),
        (Source("http", "169.254.1.1", 80, named=True), "169.254.1.1", True),
        (INDEX, "127.0.0.1", True),
    ],
)  # fmt: skip
def test_where_a_name_may_lead(registry: Source, address: str, reachable: bool) -> None:
    """A built-in default not into private networks, and no name at all to the metadata service of a cloud."""
    assert may_be_at(registry, address) is reachable


def test_addresses_are_read_out_of_settings() -> None:
    """Whatever stands around them."""
    text = 'a=https://one.example/simple,http://two.example:81|direct "sparse+https://three.example/index/" ftp://no'
    assert [each.address for each in sources_in(text, named=True)] == [
        "one.example:443", "two.example:81", "three.example:443",
    ]  # fmt: skip
    assert source("https://user:secret@one.example:x/", named=True) is None


def test_an_operators_list_is_names_or_addresses() -> None:
    """For https unless it says otherwise; what is neither is an error that names it."""
    found = list(sources_of_words(["one.example", "two.example:8443", "http://three.example/simple"]))
    assert [(each.scheme, each.address, each.named) for each in found] == [
        ("https", "one.example:443", True), ("https", "two.example:8443", True), ("http", "three.example:80", True),
    ]  # fmt: skip
    for wrong in ("*.example", "https://", "one example", "2130706433"):
        with pytest.raises(ValueError, match=re.escape(repr(wrong))):
            list(sources_of_words([wrong]))


def test_a_repository_can_only_take_away() -> None:
    """Naming a host does not open it."""
    assert ALLOWED.narrowed(None) == ALLOWED
    assert ALLOWED.narrowed(["PACKAGES.example.", "evil.example"]).sources == {REGISTRY}
    assert not ALLOWED.narrowed([]).sources


def head(text: str) -> bytes:
    """A request's head as it comes over the wire."""
    return text.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n"


@pytest.mark.parametrize("target", ["packages.example:443", "PACKAGES.Example:443", "packages.example.:443"])
def test_a_tunnel_to_a_registry(target: str) -> None:
    """However its name is written."""
    wanted = errand(head(f"CONNECT {target} HTTP/1.1\nHost: evil.example"), ALLOWED)
    assert (wanted.source, wanted.method) == (REGISTRY, "")


def test_a_page_of_an_index() -> None:
    """The request is made anew: for that host, for that page, with nothing that would keep the connection open."""
    asked = "GET http://127.0.0.1:3141/simple/a?b HTTP/1.1\nHost: evil\nAccept: x\nConnection: keep-alive\nUpgrade: h2c"
    wanted = errand(head(f"{asked}\nProxy-Authorization: Basic x\nContent-Length: 0"), ALLOWED)
    expected = "GET /simple/a?b HTTP/1.1\nHost: 127.0.0.1:3141\nAccept: x\nConnection: close"
    assert wanted.request() == head(expected)
    by_proxy = wanted.request(by_proxy=True, more=[(b"Proxy-Authorization", b"Basic y")])
    assert by_proxy.startswith(b"GET http://127.0.0.1:3141/simple/a?b HTTP/1.1\r\n")
    assert b"\r\nProxy-Authorization: Basic y\r\n" in by_proxy


@pytest.mark.parametrize(
    ("request_head", "address", "why"),
    [
        ("CONNECT evil.example:443 HTTP/1.1", "evil.example:443", "no package registry"),
        ("CONNECT packages.example.evil.example:443 HTTP/1.1", "packages.example.evil.example:443", "no package"),
        ("CONNECT packages.example:22 HTTP/1.1", "packages.example:22", "https on port 443 only"),
        ("CONNECT 192.0.2.1:443 HTTP/1.1", "192.0.2.1:443", "an address instead of a name"),
        ("CONNECT [2001:db8::1]:443 HTTP/1.1", "[2001:db8::1]:443", "an address instead of a name"),
        ("CONNECT 127.0.0.1:3141 HTTP/1.1", "127.0.0.1:3141", "http on port 3141 only"),
        ("CONNECT 3232235777:443 HTTP/1.1", "3232235777:443", "no address"),
        ("CONNECT packages.example:443@evil.example HTTP/1.1", "packages.example:443@evil.example", "no address"),
        ("CONNECT packages.example%00.evil:443 HTTP/1.1", "packages.example%00.evil:443", "no address"),
        ("CONNECT packages.example HTTP/1.1", "packages.example", "no address"),
        ("CONNECT packages.example:99999 HTTP/1.1", "packages.example:99999", "no address"),
        ("GET https://packages.example/ HTTP/1.1", "https://packages.example/", "no address of http"),
        ("GET http://packages.example/ HTTP/1.1", "packages.example:80", "https on port 443 only"),
        ("GET http://127.0.0.1:3141@evil.example/ HTTP/1.1", "http://127.0.0.1:3141@evil.example/", "no address"),
        ("GET /etc/passwd HTTP/1.1", "/etc/passwd", "no address of http"),
        ("POST http://127.0.0.1:3141/ HTTP/1.1", "127.0.0.1:3141", "POST is not reading"),
        ("PUT http://127.0.0.1:3141/ HTTP/1.1", "127.0.0.1:3141", "PUT is not reading"),
        ("GET http://127.0.0.1:3141/ HTTP/1.1\nContent-Length: 5", "127.0.0.1:3141", "sends something along"),
        ("GET http://127.0.0.1:3141/ HTTP/1.1\nTransfer-Encoding: chunked", "127.0.0.1:3141", "sends something along"),
        ("GET http://127.0.0.1:3141/ HTTP/1.1\n folded: x", "127.0.0.1:3141", "cannot be read"),
        ("GET http://127.0.0.1:3141/ HTTP/1.1\nA: b\0c", "127.0.0.1:3141", "cannot be read"),
        ("\x16\x03\x01", r"\x16\x03\x01", "no request to a proxy"),
        ("SSH-2.0-x", "SSH-2.0-x", "no request to a proxy"),
    ],
)
def test_what_is_refused(request_head: str, address: str, why: str) -> None:
    """It is named as far as it could be read, with the reason."""
    with pytest.raises(Refused, match=why) as refused:
        errand(head(request_head), ALLOWED)
    assert refused.value.address == address


@given(st.binary(max_size=300))
def test_no_request_breaks_the_reader(content: bytes) -> None:
    """And what is shown of it is printable and short."""
    with pytest.raises(Refused) as refused:
        errand(content + b"\r\n\r\n", ALLOWED)
    assert refused.value.address.isascii()
    assert refused.value.address.isprintable()
    assert len(shown(content)) <= 200


def test_the_name_inside_tls_is_read() -> None:
    """From what a real client says, in whatever pieces it comes."""
    said = client_hello("Packages.example")
    assert hello(said) == Hello("Packages.example", hides=False)
    assert all(hello(said[:length]) is None for length in range(len(said)))
    assert hello(client_hello(None)) == Hello(None, hides=False)
    halves = [said[5 : 5 + 100], said[5 + 100 :]]
    assert hello(b"".join(b"\x16\x03\x01" + len(half).to_bytes(2, "big") + half for half in halves)) == hello(said)


@pytest.mark.parametrize(
    "content",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x80\x2e\x01", b"\x16\x03\x01\x00\x00", b"SSH-2.0", b"\x16\x03\x01\x00\x01\x01" * 20],
)
def test_what_is_no_tls(content: bytes) -> None:
    """A tunnel is for TLS only."""
    with pytest.raises(NotTls):
        hello(content)


@given(st.binary(max_size=600))
def test_no_bytes_break_the_reader_of_tls(noise: bytes) -> None:
    """Also not in the place of a ClientHello."""
    for content in (noise, b"\x16\x03\x01\x01\x00\x01\x00\x00\xfc" + noise):
        try:
            hello(content)
        except NotTls:
            continue


def test_the_name_inside_is_the_name_that_was_dialled() -> None:
    """None, another, or a hidden one is refused; an address has no name inside."""
    check_hello(REGISTRY, Hello("PACKAGES.example", hides=False))
    check_hello(Source("https", "192.0.2.1", 443, named=True), Hello(None, hides=False))
    for said in (Hello(None, False), Hello("evil.example", False), Hello("packages.example", hides=True)):
        with pytest.raises(Refused):
            check_hello(REGISTRY, said)


def test_tls_of_this_python_is_understood() -> None:
    """The versions that clients speak today."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert hello(client_hello("packages.example", version)) == Hello("packages.example", hides=False)
