"""When CI counts as settled: all has ended, has been quiet for a while, and what is required is there."""

from datetime import timedelta

import pytest

from tests.scenarios.conftest import FILES
from tests.scenarios.town import DEMO, Town
from tests.scenarios.waiting import passes

PATIENT = "setup: []\nverify: [{name: tests, run: sh check.sh}]\nci: {settle: 30}\n"


@pytest.fixture
def files() -> dict[str, str | bytes | None]:
    """A repository whose checks have to be quiet for half a minute."""
    return {**FILES, ".github/honk.yml": PATIENT}


def test_an_early_success_waits_for_late_checks(town: Town) -> None:
    """The quick check is green at once; the slow one comes a moment later, and only when it is green, too, all is."""
    opened = town.opened()
    town.ci_passes(opened)
    town.work()
    assert opened.part.draft
    assert "I wait a moment for checks that come late" in opened.status
    town.reports(opened.head, "slow", None, "in_progress")
    town.work()
    passes(opened, 60)
    assert opened.part.draft
    assert "⏳ in_progress" in opened.status
    town.reports(opened.head, "slow", "success")
    town.work()
    assert opened.part.draft
    passes(opened, 31)
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_a_late_failure_is_not_overtaken_by_an_early_success(town: Town) -> None:
    """One check is green, the other turns red within the half minute: the draft never leaves."""
    opened = town.opened()
    town.ci_passes(opened)
    town.work()
    town.reports(opened.head, "lint", "failure", app="other-ci")
    town.work()
    assert opened.part.draft
    assert "I wait a moment" in opened.status
    assert opened.run.failures == ()


def test_a_workflow_without_jobs_yet_is_waited_for(town: Town) -> None:
    """No runner is free for the slow workflow, and the quick check is green: neither the draft nor my word goes on."""
    town.world.keep_jobs_back(DEMO)
    opened = town.opened()
    town.reports(opened.head, "quick", "success", app="other-ci")
    town.work()
    passes(opened, 60)
    assert opened.part.draft
    assert "| more of github-actions | ⏳ queued |" in opened.status
    town.world.make_jobs(DEMO, opened.head)
    town.ci_passes(opened)
    town.work()
    passes(opened, 31)
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_a_workflow_that_never_gets_jobs_is_given_up(town: Town) -> None:
    """GitHub forgets to begin a run: after two hours the rest of CI counts without it."""
    town.world.keep_jobs_back(DEMO)
    opened = town.opened()
    town.reports(opened.head, "quick", "success", app="other-ci")
    town.work()
    (run,) = town.world.workflow_runs(DEMO, opened.head)
    run.suite.updated_at -= timedelta(hours=3)
    passes(opened, 7_201)
    passes(opened, 31)
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_what_hangs_for_two_hours_is_said(town: Town) -> None:
    """A check never ends: after two hours the status names it, once, and goes on waiting."""
    opened = town.opened()
    town.reports(opened.head, "slow", None, "in_progress")
    town.ci_passes(opened)
    town.work()
    passes(opened, 3_600)
    assert "two hours" not in opened.status
    passes(opened, 3_700)
    town.later(6)
    assert "CI has had no news for two hours, and this has not ended: slow." in opened.status
    town.reports(opened.head, "slow", "success")
    town.work()
    passes(opened, 31)
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_a_required_check_counts_from_its_own_app_only(town: Town) -> None:
    """The rule wants `gate` from one App and another App reports it: it stays expected until the right one does."""
    town.world.protect(DEMO, "main", "gate", sources={"gate": "gate-keeper"})
    opened = town.opened()
    town.ci_passes(opened)
    town.reports(opened.head, "gate", "success", app="impostor")
    town.work()
    passes(opened, 31)
    town.later(6)
    assert opened.part.draft
    assert "| gate | ⏳ expected |" in opened.status
    assert "not by the App that it must come from: gate." in opened.status
    town.reports(opened.head, "gate", "success", app="gate-keeper")
    town.work()
    passes(opened, 31)
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_a_required_check_may_be_a_status_of_its_app(town: Town) -> None:
    """The App that the rule names reports by commit status, as Vercel does; the same of anybody else is none."""
    town.world.ruleset(DEMO, "main", "gate", sources={"gate": "gate-keeper"})
    opened = town.opened()
    town.ci_passes(opened)
    town.status_reports(opened.head, "gate", "success", app="impostor")
    town.work()
    passes(opened, 31)
    town.later(6)
    assert opened.part.draft
    assert "not by the App that it must come from: gate." in opened.status
    town.status_reports(opened.head, "gate", "success", app="gate-keeper")
    town.work()
    passes(opened, 31)
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_a_required_check_that_nobody_reports_keeps_it_a_draft(town: Town) -> None:
    """All that is reported is green, and a rule wants one more: it is named."""
    town.world.protect(DEMO, "main", "test", "security")
    opened = town.opened()
    town.ci_passes(opened)
    town.work()
    passes(opened, 31)
    town.later(6)
    assert opened.part.draft
    assert "| security | ⏳ expected |" in opened.status
    assert "it must come from: security." in opened.status


def test_nothing_reported_is_no_success(town: Town) -> None:
    """No CI ever says a word about the commit: it stays a draft, and I am told that it is my turn."""
    opened = town.opened()
    world = town.world.repo(DEMO)
    for known in (world.checks, world.suites, world.workflow_runs):
        known.clear()
    town.later(301)
    assert opened.part.draft
    assert "CI has reported nothing on this commit yet." in opened.status
    passes(opened, 301)
    town.later(6)
    assert opened.part.draft
    assert "No CI has reported on this commit" in opened.status


def test_each_word_of_ci_begins_the_quiet_anew(town: Town) -> None:
    """Checks come every twenty seconds; only after the last of them there is half a minute of quiet."""
    opened = town.opened()
    town.ci_passes(opened)
    town.work()
    for name in ("a", "b", "c"):
        passes(opened, 20)
        town.reports(opened.head, name, "success")
        town.work()
        assert opened.part.draft
    passes(opened, 31)
    assert not opened.part.draft
    assert "ready for review" in opened.status


def test_a_status_of_a_service_is_waited_for_too(town: Town) -> None:
    """A service of another maker reports by commit status: pending holds, success lets go."""
    opened = town.opened()
    town.status_reports(opened.head, "ci/outside", "pending")
    town.ci_passes(opened)
    town.work()
    passes(opened, 31)
    assert opened.part.draft
    town.status_reports(opened.head, "ci/outside", "success")
    town.work()
    passes(opened, 31)
    assert not opened.part.draft
    assert "| ci/outside | ✅ success |" in opened.status
