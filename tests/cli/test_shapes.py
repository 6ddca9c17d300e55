"""What a person pastes is looked at before anybody is asked about it."""

import re
from collections.abc import Callable

import pytest

from ghapp.cli import shapes
from ghapp.core.errors import UserError


@pytest.mark.parametrize(
    ("shape", "text", "says"),
    [
        (shapes.bot_token, "xoxp-1234567890-s3cret", "this is a user token"),
        (shapes.bot_token, "xapp-1-A1-1234567890-s3cret", "this is an app-level token"),
        (shapes.bot_token, "xoxe.xoxb-1-s3cret", "begins with xoxb-"),
        (shapes.bot_token, "xoxb-1234567890 s3cret", "has no blanks"),
        (shapes.bot_token, "", "begins with xoxb-"),
        (shapes.app_token, "xoxb-1234567890-s3cret", "this is a bot token"),
        (shapes.signing_secret, "s3cret", "32 characters"),
        (shapes.signing_secret, "S" * 32, "32 characters"),
        (shapes.client_id, "1234567", "this is the App's id"),
        (shapes.client_id, "Iv1 abc", "begins with Iv"),
        (shapes.client_secret, "s3cret'; rm", "40 letters and digits"),
    ],
)
def test_a_wrong_value_is_named(shape: Callable[[str], str], text: str, says: str) -> None:
    """The sentence says what was pasted instead, and does not repeat it."""
    with pytest.raises(UserError, match=re.escape(says)) as refused:
        shape(text)
    assert "s3cret" not in str(refused.value)


def test_good_values_pass() -> None:
    """Such as Slack and GitHub give."""
    assert shapes.bot_token("xoxb-12345-67890-AbCd") == "xoxb-12345-67890-AbCd"
    assert shapes.app_token("xapp-1-A012-345-abcdef") == "xapp-1-A012-345-abcdef"
    assert shapes.signing_secret("0123456789abcdef" * 2)
    assert shapes.client_id("Iv23liABCDEF")
    assert shapes.client_secret("0123456789" * 4)


@pytest.mark.parametrize(
    ("text", "plain", "good"),
    [
        ("https://honk.example.com", False, True),
        ("https://honk.example.com/", False, True),
        ("https://honk.example.com:8443/at", False, True),
        ("http://honk.example.com", False, False),
        ("http://10.0.0.7:8000", True, True),
        ("honk.example.com", True, False),
        ("https://user:word@honk.example.com", False, False),
        ("https://honk.example.com/?a=b", False, False),
        ("https://honk.example.com\nA=b", False, False),
        ("https://honk.example.com/$(id)", False, False),
    ],
)
def test_an_address_is_looked_at(text: str, plain: bool, good: bool) -> None:
    """Slack sends to https only; nothing that needs quotes gets into the file."""
    if good:
        assert shapes.address(text, plain=plain)
    else:
        with pytest.raises(UserError):
            shapes.address(text, plain=plain)
