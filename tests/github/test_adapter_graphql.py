"""GraphQL says with a 200 that it will not answer: a limit is waited for, whatever was asked, and a refusal is told."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from ghapp.core.errors import TransientError, UserError
from ghapp.core.events import Repository
from ghapp.github.app import GitHubApp
from ghapp.github.merges import GitHubMerges
from ghapp.github.pulls import GitHubPulls
from ghapp.github.reviews import GitHubReviews
from ghapp.playground.state import Issue
from ghapp.playground.world import World
from tests.github.front import Front

SHA = "a" * 40
USED_UP = {
    "errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": "API rate limit already exceeded"}]
}
LIMITS: tuple[dict[str, Any], ...] = (
    USED_UP,
    {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for installation ID 1."}]},
    {"errors": [{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}]},
    {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."},
)
ASKS: tuple[Callable[[GitHubApp, Repository, int], object], ...] = (
    lambda app, where, number: GitHubMerges(app).standing(where, number),
    lambda app, where, number: GitHubMerges(app).enqueue(where, number, SHA),
    lambda app, where, number: GitHubMerges(app).when_green(where, number, SHA, "squash"),
    lambda app, where, number: GitHubMerges(app).take_back(where, number),
    lambda app, where, number: GitHubPulls(app).mark_ready(where, number),
    lambda app, where, number: GitHubReviews(app).threads(where, number),
    lambda app, where, number: GitHubReviews(app).resolve(where, "PRRT_1"),
)
NAMES = ("standing", "enqueue", "when_green", "take_back", "mark_ready", "threads", "resolve")


@pytest.fixture
def draft(world: World) -> Issue:
    """A pull request that is a draft."""
    mona = world.person("mona", write="octo/demo")
    mona.push("octo/demo", "topic", {"a.txt": "a"})
    return mona.open_pull("octo/demo", "Mend it", "topic", draft=True)


@pytest.mark.parametrize("ask", ASKS, ids=NAMES)
def test_a_limit_is_no_refusal(
    app: GitHubApp, front: Front, demo: Repository, draft: Issue, ask: Callable[[GitHubApp, Repository, int], object]
) -> None:
    """What was asked for comes back to the queue; before, a wish to merge was given up by it, and work had failed."""
    front.says("POST .*graphql", "200 OK", USED_UP)
    with pytest.raises(TransientError, match="rate limit"):
        ask(app, demo, draft.number)
    assert front.count("POST .*graphql") == 1


def test_so_is_one_that_is_met_half_way(app: GitHubApp, front: Front, demo: Repository, draft: Issue) -> None:
    """The question was answered, and the change was not made."""
    shown = {"id": "PR_1", "baseRefName": "main", "mergeStateStatus": "CLEAN", "reviewDecision": None}
    found = {"repository": {"pullRequest": {**shown, "isInMergeQueue": False, "autoMergeRequest": None}}}
    front.says("POST .*graphql", "200 OK", {"data": found}, times=1)
    front.says("POST .*graphql", "200 OK", USED_UP)
    with pytest.raises(TransientError, match="rate limit"):
        GitHubMerges(app).enqueue(demo, draft.number, SHA)
    assert front.count("POST .*graphql") == 2


@pytest.mark.parametrize("limit", LIMITS, ids=["RATE_LIMIT", "RATE_LIMITED", "secondary", "message"])
def test_githubs_words_for_it_are_known(
    app: GitHubApp, front: Front, demo: Repository, draft: Issue, limit: dict[str, Any]
) -> None:
    """It has several; https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api"""
    front.says("POST .*graphql", "200 OK", limit)
    with pytest.raises(TransientError, match="rate limit"):
        GitHubReviews(app).threads(demo, draft.number)


def test_the_time_is_the_one_that_github_names(app: GitHubApp, front: Front, demo: Repository, draft: Issue) -> None:
    """The reset, although some points are left (a question may cost more); a minute where it names none."""
    reset = str(int(time.time()) + 1000)
    given = {"X_RateLimit_Remaining": "4", "X_RateLimit_Reset": reset}
    front.says("POST .*graphql", "200 OK", USED_UP, times=1, **given)
    front.says("POST .*graphql", "200 OK", LIMITS[2], times=1, Retry_After="47")
    front.says("POST .*graphql", "200 OK", LIMITS[2], times=1)
    waits = []
    for _ in range(3):
        with pytest.raises(TransientError) as raised:
            GitHubReviews(app).threads(demo, draft.number)
        waits.append(raised.value.retry_after)
    assert waits[0] is not None
    assert 900 < waits[0] <= 1000
    assert waits[1:] == [47, 60]


def test_the_playgrounds_own_limit_is_met(app: GitHubApp, world: World, demo: Repository, draft: Issue) -> None:
    """GraphQL counts with REST there, and says it in its own way."""
    GitHubReviews(app).threads(demo, draft.number)
    world.limits.requests_an_hour = 1
    with pytest.raises(TransientError, match="rate limit"):
        GitHubReviews(app).threads(demo, draft.number)


def test_a_refusal_is_told_in_githubs_words(app: GitHubApp, front: Front, demo: Repository, draft: Issue) -> None:
    """As before: another try would be refused, too."""
    error = {"type": "FORBIDDEN", "message": "Resource not accessible by integration"}
    front.says("POST .*graphql", "200 OK", {"data": {"x": None}, "errors": [error]})
    with pytest.raises(UserError, match="Resource not accessible by integration"):
        GitHubPulls(app).mark_ready(demo, draft.number)
