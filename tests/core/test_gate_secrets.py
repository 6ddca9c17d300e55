"""Secrets do not leave, and are not shown by what found them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghapp.core.gate import FILE, LINK, Change, FileChange, Finding, Limits, Rule, Severity, inspect


def added(path: str, *lines: str) -> FileChange:
    return FileChange(path, "A", new_mode=FILE, after="".join(f"{line}\n" for line in lines))


def deleted(path: str, *lines: str) -> FileChange:
    return FileChange(path, "D", FILE, before="".join(f"{line}\n" for line in lines))


def link(path: str, target: str) -> FileChange:
    return FileChange(path, "A", new_mode=LINK, link_target=target)


def look(*files: FileChange, secrets: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    return inspect(Change(files), Limits(), secrets)


A = "Ab1" * 20
# Put together here, so that no scanner takes this file for a leak.
TOKENS = {
    "ghp": "ghp" + "_" + A[:36],
    "ghs": "ghs" + "_" + A[:36],
    "github": "github" + "_pat_" + A,
    "pem": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "pkcs8": "-----BEGIN " + "PRIVATE KEY-----",
    "pgp": "-----BEGIN PGP " + "PRIVATE KEY BLOCK-----",
    "aws": "AKIA" + "ABCDEFGH12345678",
    "slack": "xoxb" + "-123456789012-123456789012-" + A[:24],
    "slack app": "xapp" + "-1-A0123456789-123456789012-" + A,
    "anthropic": "sk-" + "ant-api03-" + A,
    "google": "AIza" + A[:35],
    "stripe": "sk" + "_live_" + A[:24],
    "gitlab": "glpat" + "-" + A[:20],
    "npm": "npm" + "_" + A[:36],
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
def test_secrets_do_not_leave(token: str) -> None:
    """Found in the middle of any line of any file, and never shown."""
    findings = look(added("a.txt", "one", f"key: '{token}', more"))
    assert [(f.rule, f.severity, f.path) for f in findings] == [(Rule.SECRET, Severity.BLOCK, "a.txt")]
    assert findings[0].detail.endswith("in added line 2")
    assert token not in repr(findings)


@pytest.mark.parametrize(
    "line",
    [
        "ghp_short",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "AKIA" + "IOSFODNN7EXAMPLE",
        "the sk-ant- prefix",
        "xoxb-your-token",
        "NAKIA" + "ABCDEFGH12345678X",
    ],
)
def test_what_is_no_secret_leaves(line: str) -> None:
    """Prefixes in prose, public keys and Amazon's own example are no leak."""
    assert look(added("a.txt", line)) == ()


def test_known_secrets_do_not_leave() -> None:
    """The server's own strings, in a line, in a path, in a link and as one line of a key."""
    secret = "correct horse battery"
    key = "-----BEGIN X-----\n" + A + "\n" + A[::-1] + "\n-----END X-----\n"
    for file in (
        added("a", "x" * 5000 + secret),
        link("a", f"b/{secret}"),
        added("a", f'"{A[::-1]}\\n"'),
        added(f"a/{secret}/b"),
    ):
        findings = look(file, secrets=(secret, key))
        assert {f.rule for f in findings} == {Rule.SECRET}
        assert secret not in repr(findings)
        assert A[::-1] not in repr(findings)


def test_a_secret_in_a_path_is_shown_by_no_rule() -> None:
    """Other findings on the same path do not show it either."""
    secret = "correct-horse-battery"
    findings = look(
        added(f".github/workflows/{secret}.yml"),
        deleted(f"tests/test_{secret}.py", "def test_a(): ..."),
        secrets=(secret,),
    )
    assert {f.rule for f in findings} == {Rule.SECRET, Rule.WORKFLOW, Rule.TESTS}
    assert all(f.severity is not Severity.PAUSE for f in findings), "nobody can allow what is not shown"
    assert secret not in repr(findings)


def test_short_strings_are_no_secrets() -> None:
    """An empty or tiny setting must not block every change."""
    assert look(added("a", "abc"), secrets=("", "a", "abc", "\n")) == ()


@given(st.text(alphabet="aghp_-BEGIN xo1", max_size=200), st.sampled_from(list(TOKENS.values())))
def test_noise_does_not_hide_a_token(noise: str, token: str) -> None:
    """Whatever stands before and after, with a blank between."""
    assert Rule.SECRET in {finding.rule for finding in look(added("a", f"{noise} {token} {noise}"))}
