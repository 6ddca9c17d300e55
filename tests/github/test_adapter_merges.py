"""Rules, reviews, heads, merges, the queue and auto-merge over the playground's HTTP."""

from datetime import timedelta

import pytest

from ghapp.core.errors import TransientError, UserError
from ghapp.core.events import Repository
from ghapp.core.merging import Method, Required, Rules
from ghapp.core.ports import Pull
from ghapp.github.app import GitHubApp
from ghapp.github.merges import GitHubMerges
from ghapp.github.pulls import GitHubPulls
from ghapp.playground.faults import Fault
from ghapp.playground.person import Person
from ghapp.playground.verbs.reviews import Verdict
from ghapp.playground.views.people import stamp
from ghapp.playground.world import World
from tests.github.front import Front

NAME = "octo/demo"
ACTIONS = "github-actions"


@pytest.fixture
def merges(app: GitHubApp) -> GitHubMerges:
    return GitHubMerges(app)


@pytest.fixture
def mona(world: World) -> Person:
    return world.person("mona", write=NAME)


@pytest.fixture
def ada(world: World) -> Person:
    return world.person("ada", write=NAME)


@pytest.fixture
def pull(app: GitHubApp, demo: Repository, mona: Person) -> Pull:
    """A pull request of mona's, out of draft."""
    mona.push(NAME, "topic", {"a.txt": "a"})
    number = mona.open_pull(NAME, "Mend it", "topic").number
    return GitHubPulls(app).read(demo, number)


def now(app: GitHubApp, demo: Repository, pull: Pull) -> Pull:
    """The pull request as it is now."""
    return GitHubPulls(app).read(demo, pull.number)


# --- how it stands --------------------------------------------------------------------------------------------------


def test_without_rules_it_is_clean(merges: GitHubMerges, demo: Repository, pull: Pull) -> None:
    """Nothing is asked, all ways to merge are open."""
    found = merges.standing(demo, pull.number)
    assert (found.state, found.decision, found.rules) == ("clean", "", Rules())
    assert (found.approved_by, found.objected_by, found.queued, found.auto) == ((), (), False, False)
    assert set(found.methods) == {"merge", "squash", "rebase"}


def test_the_last_word_of_each_person_counts(
    merges: GitHubMerges, world: World, demo: Repository, pull: Pull, ada: Person
) -> None:
    """A comment after an approval changes nothing, an objection does, and a dismissed review is none."""
    bob = world.person("bob", write=NAME)
    ada.review(NAME, pull.number, "APPROVED")
    ada.review(NAME, pull.number, "COMMENTED", "Nice.")
    bob.review(NAME, pull.number, "APPROVED")
    objection = bob.review(NAME, pull.number, "CHANGES_REQUESTED", "No.")
    found = merges.standing(demo, pull.number)
    assert [one.login for one in found.approved_by] == ["ada"]
    assert [one.login for one in found.objected_by] == ["bob"]
    ada.dismiss(NAME, pull.number, objection)
    assert merges.standing(demo, pull.number).objected_by == ()


@pytest.mark.parametrize(("first", "then"), [("APPROVED", "CHANGES_REQUESTED"), ("CHANGES_REQUESTED", "APPROVED")])
def test_a_dismissed_verdict_brings_no_older_one_back(
    merges: GitHubMerges, demo: Repository, pull: Pull, mona: Person, ada: Person, first: Verdict, then: Verdict
) -> None:
    """Ada's last word is dismissed: she has none, until she says one anew."""
    ada.review(NAME, pull.number, first, "First.")
    mona.dismiss(NAME, pull.number, ada.review(NAME, pull.number, then, "Then."))
    found = merges.standing(demo, pull.number)
    assert (found.approved_by, found.objected_by) == ((), ())
    ada.review(NAME, pull.number, "APPROVED")
    assert [one.login for one in merges.standing(demo, pull.number).approved_by] == ["ada"]


def test_to_dismiss_an_older_verdict_changes_nothing(
    merges: GitHubMerges, demo: Repository, pull: Pull, mona: Person, ada: Person
) -> None:
    """Ada objected, then approved; that the objection is dismissed afterwards leaves her approval."""
    objection = ada.review(NAME, pull.number, "CHANGES_REQUESTED", "No.")
    ada.review(NAME, pull.number, "APPROVED")
    mona.dismiss(NAME, pull.number, objection)
    assert [one.login for one in merges.standing(demo, pull.number).approved_by] == ["ada"]


def test_rulesets_and_protection_are_read_together(
    merges: GitHubMerges, world: World, demo: Repository, pull: Pull
) -> None:
    """Checks of both, with the App that each must come from; strictness and number from where they can be read."""
    world.protect(NAME, "main", "audit")
    world.ruleset(NAME, "main", "tests", strict=True, approvals=2, sources={"tests": ACTIONS}, methods=["squash"])
    found = merges.standing(demo, pull.number)
    source = next(app.id for app in world.state.apps.values() if app.slug == ACTIONS)
    assert set(found.rules.required) == {Required("tests", source), Required("audit")}
    assert found.rules.up_to_date
    assert found.methods == ("squash",)
    assert found.decision == "REVIEW_REQUIRED"


def test_a_number_of_approvals_that_we_may_not_read_is_unknown(
    merges: GitHubMerges, world: World, demo: Repository, pull: Pull
) -> None:
    """The protection's number is for administrators; GitHub's decision tells that there is one."""
    world.protect(NAME, "main", approvals=2)
    assert merges.standing(demo, pull.number).rules.approvals is None
    world.protect(NAME, "main", "tests")
    assert merges.standing(demo, pull.number).rules.approvals == 0


def test_with_the_right_to_read_it_the_larger_number_counts(
    merges: GitHubMerges, world: World, front: Front, demo: Repository, pull: Pull
) -> None:
    """An App with administration reads both."""
    world.protect(NAME, "main", "tests", approvals=2, strict=True)
    world.ruleset(NAME, approvals=1)
    reviews = {"url": "", "dismiss_stale_reviews": False, "required_approving_review_count": 2}
    front.says("GET .*/protection/required_pull_request_reviews", "200 OK", reviews)
    checks = {"url": "", "strict": True, "contexts": ["tests"], "checks": [], "contexts_url": ""}
    front.says("GET .*/protection/required_status_checks", "200 OK", checks)
    rules = merges.standing(demo, pull.number).rules
    assert (rules.approvals, rules.up_to_date) == (2, True)


def test_a_queue_and_a_linear_history_are_rules(
    merges: GitHubMerges, world: World, front: Front, demo: Repository, pull: Pull
) -> None:
    """The queue is told; a linear history takes merge commits away."""
    world.ruleset(NAME, queue=True)
    assert merges.standing(demo, pull.number).rules.queue
    row = {"type": "required_linear_history", "ruleset_source_type": "Repository", "ruleset_source": NAME}
    front.says("GET .*/rules/branches/main", "200 OK", [row])
    assert set(merges.standing(demo, pull.number).methods) == {"squash", "rebase"}


def test_in_the_free_plan_a_private_repository_has_no_rules(
    merges: GitHubMerges, world: World, demo: Repository, pull: Pull
) -> None:
    """GitHub refuses to say which there are, for there can be none."""
    world.free_plan(NAME)
    found = merges.standing(demo, pull.number)
    assert (found.state, found.rules) == ("clean", Rules())
    assert set(found.methods) == {"merge", "squash", "rebase"}


def test_a_server_that_is_older_than_rulesets_has_none(
    merges: GitHubMerges, world: World, front: Front, demo: Repository, pull: Pull
) -> None:
    """It does not know the address; the branch's own protection holds as ever."""
    world.protect(NAME, "main", "audit")
    front.says("GET .*/rules/branches/main", "404 Not Found", {"message": "Not Found"})
    assert merges.standing(demo, pull.number).rules.required == (Required("audit"),)


@pytest.mark.parametrize("hidden", ["rules/branches/main", "branches/main"])
def test_rules_that_are_hidden_from_us_are_an_error(
    merges: GitHubMerges, front: Front, demo: Repository, pull: Pull, hidden: str
) -> None:
    """Any other refusal does not mean that there are none."""
    front.says(f"GET /api/v3/repos/octo/demo/{hidden}", "403 Forbidden", {"message": "Resource not accessible"})
    with pytest.raises(UserError, match="Resource not accessible"):
        merges.standing(demo, pull.number)


def test_a_base_with_a_slash_in_its_name(merges: GitHubMerges, world: World, demo: Repository, mona: Person) -> None:
    """Its rules are found."""
    mona.push(NAME, "release/1.0", {"r.txt": "r"})
    mona.push(NAME, "fix/1", {"f.txt": "f"})
    number = mona.open_pull(NAME, "Mend it", "fix/1", "release/1.0").number
    world.ruleset(NAME, "release/1.0", "tests")
    assert merges.standing(demo, number).rules.required == (Required("tests"),)


# --- what the head was ----------------------------------------------------------------------------------------------


def test_the_head_at_a_time(
    app: GitHubApp, merges: GitHubMerges, world: World, demo: Repository, pull: Pull, mona: Person
) -> None:
    """Before the push it is the old one, after it the new one, and a push of that very second came later."""
    begin, clock = world.now(), world.clock
    world.clock = lambda: clock() + timedelta(seconds=10)
    new = mona.push(NAME, "topic", {"a.txt": "b"})
    (pushed,) = {one.at for one in world.repo(NAME).activities if one.after == new}
    current = now(app, demo, pull)
    assert merges.head_at(demo, current, stamp(begin + timedelta(seconds=5))) == pull.head_sha
    assert merges.head_at(demo, current, stamp(pushed)) == pull.head_sha
    assert merges.head_at(demo, current, stamp(pushed + timedelta(seconds=1))) == new
    assert merges.head_at(demo, current, "2001-01-01T00:00:00Z") is None


def test_the_head_of_a_fork_that_is_not_shown_is_unknown(
    app: GitHubApp, merges: GitHubMerges, world: World, front: Front, demo: Repository, pull: Pull
) -> None:
    """GitHub does not tell: neither do we guess."""
    front.says("GET .*/activity", "404 Not Found", {"message": "Not Found"})
    assert merges.head_at(demo, pull, "2099-01-01T00:00:00Z") is None


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_the_base_before_a_merge_is_found_however_it_was_merged(
    app: GitHubApp, merges: GitHubMerges, world: World, demo: Repository, pull: Pull, mona: Person, method: Method
) -> None:
    """Three commits come to the base as one, as a merge of them, or as three new ones; the base had moved meanwhile."""
    mona.push(NAME, "topic", {"b.txt": "b"})
    mona.push(NAME, "topic", {"c.txt": "c"})
    base = mona.push(NAME, "main", {"d.txt": "d"}, "Go on with main")
    merges.merge(demo, pull.number, now(app, demo, pull).head_sha, method)
    assert merges.base_before(demo, pull.number, now(app, demo, pull).merged_sha) == base
    assert world.repo(NAME).bare.branch("main") != base


def test_before_a_first_commit_there_is_no_base(
    merges: GitHubMerges, world: World, demo: Repository, pull: Pull
) -> None:
    """Nothing came before it."""
    assert merges.base_before(demo, pull.number, world.repo(NAME).bare.branch("main") or "") is None


# --- merging --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_the_head_that_is_named_is_merged(
    app: GitHubApp, merges: GitHubMerges, demo: Repository, pull: Pull, method: str
) -> None:
    """By each method."""
    merges.merge(demo, pull.number, pull.head_sha, method)  # type: ignore[arg-type]
    assert now(app, demo, pull).merged


def test_another_head_is_not(app: GitHubApp, merges: GitHubMerges, demo: Repository, pull: Pull, mona: Person) -> None:
    """Somebody pushed: GitHub says so, and nothing is merged."""
    mona.push(NAME, "topic", {"a.txt": "b"})
    with pytest.raises(UserError, match="Head branch was modified"):
        merges.merge(demo, pull.number, pull.head_sha, "merge")
    assert not now(app, demo, pull).merged


def test_a_refusal_is_told_in_githubs_words(merges: GitHubMerges, world: World, demo: Repository, pull: Pull) -> None:
    """A rule is not met."""
    world.protect(NAME, "main", "audit")
    with pytest.raises(UserError, match='Required status check "audit" is expected'):
        merges.merge(demo, pull.number, pull.head_sha, "merge")


def test_a_base_that_moves_at_that_moment_is_another_try(
    merges: GitHubMerges, front: Front, demo: Repository, pull: Pull
) -> None:
    """GitHub asks to try again, so that is no refusal."""
    said = {"message": "Base branch was modified. Review and try the merge again."}
    front.says("PUT .*/merge", "405 Method Not Allowed", said, times=1)
    with pytest.raises(TransientError):
        merges.merge(demo, pull.number, pull.head_sha, "merge")
    merges.merge(demo, pull.number, pull.head_sha, "merge")


def test_a_lost_answer_is_not_asked_twice(
    app: GitHubApp, merges: GitHubMerges, world: World, front: Front, demo: Repository, pull: Pull
) -> None:
    """The call is made once, and reading tells that it was done."""
    world.faults.add(Fault("PUT", "/merge$", how="cut"))
    with pytest.raises(TransientError):
        merges.merge(demo, pull.number, pull.head_sha, "merge")
    assert front.count("PUT .*/merge") == 1
    assert now(app, demo, pull).merged


# --- the queue and auto-merge ---------------------------------------------------------------------------------------


def test_into_the_queue_and_out_of_it(merges: GitHubMerges, world: World, demo: Repository, pull: Pull) -> None:
    """The head that is named is queued; another one is not; out twice is out once."""
    world.ruleset(NAME, queue=True)
    with pytest.raises(UserError, match="head oid"):
        merges.enqueue(demo, pull.number, "0" * 40)
    merges.enqueue(demo, pull.number, pull.head_sha)
    assert merges.standing(demo, pull.number).queued
    merges.take_back(demo, pull.number)
    merges.take_back(demo, pull.number)
    assert not merges.standing(demo, pull.number).queued


def test_auto_merge_on_and_off(merges: GitHubMerges, world: World, demo: Repository, pull: Pull) -> None:
    """Only where the repository allows it, and there is something to wait for."""
    world.protect(NAME, "main", "tests")
    with pytest.raises(UserError):
        merges.when_green(demo, pull.number, pull.head_sha, "squash")
    world.allow_auto_merge(NAME)
    merges.when_green(demo, pull.number, pull.head_sha, "squash")
    assert merges.standing(demo, pull.number).auto
    merges.take_back(demo, pull.number)
    assert not merges.standing(demo, pull.number).auto
