"""What CI keeps is made by whoever changes the code: nothing that it holds may get out, grow, or stay."""

from pathlib import Path
from struct import pack

import pytest

from ghapp.builds.shelf import FolderShelf
from ghapp.core.errors import UserError
from tests.builds.conftest import TOKEN, Refused
from tests.builds.packages import apk
from tests.builds.zips import DEFLATED, DEVICE, ENCRYPTED, LINK, UTF8, Entry, archive, deflated, end, fetch, zeros

GOOD = Entry("app.apk", apk())


@pytest.mark.parametrize(
    "name",
    [
        "../app.apk",
        "a/../../app.apk",
        "..",
        "/etc/cron.d/app.apk",
        "C:\\app.apk",
        "c:app.apk",
        "..\\app.apk",
        "a\\b.apk",
    ],
)
def test_a_path_out_of_the_folder_is_refused(refused: Refused, name: str) -> None:
    """Zip slip, absolute paths, drives and backslashes, beside a file that would have been fine."""
    assert refused(archive(GOOD, Entry(name, b"x"))).startswith("the archive has a path that leads out of its folder")


@pytest.mark.parametrize(
    "name", ["a\0.apk", "a\n.apk", "a\x1b[2J", "a\u202etxt.apk", "a//b", "./a", "", "a" * 300, "a/" * 2100 + "b"]
)
def test_a_name_that_is_not_plain_is_refused(refused: Refused, name: str) -> None:
    """Control characters, marks of direction, empty and endless names; the word shows no such character itself."""
    said = refused(archive(GOOD, Entry(name, b"x")))
    assert said.startswith("the archive has a name that is not plain")
    assert said.isprintable()


@pytest.mark.parametrize("mode", [LINK, DEVICE, 0o010644, 0o140755], ids=["link", "device", "pipe", "socket"])
def test_links_and_special_files_are_refused(refused: Refused, mode: int) -> None:
    """Also when they have the name that is wanted."""
    assert "a link or a special file: `evil.apk`" in refused(archive(Entry("evil.apk", b"/etc/passwd", mode=mode)))


@pytest.mark.parametrize(
    ("one", "other"), [("app.apk", "app.apk"), ("app.apk", "APP.apk"), ("caf\u00e9.apk", "cafe\u0301.apk"), ("a", "a/")]
)
def test_a_name_that_is_there_twice_is_refused(refused: Refused, one: str, other: str) -> None:
    """Also when only some file systems take the two for one."""
    assert refused(archive(Entry(one, b"x"), Entry(other, b""))).startswith("the archive has a name twice")


@pytest.mark.parametrize("flag", [ENCRYPTED, 0x40, 0x2000])
def test_an_encrypted_archive_is_refused(refused: Refused, flag: int) -> None:
    """Nobody gave us a password."""
    assert refused(archive(Entry("app.apk", b"x", flags=UTF8 | flag))) == "the archive is encrypted: `app.apk`"


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99])
def test_an_unusual_packing_is_refused(refused: Refused, method: int) -> None:
    """Deflate64, bzip2, LZMA, Zstandard and the rest."""
    assert "packed in a way" in refused(archive(GOOD, Entry("b", b"x", method=method)))


def test_a_bomb_is_refused_before_it_is_lit(refused: Refused) -> None:
    """Forty MiB of zeros in forty kilobytes."""
    bomb = Entry("app.apk", method=DEFLATED, packed=zeros(40), size=40 * 1024 * 1024)
    assert "as zip bombs do: `app.apk`" in refused(archive(bomb))


def test_a_bomb_that_says_it_is_small_is_stopped(refused: Refused) -> None:
    """Two GiB come out of an entry that says three bytes: it is left after the first piece."""
    liar = Entry("app.apk", method=DEFLATED, packed=zeros(2048), size=3)
    assert refused(archive(liar)) == "the archive holds more than it says: `app.apk`"


def test_a_bomb_in_a_package_is_stopped(refused: Refused) -> None:
    """The list in an iOS package says that it is small, and is two GiB."""
    liar = Entry("Payload/A.app/Info.plist", method=DEFLATED, packed=zeros(2048), size=3)
    assert "the archive holds more than it says" in refused(archive(Entry("app.ipa", archive(liar))))


@pytest.mark.parametrize("packed", [b"\0" * 30, zeros(1)])
def test_two_gigabytes_that_are_declared_are_refused(refused: Refused, packed: bytes) -> None:
    """Whatever is behind it, nothing of it is unpacked."""
    large = Entry("app.apk", method=DEFLATED, packed=packed, size=2**31)
    assert refused(archive(large)).startswith("it is larger than 67 MB")


def test_two_gigabytes_from_ci_are_refused(tmp_path: Path, shelf: FolderShelf) -> None:
    """Should CI send more than was asked for."""

    def endless(to: Path) -> None:
        with to.open("wb") as file:
            file.truncate(2**31)

    with pytest.raises(UserError, match="larger than 67 MB"):
        shelf.take(TOKEN, "*.apk", endless)
    assert list((tmp_path / "world" / "shelf").iterdir()) == []


def test_files_that_lie_upon_each_other_are_refused(refused: Refused) -> None:
    """The better zip bomb: many entries, and one kernel that all of them unpack."""
    kernel = Entry("app.apk", b"x" * 500, DEFLATED)
    body = kernel.header() + kernel.body
    other = Entry("b.apk", b"x" * 500, DEFLATED)
    listings = kernel.listing(0) + other.listing(0)
    assert "lie upon each other" in refused(body + listings + end(2, len(listings), len(body)))


def test_a_file_that_reaches_into_the_directory_is_refused(refused: Refused) -> None:
    """Its bytes would be those that describe it."""
    entry = Entry("app.apk", b"x" * 10)
    longer = Entry("app.apk", b"x" * 40)
    body = entry.header() + entry.body
    listing = longer.listing(0)
    assert "lie upon each other" in refused(body + listing + end(1, len(listing), len(body)))


def many(count: int) -> tuple[bytes, bytes]:
    """The bodies and the directory of so many empty files."""
    body, listings = bytearray(), bytearray()
    for number in range(count):
        entry = Entry(f"{number}.apk")
        listings += entry.listing(len(body))
        body += entry.header()
    return bytes(body), bytes(listings)


@pytest.mark.parametrize("count", [10_001, 65_534])
def test_too_many_entries_are_refused(refused: Refused, count: int) -> None:
    """By the number at the end, without a look at one of them."""
    assert refused(b"PK\3\4" + end(count, 0, 4)) == "the archive has more than 10,000 files"


def test_a_hundred_thousand_honest_entries_are_refused_at_once(refused: Refused) -> None:
    """They need the larger kind of directory, whose sign at the end is enough: what it lists is not read."""
    body, listings = many(100_000)
    start = len(body)
    large = pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 100_000, 100_000, len(listings), start)
    locator = pack("<4sLQL", b"PK\6\7", 0, start + len(listings), 1)
    content = body + listings + large + locator + end(0xFFFF, len(listings), start)
    assert refused(content) == "the archive has more than 10,000 files"


@pytest.mark.parametrize("count", [0, 5, 10_000])
def test_a_false_number_of_entries_is_refused(refused: Refused, count: int) -> None:
    """A hundred thousand that are said to be few: what is read must fill the directory, and does not."""
    body, listings = many(100_000)
    assert refused(body + listings + end(count, len(listings), len(body))) == "the archive is damaged or incomplete"


def test_the_larger_kind_of_archive_is_refused(refused: Refused) -> None:
    """Readers differ on which of the two sizes holds."""
    extra = pack("<2HQ", 1, 8, 10)
    assert "zip64" in refused(archive(Entry("app.apk", b"x" * 10, extra=extra)))
    assert "zip64" in refused(archive(Entry("app.apk", b"x", size=0xFFFFFFFF)))
    good = archive(GOOD)
    locator = pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    assert "zip64" in refused(good[:-22] + locator + good[-22:])
    assert "zip64" in refused(good[:-22] + end(1, 0xFFFFFFFF, 0xFFFFFFFF))


def test_a_cut_archive_is_refused(refused: Refused) -> None:
    """Wherever it was cut off."""
    whole = archive(GOOD, Entry("b.txt", b"hello " * 50, DEFLATED))
    for length in range(4, len(whole), 7):
        assert refused(whole[:length]) == "the archive is damaged or incomplete"


@pytest.mark.parametrize("content", [b"", b"<html>Not Found</html>", b"\x1f\x8b\x08\0" * 40, b"PK", bytes(100_000)])
def test_what_is_no_archive_is_refused(refused: Refused, content: bytes) -> None:
    """A page, another kind of archive, nothing."""
    assert refused(content) == "what CI kept is no zip archive"


def test_an_empty_archive_is_refused(refused: Refused) -> None:
    """Also when there is a folder in it."""
    assert refused(archive()) == "the archive is empty"
    assert refused(archive(Entry("a/", mode=0o040755))) == "the archive is empty"


@pytest.mark.parametrize(
    "entry",
    [
        Entry("app.apk", b"hello", crc=1),
        Entry("app.apk", b"hello", DEFLATED, crc=1),
        Entry("app.apk", b"hello", DEFLATED, size=6),
        Entry("app.apk", b"hello", size=6),
        Entry("app.apk", b"hello", own_name=b"bpp.apk"),
        Entry("app.apk", b"hello", DEFLATED, packed=deflated(b"hello")[:-1]),
        Entry("app.apk", b"hello", DEFLATED, packed=deflated(b"hello") + b"more"),
        Entry("app.apk", b"hello", DEFLATED, packed=b"\xff\xff\xff"),
        Entry("app.apk", b"hello", DEFLATED, packed=b""),
        Entry(b"\xff.apk", b"hello"),
    ],
    ids=["sum", "deflated-sum", "short", "stored-short", "name", "cut", "more", "noise", "nothing", "encoding"],
)
def test_what_does_not_agree_with_itself_is_refused(refused: Refused, entry: Entry) -> None:
    """Check sum, size, name or stream."""
    assert refused(archive(entry)) == "the archive is damaged or incomplete"


def test_an_archive_with_two_ends_is_refused(refused: Refused) -> None:
    """A comment that looks like an end of its own: one reader would see other files than the next."""
    hidden = end(0, 0, 0)
    assert refused(archive(GOOD, comment=hidden)) == "the archive is damaged or incomplete"


def test_a_file_before_the_archive_is_refused(refused: Refused) -> None:
    """All places in it would be wrong."""
    assert refused(b"#!/bin/sh\n" + archive(GOOD)) == "the archive is damaged or incomplete"


def test_names_in_a_refusal_stay_in_their_span(refused: Refused) -> None:
    """What is told on GitHub mentions nobody, and is short."""
    said = refused(archive(Entry("../`@mona` [x](http://e)" + "y" * 4_000, b"x")))
    assert said.count("`") == 2
    assert len(said) < 250


def test_a_file_of_the_most_is_taken(shelf: FolderShelf, tmp_path: Path) -> None:
    """The limit is for what is over it."""
    content = archive(Entry("a.bin", b"x" * 1000))
    assert FolderShelf(tmp_path / "a", len(content)).take(TOKEN, "*.bin", fetch(content)).size == 1000
    with pytest.raises(UserError, match="larger than"):
        FolderShelf(tmp_path / "b", len(content) - 1).take(TOKEN, "*.bin", fetch(content))
