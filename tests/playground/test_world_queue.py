"""The merge queue: who gets in, what it makes of them, and how they leave."""

from collections.abc import Callable

import pytest

from ghapp.playground.server import Playground
from ghapp.playground.verbs.merging import CannotMergeError
from tests.playground.merging_scene import (
    DEMO,
    NAME,
    ada,
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

ENTRY = "mergeQueueEntry { id position state }"


def enqueue(api: Api, number: int, **given: str) -> object:
    return mutate(api, "enqueuePullRequest", ENTRY, pullRequestId=standing(api, number)["id"], **given)


def test_with_a_queue_nobody_merges_by_hand(playground: Playground, api: Api) -> None:
    """Though the pull request looks clean, the call is refused and says where to go."""
    world = playground.world
    number = open_pull(world)
    world.ruleset(NAME, "main", queue=True)
    assert standing(api, number)["mergeStateStatus"] == "CLEAN"
    refusal = api.put(f"{DEMO}/pulls/{number}/merge", 405, sha=head_of(world, number))["message"]
    assert refusal == "Repository rule violations found\n\nChanges must be made through the merge queue\n\n"


def test_an_entry_asks_for_checks_and_is_merged(playground: Playground, api: Api, hook: Hook) -> None:
    """Its group is a commit on the base of now; when that passes, the base becomes just it."""
    world = playground.world
    for installation in world.state.installations.values():
        installation.events += ("merge_group",)
    issue = mona(world).open_issue(NAME, "Broken").number
    number = open_pull(world, body=f"Fixes #{issue}")
    mona(world).push(NAME, "main", {"base.txt": "text"})
    world.ruleset(NAME, "main", "tests", strict=True, queue=True)
    passes(world, number)
    shown = enqueue(api, number, expectedHeadOid=head_of(world, number))
    queued = standing(api, number)
    assert shown == {"mergeQueueEntry": queued["mergeQueueEntry"]}
    assert (queued["isInMergeQueue"], queued["mergeQueueEntry"]["position"]) == (True, 1)
    world.settle()
    assert "pull_request.enqueued" in hook.names()
    group = hook.last("merge_group.checks_requested")["merge_group"]
    assert (group["base_sha"], group["base_ref"]) == (main_of(world), "refs/heads/main")
    assert world.repo(NAME).bare.commit(group["head_sha"]).parents == (group["base_sha"], head_of(world, number))
    assert world.repo(NAME).bare.refs()[group["head_ref"]] == group["head_sha"]
    assert world.queue_passes(NAME, number) == group["head_sha"] == main_of(world)
    merged = api.get(f"{DEMO}/pulls/{number}")
    assert (merged["merge_commit_sha"], merged["merged_by"]["login"]) == (main_of(world), "github-merge-queue[bot]")
    assert world.issue(NAME, issue).state == "closed"
    assert api.get(f"{DEMO}/activity", ref="main", per_page=1)[0]["activity_type"] == "merge_queue_merge"
    world.settle()
    assert hook.last("pull_request.dequeued")["reason"] == "MERGE"
    assert hook.last("pull_request.closed")["pull_request"]["merged"] is True
    assert hook.last("push")["ref"] == "refs/heads/main"
    assert group["head_ref"] not in world.repo(NAME).bare.refs()


def test_what_is_not_ready_does_not_get_in(playground: Playground, api: Api) -> None:
    """Without a queue, with another head, without its checks and reviews, and not twice."""
    world = playground.world
    number = open_pull(world)
    assert "not enabled" in refused(enqueue(api, number))
    world.ruleset(NAME, "main", "tests", approvals=1, queue=True)
    words = f"Failed to add PR #{number}: expected head oid does not match the current head oid"
    assert refused(enqueue(api, number, expectedHeadOid="0" * 40)) == words
    assert refused(enqueue(api, number)) == 'Pull request Required status check "tests" is expected.'
    passes(world, number)
    assert "approving review" in refused(enqueue(api, number))
    ada(world).review(NAME, number, "APPROVED")
    mona(world).ready(NAME, number, draft=True)
    assert refused(enqueue(api, number)) == "Pull Request is still a draft"
    mona(world).ready(NAME, number)
    mona(world).enqueue(NAME, number)
    assert refused(enqueue(api, number)) == "Pull request is already queued"
    world.settle()
    assert world.emitted.count("pull_request.enqueued") == 1


def test_red_in_the_queue_is_thrown_out(playground: Playground, api: Api, hook: Hook) -> None:
    """It stays open, and the base as it was; it may come again."""
    world = playground.world
    number = open_pull(world)
    world.ruleset(NAME, "main", queue=True)
    before = main_of(world)
    mona(world).enqueue(NAME, number)
    world.queue_fails(NAME, number)
    world.settle()
    assert hook.last("pull_request.dequeued")["reason"] == "CI_FAILURE"
    assert standing(api, number)["mergeQueueEntry"] is None
    assert (world.issue(NAME, number).state, main_of(world)) == ("open", before)
    with pytest.raises(CannotMergeError):
        world.queue_passes(NAME, number)
    mona(world).enqueue(NAME, number)


def test_a_push_throws_out_and_so_does_closing(playground: Playground, api: Api, hook: Hook) -> None:
    """What was queued is one commit, not a branch. A draft, as at GitHub, stays in."""
    world = playground.world
    number = open_pull(world)
    world.ruleset(NAME, "main", queue=True)
    mona(world).enqueue(NAME, number)
    mona(world).ready(NAME, number, draft=True)
    assert standing(api, number)["isInMergeQueue"] is True
    mona(world).ready(NAME, number)
    ada(world).push(NAME, "topic", {"late.txt": "text"})
    assert standing(api, number)["isInMergeQueue"] is False
    mona(world).enqueue(NAME, number)
    mona(world).close(NAME, number)
    world.settle()
    assert hook.names().count("pull_request.dequeued") == 2
    assert not world.repo(NAME).bare.refs("refs/heads/gh-readonly-queue")


def test_leaving_by_hand(playground: Playground, api: Api, hook: Hook, as_person: Callable[[str], Api]) -> None:
    """The answer says what was left; who may not merge may not take out either."""
    world = playground.world
    number = open_pull(world)
    world.ruleset(NAME, "main", queue=True)
    mona(world).enqueue(NAME, number)
    before = standing(api, number)
    stranger = mutate(as_person("eve"), "dequeuePullRequest", ENTRY, id=before["id"])
    assert stranger["errors"][0]["type"] == "FORBIDDEN"
    left = mutate(api, "dequeuePullRequest", ENTRY, id=before["id"])
    assert left == {"mergeQueueEntry": before["mergeQueueEntry"]}
    assert "not in the merge queue" in refused(mutate(api, "dequeuePullRequest", ENTRY, id=before["id"]))
    world.settle()
    assert hook.last("pull_request.dequeued")["reason"] == "MANUAL"
    mona(world).enqueue(NAME, number)
    mona(world).dequeue(NAME, number)
    assert the_pull(world, number).queued is None


def test_one_after_the_other(playground: Playground, api: Api, hook: Hook) -> None:
    """The second is made anew on what the first brought; one that now conflicts is thrown out."""
    world = playground.world
    first, second = open_pull(world, "first"), open_pull(world, "second")
    mona(world).push(NAME, "clash", {"first.txt": "other\n"})
    third = mona(world).open_pull(NAME, "Clash", "clash").number
    world.ruleset(NAME, "main", queue=True, queue_method="squash")
    for number in (first, second, third):
        mona(world).enqueue(NAME, number)
    assert [standing(api, number)["mergeQueueEntry"]["position"] for number in (first, second, third)] == [1, 2, 3]
    one = world.queue_passes(NAME, first)
    two = world.queue_passes(NAME, second)
    assert world.repo(NAME).bare.commit(two or "").parents == (one,)
    assert world.queue_passes(NAME, third) is None
    world.settle()
    assert hook.last("pull_request.dequeued")["reason"] == "MERGE_CONFLICT"
    assert (world.issue(NAME, third).state, main_of(world)) == ("open", two)
