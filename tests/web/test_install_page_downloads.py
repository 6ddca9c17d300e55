"""Downloads as phones make them: in parts, resumed, asked for first, and under names that others chose."""

from pathlib import Path
from urllib.parse import quote

import pytest
from redis import Redis
from werkzeug.http import parse_options_header
from werkzeug.test import TestResponse

from ghapp.core.builds import BuildKind
from tests.builds.packages import apk
from tests.web.install_app import TOKEN, Install

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def install(redis: Redis, tmp_path: Path) -> Install:
    made = Install(redis, tmp_path / "shelf")
    made.put(BuildKind.FILE, "app.bin", CONTENT)
    return made


def get(install: Install, **headers: str) -> TestResponse:
    """The file, asked for with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return install.open(f"/b/{TOKEN}/app.bin", **named)


def test_the_whole_file(install: Install) -> None:
    """With its size, so that a phone can show how far it is, and word that parts can be had."""
    answer = get(install)
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=10000-", 10_000, 10_239),
        ("bytes=-5", 10_235, 10_239),
        ("bytes=9-99999", 9, 10_239),
    ],
)
def test_a_part_of_it(install: Install, asked: str, first: int, last: int) -> None:
    """From the beginning, to the end, the end of it, and past it."""
    answer = get(install, Range=asked)
    assert (answer.status_code, answer.data) == (206, CONTENT[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer.headers["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=5-2"])
def test_a_part_that_is_not_there(install: Install, asked: str) -> None:
    """Said with how long it is."""
    answer = get(install, Range=asked)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


def test_a_download_goes_on_only_where_it_is_the_same(install: Install) -> None:
    """If-Range with the tag of the first answer gives the rest, with another one the whole."""
    tag = get(install).headers["ETag"]
    assert get(install, Range="bytes=10000-", If_Range=tag).status_code == 206
    other = get(install, Range="bytes=10000-", If_Range='"another"')
    assert (other.status_code, other.data) == (200, CONTENT)


def test_another_machine_has_the_same_tag(install: Install, tmp_path: Path) -> None:
    """It fetched the file at another time, and goes on with the download all the same."""
    second = Install(install.redis, tmp_path / "another machine")
    second.put(BuildKind.FILE, "app.bin", CONTENT)
    assert get(second, Range="bytes=1-2", If_Range=get(install).headers["ETag"]).status_code == 206


@pytest.mark.parametrize("path", ["", "/app.bin", "/page/qr.png"])
def test_a_head_is_a_get_without_its_body(install: Install, path: str) -> None:
    """Phones ask first how large it is."""
    full = install.open(f"/b/{TOKEN}{path}")
    head = install.open(f"/b/{TOKEN}{path}", method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == full.headers["Content-Length"] == str(len(full.data))
    assert head.content_type == full.content_type


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_written_here(install: Install, method: str) -> None:
    """Pages are to read."""
    assert install.open(f"/b/{TOKEN}", method=method).status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="b.exe',
        "a;b=c.bin",
        "a%0d%0aX-Evil: 1.bin",
        "Überraschung 🎉.bin",
        "a b+c&d?e#f.bin",
        "qr'.bin",
        "...",
    ],
)
def test_a_name_cannot_leave_its_header(redis: Redis, tmp_path: Path, name: str) -> None:
    """Whatever a file is called, it is downloaded under that name, and no header comes with it."""
    install = Install(redis, tmp_path / "shelf")
    install.put(BuildKind.FILE, name, b"x")
    answer = install.open(f"/b/{TOKEN}/{quote(name, safe='')}")
    assert (answer.status_code, answer.data) == (200, b"x")
    kind, options = parse_options_header(answer.headers["Content-Disposition"])
    assert (kind, options["filename"]) == ("attachment", name)
    assert "X-Evil" not in answer.headers


def test_a_package_is_still_guarded(redis: Redis, tmp_path: Path) -> None:
    """The headers around everything are around downloads, too; and no proxy keeps what may be revoked."""
    install = Install(redis, tmp_path / "shelf")
    install.put(BuildKind.ANDROID, "app.apk", apk())
    headers = install.open(f"/b/{TOKEN}/app.apk", Range="bytes=0-3").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
