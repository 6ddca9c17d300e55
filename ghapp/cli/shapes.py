"""What the values of a set-up look like, so that a wrong one is seen before anybody is asked about it.

None of these values needs quotes in an environment file. Each function raises UserError with what is wrong, and never
repeats a secret.
"""

import re
from urllib.parse import urlsplit

from ghapp.core.errors import UserError

_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_AFTER_PREFIX = "-[A-Za-z0-9-]{10,}"
_SLACKS_TOKENS = {
    "xoxb": "a bot token",
    "xapp": "an app-level token",
    "xoxp": "a user token",
    "xoxe": "a token of an app with token rotation, which has to be off",
}


def address(text: str, *, plain: bool) -> str:
    """The address of this server; http only where it may be `plain`."""
    if not _PLAIN_ADDRESS.fullmatch(text):
        raise UserError("it is no address such as https://honk.example.com")
    if not plain and urlsplit(text).scheme != "https":
        raise UserError("Slack sends to https only: put a TLS proxy in front, or use --socket")
    return "this server's address"


def bot_token(text: str) -> str:
    """The token itself, when it may be a bot's."""
    return _slacks(text, "xoxb")


def app_token(text: str) -> str:
    """The token itself, when it may be an app's."""
    return _slacks(text, "xapp")


def _slacks(text: str, prefix: str) -> str:
    if not re.fullmatch(prefix + _AFTER_PREFIX, text):
        is_ = _SLACKS_TOKENS.get(text.partition("-")[0])
        instead = f", and this is {is_}" if is_ and not text.startswith(prefix) else ""
        raise UserError(f"{_SLACKS_TOKENS[prefix]} begins with {prefix}- and has no blanks{instead}")
    return text


def signing_secret(text: str) -> str:
    """What it is; only a message of Slack's own will show whether it is the right one."""
    if not re.fullmatch("[0-9a-f]{32}", text):
        raise UserError("a signing secret has 32 characters, 0-9 and a-f")
    return "it has the right form"


def client_id(text: str) -> str:
    """What it is."""
    if text.isdigit():
        raise UserError("this is the App's id; the client id stands below it, and begins with Iv")
    if not re.fullmatch("[A-Za-z0-9._-]{8,100}", text):
        raise UserError("a client id has letters and digits only, and begins with Iv")
    return "it has the right form"


def client_secret(text: str) -> str:
    """What it is."""
    if not re.fullmatch("[A-Za-z0-9_]{20,255}", text):
        raise UserError("a client secret has 40 letters and digits")
    return "it has the right form"
