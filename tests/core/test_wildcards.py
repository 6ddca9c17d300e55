"""The star in the names of honk.yml."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core.config.pulls import Autofix
from ghapp.core.wildcards import matches


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("lint", "lint", True),
        ("lint", "Lint", False),
        ("*", "", True),
        ("**", "", True),
        ("a*", "a", True),
        ("a*a", "a", False),
        ("ab*bc", "abc", False),
        ("*ab*ab", "ab", False),
        ("*ab*ab", "abab", True),
        ("test [*.11]", "test [3.11]", True),
        ("a?*", "abc", False),
    ],
)
def test_a_star_is_any_text(pattern: str, text: str, expected: bool) -> None:
    """None of it, too; the pieces between the stars do not share a character, and brackets are text."""
    assert matches(pattern, text) is expected


@given(st.text("ab*[?\n", max_size=8), st.text("ab*[?\n", max_size=10))
def test_it_is_what_a_regular_expression_would_find(pattern: str, text: str) -> None:
    """Whatever is written, short enough for one that goes back."""
    written = ".*".join(map(re.escape, pattern.split("*")))
    assert matches(pattern, text) is (re.fullmatch(written, text, re.DOTALL) is not None)


def test_thirty_stars_are_answered() -> None:
    """Checks are anybody's to name: one that goes back from star to star would not end in this life."""
    name = "a" * 255
    assert matches("*a" * 30 + "*", name)
    assert not matches("*a" * 30 + "*b", name)
    assert not Autofix(check="*a" * 30 + "*b", run="make fmt").fits(name)
