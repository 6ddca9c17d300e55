"""Merging: every way to do it, everything that refuses it, and what follows from it."""

import pytest

from ghapp.playground.server import Playground
from ghapp.playground.verbs.merging import CannotMergeError
from tests.playground.merging_scene import (
    DEMO,
    NAME,
    ada,
    fails,
    head_of,
    main_of,
    mona,
    open_pull,
    passes,
    standing,
    the_pull,
)
from tests.playground.playground_app import Api, Hook


def refusal(api: Api, number: int, status: int = 405, **given: str) -> str:
    message: str = api.put(f"{DEMO}/pulls/{number}/merge", status, **given)["message"]
    return message


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_every_way_ends_alike(playground: Playground, api: Api, hook: Hook, method: str) -> None:
    """The pull request says who merged it as what, the issue it names is closed, and both are told, with the push."""
    world = playground.world
    issue = mona(world).open_issue(NAME, "Broken").number
    number = open_pull(world, body=f"Fixes #{issue}")
    before = main_of(world)
    sha = api.put(f"{DEMO}/pulls/{number}/merge", merge_method=method, sha=head_of(world, number))["sha"]
    shown = api.get(f"{DEMO}/pulls/{number}")
    assert (shown["merged"], shown["merged_by"]["login"]) == (True, "honk[bot]")
    assert (shown["merge_commit_sha"], main_of(world)) == (sha, sha)
    assert world.issue(NAME, issue).state == "closed"
    world.settle()
    assert hook.last("pull_request.closed")["pull_request"]["merge_commit_sha"] == sha
    push = hook.last("push")
    assert (push["ref"], push["before"], push["after"]) == ("refs/heads/main", before, sha)
    assert world.read(NAME, "topic.txt") == "text\n"


def test_rebase_makes_new_commits(playground: Playground, api: Api) -> None:
    """One for one, by their authors, on the base of now, and not signed; a merge in between is left out."""
    world = playground.world
    number = open_pull(world)
    ada(world).push(NAME, "topic", {"topic.txt": "more\n"}, "Say more")
    mona(world).push(NAME, "main", {"base.txt": "text"}, "Go on")
    api.put(f"{DEMO}/pulls/{number}/update-branch", 202)
    base, bare = main_of(world), world.repo(NAME).bare
    old = [one["sha"] for one in api.get(f"{DEMO}/pulls/{number}/commits")]
    sha = mona(world).merge(NAME, number, "rebase")
    made = bare.log(f"{base}..{sha}")
    assert [one.message for one in made] == ["Say more", "Add topic"]
    assert [one.author.name for one in made] == ["ada", "mona"]
    assert not {one.sha for one in made} & set(old)
    assert made[-1].parents == (base,)
    assert bare.read(sha, "topic.txt") == b"more\n"
    assert bare.commit(sha).tree == bare.commit(head_of(world, number)).tree
    assert api.get(f"{DEMO}/commits/{sha}")["commit"]["verification"]["verified"] is False


def test_rebase_leaves_out_what_the_base_has(playground: Playground, app: object) -> None:
    """A commit whose change came to the base by another way is not made again."""
    world = playground.world
    number = open_pull(world)
    mona(world).push(NAME, "topic", {"more.txt": "text"}, "Add more")
    base = mona(world).push(NAME, "main", {"topic.txt": "text\n"}, "The same by hand")
    sha = mona(world).merge(NAME, number, "rebase")
    assert [one.message for one in world.repo(NAME).bare.log(f"{base}..{sha}")] == ["Add more"]


def test_rebase_that_conflicts_half_way(playground: Playground, api: Api) -> None:
    """What merges in one piece may still not be replayed commit by commit."""
    world = playground.world
    number = open_pull(world)
    mona(world).push(NAME, "topic", {"README.md": "# Other\n"}, "Rename")
    mona(world).push(NAME, "topic", {"README.md": "# Demo\n"}, "Take it back")
    mona(world).push(NAME, "main", {"README.md": "# Main\n"})
    assert standing(api, number)["mergeStateStatus"] == "CLEAN"
    assert refusal(api, number, merge_method="rebase") == "This branch can't be rebased"
    mona(world).merge(NAME, number, "squash")
    assert world.read(NAME, "README.md") == "# Main\n"


def test_squash_is_by_the_author_and_signed_by_github(playground: Playground, api: Api) -> None:
    """One commit on the base, with the title and the number."""
    world = playground.world
    number = open_pull(world)
    before = main_of(world)
    sha = ada(world).merge(NAME, number, "squash")
    shown = api.get(f"{DEMO}/commits/{sha}")["commit"]
    assert (shown["author"]["name"], shown["committer"]["name"]) == ("mona", "GitHub")
    assert (shown["message"], shown["verification"]["verified"]) == (f"Add topic (#{number})", True)
    assert world.repo(NAME).bare.commit(sha).parents == (before,)


def test_the_head_must_be_the_one_that_was_seen(playground: Playground, api: Api) -> None:
    """409 for another one, and nothing is merged."""
    world = playground.world
    number = open_pull(world)
    seen, before = head_of(world, number), main_of(world)
    ada(world).push(NAME, "topic", {"sneaky.txt": "text"})
    words = "Head branch was modified. Review and try the merge again."
    assert refusal(api, number, 409, sha=seen) == words
    assert main_of(world) == before


def test_rules_refuse_in_github_s_words(playground: Playground, api: Api) -> None:
    """Missing, running and red checks, then reviews; one thing after the other."""
    world = playground.world
    number = open_pull(world)
    world.protect(NAME, "main", "tests", "lint", approvals=1)
    plural = "2 of 2 required status checks have not succeeded:"
    assert refusal(api, number) == f"{plural} 2 expected."
    fails(world, number, "lint")
    assert refusal(api, number) == f"{plural} 1 expected and 1 failing."
    passes(world, number, "lint")
    assert refusal(api, number) == 'Required status check "tests" is expected.'
    world.set_check(NAME, head_of(world, number), "tests", "in_progress")
    assert refusal(api, number) == 'Required status check "tests" is in progress.'
    passes(world, number)
    assert refusal(api, number) == "At least 1 approving review is required by reviewers with write access."
    ada(world).review(NAME, number, "APPROVED")
    api.put(f"{DEMO}/pulls/{number}/merge")


def test_rulesets_tell_everything_at_once(playground: Playground, api: Api) -> None:
    """In one message with a heading."""
    world = playground.world
    number = open_pull(world)
    world.ruleset(NAME, "main", "tests", approvals=2)
    assert refusal(api, number).split("\n\n") == [
        "Repository rule violations found",
        'Required status check "tests" is expected.',
        "At least 2 approving reviews are required by reviewers with write access.",
        "",
    ]


def test_a_branch_behind_is_refused_where_it_matters(playground: Playground, api: Api) -> None:
    """With 409, though the head is the one that was seen: only the words tell it from a push."""
    world = playground.world
    number = open_pull(world)
    world.protect(NAME, "main", "tests", strict=True)
    passes(world, number)
    mona(world).push(NAME, "main", {"base.txt": "text"})
    words = "Head branch is out of date. Review and try the merge again."
    assert refusal(api, number, 409, sha=head_of(world, number)) == words
    world.protect(NAME, "main", "tests")
    api.put(f"{DEMO}/pulls/{number}/merge")


def test_drafts_conflicts_and_closed_ones_are_refused(playground: Playground, api: Api) -> None:
    """Each with what GitHub says of it."""
    world = playground.world
    number = open_pull(world, draft=True)
    assert refusal(api, number) == "Pull Request is still a draft"
    mona(world).ready(NAME, number)
    mona(world).push(NAME, "main", {"topic.txt": "other\n"})
    assert refusal(api, number) == "Pull Request is not mergeable"
    mona(world).close(NAME, number)
    assert refusal(api, number) == "Pull Request is not mergeable"


def test_a_repository_allows_its_methods_only(playground: Playground, api: Api) -> None:
    """Its settings say which, and the others are refused."""
    world = playground.world
    number = open_pull(world)
    world.allow_methods(NAME, "squash")
    shown = api.get(DEMO)
    assert [shown[f"allow_{one}"] for one in ("merge_commit", "squash_merge", "rebase_merge")] == [False, True, False]
    assert refusal(api, number) == "Merge commits are not allowed on this repository."
    assert refusal(api, number, merge_method="rebase") == "Rebase merges are not allowed on this repository."
    with pytest.raises(CannotMergeError, match="Merge commits are not allowed"):
        mona(world).merge(NAME, number)
    api.put(f"{DEMO}/pulls/{number}/merge", merge_method="squash")
    assert the_pull(world, number).merged_at is not None


def test_keywords_close_on_the_default_branch_only(playground: Playground, app: object) -> None:
    """A merge into another branch leaves the issue open."""
    world = playground.world
    issue = mona(world).open_issue(NAME, "Broken").number
    mona(world).push(NAME, "release", {"release.txt": "text"})
    mona(world).push(NAME, "topic", {"topic.txt": "text"})
    number = mona(world).open_pull(NAME, "Fix", "topic", base="release", body=f"Closes #{issue}").number
    mona(world).merge(NAME, number)
    assert world.issue(NAME, issue).state == "open"


def test_a_ruleset_narrows_the_methods(playground: Playground, api: Api) -> None:
    """The repository's settings still name all of them; the rule says which, and the merge is refused alike."""
    world = playground.world
    number = open_pull(world)
    world.ruleset(NAME, "main", methods=["squash"])
    (rule,) = api.get(f"{DEMO}/rules/branches/main")
    assert rule["parameters"]["allowed_merge_methods"] == ["squash"]
    assert api.get(DEMO)["allow_merge_commit"] is True
    assert refusal(api, number) == "Merge commits are not allowed on this repository."
    api.put(f"{DEMO}/pulls/{number}/merge", merge_method="squash")
