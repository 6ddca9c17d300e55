"""Who calls: JWTs of Apps, their client secrets, tokens of installations and of people, each really checked.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import jwt

from ghapp.playground.state import ROLES, Actor, App, Repository, Role, State, Token

_DRIFT_SECONDS = 60
_LONGEST_SECONDS = 600


class RefusedError(Exception):
    """An answer that is not what was asked for; `errors` as in GitHub's validation errors."""

    def __init__(self, status: int, message: str, errors: Sequence[dict[str, str] | str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors


BAD_CREDENTIALS = "Bad credentials"
NOT_ACCESSIBLE = "Resource not accessible by integration"
NOT_FOUND = "Not Found"


@dataclass(frozen=True)
class Caller:
    """One of `app` (by JWT), `client` (by client secret) and `token` is set; none for a stranger.

    `bearer` names whose limits count.
    """

    bearer: str
    app: App | None = None
    token: Token | None = None
    client: App | None = None

    @property
    def actor(self) -> Actor:
        """Who acts. Raises RefusedError for a stranger and for an App that speaks for itself."""
        if self.token is None:
            raise RefusedError(401, "Requires authentication")
        if self.token.installation is not None:
            app = self.token.installation.app
            return Actor(app.bot, app)
        assert self.token.user is not None
        if self.token.app is not None:
            raise RefusedError(403, NOT_ACCESSIBLE)
        return Actor(self.token.user)

    def sees(self, repository: Repository) -> bool:
        """Whether the repository exists at all for this caller. An App itself may ask where it is installed."""
        if not repository.private or self.app is not None:
            return True
        if self.token is None:
            return False
        if self.token.installation is not None:
            return self._covers(self.token, repository)
        assert self.token.user is not None
        return repository.role_of(self.token.user) is not None

    def _covers(self, token: Token, repository: Repository) -> bool:
        chosen = token.repository_ids is None or repository.id in token.repository_ids
        return token.installation is not None and token.installation.covers(repository) and chosen

    def require(self, repository: Repository, permissions: str, role: Role) -> None:
        """Hold the caller to what an operation needs. Raises RefusedError.

        `permissions` are alternatives for installations, `issues:write|pull_requests:write`; `role` is for people.
        """
        if self.token is None:
            if role != "read" or ":write" in permissions:
                raise RefusedError(401, "Requires authentication")
        elif self.token.app is not None:
            raise RefusedError(403, NOT_ACCESSIBLE)
        elif self.token.installation is not None:
            self._require_installation(self.token, repository, permissions)
        elif self.token.user is not None:
            held = repository.role_of(self.token.user)
            if held is None or ROLES.index(held) < ROLES.index(role):
                raise RefusedError(403, "Must have write access to Repository" if held else NOT_FOUND)

    def _require_installation(self, token: Token, repository: Repository, permissions: str) -> None:
        granted = token.permissions if self._covers(token, repository) else {"metadata": "read"}
        open_to_all = permissions != "administration:read"
        reads_public = not repository.private and open_to_all and ":write" not in permissions
        if not reads_public and not any(_holds(granted, one) for one in permissions.split("|")):
            raise RefusedError(403, NOT_ACCESSIBLE)


def _holds(granted: dict[str, str], needed: str) -> bool:
    name, _, level = needed.partition(":")
    return granted.get(name) in {"read": ("read", "write", "admin"), "write": ("write", "admin")}[level]


def caller_of(state: State, authorization: str | None, now: datetime, address: str) -> Caller:
    """The caller that an Authorization header names. Raises RefusedError 401 for one that proves nothing."""
    if not authorization:
        return Caller(bearer=address)
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        client = _client_of(state, value)
        return Caller(bearer=f"client {client.id}", client=client)
    if scheme.lower() not in ("bearer", "token") or not value:
        raise RefusedError(401, BAD_CREDENTIALS)
    if value.count(".") == 2:
        app = app_of(state, value, now)
        return Caller(bearer=f"app {app.id}", app=app)
    token = token_of(state, value, now)
    if token is None:
        raise RefusedError(401, BAD_CREDENTIALS)
    owner = f"installation {token.installation.id}" if token.installation else f"user {token.user and token.user.id}"
    return Caller(bearer=owner, token=token)


def _client_of(state: State, encoded: str) -> App:
    """The App that shows its client id and secret. Raises RefusedError 401."""
    try:
        client_id, _, secret = b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise RefusedError(401, BAD_CREDENTIALS) from error
    app = app_by_client(state, client_id)
    if app is None or app.client_secret != secret:
        raise RefusedError(401, BAD_CREDENTIALS)
    return app


def app_by_client(state: State, client_id: str) -> App | None:
    """The App with this client id."""
    return next((one for one in state.apps.values() if one.client_id == client_id), None)


def token_of(state: State, value: str, now: datetime) -> Token | None:
    """The token of this value while it lives."""
    token = state.tokens.get(value)
    expired = token is not None and token.expires_at is not None and token.expires_at <= now
    return None if expired else token


def app_of(state: State, encoded: str, now: datetime) -> App:
    """The App that signed this JWT. Raises RefusedError 401 in GitHub's words."""
    try:
        unverified = jwt.decode(encoded, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise RefusedError(401, "A JSON web token could not be decoded") from error
    issuer = str(unverified.get("iss"))
    app = next((one for one in state.apps.values() if issuer in (str(one.id), one.client_id)), None)
    if app is None or not app.public_key:
        raise RefusedError(401, "Integration not found")
    try:
        # PyJWT would hold times to this machine's clock; the world has its own.
        claims = jwt.decode(
            encoded, app.public_key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
        )
    except jwt.InvalidTokenError as error:
        raise RefusedError(401, "A JSON web token could not be decoded") from error
    _check_times(claims, now.timestamp())
    return app


def _check_times(claims: dict[str, object], now: float) -> None:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(expires, int | float) or expires <= now:
        raise RefusedError(401, "'Expiration time' claim ('exp') must be a numeric value representing a future time")
    if expires > now + _LONGEST_SECONDS + _DRIFT_SECONDS:
        raise RefusedError(401, "'Expiration time' claim ('exp') is too far in the future")
    if not isinstance(issued, int | float) or issued > now + _DRIFT_SECONDS:
        raise RefusedError(401, "'Issued at' claim ('iat') must be an Integer representing the time of issue")
