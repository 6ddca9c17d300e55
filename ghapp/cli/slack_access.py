"""Whether Slack lets us in: each token is tried at Slack itself, and what is wrong with one is said in plain words."""

from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from ghapp.cli.manifest import SCOPES
from ghapp.core.errors import TransientError, UserError

_SECONDS = 10
_MEANINGS = {
    "account_inactive": "the app was taken out of its workspace: install it again, and copy the token anew",
    "invalid_auth": "Slack does not know it: copy it anew",
    "missing_scope": "it lacks the scope `connections:write`: make a new one that has it",
    "not_allowed_token_type": "it is another kind of token",
    "token_expired": "it has expired: turn token rotation off in the app's settings, and install the app again",
    "token_revoked": "it was revoked: install the app again, and copy the token anew",
}
_LATER = {"fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"}


@dataclass(frozen=True)
class Workspace:
    """Where a bot token leads: the workspace's name, and the bot's."""

    team: str
    bot: str


def workspace(bot_token: str, api: str) -> Workspace:
    """Where the bot token leads. Raises UserError for a bad token or missing scopes, TransientError without Slack.

    https://docs.slack.dev/reference/methods/auth.test
    """
    client = _client(bot_token, api)
    said = _asked(lambda: client.auth_test())
    # Slack names the scopes of a token in a header of each answer: https://docs.slack.dev/authentication/oauth-v2
    header = next((text for name, text in said.headers.items() if name.lower() == "x-oauth-scopes"), None)
    if header is not None and (lacking := sorted(set(SCOPES) - {scope.strip() for scope in header.split(",")})):
        raise UserError(
            f"it lacks the scopes {', '.join(lacking)}: put the manifest of `honk setup slack --manifest` "
            f"into the app's settings, and install the app again"
        )
    return Workspace(str(said.get("team", "")), str(said.get("user", "")))


def connection(app_token: str, api: str) -> None:
    """Try an app-level token: ask for a connection, and leave it unused. Raises as above.

    https://docs.slack.dev/reference/methods/apps.connections.open
    """
    client = _client(None, api)
    _asked(lambda: client.apps_connections_open(app_token=app_token))


def _client(token: str | None, api: str) -> WebClient:
    return WebClient(token=token, base_url=api, timeout=_SECONDS, retry_handlers=[])


def _asked(call: Callable[[], SlackResponse]) -> SlackResponse:
    try:
        return call()
    except SlackApiError as error:
        name = str(error.response.get("error") or "")
        if not name or name in _LATER:
            raise TransientError(
                f"it says `{name}`, try again in a minute" if name else "no answer of Slack's"
            ) from error
        raise UserError(_MEANINGS.get(name, f"Slack says `{name}`")) from error
    except (SlackClientError, OSError, HTTPException, ValueError) as error:
        raise TransientError(str(error)) from error
