"""What the gate is told of a change."""

from pathlib import Path

import pytest

from ghapp.core.gate import Change, FileChange
from ghapp.git import changes
from ghapp.git.mirrors import GitMirrors
from tests.git.bare_git import SHOP, Bare


@pytest.fixture
def store(mirrors: GitMirrors, base: str) -> Bare:
    """The mirror itself, to make commits in that need no bundle."""
    return Bare(mirrors.mirror(SHOP))


def only(change: Change) -> FileChange:
    """The one file of a change."""
    (file,) = change.files
    return file


def test_a_change_tells_modes_sizes_and_texts(mirrors: GitMirrors, store: Bare, base: str) -> None:
    """Added, modified, deleted, a changed mode and a file that became a link, each in its own words."""
    before = store.commit({"mod": b"one\ntwo\n", "gone": b"x", "mode": b"#!\n", "kind": b"text\n"}, base)
    after = store.commit(
        {"mod": b"one\n2\ntwo\n", "mode": b"#!\n", "kind": b"../out", "new": b"a\r\nb"},
        before,
        modes={"mode": "100755", "kind": "120000"},
    )
    assert {file.path: file for file in mirrors.change(SHOP, before, after).files} == {
        "mod": FileChange("mod", "M", "100644", "100644", 10, None, "one\ntwo\n", "one\n2\ntwo\n"),
        "gone": FileChange("gone", "D", "100644", "000000", 0, None, "x", ""),
        "mode": FileChange("mode", "M", "100644", "100755", 3),
        "kind": FileChange("kind", "T", "100644", "120000", 6, "../out", "text\n", ""),
        "new": FileChange("new", "A", "000000", "100644", 4, None, "", "a\r\nb"),
    }


def test_odd_names_and_targets_come_through(mirrors: GitMirrors, store: Bare, base: str) -> None:
    """Newlines, quotes, tabs and bytes that are no text."""
    files = {"a\nb": b"1", 'q"\t': b"2", "\udcff": b"3", ":100644 x": b"4"}
    head = store.commit({**files, "sum.py": b"/\xff"}, base, modes={"sum.py": "120000"})
    found = {file.path: file for file in mirrors.change(SHOP, base, head).files}
    assert set(found) == {*files, "sum.py", "README.md"}
    assert found["sum.py"].link_target == "/\udcff"


def test_binary_files_have_no_lines(mirrors: GitMirrors, store: Bare, base: str) -> None:
    """Whatever attributes say: they are not asked."""
    files = {"sum.py": b"def total(): pass\n", "README.md": b"A shop\n"}
    files |= {"data": b"\0\1", ".gitattributes": b"* binary\n"}
    before = store.commit({"data": b"text\n", "sum.py": b"\0\0"}, base)
    found = {file.path: file for file in mirrors.change(SHOP, before, store.commit(files, before)).files}
    assert (found["data"].before, found["data"].after) == ("text\n", None)
    assert (found["sum.py"].before, found["sum.py"].after) == (None, "def total(): pass\n")
    assert found["sum.py"].added == ("def total(): pass",)
    assert (found["data"].added, found["data"].is_compared) == ((), False)
    assert found[".gitattributes"].added == ("* binary",)


def test_a_submodule_is_seen_by_its_mode(mirrors: GitMirrors, store: Bare, base: str) -> None:
    """Its commit is not in the mirror, and need not be."""
    files = {"sum.py": b"def total(a, b):\n    return a - b\n", "README.md": b"A shop\n", "lib": b"1" * 40}
    head = store.commit(files, base, modes={"lib": "160000"})
    assert only(mirrors.change(SHOP, base, head)) == FileChange("lib", "A", "000000", "160000")


def test_line_of_descent(mirrors: GitMirrors, store: Bare, base: str) -> None:
    """Two commits in a row are one line; a merge is counted; another history does not descend."""
    one = store.commit({"a": b"1"}, base)
    two = store.commit({"a": b"2"}, one)
    side = store.commit({"b": b"1"}, base)
    merge = store.commit({"c": b"1"}, two, side)
    alone = store.commit({"d": b"1"})

    def line(head: str) -> tuple[int, int, bool]:
        change = mirrors.change(SHOP, base, head)
        return change.commits, change.merges, change.descends

    assert line(base) == (0, 0, True)
    assert line(two) == (2, 0, True)
    assert line(merge) == (4, 1, True)
    assert line(alone) == (1, 1, False)


def test_lines_are_counted_not_aligned(mirrors: GitMirrors, store: Bare, base: str) -> None:
    """A moved line is none; a second copy of a line is one. Large unlike files take no time that grows with both."""
    before = store.commit({"a": b"x\ny\n"}, base)
    assert only(mirrors.change(SHOP, before, store.commit({"a": b"y\nx\n"}, before))).added == ()
    assert only(mirrors.change(SHOP, before, store.commit({"a": b"x\nx\ny\n"}, before))).added == ("x",)
    old = b"".join(b"%d\n" % n for n in range(60_000))
    new = b"".join(b"%d\n" % (n * 7 % 120_000) for n in range(60_000))
    left, right = store.commit({"a": old}, base), store.commit({"a": new}, base)
    file = only(mirrors.change(SHOP, left, right))
    assert set(file.added) == set(new.decode().split()) - set(old.decode().split())
    assert set(file.removed) == set(old.decode().split()) - set(new.decode().split())


def test_lines_that_go_are_told(mirrors: GitMirrors, store: Bare, base: str) -> None:
    """Of a deleted file all; of a renamed one on the old path; with other line ends, lines are others."""
    before = store.commit({"gone": b"a\nb", "old": b"x\n", "ends": b"a\nb\n", "last": b"a\nb"}, base)
    after = store.commit({"new": b"x\n", "ends": b"a\r\nb\r\n", "last": b"a\nb\n"}, before)
    found = {file.path: (file.removed, file.added) for file in mirrors.change(SHOP, before, after).files}
    assert found == {
        "gone": (("a", "b"), ()),
        "old": (("x",), ()),
        "new": ((), ("x",)),
        "ends": (("a", "b"), ("a\r", "b\r")),
        "last": ((), ()),
    }


def test_what_leaves_is_read_first(
    mirrors: GitMirrors, store: Bare, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large files of base that go do not use up the room in which head's are looked at."""
    monkeypatch.setattr(changes, "_MAX_TOTAL", 12)
    before = store.commit({"a": b"x" * 11, "z": b"old"}, base)
    after = store.commit({"z": b"new\n"}, before)
    found = {file.path: file for file in mirrors.change(SHOP, before, after).files}
    assert found["z"].added == ("new",)
    assert (found["a"].before, found["a"].is_compared) == (None, False)


def test_what_is_too_large_to_read_still_tells_its_size(
    mirrors: GitMirrors, store: Bare, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate stops it by its size; nobody needs its lines."""
    monkeypatch.setattr(changes, "_MAX_BLOB", 10)
    files = {"sum.py": b"def total(a, b):\n    return a - b\n", "README.md": b"A shop\n", "large": b"x" * 11}
    assert only(mirrors.change(SHOP, base, store.commit(files, base))).after is None
    assert only(mirrors.change(SHOP, base, store.commit(files, base))).size == 11


def test_the_diff_is_readable_and_ends(mirrors: GitMirrors, store: Bare, base: str) -> None:
    """A unified diff without colours, cut at a line below a million bytes."""
    head = store.commit({"sum.py": b"def total(a, b):\n    return a + b\n", "README.md": b"A sh\xffp\n"}, base)
    text = mirrors.diff(SHOP, base, head)
    assert "-    return a - b\n+    return a + b\n" in text
    assert "+A sh\N{REPLACEMENT CHARACTER}p\n" in text
    long = mirrors.diff(SHOP, base, store.commit({"long": b"line\n" * 400_000}, base))
    assert 900_000 < len(long) <= 1_000_000
    assert long.endswith("+line\n")


def test_names_that_are_no_sha_reach_no_git(mirrors: GitMirrors, base: str, tmp_path: Path) -> None:
    """An option or a ref in place of a sha is a defect of the caller."""
    witness = tmp_path / "witness"
    for text in ("HEAD", f"--output={witness}", "", base[:12]):
        with pytest.raises(ValueError, match="not a sha"):
            mirrors.diff(SHOP, base, text)
    assert not witness.exists()
