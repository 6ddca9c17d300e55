"""What is left of real outputs. The files in `outputs` were printed by the tools themselves."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core.evidence import Check, CheckResult, Evidence, Standing
from ghapp.core.ports import Completed
from ghapp.verify.clean import cut, lines
from ghapp.verify.distil import MAX_SUMMARY, distil
from ghapp.verify.failures import failed_tests

OUTPUTS = Path(__file__).parent / "outputs"


def ended(name: str, exit_code: int) -> CheckResult:
    """The result of a kept output."""
    return distil(Completed(exit_code, (OUTPUTS / f"{name}.txt").read_text(), 1.5))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("pytest_green", r"1 passed, 6 deselected in \d\.\d\ds"),
        ("unittest_green", r"Ran 1 test in \d\.\d{3}s"),
        ("node_green", r"tests 4 · pass 1 · fail 0"),
        ("go_green", r"ok +example\.org/shop \d\.\d+s · ok +example\.org/shop/sub \d\.\d+s"),
        ("cargo_green", r"ok\. 3 passed; 0 failed;.* · ok\. 1 passed;.*"),
        ("maven_green", r"Tests run: 3, Failures: 0, Errors: 0, Skipped: 0"),
    ],
)
def test_success_is_one_line_in_the_tools_own_words(name: str, line: str) -> None:
    """Nobody needs to read more of what went well."""
    result = ended(name, 0)
    assert result.passed
    assert result.failures == ()
    assert re.fullmatch(line, result.summary)


@pytest.mark.parametrize(
    ("name", "exit_code", "failures", "shown"),
    [
        ("pytest_red", 1,
         ["tests/test_calc.py::test_add[one - and [one]", "tests/test_calc.py::test_add[two]",
          "tests/test_calc.py::test_dict", "tests/test_calc.py::TestGroup::test_raises",
          "tests/test_calc.py::test_needs_fixture"],
         ["Exit code 1: 4 failed, 1 passed, 1 skipped, 1 error", "E   assert -1 == 5", "calc.py:2: in divide",
          "E   RuntimeError: no database"]),
        ("pytest_collect", 2, ["tests/test_import.py"], ["E   ModuleNotFoundError: No module named 'nothing_like_it'"]),
        ("pytest_usage", 4, [], ["unrecognized arguments: --no-such"]),
        ("unittest_red", 1,
         ["test_shop.Down.setUpClass", "test_shop.Shop.test_error", "test_shop.Shop.test_many (n=2)",
          "test_shop.Shop.test_price"],
         ["AssertionError: 3 != 4", "OSError: port in use", 'File "test_shop.py", line 5']),
        ("node_tap", 1, ["cart > sums", "throws"], ["3 !== 4", "error: 'boom'"]),
        ("node_spec", 1, ["sums", "cart", "throws"], ["3 !== 4", "TypeError [Error]: boom"]),
        ("go_red", 2,
         ["example.org/shop.TestAdd", "example.org/shop.TestAdd/one", "example.org/shop/sub [build failed]"],
         ["a_test.go:3: Add(1) = 0", "sub/b.go:2:23: cannot use"]),
        ("go_panic", 1,
         ["example.org/shop.TestAdd", "example.org/shop.TestAdd/one", "example.org/shop/sub.TestF"],
         ["panic: assignment to entry in nil map", "sub/b.go:2"]),
        ("cargo_red", 101, ["tests::adds", "tests::panics", "src/lib.rs - add (line 1)"],
         ["assertion `left == right` failed: sum is off", "index out of bounds"]),
        ("cargo_compile", 101, [], ["error[E0308]: mismatched types", "--> src/lib.rs:4:37"]),
        ("maven_red", 1, ["ShopTest.breaks", "ShopTest.adds"],
         ["expected: <2> but was: <0>", "at ShopTest.adds(ShopTest.java:3)"]),
        ("maven_compile", 1, [], ["src/main/java/Broken.java:[1,24] incompatible types"]),
    ],
)  # fmt: skip
def test_failure_is_named_and_explained(name: str, exit_code: int, failures: list[str], shown: list[str]) -> None:
    """The ids of the tests, the lines that say why, nothing of the machine's paths, and all of it short."""
    result = ended(name, exit_code)
    assert not result.passed
    assert list(result.failures) == failures
    for text in shown:
        assert text in result.summary
    assert len(result.summary.encode()) <= MAX_SUMMARY
    assert "/workspace" not in result.summary
    assert "node:internal" not in result.summary
    assert "org.junit" not in result.summary


def test_the_same_failures_come_from_old_and_new_unittest_and_from_coloured_pytest() -> None:
    """Ids must be equal on base and head, whatever the terminal or version prints around them."""
    assert ended("unittest_old", 1).failures == ended("unittest_red", 1).failures
    assert set(ended("pytest_colour", 1).failures) == set(ended("pytest_red", 1).failures)
    assert "\x1b" not in ended("pytest_colour", 1).summary


def test_old_failures_are_kept_apart_from_new() -> None:
    """A check that was red before and has no new failure is not held against the change."""
    base = ended("pytest_red", 1)
    output = (OUTPUTS / "pytest_red.txt").read_text()
    new = distil(Completed(1, f"{output}\nFAILED tests/test_new.py::test_it - assert False\n", 1))
    check = Check("pytest", "pytest")
    assert Evidence(check, base, base).standing is Standing.STILL_RED
    assert Evidence(check, base, new).standing is Standing.BROKEN
    assert Evidence(check, base, new).new_failures == ("tests/test_new.py::test_it",)


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (Completed(5, (OUTPUTS / "pytest_none.txt").read_text(), 1), "No tests were collected"),
        (Completed(5, "\nno tests ran in 0.01s\n", 1), "No tests were collected"),
        (Completed(0, (OUTPUTS / "unittest_none.txt").read_text(), 1), "No tests were found"),
        (Completed(0, "TAP version 13\n1..0\n# tests 0\n# pass 0\n# fail 0\n", 1), "No tests were found"),
        (Completed(-9, "working\n", 600, timed_out=True), "Timed out after 600 s"),
        (Completed(0, "working\n", 600, timed_out=True), "Timed out after 600 s"),
        (Completed(137, "working\n", 3), "want of memory"),
        (Completed(-11, "working\n", 3), "ended by signal 11"),
        (Completed(139, "working\n", 3), "ended by signal 11"),
        (Completed(127, "bash: line 1: mvn: command not found\n", 3), "not found (exit code 127)"),
        (Completed(1, "", 3), "Exit code 1."),
    ],
)
def test_what_proves_nothing_is_not_green(done: Completed, words: str) -> None:
    """No tests, no time, no memory, no program: each is said plainly."""
    result = distil(done)
    assert not result.passed
    assert result.summary.startswith(words) or words in result.summary.splitlines()[0]


def test_a_command_that_says_nothing_and_ends_well_is_green() -> None:
    """A check may be a linter."""
    assert distil(Completed(0, "", 1)) == CheckResult(True, 1, "passed, without a word")
    assert distil(Completed(0, "All good\n\n", 1)).summary == "All good"


def test_unknown_tools_are_searched_for_trouble() -> None:
    """The lines around an error stay, the hundreds before it go."""
    output = "".join(f"step {n}\n" for n in range(500)) + "fatal: disk is full\nat block 7\n" + "tidying up\n" * 300
    text = distil(Completed(2, output, 1)).summary
    assert "fatal: disk is full\nat block 7\n" in text
    assert "tidying up  (x" in text
    assert "step 100" not in text
    assert len(text) < 400


def test_said_again_is_left_out() -> None:
    """Fifty tests that fail for one reason tell the reason once, and all their names up to a number."""
    block = "E   ConnectionError: no database\n"
    output = "=== FAILURES ===\n" + "".join(f"{block}\n" for _ in range(50))
    output += "".join(f"FAILED test_a.py::test_{n} - ConnectionError\n" for n in range(50)) + "50 failed in 1.00s\n"
    result = distil(Completed(1, output, 1))
    assert len(result.failures) == 50
    assert result.summary.count("E   ConnectionError: no database") == 1
    assert "… and 30 more" in result.summary


def test_escapes_controls_and_hidden_marks_are_gone() -> None:
    """What a page or a model is shown is plain text."""
    dirty = "\x1b[31merror\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 a\u202eb\x00c\u200bd\rerror: last words"
    text = distil(Completed(1, dirty, 1)).summary
    assert "error: last words" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202e]", text)


@given(st.text(max_size=3000), st.integers(-64, 255), st.booleans())
def test_any_output_is_distilled_to_under_4_kb(output: str, exit_code: int, timed_out: bool) -> None:
    """It never raises, and the limit is in bytes."""
    result = distil(Completed(exit_code, output, 1.0, timed_out))
    assert len(result.summary.encode()) <= MAX_SUMMARY
    assert result.summary


PIECES = [
    "FAILED a::b - x", "not ok 1 - y", "--- FAIL: T (0.0s)", "FAIL\tp\t1s", "=== FAILURES ===", "E   é" * 50,
    "Ran 3 tests in 1s", "1 failed in 1s", "\t" * 40, "x" * 700, "# Subtest: s", "    not ok 2 - z", "[ERROR] é", "",
    "test a ... FAILED", "failures:", "FAIL: t (m.C) ", "✖ q (1ms)", "<<< FAILURE!", "[[[[", "FAILED x[[a - ] - b",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=200), st.integers(0, 3))
def test_any_mixture_of_tools_is_distilled_to_under_4_kb(pieces: list[str], exit_code: int) -> None:
    """Also where the output of several tools is cut and mixed."""
    result = distil(Completed(exit_code, "\n".join(pieces), 1.0))
    assert len(result.summary.encode()) <= MAX_SUMMARY
    assert len(set(result.failures)) == len(result.failures)


def test_a_long_output_is_cut_in_the_middle() -> None:
    """The first failures and the last words stay."""
    text = cut([f"line {n}" for n in range(10_000)], 1000)
    assert text.startswith("line 0\n")
    assert text.endswith("\nline 9999")
    assert "lines left out" in text
    assert len(text.encode()) <= 1000


def test_failures_are_not_without_end() -> None:
    """A suite with a hundred thousand red tests does not fill the store."""
    assert len(failed_tests([f"FAILED a.py::test_{n}" for n in range(5000)])) == 1000


@pytest.mark.parametrize(
    ("printed", "left"),
    [
        ("/workspace/src/a.py:1", "src/a.py:1"),
        ("in /usr/lib/site-packages/x/y.py, /z", "in .../x/y.py, /z"),
        ("/v/site-packages/a:/w/dist-packages/b", ".../a:.../b"),
        ("File /opt/lib/python3.11/json/x.py", "File .../json/x.py"),
        ("at f (/app/node_modules/jest/node_modules/x.js:1)", "at f (node_modules/jest/node_modules/x.js:1)"),
        ("/root/registry/src/index-1/serde/lib.rs", ".../serde/lib.rs"),
        ("/etc/hosts /node_modules/a", "/etc/hosts /node_modules/a"),
    ],
)
def test_paths_are_short(printed: str, left: str) -> None:
    """Where a package stands on the machine explains nothing."""
    assert lines(printed) == [left]


def test_lines_of_slashes_are_read_once() -> None:
    """A path is not looked through again from each of its slashes: that would be minutes of work here."""
    found = lines("\n".join(["/" * 20_000, "/lib/python3." * 1_500] * 20))
    assert len(found) == 40
    assert set(found[::2]) == {"/" * 499 + "…"}


def test_very_many_blank_lines_are_cut_off_at_once() -> None:
    """What a tool puts around its failures is left out, and the lines are not copied once for each."""
    blank = "\n" * 100_000
    printed = f"==== FAILURES ===={blank}E   no\n==== 1 failed in 0.10s ===={blank}"
    assert distil(Completed(1, printed, 1.0)).summary == (
        "Exit code 1: 1 failed in 0.10s\n\nE   no\n==== 1 failed in 0.10s ===="
    )
