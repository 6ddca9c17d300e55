"""A diff made to fit: nothing hides behind what is large."""

from __future__ import annotations

from ghapp.agents.diffs import fitted


def file(name: str, lines: int) -> str:
    """One file's part of a diff."""
    body = "".join(f"+line {number} of {name}\n" for number in range(lines))
    return f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -0,0 +1,{lines} @@\n{body}"


def test_what_fits_is_left_alone() -> None:
    """Nothing is cut, nothing is said."""
    diff = file("a.py", 3) + file("b.py", 2)
    assert fitted(diff, len(diff)) == (diff, ())


def test_the_largest_file_gives_way() -> None:
    """A small file behind a large one is shown whole."""
    diff = file("data.json", 5_000) + file("evil.py", 20)
    shown, left_out = fitted(diff, 20_000)
    assert file("evil.py", 20) in shown
    assert left_out == ("a/data.json b/data.json",)
    assert "characters left out" in shown
    assert len(shown) < 20_200


def test_both_ends_of_a_large_file_are_shown() -> None:
    """What is cut is the middle."""
    shown, _ = fitted(file("a.py", 5_000), 10_000)
    assert "+line 0 of a.py" in shown
    assert "+line 4999 of a.py" in shown


def test_files_that_have_no_room_are_named() -> None:
    """A change of very many files is shown in part, and the judge is told which it has not seen."""
    shown, left_out = fitted("".join(file(f"{number}.py", 20) for number in range(100)), 4_000)
    assert len(shown) < 5_000
    assert left_out[-1] == "a/99.py b/99.py (not shown at all)"
    assert len(left_out) == 90


def test_content_cannot_begin_a_file() -> None:
    """A line that was added and looks like a heading is a line that was added."""
    diff = file("a.py", 2_000) + "+diff --git a/b.py b/b.py\n" + file("c.py", 2)
    assert fitted(diff, 5_000)[1] == ("a/a.py b/a.py",)
