"""What stands in the way: CI, required checks and where they come from, conflicts, drafts, being behind, methods."""

import pytest

from ghapp.core.run import State
from ghapp.playground.faults import Fault
from tests.scenarios.opened import Opened
from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.turns import fix
from tests.scenarios.wishes import configured, green, is_merged, main_of, said


@pytest.fixture
def pull(town: Town, octocat: Citizen) -> Opened:
    """A draft of Honk's that octocat asked for; its CI has not reported."""
    return town.opened(by=octocat)


def test_a_private_repository_without_rules(town: Town, octocat: Citizen) -> None:
    """GitHub's Free plan has no rules for it, and refuses to say which there are: green is ready, my word merges."""
    town.world.free_plan(DEMO)
    pull = green(town, octocat)
    assert "Merged" in said(town, octocat, pull)
    assert is_merged(pull)


def test_a_word_that_could_not_be_looked_at_is_not_kept(town: Town, octocat: Citizen) -> None:
    """GitHub hides the rules from Honk: I am told so once, and my word merges nothing behind my back later."""
    pull = green(town, octocat)
    hidden = town.world.faults.add(Fault("GET", "/rules/branches/main$", status=403, times=100))
    assert "GitHub refuses (403)" in said(town, octocat, pull)
    assert pull.run.wish is None
    hidden.times = 0
    town.later(301)
    assert not is_merged(pull)
    assert "Merged" in said(town, octocat, pull)
    assert is_merged(pull)


def test_a_required_check_that_is_missing_is_waited_for(town: Town, octocat: Citizen) -> None:
    """A rule asks for `audit`, which nobody has reported: green is not enough, and its success is."""
    town.world.ruleset(DEMO, "main", "audit")
    pull = town.opened(by=octocat)
    town.ci_passes(pull)
    town.work()
    assert "required audit is green" in said(town, octocat, pull)
    assert not is_merged(pull)
    town.reports(pull.head, "audit", "success")
    town.work()
    assert is_merged(pull)


def test_a_required_check_counts_from_its_source_only(town: Town, octocat: Citizen, pull: Opened) -> None:
    """`test` must come from GitHub Actions: another App's green check of that name is none."""
    town.world.protect(DEMO, "main", "test", sources={"test": "github-actions"})
    town.reports(pull.head, "test", "success", app="other-ci")
    town.work()
    assert "required test" in said(town, octocat, pull)
    assert not is_merged(pull)
    town.ci_passes(pull)
    town.work()
    assert is_merged(pull)


def test_a_status_of_its_source_counts(town: Town, octocat: Citizen, pull: Opened) -> None:
    """`preview` must come from one App, which reports by commit status: that of a person is none, and its own is."""
    town.world.ruleset(DEMO, "main", "preview", sources={"preview": "previewer"})
    town.ci_passes(pull)
    town.status_reports(pull.head, "preview", "success")
    town.work()
    assert "required preview" in said(town, octocat, pull)
    assert not is_merged(pull)
    town.status_reports(pull.head, "preview", "success", app="previewer")
    town.work()
    assert is_merged(pull)


def test_red_ci_refuses_with_the_next_word(town: Town, octocat: Citizen) -> None:
    """CI is red and was looked into: I read which check, and what to say."""
    configured(town, "", ci="{settle: 0, rounds: 0}")
    pull = town.opened(by=octocat)
    town.ci_passes(pull)
    town.reports(pull.head, "lint", "failure", app="other-ci")
    town.work()
    told = said(town, octocat, pull)
    assert "CI is red: lint" in told
    assert "/honk fix" in told
    assert not is_merged(pull)
    assert pull.run.wish is None


def test_a_conflict_refuses_with_the_next_word(town: Town, octocat: Citizen) -> None:
    """Main changed the same line: I am told that `/honk update` resolves it."""
    pull = green(town, octocat)
    town.base_moves({"answer.txt": "40\n"})
    told = said(town, octocat, pull)
    assert "conflict" in told
    assert "`/honk update`" in told
    assert not is_merged(pull)


def test_a_draft_that_a_person_made_is_left_alone(town: Town, octocat: Citizen) -> None:
    """I put the green pull request back to draft, and forgot: merge says so."""
    pull = green(town, octocat)
    octocat.ready(pull.pull, draft=True)
    town.work()
    assert "it is a draft" in said(town, octocat, pull)
    assert not is_merged(pull)


def test_a_method_that_is_not_allowed_refuses(town: Town, octocat: Citizen) -> None:
    """The config asks for rebase, the repository allows only merge commits."""
    configured(town, "merge: {method: rebase}\n")
    town.world.allow_methods(DEMO, "merge")
    pull = green(town, octocat)
    told = said(town, octocat, pull)
    assert "`merge.method` asks for rebase, which is not allowed here" in told
    assert not is_merged(pull)


@pytest.mark.parametrize(("allowed", "parents"), [("merge", 2), ("rebase", 1), ("squash", 1)])
def test_the_method_that_is_allowed_is_taken(town: Town, octocat: Citizen, allowed: str, parents: int) -> None:
    """Without a word in the config, what the repository allows is used."""
    town.world.allow_methods(DEMO, allowed)  # type: ignore[arg-type]
    pull = green(town, octocat)
    assert f"({allowed})" in said(town, octocat, pull)
    assert is_merged(pull)
    assert len(town.world.repo(DEMO).bare.commit(main_of(town)).parents) == parents


def test_a_ruleset_may_allow_fewer_methods(town: Town, octocat: Citizen) -> None:
    """The repository allows all, the branch's ruleset merge commits alone."""
    town.world.ruleset(DEMO, approvals=1, methods=["merge"])
    pull = green(town, octocat)
    Citizen(town, town.world.person("ada", write=DEMO)).approve(pull.pull)
    town.work()
    assert "(merge)" in said(town, octocat, pull)
    assert is_merged(pull)


def test_behind_is_updated_first_and_needs_ci_again(town: Town, octocat: Citizen) -> None:
    """The branch must be up to date and is not: Honk takes the base in, CI runs on that, and then it is merged."""
    town.world.ruleset(DEMO, "main", "test", strict=True)
    pull = green(town, octocat)
    seen, base = pull.head, town.base_moves({"news.txt": "hello\n"})
    with town.model(fix()):
        told = said(town, octocat, pull)
    assert "behind its base" in told
    assert "needs CI again" in told
    assert not is_merged(pull)
    assert town.world.repo(DEMO).bare.commit(pull.head).parents == (seen, base)
    town.ci_passes(pull)
    town.work()
    town.said_on(pull.pull)
    assert is_merged(pull)


def test_without_any_ci_it_is_the_persons_word(town: Town, octocat: Citizen) -> None:
    """Nothing ever reports: once that is known, who marks it ready and says merge has it merged."""
    pull = town.opened(by=octocat)
    town.world.repo(DEMO).checks.clear()
    town.world.repo(DEMO).suites.clear()
    assert "when CI is green" in said(town, octocat, pull)
    assert not is_merged(pull)
    assert pull.run.state is State.AWAITING_CI
