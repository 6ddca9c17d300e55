"""The App at GitHub: who it is, its clients for each installation, and what GitHub's failures are called here."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import requests
from github import Auth
from github.GithubException import GithubException
from github.GithubRetry import GithubRetry
from github.Repository import Repository as PyGithubRepository
from github.Requester import Requester

from ghapp.core.errors import Gone, TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.ports import Remote
from ghapp.github.redirects import FollowingRequester

API_VERSION = "2022-11-28"
_TIMEOUT = 20
_LIMITED = ("RATE_LIMIT", "RATE_LIMITED")
"""GraphQL's words for its rate limit: GitHub's pages know the second, and it answers with either."""

_LIMITED_SECONDS = 60.0
"""What GitHub asks to wait after a secondary limit for which it names no time."""


class GitHubApp:
    """One App on one GitHub. Holds the private key; mints one token an installation and shares it."""

    def __init__(self, app_id: str, private_key: str, api_url: str, server_url: str) -> None:
        self._auth = Auth.AppAuth(app_id, private_key)
        self._named = app_id
        self._api_url = api_url.rstrip("/")
        self._server_url = server_url.rstrip("/")
        self._installations: dict[int, Requester] = {}
        self._bot: tuple[str, int] | None = None

    @property
    def server_url(self) -> str:
        """Where people see this GitHub, without a slash at the end."""
        return self._server_url

    @cached_property
    def itself(self) -> Requester:
        """The client that speaks as the App, with a JWT."""
        return self._client(self._auth)

    def installation(self, installation: int) -> Requester:
        """The client that speaks for one installation; its token is minted when first used and renewed in time."""
        if installation not in self._installations:
            self._installations[installation] = self._client(self._auth.get_installation_auth(installation))
        return self._installations[installation]

    def repository(self, repository: Repository) -> PyGithubRepository:
        """A handle on a repository, for which nothing is fetched. By an old name, GitHub leads to the new one."""
        requester = self.installation(repository.installation)
        return PyGithubRepository(requester, url=f"/repos/{repository.full_name}")

    def graphql(self, repository: Repository, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of GraphQL's answer. Raises as `github_errors` does; what it refuses, it refuses with a 200.

        It finds a repository also by a name that this had before.
        """
        requester = self.installation(repository.installation)
        with github_errors():
            headers, answer = requester.graphql_query(document, dict(variables))
            data: dict[str, Any] | None = answer.get("data")
            if data is None:
                raise GithubException(400, answer, headers)
        return data

    def remote(self, repository: Repository, fork: str = "") -> Remote:
        """Where git fetches and pushes, with a token for this repository alone (PyGithub cannot limit one).

        With `fork`, an `owner/name` from GitHub, it is that fork's address. Else it is the one of now, which GitHub
        names beside the token: git carries no token along a redirect, so an old name would lead nowhere.
        """
        with github_errors():
            _, answer = self.itself.requestJsonAndCheck(
                "POST",
                f"/app/installations/{repository.installation}/access_tokens",
                input={"repository_ids": [repository.id], "permissions": {"contents": "write"}},
            )
        now = {one["id"]: one["full_name"] for one in answer.get("repositories") or ()}
        name = fork or now.get(repository.id, repository.full_name)
        return Remote(f"{self._server_url}/{name}.git", answer["token"])

    def bot(self, installation: int) -> tuple[str, int]:
        """Login and id of the account that the App acts as. Asked for an installation: users are not shown to a JWT."""
        if self._bot is None:
            login = f"{self.slug}[bot]"
            with github_errors():
                requester = self.installation(installation)
                _, answer = requester.requestJsonAndCheck("GET", f"/users/{login}")
            self._bot = (login, answer["id"])
        return self._bot

    def author(self, installation: int) -> tuple[str, str]:
        """Name and address of the App as the author of commits, which GitHub links to its account."""
        login, number = self.bot(installation)
        return login, self.private_address(login, number)

    def private_address(self, login: str, number: int) -> str:
        """The address by which GitHub links a commit to an account; GitHub Enterprise Server has a host of its own."""
        return f"{number}+{login}@users.noreply.{urlsplit(self._server_url).hostname}"

    @cached_property
    def id(self) -> int:
        """The App's number, as its own check runs carry it. GitHub is asked where settings name it by its client id."""
        number: int = int(self._named) if self._named.isdecimal() else self._registration["id"]
        return number

    @property
    def slug(self) -> str:
        """The App's name in addresses. GitHub tells it to who has the App's key, and to nobody else."""
        return str(self._registration["slug"])

    @cached_property
    def _registration(self) -> dict[str, Any]:
        with github_errors():
            answer: dict[str, Any]
            _, answer = self.itself.requestJsonAndCheck("GET", "/app")
        return answer

    def close(self) -> None:
        """End all connections to GitHub."""
        for client in (self.itself, *self._installations.values()):
            client.close()

    def _client(self, auth: Auth.Auth) -> Requester:
        return FollowingRequester(
            auth=auth,
            base_url=self._api_url,
            timeout=_TIMEOUT,
            user_agent="honk",
            per_page=100,
            verify=True,
            retry=_ReadsAgain(
                total=3, backoff_factor=0.2, allowed_methods=frozenset({"GET", "HEAD"}), raise_on_status=False
            ),
            pool_size=None,
            lazy=True,
            api_version=API_VERSION,
        )


class _ReadsAgain(GithubRetry):
    """Repeats reads that GitHub could not serve, and nothing else.

    PyGithub's default repeats a POST whose answer was lost, which makes a second comment or pull request. It also
    sleeps through rate limits, up to an hour; here the answer comes back, and the job goes back to the queue.
    """

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether to ask once more after this answer."""
        return method in ("GET", "HEAD") and status_code in (500, 502, 503, 504) and not has_retry_after


def clock_offset(api_url: str, now: float) -> float:
    """How many seconds `now` is ahead of GitHub's clock, read from the Date header, which needs no key and no token."""
    with github_errors():
        answer = requests.get(f"{api_url.rstrip('/')}/rate_limit", timeout=_TIMEOUT)
        return now - parsedate_to_datetime(answer.headers["Date"]).timestamp()


@contextmanager
def github_errors() -> Iterator[None]:
    """Name what GitHub's answers mean: TransientError, Gone, or UserError with GitHub's own sentence."""
    try:
        yield
    except GithubException as error:
        raise _named(error) from error
    except requests.RequestException as error:
        raise TransientError("GitHub does not answer") from error


def _named(error: GithubException) -> Exception:
    if _is_limited(error):
        return TransientError("GitHub's rate limit is used up", _seconds_left(error))
    if error.status in (404, 410):
        return Gone(f"GitHub does not have it, or does not show it to the App: {_sentence(error)}")
    if error.status == 401:  # the clock is off or the key revoked: the operator's to mend, and no wish is lost by it
        return TransientError("GitHub does not accept the App's credentials")
    if error.status == 429 or error.status >= 500 or "retry-after" in (error.headers or {}):
        return TransientError(f"GitHub answers {error.status}", _seconds_left(error))
    return UserError(f"GitHub refuses ({error.status}): {_sentence(error)}")


def _sentence(error: GithubException) -> str:
    data: Any = error.data
    if not isinstance(data, dict):
        return "no reason was given"
    return "; ".join(_messages(data))[:500] or "no reason was given"


def _messages(data: dict[str, Any]) -> list[str]:
    details = [str(item.get("message", "")) for item in _errors(data)]
    return [told for told in (str(data.get("message") or ""), *details) if told]


def _errors(data: dict[str, Any]) -> list[dict[str, Any]]:
    errors = data.get("errors")
    return [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []


def _is_limited(error: GithubException) -> bool:
    """Whether a limit is reached, of requests, of GraphQL's points, or of what GitHub takes in so short a time.

    https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#exceeding-the-rate-limit
    """
    data: Any = error.data
    if not isinstance(data, dict) or error.status not in (400, 403, 429):  # GraphQL's refusals are a 400 to PyGithub
        return False
    by_type = any(item.get("type") in _LIMITED for item in _errors(data))
    return by_type or any(map(Requester.isRateLimitError, _messages(data)))


def _seconds_left(error: GithubException) -> float | None:
    """How long GitHub asks us to stay away, in seconds.

    The reset time stands on every answer, and means something only when nothing remains. GraphQL counts points, and a
    question may cost more than remain.
    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    headers = error.headers or {}
    wait, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if wait.isdecimal():
        return float(wait)
    until_reset = max(0.0, float(reset) - time.time()) if reset.isdecimal() else None
    if headers.get("x-ratelimit-remaining") == "0":
        return until_reset
    messages = _messages(error.data) if isinstance(error.data, dict) else []
    if any(map(Requester.isSecondaryRateLimitError, messages)):
        return _LIMITED_SECONDS
    return until_reset if _is_limited(error) else None
