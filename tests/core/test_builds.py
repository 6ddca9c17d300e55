"""Which names fit, and when nothing is waited for any more."""

import pytest

from ghapp.core.builds import Build, BuildState, builds_are_settled, fits

HEAD, OLD = "a" * 40, "b" * 40
WAITING, READY, STALE = BuildState.WAITING, BuildState.READY, BuildState.STALE
MISSING, GONE = BuildState.MISSING, BuildState.GONE


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*.apk", "app-release.apk", True),
        ("*.apk", "App.APK", True),
        ("*.apk", "app.apk.txt", False),
        ("*.apk", "app-apk", False),
        ("app-*-[debug].apk", "app-1.2-[debug].apk", True),
        ("app-*-[debug].apk", "app-1.2-d.apk", False),
        ("site", "site", True),
        ("site", "my site", False),
        ("a*b*c", "a\nb\nc", True),
        ("*", "", True),
    ],
)
def test_a_star_is_any_text_and_all_else_is_itself(pattern: str, name: str, expected: bool) -> None:
    """Brackets and dots mean themselves, and letter case does not matter."""
    assert fits(pattern, name) is expected


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    """Names of artifacts are anybody's, the pattern is the repository's own: even together they end."""
    assert fits("*A" * 30, "a" * 255)
    assert not fits("*a" * 30 + "*b", "a" * 255)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], True),
        ([(READY, HEAD)], True),
        ([(MISSING, HEAD)], True),
        ([(GONE, HEAD)], True),
        ([(WAITING, HEAD)], False),
        ([(READY, OLD)], False),
        ([(STALE, OLD)], False),
        ([(STALE, OLD), (WAITING, HEAD)], False),
        ([(STALE, OLD), (READY, HEAD)], True),
        ([(STALE, OLD), (MISSING, HEAD)], True),
    ],
)
def test_builds_are_settled_when_each_is_known_of_the_head(
    states: list[tuple[BuildState, str]], expected: bool
) -> None:
    """What an older commit left counts for nothing."""
    builds = [Build("app", sha, state) for state, sha in states]
    assert builds_are_settled(builds, HEAD) is expected
    assert builds_are_settled([*builds, Build("site", HEAD, WAITING)], HEAD) is False
