"""Rules of branches: what they ask, how they are read, and who counts."""

from collections.abc import Callable

import pytest

from ghapp.playground.server import Playground
from tests.playground.merging_scene import (
    DEMO,
    NAME,
    ada,
    fails,
    head_of,
    mona,
    open_pull,
    passes,
    standing,
    state_of,
)
from tests.playground.playground_app import Api


def test_protection_is_read_by_an_administrator(
    playground: Playground, api: Api, as_person: Callable[[str], Api]
) -> None:
    """Checks with the App each must come from, and how many reviews; an App without that permission is refused."""
    world = playground.world
    world.protect(NAME, "main", "tests", "lint", strict=True, approvals=2, sources={"tests": "github-actions"})
    protection = f"{DEMO}/branches/main/protection"
    for part in ("required_status_checks", "required_pull_request_reviews"):
        assert api.get(f"{protection}/{part}", 403)["message"] == "Resource not accessible by integration"
    owner = as_person("octo")
    checks = owner.get(f"{protection}/required_status_checks")
    (actions,) = [app.id for app in world.state.apps.values() if app.slug == "github-actions"]
    assert checks["checks"] == [{"context": "tests", "app_id": actions}, {"context": "lint", "app_id": None}]
    assert checks["strict"] is True
    assert owner.get(f"{protection}/required_pull_request_reviews")["required_approving_review_count"] == 2
    world.protect(NAME, "main")
    for part in ("required_status_checks", "required_pull_request_reviews"):
        owner.get(f"{protection}/{part}", 404)
        assert owner.get(f"{DEMO}/branches/other/protection/{part}", 404)["message"] == "Branch not protected"


def test_everybody_sees_that_a_branch_is_protected(playground: Playground, api: Api) -> None:
    """With the checks of its own protection; a ruleset protects it without being shown there."""
    world = playground.world
    assert api.get(f"{DEMO}/branches/main")["protected"] is False
    world.ruleset(NAME, "main", "lint")
    shown = api.get(f"{DEMO}/branches/main")
    assert (shown["protected"], shown["protection"]["enabled"]) == (True, False)
    world.protect(NAME, "main", "tests")
    checks = api.get(f"{DEMO}/branches/main")["protection"]["required_status_checks"]
    assert checks["checks"] == [{"context": "tests", "app_id": None}]
    assert checks["contexts"] == ["tests"]


def test_rules_of_a_branch_are_those_of_rulesets(playground: Playground, api: Api) -> None:
    """What protection asks is not among them."""
    world = playground.world
    world.protect(NAME, "main", "old", approvals=3)
    assert api.get(f"{DEMO}/rules/branches/main") == []
    made = world.ruleset(NAME, "main", "tests", "lint", strict=True, sources={"tests": "github-actions"}, approvals=1)
    world.ruleset(NAME, "main", queue=True, queue_method="squash")
    checks, reviews, queue = api.get(f"{DEMO}/rules/branches/main")
    assert (checks["type"], checks["ruleset_id"]) == ("required_status_checks", made.id)
    assert checks["parameters"]["strict_required_status_checks_policy"] is True
    tests, lint = checks["parameters"]["required_status_checks"]
    assert (tests["integration_id"], lint) == (made.sources["tests"].id, {"context": "lint"})
    assert reviews["parameters"]["required_approving_review_count"] == 1
    assert (queue["type"], queue["parameters"]["merge_method"]) == ("merge_queue", "SQUASH")
    assert api.get(f"{DEMO}/rules/branches/other") == []


def test_a_private_repository_of_the_free_plan_has_no_rules(
    playground: Playground, api: Api, as_person: Callable[[str], Api]
) -> None:
    """Who asks for them is refused, the owner too; the branch itself is shown, without protection."""
    playground.world.free_plan(NAME)
    said = api.get(f"{DEMO}/rules/branches/main", 403)["message"]
    assert said == "Upgrade to GitHub Pro or make this repository public to enable this feature."
    assert as_person("octo").get(f"{DEMO}/branches/main/protection/required_status_checks", 403)["message"] == said
    shown = api.get(f"{DEMO}/branches/main")
    assert (shown["protected"], shown["protection"]["enabled"]) == (False, False)


@pytest.mark.parametrize("by", ["protect", "ruleset"])
def test_a_required_check_that_never_came_blocks(playground: Playground, api: Api, by: str) -> None:
    """Expected, failing, then green: only the last lets it through. Another check that is red makes it unstable."""
    world = playground.world
    number = open_pull(world)
    assert state_of(api, number) == "CLEAN"
    getattr(world, by)(NAME, "main", "tests")
    assert state_of(api, number) == "BLOCKED"
    world.set_check(NAME, head_of(world, number), "tests", "in_progress")
    assert state_of(api, number) == "BLOCKED"
    fails(world, number)
    assert state_of(api, number) == "BLOCKED"
    passes(world, number)
    assert state_of(api, number) == "CLEAN"
    fails(world, number, "lint")
    assert state_of(api, number) == "UNSTABLE"


def test_a_check_counts_from_its_source_only(playground: Playground, api: Api) -> None:
    """Neither another App's check nor a person's status of that name is it; without a source all must be green."""
    world = playground.world
    number = open_pull(world)
    world.protect(NAME, "main", "tests", sources={"tests": world.app})
    passes(world, number)
    assert state_of(api, number) == "BLOCKED"
    world.protect(NAME, "main", "tests", sources={"tests": "trusted-ci"})
    world.set_status(NAME, head_of(world, number), "tests", "success")
    assert state_of(api, number) == "BLOCKED"
    passes(world, number, app="trusted-ci")
    assert state_of(api, number) == "CLEAN"
    world.protect(NAME, "main", "tests")
    assert state_of(api, number) == "CLEAN"
    world.set_status(NAME, head_of(world, number), "tests", "failure")
    assert state_of(api, number) == "BLOCKED"


def test_approvals_count_from_people_who_may_write(playground: Playground, api: Api) -> None:
    """An outsider's approval is shown and counts for nothing; so does one dismissed, or older than what was."""
    world = playground.world
    number = open_pull(world)
    world.protect(NAME, "main", approvals=1)
    assert standing(api, number)["reviewDecision"] == "REVIEW_REQUIRED"
    world.person("eve").review(NAME, number, "APPROVED")
    assert standing(api, number)["mergeStateStatus"] == "BLOCKED"
    approval = ada(world).review(NAME, number, "APPROVED")
    shown = standing(api, number)
    assert (shown["mergeStateStatus"], shown["reviewDecision"]) == ("CLEAN", "APPROVED")
    mona(world).dismiss(NAME, number, approval)
    assert standing(api, number)["reviewDecision"] == "REVIEW_REQUIRED"
    states = [one["state"] for one in api.get(f"{DEMO}/pulls/{number}/reviews")]
    assert states == ["APPROVED", "DISMISSED"]
    assert world.emitted[-1] == "pull_request_review.dismissed"
    ada(world).review(NAME, number, "APPROVED")
    objection = ada(world).review(NAME, number, "CHANGES_REQUESTED", "No")
    mona(world).dismiss(NAME, number, objection)
    assert standing(api, number)["reviewDecision"] == "REVIEW_REQUIRED"
    ada(world).review(NAME, number, "APPROVED")
    assert standing(api, number)["mergeStateStatus"] == "CLEAN"
    world.revoke(NAME, "ada")
    assert standing(api, number)["mergeStateStatus"] == "BLOCKED"


def test_an_app_that_may_write_counts_as_an_approver(playground: Playground, api: Api) -> None:
    """As at GitHub: it is up to us not to count ourselves."""
    world = playground.world
    number = open_pull(world)
    world.protect(NAME, "main", approvals=1)
    api.post(f"{DEMO}/pulls/{number}/reviews", 200, event="APPROVE")
    assert state_of(api, number) == "CLEAN"


def test_an_objection_blocks_where_reviews_are_required(playground: Playground, api: Api) -> None:
    """However many approved, until it is taken back; without such a rule it stops nobody."""
    world = playground.world
    number = open_pull(world)
    objection = ada(world).review(NAME, number, "CHANGES_REQUESTED", "Not yet")
    shown = standing(api, number)
    assert (shown["mergeStateStatus"], shown["reviewDecision"]) == ("CLEAN", "CHANGES_REQUESTED")
    world.ruleset(NAME, "main", approvals=1)
    world.person("grace", maintain=NAME).review(NAME, number, "APPROVED")
    assert state_of(api, number) == "BLOCKED"
    mona(world).dismiss(NAME, number, objection)
    assert state_of(api, number) == "CLEAN"


def test_nobody_approves_their_own(playground: Playground, app: object, as_person: Callable[[str], Api]) -> None:
    """Neither by hand nor by REST."""
    world = playground.world
    number = open_pull(world)
    with pytest.raises(PermissionError):
        mona(world).review(NAME, number, "APPROVED")
    as_person("mona").post(f"{DEMO}/pulls/{number}/reviews", 422, event="APPROVE")
    mona(world).review(NAME, number, "COMMENTED", "Look here")
    assert [one.state for one in world.pull(NAME, number).pull.reviews] == ["COMMENTED"]  # type: ignore[union-attr]


def test_rulesets_and_protection_add_up(playground: Playground, api: Api) -> None:
    """Each must be content, and being behind counts when one of them is strict."""
    world = playground.world
    number = open_pull(world)
    world.protect(NAME, "main", "tests")
    world.ruleset(NAME, "main", "lint")
    world.ruleset(NAME, "other", "never")
    passes(world, number)
    assert state_of(api, number) == "BLOCKED"
    passes(world, number, "lint")
    assert state_of(api, number) == "CLEAN"
    mona(world).push(NAME, "main", {"base.txt": "text"})
    assert state_of(api, number) == "CLEAN"
    world.ruleset(NAME, "main", strict=True)
    assert state_of(api, number) == "BEHIND"
