"""GitHub's users: found by their number, and told who they are by signing in.

A person signs in with the App's user authorization, of which we want nothing but who they are: the token that comes of
it is given back at once.
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

import hmac
import logging
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import requests

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Actor, Repository
from ghapp.github.app import API_VERSION, GitHubApp, github_errors

_TIMEOUT = 20
_TOO_OLD = "GitHub does not know this sign-in: it is too old, or was used already. Please begin again."
_WORD = re.compile("[a-z_]{1,60}")

log = logging.getLogger(__name__)


class GitHubPeople:
    """GitHub's users (`ports.People`)."""

    def __init__(self, app: GitHubApp) -> None:
        self._app = app

    def by_id(self, repository: Repository, user: int) -> Actor | None:
        """The user with this number, under their login of today; None when there is none any more.

        https://docs.github.com/en/rest/users/users#get-a-user-using-their-id
        """
        try:
            with github_errors():
                requester = self._app.installation(repository.installation)
                _, found = requester.requestJsonAndCheck("GET", f"/user/{user}")
        except Gone:
            return None
        return _actor(found)


class GitHubSignIn:
    """Signing in at GitHub (`ports.SignIn`). Holds the App's client secret.

    PKCE's verifier is made of the state and of that secret: nothing has to be kept, and a code that was given for one
    state is good with no other. https://www.rfc-editor.org/rfc/rfc7636
    """

    def __init__(self, client_id: str, client_secret: str, api_url: str, server_url: str) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._api_url = api_url.rstrip("/")
        self._server_url = server_url.rstrip("/")

    def url(self, state: str, back: str) -> str:
        """Where a person signs in. `back` must be one of the App's callback addresses, to the letter.

        They are asked which account they mean: whoever said yes once would be led back without a page of GitHub's.
        """
        asked = {
            "client_id": self._client_id,
            "redirect_uri": back,
            "state": state,
            "code_challenge": _encoded(sha256(self._verifier(state).encode()).digest()),
            "code_challenge_method": "S256",
            "prompt": "select_account",
        }
        return f"{self._server_url}/login/oauth/authorize?{urlencode(asked)}"

    def who(self, code: str, state: str) -> Actor:
        """The person who came back with this code and that state.

        Raises UserError when GitHub does not know the code (any more), when it was for another state, or when this is
        no person; TransientError when GitHub does not answer, or not to this client.
        """
        with github_errors():
            token = self._exchanged(code, state)
            try:
                answer = _checked(self._asked("GET", f"{self._api_url}/user", {"Authorization": f"Bearer {token}"}))
                found = _actor(answer.json())
            finally:
                self._give_back(token)
        if found.type != "User":
            raise UserError(f"@{found.login} is no person's account at GitHub.")
        return found

    def _exchanged(self, code: str, state: str) -> str:
        """A token for the code; GitHub answers 200 also to tell what is wrong.

        https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
        """
        given = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "code": code,
            "code_verifier": self._verifier(state),
        }
        address = f"{self._server_url}/login/oauth/access_token"
        told = _checked(self._asked("POST", address, {"Accept": "application/json"}, data=given)).json()
        match told.get("error"):
            case None:
                token: str = told["access_token"]
                return token
            case "bad_verification_code":
                raise UserError(_TOO_OLD)
            case "incorrect_client_credentials":  # the operator's to mend
                raise TransientError("GitHub does not accept the App's client id and secret")
            case other:
                word = other if isinstance(other, str) and _WORD.fullmatch(other) else "no reason was given"
                raise UserError(f"GitHub refuses the sign-in: {word}")

    def _give_back(self, token: str) -> None:
        """The token is good for nothing any more; if that fails, it ends by itself within eight hours.

        https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-token
        """
        address = f"{self._api_url}/applications/{self._client_id}/token"
        as_client = requests.auth.HTTPBasicAuth(self._client_id, self._client_secret)
        try:
            answer = self._asked("DELETE", address, {}, auth=as_client, json={"access_token": token})
        except requests.RequestException as error:
            log.warning("a token of a person who signed in could not be given back: %s", type(error).__name__)
            return
        if answer.status_code != 204:
            log.warning("a token of a person who signed in was not taken back: GitHub answers %s", answer.status_code)

    def _asked(self, method: str, address: str, headers: dict[str, str], **what: Any) -> requests.Response:
        sent = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION, "User-Agent": "honk"}
        # `auth` that adds nothing keeps requests from looking into a person's netrc.
        return requests.request(
            method,
            address,
            headers=sent | headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
            **({"auth": lambda request: request} | what),
        )

    def _verifier(self, state: str) -> str:
        return _encoded(hmac.digest(self._client_secret.encode(), f"code verifier\n{state}".encode(), "sha256"))


def _checked(answer: requests.Response) -> requests.Response:
    """The answer when it is one."""
    if answer.status_code == 429 or answer.status_code >= 500:
        raise TransientError(f"GitHub answers {answer.status_code}")
    if answer.status_code != 200:
        raise UserError(f"GitHub refuses the sign-in ({answer.status_code}).")
    return answer


def _actor(found: dict[str, Any]) -> Actor:
    return Actor(found["id"], found["login"], found["type"])


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
