"""Texts that are made to take time, or to break whoever reads them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghapp.core.gate import FILE, Change, FileChange, Finding, Limits, Rule, inspect
from ghapp.core.gate.change import MAX_COMPARED, MAX_TEXT

SIZE = 4_000
PATHS = (
    "tests/test_a.py", "src/a.test.ts", "a_test.go", "src/a.rs", "ATest.java", "spec/a_spec.rb", "A.Tests/ATests.cs",
    "Tests/A.swift", "tests/a.php", "conftest.py", "src/a.py", "pyproject.toml", "package.json", "tsconfig.json",
    "Makefile", "requirements.txt", "go.mod", "check.sh", "pom.xml", "tests/a.bats",
)  # fmt: skip
BEGINNINGS = (
    "assert ", "assert(", "assert a or ", "assertEqual(a, ", "expect(a).toBe", "'", '"', "`", '"""', "/*", "=/[", "=/",
    "\\", "(", "[", "{", "@", "#[", "def test_a():\n assert a\n", "it('a', () => {\n", "parametrize([", "catch (",
    "except Exception:\n", "rescue\n ", "pytest ", "pytest || ", "cfg_attr(", "def __eq__(", "a: ", "<a>", "a[b, ",
    "key: [", "\n", " ", "\t", "a b(", "throws ", "if False:\n", "const a = (", "public void ", "=begin\n",
    'r#"', "<!--",
    "1.", "a-", "\x0c", "\u2028", "\udce9", "[a] ", '"a": "', "{ skip", "process.env",
)  # fmt: skip


def look(path: str, before: str, after: str) -> tuple[Finding, ...]:
    """What the gate says of one changed file."""
    return inspect(Change((FileChange(path, "M", FILE, FILE, before=before, after=after),)), Limits())


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN ",
        "ghp_",
        "xoxb-",
        "xoxb-1",
        "AKIA",
        "sk-ant- ",
        "A1 ",
        "-----BEGIN A ",
        "hooks.slack.com/services/",
        "AIza",
    ],
)
def test_hostile_lines_are_gone_through(line: str) -> None:
    """A megabyte made of beginnings is gone through; with a pattern that goes back this would not come to an end."""
    assert look("a.txt", "", line * 200_000) == ()


@pytest.mark.parametrize("path", PATHS)
def test_hostile_texts_are_gone_through(path: str) -> None:
    """Many beginnings of whatever a pattern looks for; with one that goes back this would not come to an end."""
    for beginning in BEGINNINGS:
        for finding in look(path, "x\n", beginning * (SIZE // len(beginning))):
            assert finding.detail.isprintable()


TEXTS = st.lists(st.sampled_from([*BEGINNINGS, "a", "\n", "    ", ")", "]", "}", ":"]), max_size=40).map("".join)


@given(st.sampled_from(PATHS), TEXTS | st.text(max_size=60), TEXTS)
@settings(deadline=None)
def test_whatever_is_written_is_judged(path: str, before: str, after: str) -> None:
    """There is an answer that can be stored and shown, and no secret in it."""
    for finding in look(path, before, after):
        (finding.path + finding.detail).encode()
        assert (finding.path + finding.detail).isprintable()


@given(st.sampled_from(PATHS), TEXTS)
@settings(deadline=None)
def test_the_same_text_is_no_finding(path: str, text: str) -> None:
    """Whatever is read there is read twice, and moved with the file: Rust may have its tests anywhere."""
    assert look(path, text, text) == ()


def test_a_name_does_not_give_a_secret_away() -> None:
    """Titles of tests, settings and commands are the agent's words."""
    secret = "correct horse battery"
    sides = [
        FileChange("a.test.ts", "M", FILE, FILE, before=f"it('{secret}', () => {{ expect(a).toBe(1) }})\n", after=""),
        FileChange(".flake8", "M", FILE, FILE, before="ignore = a\n", after=f'ignore = a "{secret.split()[0]}"\n'),
    ]
    found = inspect(Change(tuple(sides)), Limits(), (secret, secret.split()[0] * 2))
    assert {finding.rule for finding in found} == {Rule.TESTS, Rule.CHECKS_LOOSENED}
    assert secret not in repr(found)


def test_tests_that_were_not_compared_are_told() -> None:
    """A file that is too large, or has become binary, or came after too many others, is not passed over in silence."""
    big = "x = 1\n" * (MAX_TEXT // 6 + 1)
    assert [f.rule for f in look("tests/test_a.py", "x", big)] == [Rule.TESTS]
    many = [
        FileChange(f"a/{number}.txt", "A", new_mode=FILE, after="x" * (MAX_TEXT - 1))
        for number in range(MAX_COMPARED // MAX_TEXT + 1)
    ]
    last = FileChange("tests/test_a.py", "M", FILE, FILE, before="a", after="b")
    assert [(f.rule, f.path) for f in inspect(Change((*many, last)), Limits())] == [(Rule.TESTS, "tests/test_a.py")]
