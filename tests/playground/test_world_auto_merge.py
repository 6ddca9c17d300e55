"""Auto-merge: GitHub merges by itself what was wished for, once all rules are met."""

from collections.abc import Callable

import pytest

from ghapp.playground.server import Playground
from ghapp.playground.verbs import accounts
from ghapp.playground.verbs.merging import CannotMergeError
from ghapp.playground.world import World
from tests.playground.merging_scene import (
    DEMO,
    NAME,
    ada,
    fails,
    head_of,
    main_of,
    mona,
    mutate,
    open_pull,
    passes,
    refused,
    standing,
    the_pull,
)
from tests.playground.playground_app import Api, Hook

ANSWER = "pullRequest { autoMergeRequest { enabledAt } }"


def enable(api: Api, number: int, **given: str) -> object:
    given = {"pullRequestId": standing(api, number)["id"], **given}
    return mutate(api, "enablePullRequestAutoMerge", ANSWER, **given)


def waiting(world: World, *, approvals: int = 0) -> int:
    """A pull request that waits for the check `tests`, where auto-merge is allowed."""
    world.allow_auto_merge(NAME)
    world.protect(NAME, "main", "tests", approvals=approvals)
    return open_pull(world)


def test_merged_when_the_last_rule_is_met(playground: Playground, api: Api, hook: Hook) -> None:
    """Told when it is wished for; a red check and the first green do nothing; the review makes it happen."""
    world = playground.world
    number = waiting(world, approvals=1)
    shown = enable(api, number, mergeMethod="SQUASH", expectedHeadOid=head_of(world, number), commitHeadline="Mine")
    assert shown == {"pullRequest": {"autoMergeRequest": standing(api, number)["autoMergeRequest"]}}
    assert api.get(f"{DEMO}/pulls/{number}")["auto_merge"]["merge_method"] == "squash"
    fails(world, number)
    passes(world, number)
    assert the_pull(world, number).merged_at is None
    ada(world).review(NAME, number, "APPROVED")
    merged = api.get(f"{DEMO}/pulls/{number}")
    assert (merged["merged"], merged["merged_by"]["login"]) == (True, "honk[bot]")
    assert merged["merge_commit_sha"] == main_of(world)
    assert api.get(f"{DEMO}/commits/main")["commit"]["message"] == "Mine"
    world.settle()
    assert "pull_request.auto_merge_enabled" in hook.names()
    assert hook.last("pull_request.closed")["pull_request"]["merged"] is True
    assert hook.last("push")["after"] == main_of(world)


def test_a_status_is_a_check_too(playground: Playground, app: object) -> None:
    """Set by a service of somebody's."""
    world = playground.world
    number = waiting(world)
    mona(world).enable_auto_merge(NAME, number)
    world.set_status(NAME, head_of(world, number), "tests", "success")
    merged = the_pull(world, number)
    assert merged.merged_by is not None
    assert merged.merged_by.login == "mona"


def test_refused_where_it_makes_no_sense(playground: Playground, api: Api) -> None:
    """Not allowed here, another head, a method that is not allowed, a draft, and what could be merged at once."""
    world = playground.world
    number = open_pull(world)
    assert refused(enable(api, number)) == "Auto merge is not allowed for this repository"
    world.allow_auto_merge(NAME)
    assert api.get(DEMO)["allow_auto_merge"] is True
    assert refused(enable(api, number)) == "Pull request Pull request is in clean status"
    fails(world, number, "lint")
    assert refused(enable(api, number)) == "Pull request Pull request is in unstable status"
    world.protect(NAME, "main", "tests")
    assert "does not match" in refused(enable(api, number, expectedHeadOid="0" * 40))
    world.allow_methods(NAME, "squash")
    assert "merge commits are not allowed" in refused(enable(api, number))
    mona(world).ready(NAME, number, draft=True)
    assert refused(enable(api, number, mergeMethod="SQUASH")).endswith("draft status")
    assert the_pull(world, number).auto_merge is None


def test_taken_back(playground: Playground, api: Api, hook: Hook) -> None:
    """Then green merges nothing. Taking back what was never wished for is refused."""
    world = playground.world
    number = waiting(world)
    mona(world).enable_auto_merge(NAME, number)
    given = {"pullRequestId": standing(api, number)["id"]}
    assert mutate(api, "disablePullRequestAutoMerge", ANSWER, **given) == {"pullRequest": {"autoMergeRequest": None}}
    assert "Can't disable" in refused(mutate(api, "disablePullRequestAutoMerge", ANSWER, **given))
    with pytest.raises(CannotMergeError):
        mona(world).disable_auto_merge(NAME, number)
    passes(world, number)
    assert the_pull(world, number).merged_at is None
    world.settle()
    assert "pull_request.auto_merge_disabled" in hook.names()


def test_a_push_by_one_who_may_write_does_not_end_it(playground: Playground, app: object) -> None:
    """So GitHub merges a commit that nobody wished for: whoever means one commit must watch the head."""
    world = playground.world
    number = waiting(world)
    mona(world).enable_auto_merge(NAME, number)
    later = ada(world).push(NAME, "topic", {"later.txt": "text"})
    assert the_pull(world, number).auto_merge is not None
    passes(world, number)
    assert the_pull(world, number).merged_at is not None
    assert world.repo(NAME).bare.is_ancestor(later, main_of(world))


def test_a_push_by_an_outsider_ends_it(playground: Playground, app: object) -> None:
    """The head of a fork belongs to somebody who may not write here."""
    world = playground.world
    world.allow_auto_merge(NAME)
    world.protect(NAME, "main", "tests")
    eve = world.person("eve")
    eve.fork(NAME)
    eve.push("eve/demo", "topic", {"topic.txt": "text"})
    number = eve.open_pull(NAME, "From outside", "eve:topic").number
    mona(world).enable_auto_merge(NAME, number)
    eve.push("eve/demo", "topic", {"sneaky.txt": "text"})
    assert the_pull(world, number).auto_merge is None
    passes(world, number)
    assert the_pull(world, number).merged_at is None
    assert world.emitted.count("pull_request.auto_merge_disabled") == 1


@pytest.mark.parametrize("how", ["closed", "draft"])
def test_closing_and_drafting_end_it(playground: Playground, app: object, how: str) -> None:
    """Opened again or ready again, it must be wished for again."""
    world = playground.world
    number = waiting(world)
    mona(world).enable_auto_merge(NAME, number)
    if how == "closed":
        mona(world).close(NAME, number)
        mona(world).reopen(NAME, number)
    else:
        mona(world).ready(NAME, number, draft=True)
        mona(world).ready(NAME, number)
    passes(world, number)
    assert the_pull(world, number).merged_at is None


def test_behind_waits_for_the_update(playground: Playground, api: Api) -> None:
    """Green but behind is not enough; updated and green again is."""
    world = playground.world
    number = waiting(world)
    world.protect(NAME, "main", "tests", strict=True)
    mona(world).push(NAME, "main", {"base.txt": "text"})
    mona(world).enable_auto_merge(NAME, number)
    passes(world, number)
    assert the_pull(world, number).merged_at is None
    api.put(f"{DEMO}/pulls/{number}/update-branch", 202)
    passes(world, number)
    assert the_pull(world, number).merged_at is not None


def test_with_a_queue_it_is_queued_instead(playground: Playground, api: Api) -> None:
    """Once its rules are met, in the name of who wished for it."""
    world = playground.world
    number = waiting(world)
    world.ruleset(NAME, "main", queue=True)
    mona(world).enable_auto_merge(NAME, number)
    passes(world, number)
    assert standing(api, number)["isInMergeQueue"] is True
    assert the_pull(world, number).merged_at is None
    world.queue_fails(NAME, number)
    assert standing(api, number)["isInMergeQueue"] is False


def test_who_may_not_write_may_not_wish(playground: Playground, api: Api, as_person: Callable[[str], Api]) -> None:
    """Only those who could merge by hand, and Apps that may change the code."""
    number = waiting(playground.world)
    shown = mutate(as_person("eve"), "enablePullRequestAutoMerge", ANSWER, pullRequestId=standing(api, number)["id"])
    assert shown["errors"][0]["type"] == "FORBIDDEN"
    (installation,) = playground.world.state.installations.values()
    token = accounts.installation_token(playground.world, installation, {"pull_requests": "write"}, None)
    weak = Api(api.url, token.value)
    shown = mutate(weak, "enablePullRequestAutoMerge", ANSWER, pullRequestId=standing(api, number)["id"])
    assert shown["errors"][0]["message"] == "Resource not accessible by integration"
    weak.session.close()
    assert the_pull(playground.world, number).auto_merge is None
