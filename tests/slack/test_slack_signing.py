"""Which requests are Slack's."""

import pytest

from ghapp.slack.signing import PATIENCE, is_signed, sign

NOW = 1_531_420_618.0
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = b'{"type": "event_callback"}'


def judged(**other: object) -> bool:
    """Whether a good request is taken, with something in it changed."""
    stamp = "1531420618"
    asked = {"body": BODY, "timestamp": stamp, "signature": sign(BODY, stamp, SECRET), "secret": SECRET, "now": NOW}
    return is_signed(**(asked | other))  # type: ignore[arg-type]


def test_the_example_of_slacks_own_page_is_signed() -> None:
    """The signature is the one that an independent implementation, Slack's, makes of the same request."""
    from slack_sdk.signature import SignatureVerifier

    assert sign(BODY, "1531420618", SECRET) == SignatureVerifier(SECRET).generate_signature(
        timestamp="1531420618", body=BODY
    )
    assert judged()


@pytest.mark.parametrize(
    "changed",
    [
        {"body": BODY + b" "},
        {"signature": None},
        {"signature": ""},
        {"signature": "v0=" + "0" * 64},
        {"signature": "é"},
        {"timestamp": None},
        {"timestamp": "soon"},
        {"timestamp": "-1"},
        {"timestamp": "1531420619"},
        {"secret": "another"},
        {"secret": ""},
        {"now": NOW + PATIENCE + 1},
        {"now": NOW - PATIENCE - 1},
    ],
    ids=str,
)
def test_anything_else_is_not(changed: dict[str, object]) -> None:
    """A changed body, a missing or wrong signature, a time that is none or is not now: none is Slack's."""
    assert not judged(**changed)
