"""Whatever CI sends, it is taken or refused with a word; nothing else comes of it."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ghapp.builds.kinds import known
from ghapp.builds.shelf import FolderShelf
from ghapp.core.builds import BuildKind
from ghapp.core.errors import UserError
from tests.builds.conftest import TOKEN
from tests.builds.packages import apk, ipa
from tests.builds.zips import DEFLATED, Entry, archive, fetch

WHOLE = (
    archive(Entry("app.apk", apk(), DEFLATED), Entry("notes/a.txt", b"hello " * 20, DEFLATED)),
    archive(Entry("app.ipa", ipa()), comment=b"made by hand"),
    archive(Entry("a.html", b"<p>"), Entry("b/", mode=0o040755)),
)
CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6)


def offer(content: bytes) -> None:
    """Only the file's own folder may be there afterwards, or nothing."""
    with TemporaryDirectory() as folder:
        world = Path(folder)
        shelf = FolderShelf(world / "shelf", 1_000_000)
        expected = {world / "shelf"}
        with suppress(UserError):
            taken = shelf.take(TOKEN, "*", fetch(content))
            kept = world / "shelf" / f"{TOKEN}.build"
            expected |= {kept, kept / "file", kept / "taken.json"}
            assert (kept / "file").stat().st_size == taken.size
        assert {*world.rglob("*")} == expected


@given(st.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_taken_or_refused(content: bytes) -> None:
    """Noise, alone and where an archive would begin and end."""
    offer(content)
    offer(b"PK\3\4" + content + b"PK\5\6" + content[:18].ljust(18, b"\0"))


@given(st.sampled_from(WHOLE), CHANGES)
@settings(max_examples=400, deadline=None)
def test_a_changed_archive_is_taken_or_refused(whole: bytes, changes: list[tuple[float, int]]) -> None:
    """Bytes of a sound archive, turned into others."""
    content = bytearray(whole)
    for where, value in changes:
        content[int(where * len(content))] = value
    offer(bytes(content))


@given(st.sampled_from(WHOLE), st.floats(0, 1), st.floats(0, 1), st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_a_patched_archive_is_taken_or_refused(whole: bytes, start: float, stop: float, patch: bytes) -> None:
    """A piece of a sound archive, replaced by another or taken out."""
    first, last = sorted((int(start * len(whole)), int(stop * len(whole))))
    offer(whole[:first] + patch + whole[last:])


@given(st.binary(max_size=300), st.sampled_from([b"", b"bplist00", b"<plist version='1.0'><dict>"]))
@settings(max_examples=200, deadline=None)
def test_any_list_in_an_ios_package_is_read_or_refused(noise: bytes, start: bytes) -> None:
    """Whatever Python's reader of property lists runs into."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(ipa(start + noise))
        with suppress(UserError):
            found = known(path, "app.ipa", 1_000_000)
            assert (found.kind, bool(found.identifier), bool(found.version)) == (BuildKind.IOS, True, True)
