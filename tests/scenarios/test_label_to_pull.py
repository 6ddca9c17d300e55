"""The main road: from a label or a command to a pull request that is ready for review."""

from town import DEMO, Citizen, Town
from turns import bash, fix, report, script, write


def test_a_label_becomes_a_pull_request_that_is_ready_when_ci_is_green(town: Town, octocat: Citizen) -> None:
    """I label an issue, and get a draft that closes it and leaves draft when its CI is green."""
    issue = octocat.open_issue("The answer is wrong", "It must be 42.")
    with town.model(fix(shown=["The answer is wrong", "It must be 42."])):
        octocat.label(issue)
        town.work()
    pull = town.the_pull()
    assert pull.pull is not None
    assert pull.pull.draft
    assert f"Closes #{issue}" in (pull.body or "")
    assert f"Pull request: #{pull.number}" in town.status(issue)
    town.ci_passes(pull)
    town.work()
    assert not pull.pull.draft
    assert "ready for review" in town.status(issue)
