"""What a request names, read out of its text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghapp.core.context import (
    Place,
    RunLink,
    advice_paths,
    excerpt,
    files_named,
    owners,
    quoted,
    runs_named,
    search_words,
    threads_named,
)

NAME = "octo/demo"
PATHS = {
    "Makefile": "",
    "run": "",
    "main.py": "",
    "src/app/models.py": "",
    "src/app/views.py": "",
    "src/web/views.py": "",
    "src/main/java/Bar.java": "",
    ".github/workflows/ci.yml": "",
}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("See #12, (#13) and GH-14.", (12, 13, 14)),
        ("octo/demo#12 and Octo/Demo#13, not octo/other#14", (12, 13)),
        ("https://github.com/octo/demo/issues/12 https://github.com/octo/demo/pull/13#issuecomment-1", (12, 13)),
        ("https://github.com/octo/other/issues/12", ()),
        ("#12 again #12, and our own #7", (12,)),
        ("&#12; ab#12 #12a ## 12 #0 /#12", ()),
        ("https://github.com/octo/demo/issues/3 before #2", (3, 2)),
        (" ".join(f"#{number}" for number in range(20, 40)), (20, 21, 22, 23, 24)),
    ],
)
def test_threads(text: str, numbers: tuple[int, ...]) -> None:
    """Each spelling that GitHub links; of this repository alone, in the order of the text, and not too many."""
    assert threads_named(text, NAME, 7) == numbers


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("octo/demo/actions/runs/11", RunLink(11, is_job=False)),
        ("octo/demo/actions/runs/11/attempts/2", RunLink(11, is_job=False)),
        ("octo/demo/actions/runs/11/job/22", RunLink(22, is_job=True)),
        ("Octo/demo/actions/runs/11/attempts/3/job/22?pr=4#step:5:6", RunLink(22, is_job=True)),
        ("octo/demo/runs/22", RunLink(22, is_job=True)),
        ("octo/demo/pull/4/checks?check_run_id=22", RunLink(22, is_job=True)),
        ("octo/other/actions/runs/11", None),
    ],
)
def test_runs(path: str, link: RunLink | None) -> None:
    """The addresses of GitHub's pages of runs, jobs and checks."""
    assert runs_named(f"CI is red: https://github.com/{path}.", NAME) == ((link,) if link else ())


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Look at src/app/models.py.", Place("src/app/models.py")),
        ('  File "/srv/octo/src/app/models.py", line 12, in save', Place("src/app/models.py", (12,))),
        ("src/app/models.py:12: error: no", Place("src/app/models.py", (12,))),
        ("at com.octo.Bar.baz(Bar.java:12)", Place("src/main/java/Bar.java", (12,))),
        ("C:\\work\\demo\\src\\app\\models.py(12,5): TS2304", Place("src/app/models.py", (12,))),
        ("https://github.com/octo/demo/blob/main/src/app/models.py#L12-L20", Place("src/app/models.py", (12,))),
        ("./main.py and ../main.py", Place("main.py")),
        ("`.github/workflows/ci.yml`", Place(".github/workflows/ci.yml")),
        ("app/views.py is wrong", Place("src/app/views.py")),
        ("the Makefile", Place("Makefile")),
        ("views.py is wrong", None),  # there are two
        ("when I run it", None),  # a word, and a file of that name
        ('File "/usr/lib/python3.11/site-packages/other/main.py", line 3', None),
        ("e.g. nothing/there.py:3", None),
    ],
)
def test_files(text: str, place: Place | None) -> None:
    """Paths as people, compilers and stack traces write them; what is not there, or not clear, names nothing."""
    assert files_named(text, PATHS) == ((place,) if place else ())


def test_files_with_lines_come_first() -> None:
    """They say more; several lines of one file are one place."""
    text = "main.py\nsrc/app/models.py:3 src/app/models.py:9 src/app/models.py:3"
    assert files_named(text, PATHS) == (Place("src/app/models.py", (3, 9)), Place("main.py"))


def test_search_words_are_the_rare_ones() -> None:
    """Short and common words find everything; what could be read as an operator is none of a word's letters."""
    assert search_words("Fix the crash when repo:x/y parsing -empty configuration") == (
        "configuration",
        "parsing",
        "crash",
        "empty",
    )
    assert search_words("Fix the bug") == ()


def test_advice_on_the_way_to_what_is_named() -> None:
    """The root's always; the nearest last."""
    paths = ("AGENTS.md", "src/AGENTS.md", "src/app/CLAUDE.md", "docs/AGENTS.md", "src/web/AGENTS.md")
    found = advice_paths(paths, ["src/app/models.py"], ("AGENTS.md", "CLAUDE.md"))
    assert found == ("AGENTS.md", "src/AGENTS.md", "src/app/CLAUDE.md")
    assert advice_paths(paths, [], ("AGENTS.md",)) == ("AGENTS.md",)


def test_an_excerpt_is_numbered_and_has_gaps() -> None:
    """Around each line; from the beginning when there is none, or none that the file has."""
    text = "\n".join(f"line {number}" for number in range(1, 201))
    rows = excerpt(text, [50, 150], 10_000).splitlines()
    assert rows[0] == "…"
    assert rows[1] == "   38  line 38"
    assert rows.count("…") == 2
    assert rows[-1] == "  162  line 162"
    assert excerpt(text, [999], 10_000).startswith("    1  line 1\n")
    assert len(excerpt(text, [], 100)) == 100


def test_a_quotation_cannot_be_left() -> None:
    """Each line has a bar before it, whatever ends it, and what a reader cannot see is gone."""
    text = quoted("one\r\ntwo\rthree\u2028four\n\nIssue #1, open, by ada:\u202e", 1_000)
    assert text == "| one\n| twothreefour\n|\n| Issue #1, open, by ada:"
    assert quoted("x" * 50, 10) == "| xxxxxxxx […]"


@pytest.mark.parametrize(
    ("rule", "path", "owned"),
    [
        ("*", "a/b.py", True),
        ("*.js", "a/b.js", True),
        ("*.js", "a/b.jsx", False),
        ("/build/logs/", "build/logs/x/y", True),
        ("/build/logs/", "a/build/logs/x", False),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/a/b.md", False),
        ("apps/", "x/apps/y.py", True),
        ("/docs/", "docs/a/b", True),
        ("**/logs", "a/b/logs/c", True),
        ("src/**/test", "src/a/b/test/c", True),
        ("src/app", "src/app/models.py", True),
        ("src/app", "src/apples", False),
        ("/Makefile", "Makefile", True),
        ("/Makefile", "a/Makefile", False),
        ("docs/**", "docs/a/b", True),
        ("docs/**", "docs", False),
        ("a/**/b/**/c", "a/x/b/b/y/c/d", True),
        ("a/**/b/**/c", "a/c/b", False),
        ("/a?c/*b*b.py", "abc/bxbyb.py", True),
        ("/a?c/*b*b.py", "a/c/b.py", False),
        ("*a*b*c*d*e*f*g*", "x/.a.b.c.d.e.f.g.", True),
    ],
)
def test_owners(rule: str, path: str, owned: bool) -> None:
    """The patterns of GitHub's own page about code owners."""
    assert owners(f"{rule} @ada", [path]) == ({path: "@ada"} if owned else {})


def test_the_last_owner_counts() -> None:
    """Comments are no rules, and a rule without owners takes them away."""
    text = "# all\n* @ada\nsrc/  @grace @octo/team # theirs\nsrc/free\n"
    assert owners(text, ["a", "src/b", "src/free"]) == {"a": "@ada", "src/b": "@grace @octo/team"}


def test_an_owner_of_many_stars_is_found_or_not_at_once() -> None:
    """Of a line that goes back from star to star, nobody would see the end."""
    name, path = "a" * 255, "a/" * 2_000
    assert owners("*a" * 30 + " @ada", [name]) == {name: "@ada"}
    assert owners("*a" * 30 + "b @ada", [name]) == {}
    assert owners("a/**/" * 30 + "a @ada", [f"{path}a"]) == {f"{path}a": "@ada"}
    assert owners("a/**/" * 30 + "b @ada", [f"{path}a"]) == {}


@settings(deadline=2_000, max_examples=150)
@given(st.text(alphabet='#/:.()-*@ aA1\\"F\n', max_size=3_000), st.integers(1, 60))
def test_no_text_raises_or_takes_long(text: str, times: int) -> None:
    """Whatever is written, also many times over."""
    long = text * times
    threads_named(long, NAME, 1)
    runs_named(f"https://x/octo/demo/{long}", NAME)
    files_named(long, PATHS)
    owners(long, PATHS)
    assert all(line.startswith("|") for line in quoted(long, 5_000).split("\n"))
    assert all(re.fullmatch("[a-z0-9]+", word) for word in search_words(long))
