"""Slack's Web API: two clients, and what its refusals mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, Protocol

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web import SlackResponse

from ghapp.core.errors import Gone, TransientError, UserError

_SECONDS = 10
_MOMENT = 0.1

_GONE = frozenset(("message_not_found", "cant_update_message", "thread_not_found", "no_item_specified"))
_BUSY = frozenset(("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"))
_BUSY |= {"request_timeout", "team_added_to_org", "accesslimited"}
_SENT_AWAY = "Slack does not accept our bot token any more. Whoever runs Honk has to set SLACK_BOT_TOKEN anew."
_UNSEEN = "Honk cannot see this channel. Invite it there with `/invite @Honk`."
_SENTENCES = {
    "invalid_auth": _SENT_AWAY,
    "not_authed": _SENT_AWAY,
    "account_inactive": _SENT_AWAY,
    "token_revoked": _SENT_AWAY,
    "token_expired": _SENT_AWAY,
    "not_in_channel": "Honk is not in this channel. Invite it with `/invite @Honk`.",
    "channel_not_found": _UNSEEN,
    "is_archived": "This channel is archived.",
}


class Pauses(Protocol):
    """Remembers, for all our processes, for how many more seconds Slack wants to hear nothing of a method."""

    def begin(self, name: str, seconds: float) -> None: ...

    def left(self, name: str) -> float: ...


class Api:
    """The API as our bot. `asks` reads, and tries once more when a connection breaks; `does` writes, and never twice.

    Neither waits when Slack wants it slower, and neither calls before that time is over: what needs it is tried again.
    """

    def __init__(self, token: str, url: str, pauses: Pauses | None = None) -> None:
        again = ConnectionErrorRetryHandler(interval_calculator=FixedValueRetryIntervalCalculator(_MOMENT))
        self.asks = _Client(token, base_url=url, timeout=_SECONDS, retry_handlers=[again])
        self.does = _Client(token, base_url=url, timeout=_SECONDS, retry_handlers=[])
        self.asks.pauses = self.does.pauses = pauses


class _Client(WebClient):
    """Slack limits each method on its own. https://docs.slack.dev/apis/web-api/rate-limits"""

    pauses: Pauses | None = None

    def api_call(self, api_method: str, **what: Any) -> SlackResponse:
        """Raises TransientError, without a call, while a pause lasts."""
        left = self.pauses.left(api_method) if self.pauses else 0
        if left:
            raise TransientError(f"Slack wants a pause of {api_method}", retry_after=left)
        try:
            return super().api_call(api_method, **what)
        except SlackApiError as error:
            if self.pauses and (seconds := _seconds(error)):
                self.pauses.begin(api_method, seconds)
            raise


@contextmanager
def spoken() -> Iterator[None]:
    """Call Slack in the block. Raises Gone, UserError or TransientError, with the seconds that Slack asks for."""
    try:
        yield
    except SlackApiError as error:
        raise _meaning(error) from error
    except (OSError, HTTPException) as error:
        raise TransientError(f"Slack did not answer: {error}") from error


def code(error: BaseException | None) -> str:
    """Slack's own word for a refusal, when the failure comes of one."""
    if not isinstance(error, SlackApiError):
        return ""
    data = error.response.data if hasattr(error.response, "data") else error.response
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _meaning(error: SlackApiError) -> Exception:
    said, status = code(error), int(getattr(error.response, "status_code", 200))
    if status == 429 or status >= 500 or said in _BUSY:
        return TransientError(f"Slack is busy ({status} {said[:80]})", retry_after=_seconds(error))
    if said in _GONE:
        return Gone("The message is not there any more.")
    if said == "missing_scope":
        needed = error.response.get("needed") or "of slack.yml"
        return UserError(f"The Slack app lacks the scope {needed}. Whoever runs Honk has to install it again.")
    return UserError(_SENTENCES.get(said, f"Slack refuses ({said[:80] or status})."))


def _seconds(error: SlackApiError) -> float | None:
    """https://docs.slack.dev/apis/web-api/rate-limits: `Retry-After`, in whole seconds."""
    for name, value in getattr(error.response, "headers", {}).items():
        if name.lower() == "retry-after":
            first = value[0] if isinstance(value, list) else value
            return float(first) if str(first).isdecimal() else None
    return None
