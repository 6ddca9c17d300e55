"""The search for issues, as far as words and a few qualifiers go.

https://docs.github.com/en/search-github/searching-on-github/searching-issues-and-pull-requests
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ghapp.playground.auth import RefusedError
from ghapp.playground.rest.route import PAGES, Answer, Ask, Route, not_modelled
from ghapp.playground.state import Issue, Repository
from ghapp.playground.views import issues as views

_LONGEST = 256


@dataclass(frozen=True)
class _Wanted:
    repository: Repository
    words: tuple[str, ...]
    traits: frozenset[str]


def search_issues(ask: Ask) -> Answer:
    """Issues and pull requests of one repository that have every word and every trait; the newest first."""
    wanted = _wanted(ask)
    rows = [
        views.issue(ask.state, wanted.repository, one) | {"score": 1.0}
        for one in sorted(wanted.repository.issues.values(), key=lambda each: -each.number)
        if wanted.traits <= set(_traits(one)) and all(word in _text(wanted.repository, one) for word in wanted.words)
    ]
    return ask.page(rows, "items", incomplete_results=False, search_type="lexical")


def _wanted(ask: Ask) -> _Wanted:
    query = ask.query.get("q", "")
    if not query.strip() or len(query) > _LONGEST:
        raise RefusedError(422, "Validation Failed")
    names, words, traits = [], [], set()
    for part in query.split():
        match part.partition(":"):
            case ("repo", _, name):
                names.append(name)
            case ("is", _, ("issue" | "pr" | "open" | "closed") as trait):
                traits.add(trait)
            case (word, "", "") if word.isalnum() and word not in ("AND", "OR", "NOT"):
                words.append(word.lower())
            case _:
                raise not_modelled(f"the search term {part}")
    return _Wanted(_one_repository(ask, names), tuple(words), frozenset(traits))


def _one_repository(ask: Ask, names: list[str]) -> Repository:
    if len(names) != 1:
        raise not_modelled("a search that is not in one repository")
    repository = ask.state.repository(names[0])
    if repository is None or not ask.caller.sees(repository):
        raise RefusedError(422, "Validation Failed")
    return repository


def _traits(one: Issue) -> Iterator[str]:
    yield one.state
    yield "issue" if one.pull is None else "pr"


def _text(repository: Repository, one: Issue) -> str:
    comments = [comment.body for comment in repository.comments.values() if comment.number == one.number]
    return "\n".join([one.title, one.body or "", *comments]).lower()


ROUTES = (Route("GET", "/search/issues", search_issues, query=PAGES | {"q"}),)
