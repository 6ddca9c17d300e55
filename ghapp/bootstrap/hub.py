"""GitHub, topic by topic, and what of the settings is read with it."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ghapp.core.errors import UserError
from ghapp.github import app as github_app
from ghapp.github.app import GitHubApp
from ghapp.github.checks import GitHubChecks
from ghapp.github.deployments import GitHubDeployments
from ghapp.github.issues import GitHubIssues
from ghapp.github.merges import GitHubMerges
from ghapp.github.people import GitHubSignIn
from ghapp.github.pulls import GitHubPulls
from ghapp.github.repositories import GitHubRepositories
from ghapp.github.reviews import GitHubReviews
from ghapp.settings import Settings


@dataclass(frozen=True)
class GitHub:
    """GitHub, topic by topic, as one App sees it."""

    app: GitHubApp
    repositories: GitHubRepositories
    issues: GitHubIssues
    pulls: GitHubPulls
    checks: GitHubChecks
    reviews: GitHubReviews
    merges: GitHubMerges
    deployments: GitHubDeployments


def github(settings: Settings) -> GitHub:
    """GitHub. Raises UserError when the App is not configured."""
    settings.require("GITHUB_APP_ID")
    app = GitHubApp(settings.github_app_id, _key(settings), settings.github_api_url, settings.github_server_url)
    return GitHub(
        app,
        GitHubRepositories(app),
        GitHubIssues(app),
        GitHubPulls(app),
        GitHubChecks(app),
        GitHubReviews(app),
        GitHubMerges(app),
        GitHubDeployments(app),
    )


def _key(settings: Settings) -> str:
    """The App's key, which is RSA: GitHub makes no other, and its tokens are signed with RS256.

    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
    """
    key, found = settings.private_key, None
    with suppress(ValueError, TypeError, UnsupportedAlgorithm):  # the second when it asks for a password
        found = load_pem_private_key(key.encode(), None)
    if not isinstance(found, RSAPrivateKey):
        raise UserError("what is set as the App's private key is no RSA private key in PEM form")
    return key


def clock_offset(settings: Settings, now: float) -> float:
    """How many seconds `now` is ahead of GitHub's clock, for which no App is needed."""
    return github_app.clock_offset(settings.github_api_url, now)


def page(settings: Settings, key: str) -> str:
    """The address of a run's page."""
    return f"{settings.page_root}/runs/{key}"


def new_key() -> str:
    """The unguessable part of a run page's address: 192 bits."""
    return secrets.token_urlsafe(24)


def webhook_secrets(settings: Settings) -> tuple[str, ...]:
    """The secrets in force: the newest, and the one before it while they are rotated. Raises UserError without one."""
    settings.require("GITHUB_WEBHOOK_SECRET")
    return tuple(filter(None, (settings.github_webhook_secret, settings.github_webhook_secret_previous)))


def sign_in(settings: Settings) -> GitHubSignIn | None:
    """Signing in at GitHub for people in Slack; None without Slack, or without the App's client id and secret.

    Raises UserError when only one of the two is set.
    """
    if not settings.has_slack or not (settings.github_client_id or settings.github_client_secret):
        return None
    settings.require("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET")
    return GitHubSignIn(
        settings.github_client_id, settings.github_client_secret, settings.github_api_url, settings.github_server_url
    )


def known_secrets(settings: Settings) -> list[str]:
    """The server's own secrets, which must not leave in any change."""
    mine = [
        settings.anthropic_api_key,
        settings.github_webhook_secret,
        settings.github_webhook_secret_previous,
        settings.github_client_secret,
        settings.slack_bot_token,
        settings.slack_signing_secret,
        settings.slack_app_token,
        settings.private_key if settings.has_app else "",
        urlsplit(settings.redis_url).password or "",
    ]
    return [secret for secret in mine if secret]
