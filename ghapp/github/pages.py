"""Lists that come page by page, for what PyGithub does not list itself."""

from collections.abc import Iterator
from typing import Any

from github.Requester import Requester

from ghapp.github.app import github_errors

_MAX_PAGES = 20


def pages(
    requester: Requester, path: str, name: str = "", headers: dict[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    """The rows of a list, page after page as GitHub links them; `name` is the field that holds them, if any.

    `path` may have a query of its own. Ends after twenty pages of a hundred: nothing that we look through is longer.
    """
    after: str | None = f"{path}{'&' if '?' in path else '?'}per_page=100"
    for _ in range(_MAX_PAGES):
        if after is None:
            return
        with github_errors():
            told, answer = requester.requestJsonAndCheck("GET", after, headers=headers)
        yield from answer[name] if name else answer
        after = next_page(told.get("link", ""))


def next_page(link: str) -> str | None:
    """The address of the next page in a Link header, or None on the last.

    https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
    """
    for part in link.split(","):
        address, _, relation = part.partition(";")
        if relation.strip() == 'rel="next"':
            return address.strip().removeprefix("<").removesuffix(">")
    return None
