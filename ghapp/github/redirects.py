"""GitHub's redirects, followed as GitHub asks: a renamed repository answers reads with 301 and writes with 307.

PyGithub follows 301 alone, and drops the query: a list of one commit's runs becomes the list of all. A 307 it takes
for success, so a write vanishes. Here both are sent again, whole, before PyGithub sees the answer.
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
"""

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from github.GithubException import GithubException
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

_MOVED = (301, 307, 308)
_MAX_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}


class FollowingRequester(Requester):
    """PyGithub's requester over connections that follow redirects within the API's own host."""


class _Http(HTTPRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _followed(self, super().getresponse)


class _Https(HTTPSRequestsConnectionClass):
    def getresponse(self) -> RequestsResponse:
        return _followed(self, super().getresponse)


FollowingRequester.injectConnectionClasses(_Http, _Https)  # for this class alone: PyGithub's own keeps its connections


def _followed(connection: _Http | _Https, ask: Callable[[], RequestsResponse]) -> RequestsResponse:
    """The answer at the end of the redirects. Raises GithubException for one that cannot be followed.

    Where logs and archives are is answered with 302, for the caller to read: that address is to get no token.
    """
    for _ in range(_MAX_REDIRECTS + 1):
        answer = ask()
        if not 300 <= answer.status < 400 or (answer.status == 302 and connection.verb == "GET"):
            return answer
        if answer.status not in _MOVED or "location" not in answer.headers:
            raise _refused(answer, "it answers with a redirect that means nothing here")
        address = urljoin(_address(connection), answer.headers["location"])
        if _origin(address) != _origin(_address(connection)):
            raise _refused(answer, "it sends us to another server, and a token is never carried along")
        connection.url = _target(address, connection.url)
    raise _refused(answer, "it sends us from one address to the next")


def _address(connection: _Http | _Https) -> str:
    return f"{connection.protocol}://{connection.host}:{connection.port}{connection.url}"


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _target(address: str, asked: str) -> str:
    """Path and query of the new address; a query that it does not repeat is the one that was asked with."""
    parts = urlsplit(address)
    query = parts.query or urlsplit(asked).query
    return f"{parts.path}?{query}" if query else parts.path


def _refused(answer: RequestsResponse, why: str) -> GithubException:
    return GithubException(answer.status, {"message": why}, dict(answer.headers))
