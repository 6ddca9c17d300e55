"""The new side of a diff: which lines a remark can lie on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ghapp.agents.new_side import new_side, with_numbers

DIFF = """\
diff --git a/a.py b/a.py
index 1111111..2222222 100644
--- a/a.py
+++ b/a.py
@@ -1,3 +1,4 @@
 one
-two
+zwei
+drei
 four
@@ -20 +21 @@ def later():
-old
\\ No newline at end of file
+new
\\ No newline at end of file
diff --git a/gone.py b/gone.py
deleted file mode 100644
--- a/gone.py
+++ /dev/null
@@ -1,2 +0,0 @@
-one
-two
"""


def test_has_what_is_added_and_what_stands_around_it() -> None:
    """Lines that are gone, and files that are gone, have no place on the new side."""
    assert new_side(DIFF) == {"a.py": {1: "one", 2: "zwei", 3: "drei", 4: "four", 21: "new"}}


def test_numbers_stand_beside_the_lines() -> None:
    """What has no number on the new side has none, and headings stay as they are."""
    lines = with_numbers(DIFF).split("\n")
    assert lines[:5] == DIFF.split("\n")[:5]
    assert lines[5:10] == ["     1  one", "       -two", "     2 +zwei", "     3 +drei", "     4  four"]
    assert "    21 +new" in lines


@pytest.mark.parametrize(
    "content",
    [
        "++ b/other.py",
        "@@ -1,9 +1,9 @@",
        "diff --git a/x b/x",
        "a\u2028b",
        "a\rb",
        "tab\there",
        "\\ No newline",
        "-- a/x",
    ],
)
def test_content_is_no_heading(content: str) -> None:
    """A line of a file that looks like a diff is a line of that file, because the hunk's heading says how many come."""
    hunk = f"--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,3 @@\n one\n-{content}\n+{content}\n+last\n"
    assert new_side(hunk) == {"a.py": {1: "one", 2: content, 3: "last"}}


def test_a_diff_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    """A diff that was cut at a limit does not lend its last file the lines of nothing."""
    cut = DIFF[: DIFF.index(" four")]
    assert new_side(cut) == {"a.py": {1: "one", 2: "zwei", 3: "drei"}}
    assert new_side(cut + DIFF)["a.py"][21] == "new"
    assert new_side("") == {}


def test_agrees_with_git_about_odd_names(tmp_path: Path) -> None:
    """Blanks, quotes, tabs, letters beyond ASCII, a rename: the path is the file's, and the text is the line's."""
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "core.autocrlf=false"]
    before = {"plain.py": "one\ntwo\nthree\nfour\nfive\n"}
    after = {
        "moved to.py": "one\ntwo\nthree\nfour\nFIVE\n",
        "größe.py": "x\r\ny\n",
        'a "b"\\c.py': "x\n",
        "tab\there.py": "x",
        "b/b/deep.py": "--- a/x\n",
        "empty.py": "",
    }

    def commit(files: dict[str, str]) -> None:
        for path in tmp_path.glob("*.py"):
            path.unlink()
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text.encode())
        for arguments in (["add", "-A", "."], ["commit", "-q", "-m", "Go on"]):
            subprocess.run([*git, *arguments], cwd=tmp_path, check=True)

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    commit(before)
    commit(after)
    command = ["git", "diff-tree", "-r", "-p", "-M", "HEAD~", "HEAD"]
    sides = new_side(subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout.decode())
    assert sides.keys() == after.keys() - {"empty.py"}
    for path, lines in sides.items():
        told = after[path].removesuffix("\n").split("\n")
        assert lines == {number: told[number - 1] for number in lines}
