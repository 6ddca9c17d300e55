"""Who may have it merged, and whose approval counts."""

import pytest

from tests.scenarios.town import DEMO, Citizen, Town
from tests.scenarios.wishes import an_app_approves, citizen, configured, green, is_merged, said


@pytest.fixture
def ada(town: Town) -> Citizen:
    """A colleague of octocat's, who may write."""
    return citizen(town, "ada")


def test_who_may_only_read_cannot_merge(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """A stranger says merge on my green pull request: they hear what role it takes, and nothing happens."""
    pull = green(town, octocat)
    assert "needs the role *write*" in said(town, stranger, pull)
    assert not is_merged(pull)


def test_the_config_may_ask_for_a_higher_role(town: Town, octocat: Citizen) -> None:
    """`merge.role: maintain`: my write is not enough, and a maintainer's word is."""
    configured(town, "merge: {role: maintain}\n")
    pull = green(town, octocat)
    assert "needs the role *maintain*" in said(town, octocat, pull)
    assert not is_merged(pull)
    assert "Merged" in said(town, citizen(town, "mia", "maintain"), pull)
    assert is_merged(pull)


def test_a_role_withdrawn_while_it_waits_ends_the_wish(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """Ada says merge and loses her role before CI is green: it is not merged, and she is told why."""
    pull = town.opened(by=octocat)
    said(town, ada, pull)
    town.world.grant(DEMO, "ada", "read")
    town.ci_passes(pull)
    town.work()
    told = town.next_comment(pull.pull)
    assert "@ada asked for it and has the role *read* here now" in told
    assert "*write*" in told
    assert not is_merged(pull)


def test_nothing_is_merged_by_a_config_that_is_not_understood(town: Town, octocat: Citizen) -> None:
    """A wish waits, and the configuration, which says who may merge, breaks: it waits until it is mended."""
    pull = town.opened(by=octocat)
    said(town, octocat, pull)
    town.base_moves({".github/honk.yml": "merge: {role: whoever}\n"})
    town.ci_passes(pull)
    town.work()
    assert not is_merged(pull)
    assert "Nothing is merged while the configuration is not understood" in pull.status
    configured(town, "")
    town.later(301)
    assert is_merged(pull)


def test_it_waits_for_an_approval(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """The base asks for one approval: my wish waits for it, and ada's review merges it."""
    town.world.ruleset(DEMO, approvals=1)
    pull = green(town, octocat)
    assert "at 1 approval by" in said(town, octocat, pull)
    assert not is_merged(pull)
    ada.approve(pull.pull)
    town.work()
    assert is_merged(pull)


def test_the_approval_of_who_asked_for_the_change_does_not_count(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """I asked Honk for it and approve it myself: GitHub would take that, Honk does not."""
    town.world.ruleset(DEMO, approvals=1)
    pull = green(town, octocat)
    octocat.approve(pull.pull)
    town.work()
    assert "other than who asked for the change" in said(town, ada, pull)
    assert not is_merged(pull)
    ada.approve(pull.pull)
    town.work()
    assert is_merged(pull)


def test_the_approval_of_an_app_does_not_count(town: Town, octocat: Citizen) -> None:
    """An App approves: GitHub would take that, Honk does not."""
    town.world.ruleset(DEMO, approvals=1)
    pull = green(town, octocat)
    an_app_approves(town, pull)
    town.work()
    assert "0 so far" in said(town, octocat, pull)
    assert not is_merged(pull)


def test_the_approval_of_who_may_only_read_does_not_count(town: Town, octocat: Citizen, stranger: Citizen) -> None:
    """Two are needed: ada's and a stranger's are one."""
    town.world.ruleset(DEMO, approvals=2)
    pull = green(town, octocat)
    citizen(town, "ada").approve(pull.pull)
    stranger.approve(pull.pull)
    town.work()
    assert "1 so far" in said(town, octocat, pull)
    assert not is_merged(pull)


def test_approvals_that_cannot_be_counted_must_all_count(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """How many the protection asks for is hidden from Honk: with mine among them it refuses, and says why."""
    town.world.protect(DEMO, approvals=1)
    pull = green(town, octocat)
    octocat.approve(pull.pull)
    town.work()
    told = said(town, ada, pull)
    assert "octocat approved, which does not count" in told
    assert not is_merged(pull)


def test_a_hidden_number_is_reached_by_githubs_word(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """The same, and only ada approved: GitHub's decision is enough."""
    town.world.protect(DEMO, approvals=1)
    pull = green(town, octocat)
    said(town, octocat, pull)
    assert not is_merged(pull)
    ada.approve(pull.pull)
    town.work()
    assert is_merged(pull)


def test_requested_changes_refuse_it(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """Ada requests changes: my word is refused with her name, and the word after her approval merges."""
    pull = town.opened(by=octocat)
    ada.request_changes(pull.pull, "")
    told = said(town, octocat, pull)
    assert "changes are requested by ada" in told
    assert pull.run.wish is None
    assert not is_merged(pull)


def test_an_approval_that_is_dismissed_is_none(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """It waits for CI with ada's approval, which is dismissed: green CI alone merges nothing."""
    town.world.ruleset(DEMO, approvals=1)
    pull = town.opened(by=octocat)
    review = ada.approve(pull.pull)
    said(town, octocat, pull)
    octocat.dismiss(pull.pull, review)
    town.ci_passes(pull)
    town.work()
    assert not is_merged(pull)
    assert "0 so far" in pull.status


def test_an_approval_that_was_taken_back_stays_so(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """Ada approved, then objected, and that is dismissed: she says nothing now, and mine alone merges nothing."""
    town.world.ruleset(DEMO, approvals=1)
    pull = green(town, octocat)
    ada.approve(pull.pull)
    octocat.dismiss(pull.pull, ada.request_changes(pull.pull, ""))
    octocat.approve(pull.pull)
    town.work()
    assert "0 so far" in said(town, octocat, pull)
    assert not is_merged(pull)


def test_an_objection_that_was_taken_back_stays_so(town: Town, octocat: Citizen, ada: Citizen) -> None:
    """Ada objected, then approved, and that is dismissed: she objects no more, and bob's approval merges it."""
    town.world.ruleset(DEMO, approvals=1)
    pull = green(town, octocat)
    ada.request_changes(pull.pull, "")
    octocat.dismiss(pull.pull, ada.approve(pull.pull))
    citizen(town, "bob").approve(pull.pull)
    town.work()
    assert "Merged" in said(town, octocat, pull)
    assert is_merged(pull)
